"""`hopscope` alone: which port, which process."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

import pytest

from explainers.cli import main, start


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, bool]]:
    """What would have been served."""
    calls: list[tuple[int, bool]] = []
    monkeypatch.setattr(start, "serve", lambda port, no_browser: calls.append((port, no_browser)) or 0)
    return calls


def test_no_command_starts_the_dashboard(served: list[tuple[int, bool]]) -> None:
    assert main([]) == 0
    (port, no_browser) = served[0]
    assert port >= start.FIRST_PORT
    assert not no_browser


def test_a_taken_port_is_passed_over_or_refused(served: list[tuple[int, bool]], capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind((start.HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert not start.is_free(port)
        assert start.free_port(port) > port
        assert main(["--port", str(port)]) == 2
    assert "taken" in capsys.readouterr().err
    assert not served


def test_the_process_is_our_server_on_that_port() -> None:
    words = start.command(8600, no_browser=True)
    assert words[:3] == [sys.executable, "-m", "pages._shared.serve"]
    assert words[words.index("--server.port") + 1] == "8600"
    assert words[-2:] == ["--server.headless", "true"]
    assert "--server.headless" not in start.command(8600, no_browser=False)


def test_the_dashboard_answers_on_this_machine_only(tmp_path: Path) -> None:
    port = start.free_port(8700)
    server = subprocess.Popen(
        [sys.executable, "-m", "explainers", "--no-browser", "--port", str(port)],
        cwd=tmp_path,  # from any folder
        env=os.environ | {"PYTHONPATH": str(start.ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert _answer(f"http://{start.HOST}:{port}/_stcore/health") == "ok"
        assert not _reached_from_outside(port)
    finally:
        server.terminate()
        out, _ = server.communicate(timeout=20)
    assert out.startswith(f"Hopscope is at http://{start.HOST}:{port}")
    assert "Traceback" not in out


def _answer(address: str) -> str:
    """What a server says, once it is up."""
    for _ in range(600):
        with contextlib.suppress(OSError), urlopen(address, timeout=5) as response:
            return str(response.read().decode())
        time.sleep(0.05)
    raise AssertionError(f"{address} did not answer.")


def _reached_from_outside(port: int) -> set[str]:
    """Addresses of this machine, other than loopback ones, at which the port answers."""
    others = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)} - {start.HOST}
    found = set()
    for address in others:
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex((str(address), port)) == 0:
                found.add(str(address))
    return found
