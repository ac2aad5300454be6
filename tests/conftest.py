"""What every test gets: its own store, no network, and a skip that says its reason and its remedy."""

from __future__ import annotations

import os
import shutil
import socket
import sys
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC_BROWSERS = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
REMEDIES = {
    "browser": "no Chromium was found; install one (Debian: apt install chromium; elsewhere: .venv/bin/playwright install chromium) "
    "or name it in HOPSCOPE_CHROMIUM",
    "public_data": "HOPSCOPE_DATA names no folder with public datasets; set it to one with Planetoid/Cora/raw and the like",
}
REQUIRED = tuple(filter(None, os.environ.get("HOPSCOPE_REQUIRE", "").split(",")))
"""Markers whose tests may not be skipped: CI sets "browser,public_data"."""


def find_chromium() -> str | None:
    """Path of a Chromium or Chrome: the named one, the system's, or the one that Playwright downloaded."""
    named = os.environ.get("HOPSCOPE_CHROMIUM")
    if named:
        return shutil.which(named)
    found = filter(None, map(shutil.which, (*BROWSERS, *MAC_BROWSERS)))
    return next(found, None) or next(map(str, _playwright_browsers()), None)


def _playwright_browsers() -> Iterator[Path]:
    caches = {"darwin": "~/Library/Caches", "win32": "~/AppData/Local"}
    default = Path(caches.get(sys.platform, "~/.cache")).expanduser() / "ms-playwright"
    folder = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or default)
    for name in ("chrome", "Chromium", "chrome.exe"):
        yield from (path for path in sorted(folder.glob(f"chromium-*/*/**/{name}")) if path.is_file())


def has_public_data() -> bool:
    """Whether HOPSCOPE_DATA holds Cora's raw files, which stand for all."""
    folder = os.environ.get("HOPSCOPE_DATA")
    return bool(folder) and (Path(folder) / "Planetoid" / "Cora" / "raw").is_dir()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    missing = {"browser": find_chromium() is None, "public_data": not has_public_data()}
    for item in items:
        for marker, lacking in missing.items():
            if lacking and item.get_closest_marker(marker):
                item.add_marker(pytest.mark.skip(reason=REMEDIES[marker]))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A skip of a required test is a failure, wherever the skip came from."""
    report = yield
    required = [marker for marker in REQUIRED if item.get_closest_marker(marker)]
    if report.skipped and required and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"A {required[0]} test was skipped, and HOPSCOPE_REQUIRE forbids that: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """A file that skips itself hides its markers, so no file may while any test is required."""
    report = yield
    if report.skipped and REQUIRED:
        report.outcome = "failed"
        report.longrepr = f"A test file was skipped, and HOPSCOPE_REQUIRE forbids that: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of the browser, for tests that carry the marker `browser`."""
    path = find_chromium()
    if path is None:
        pytest.skip(REMEDIES["browser"])
    return path


@pytest.fixture(autouse=True)
def own_home(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty store for each test; public data is there only for the tests that ask for it."""
    home = tmp_path / "hopscope-home"
    monkeypatch.setenv("HOPSCOPE_HOME", str(home))
    if not request.node.get_closest_marker("public_data"):
        monkeypatch.setenv("HOPSCOPE_DATA", str(tmp_path / "hopscope-data"))
    return home


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connections to other machines fail at once: in this process by a guard, in child processes by a dead proxy."""
    for variable in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(variable, "http://127.0.0.1:9")
    for variable in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(variable, "localhost,127.0.0.1,::1")
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in ("127.0.0.1", "::1", "localhost"):
            raise OSError(f"A test tried to reach {address[0]}; tests use this machine only.")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
