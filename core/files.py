"""Files that are either whole or absent, and that say when they are not what was written."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from core.errors import UserError


@contextmanager
def new_folder(target: Path, scratch: Path) -> Iterator[Path]:
    """A folder to fill that appears at `target` whole or not at all; an older one there is replaced.

    `scratch` lies on the same disk. A full disk becomes a `UserError`; nothing that was there is lost.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    draft = scratch / f"{target.name}-{uuid.uuid4().hex[:8]}"
    try:
        draft.mkdir()
        yield draft
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists():
            old = draft.with_name(draft.name + "-old")
            os.replace(target, old)
            os.replace(draft, target)
            shutil.rmtree(old, ignore_errors=True)
        else:
            os.replace(draft, target)
    except OSError as error:
        raise UserError(f"Nothing could be written to {target.parent}: {error.strerror}. Free some space or set HOPSCOPE_HOME to another folder.") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def write_text(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old text or the new one, never a part."""
    draft = path.with_name(f".{path.name}-{uuid.uuid4().hex[:8]}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(text)
        os.replace(draft, path)
    except OSError as error:
        raise UserError(f"{path} could not be written: {error.strerror}. Free some space or set HOPSCOPE_HOME to another folder.") from error
    finally:
        draft.unlink(missing_ok=True)


def write_json(path: Path, data: Mapping[str, Any]) -> None:
    write_text(path, json.dumps(data, indent=1, sort_keys=True) + "\n")


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
