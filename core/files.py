"""Files that are either whole or absent, and that say when they are not what was written."""

from __future__ import annotations

import hashlib
import json
import shutil
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from core.errors import UserError


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Turn what a full or forbidden disk raises within into a sentence."""
    try:
        yield
    except OSError as error:
        remedy = "Free some space, or set HOPSCOPE_HOME to a folder that can be written to."
        raise UserError(f"Nothing could be written to {folder}: {error.strerror or error}. {remedy}") from error


@contextmanager
def new_folder(target: Path, scratch: Path) -> Iterator[Path]:
    """A folder to fill that appears at `target` whole or not at all; an older one there is replaced.

    `scratch` lies on the same disk. A full disk becomes a `UserError`; nothing that was there is lost.
    Two writers of one target must take turns: hold a lock.
    """
    draft = scratch / f"{target.name}-{uuid.uuid4().hex[:8]}"
    try:
        with writing(target.parent):
            draft.mkdir(parents=True)
            yield draft
            target.parent.mkdir(parents=True, exist_ok=True)
            _swap(draft, target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _swap(draft: Path, target: Path) -> None:
    """Put `draft` in the place of `target`, which comes back if that fails."""
    if not target.exists():
        draft.replace(target)
        return
    old = draft.with_name(draft.name + "-old")
    target.replace(old)
    try:
        draft.replace(target)
    except OSError:
        old.replace(target)
        raise
    shutil.rmtree(old, ignore_errors=True)


def write_text(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old text or the new one, never a part."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, data: bytes) -> None:
    """As `write_text`."""
    draft = path.with_name(f".{path.name}-{uuid.uuid4().hex[:8]}")
    try:
        with writing(path.parent):
            path.parent.mkdir(parents=True, exist_ok=True)
            draft.write_bytes(data)
            draft.replace(path)
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def write_json(path: Path, data: Mapping[str, Any]) -> None:
    """As `write_text`. Standard JSON, which has no NaN: the caller writes null instead."""
    write_text(path, json.dumps(data, indent=1, sort_keys=True, allow_nan=False) + "\n")


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
