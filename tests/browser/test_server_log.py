"""Tracebacks in a server's log are faults, unless a window was closed while it was being connected."""

from __future__ import annotations

from tests.browser.server_log import faults

EARLY = """Exception in ASGI application
Traceback (most recent call last):
  File "server.py", line 516, in _websocket_endpoint
    data = await websocket.receive_bytes()
           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
starlette.websockets.WebSocketDisconnected: WebSocket is not connected. Need to call "accept" first.

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "server.py", line 524, in _websocket_endpoint
    await websocket.close()
starlette.websockets.WebSocketDisconnected: Cannot call "send" once a close message has been sent.
  Stopping...
"""
OURS = """Traceback (most recent call last):
  File "pages/_shared/show.py", line 3, in chart
    1 / 0
ZeroDivisionError: division by zero
"""


def test_a_window_that_was_closed_too_early_is_no_fault() -> None:
    assert faults("Hopscope is at http://127.0.0.1:1\n" + EARLY) == []


def test_everything_else_is() -> None:
    assert faults(OURS) == ["ZeroDivisionError: division by zero"]
    assert faults(EARLY + OURS + EARLY) == ["ZeroDivisionError: division by zero"]
    assert faults("Traceback (most recent call last):\n") == [""], "cut off"
