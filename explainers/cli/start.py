"""`hopscope` alone: serve the dashboard on this machine and open it in the browser."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
from argparse import ArgumentParser, Namespace

from core.catalogue import ensure
from core.errors import UserError
from core.home import home
from explainers.cli.command import Job
from explainers.cli.output import ROOT

HOST = "127.0.0.1"
FIRST_PORT = 8501


def declare(parser: ArgumentParser) -> None:
    parser.add_argument("--port", type=int, help=f"port of the dashboard (default: the first free one from {FIRST_PORT})")
    parser.add_argument("--no-browser", action="store_true", help="serve the dashboard without opening a browser")


def prepare(arguments: Namespace, line: str) -> Job:
    if arguments.port is not None and not 1 <= arguments.port <= 65535:
        raise UserError(f"--port {arguments.port} is no port; take one from 1024 to 65535, or leave it out.")
    port = arguments.port or free_port()
    if not is_free(port):
        raise UserError(f"Port {port} is taken, perhaps by a Hopscope that runs already; take another one, or leave --port out.")
    return lambda: serve(port, arguments.no_browser)


def free_port(first: int = FIRST_PORT) -> int:
    """The first free port of a hundred."""
    for port in range(first, first + 100):
        if is_free(port):
            return port
    raise UserError(f"All ports from {first} to {first + 99} are taken; name a free one with --port.")


def is_free(port: int) -> bool:
    """Whether a server could listen on this port of this machine now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(os.name == "posix"))
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def command(port: int, no_browser: bool) -> list[str]:
    """The process that serves the dashboard."""
    headless = ["--server.headless", "true"] if no_browser else []
    return [sys.executable, "-m", "pages._shared.serve", "--server.port", str(port), *headless]


def serve(port: int, no_browser: bool) -> int:
    """Become the server; where a process cannot be replaced, wait for it."""
    print(f"Hopscope is at http://{HOST}:{port} (Ctrl-C stops it)", flush=True)
    with contextlib.suppress(OSError):
        (ROOT / "static").mkdir(exist_ok=True)  # Streamlit warns at the start if there is none; the canvas fills it
    ensure(home())  # after a change of code this reads all declarations, which the first page would wait for
    os.chdir(ROOT)  # Streamlit reads .streamlit/ of the folder that it is started in
    if os.name == "posix":
        os.execv(sys.executable, command(port, no_browser))
    return subprocess.call(command(port, no_browser))
