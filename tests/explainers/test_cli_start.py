"""`hopscope` alone: which port, which process."""

from __future__ import annotations

import socket
import sys

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


def test_the_process_is_streamlit_on_our_app() -> None:
    words = start.command(8600, no_browser=True)
    assert words[:4] == [sys.executable, "-m", "streamlit", "run"]
    assert words[4].endswith("app.py")
    assert words[words.index("--server.port") + 1] == "8600"
    assert words[-2:] == ["--server.headless", "true"]
