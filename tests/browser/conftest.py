"""A browser, and the real app served on this machine with a store of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.server_log import faults

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).parents[2]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
FLAGS += ["--disable-component-update", "--disable-sync"]


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield running
        running.close()


@pytest.fixture(scope="session")
def answering() -> Callable[[str, float], None]:
    """Waits until a server answers."""
    return wait_for


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of Hopscope, started as its command starts it, with an empty store; public data is what the machine has."""
    home = tmp_path_factory.mktemp("home")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "explainers", "--port", str(port), "--no-browser"]
    with (home / "log.txt").open("w") as log:
        server = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, env=os.environ | {"HOPSCOPE_HOME": str(home)})
        try:
            wait_for(f"http://127.0.0.1:{port}/_stcore/health", 120)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(20)
    said = (home / "log.txt").read_text()
    assert not faults(said), said


def wait_for(address: str, seconds: float) -> None:
    """Until a server answers.

    By an opener of its own: urllib keeps the proxies of its first call, and in a test those lead nowhere.
    """
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            direct.open(address, timeout=1)
            return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(f"{address} does not answer.")
