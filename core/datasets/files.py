"""Where public data lies, how it is fetched so that nothing half-done stays, and what to say when it cannot be had."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import IO
from urllib.request import urlopen

from core.datasets.contract import Report, datasets
from core.errors import UserError

SILENCE = 30.0
"""Seconds after which a silent server is given up."""


def not_downloaded(title: str, folder: Path, error: BaseException) -> UserError:
    """What to say when the network, the server or the disk failed."""
    return UserError(
        f"{title} could not be downloaded into {folder} ({reason_of(error)}); nothing half-done was kept. "
        f"Try again with a network connection, or pick a dataset that needs none: {_embedded()}."
    )


def damaged(title: str, folder: Path, reason: str) -> UserError:
    """What to say of files that are there and cannot be right."""
    return UserError(
        f"The files of {title} in {folder} are damaged or incomplete ({reason}). Delete that folder and load "
        f"again to download them afresh, or pick a dataset that needs no files: {_embedded()}."
    )


def reason_of(error: BaseException) -> str:
    """An exception in a few words: its kind and the first line of its text."""
    line = next(iter(str(error).splitlines()), "")
    return f"{type(error).__name__}: {line[:200]}" if line else type(error).__name__


def fetched(title: str, url: str, path: Path, report: Report) -> Path:
    """`path`, downloaded from `url` if it is not there yet; it appears whole or not at all.

    Raises `UserError` when it cannot be had; a `report` that raises ends the download.
    """
    if path.exists():
        return path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=path.parent, prefix=".partial-") as stage:
            staged = Path(stage) / path.name
            with staged.open("wb") as file:
                _copy(url, file, lambda done: report(f"Downloading {title}: {done / 1e6:.1f} MB so far"))
            staged.replace(path)
    except OSError as error:
        raise not_downloaded(title, path.parent, error) from error
    return path


def _copy(url: str, file: IO[bytes], tell: Callable[[int], None]) -> None:
    with urlopen(url, timeout=SILENCE) as answer:
        expected = answer.headers.get("Content-Length")
        while chunk := answer.read(1 << 20):
            file.write(chunk)
            tell(file.tell())
        if expected is not None and file.tell() != int(expected):
            raise OSError(f"the connection broke after {file.tell():,} of {int(expected):,} bytes")


@contextmanager
def watched(folder: Path, title: str, report: Report) -> Iterator[None]:
    """Report how much has arrived in a folder while somebody else downloads into it.

    PyG's downloads tell nobody how far they are, and wait for a silent server for ever. What `report`
    raises (a person pressed Stop) is raised here once the file under way is through.
    """
    done, raised = Event(), list[BaseException]()

    def watch() -> None:
        while not done.wait(0.5):
            try:
                report(f"Downloading {title}: {sum(_size(file) for file in folder.glob('*')) / 1e6:.1f} MB so far")
            except BaseException as error:
                raised.append(error)
                return

    watcher, before = Thread(target=watch, daemon=True), socket.getdefaulttimeout()
    socket.setdefaulttimeout(SILENCE)
    watcher.start()
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
        done.set()
        watcher.join()
        if raised:
            raise raised[0]


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:  # it was moved meanwhile
        return 0


def _embedded() -> str:
    return ", ".join(name for name, unit in datasets().items() if unit.embedded)
