"""The app as a process of its own, for tests that use it over HTTP."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

import pytest

APP = Path(__file__).parent.parent / "app.py"
START = 120  # seconds: importing torch and gradio from a cold disk takes most of them


class Running(NamedTuple):
    """The address of an app, its process, and the file that its output goes to."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path


def tail(log: Path, lines: int = 40) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def ended(process: subprocess.Popen[bytes], seconds: float = 20) -> None:
    """Ask a process to end, and make it where it has not after so many seconds."""
    process.terminate()
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def serving(
    log: Path, data: Path, app: Path = APP, port: int = 0, environment: Mapping[str, str] = {}
) -> Iterator[Running]:
    """`python app`, up from here to the end of the block, with its sessions in `data`. Fails with its log if it does
    not come up.
    """
    port, opener = port or free_port(), build_opener(ProxyHandler({}))
    url = f"http://127.0.0.1:{port}"
    settings = {"GRADIO_SERVER_NAME": "127.0.0.1", "GRADIO_SERVER_PORT": str(port), "NO_PROXY": "127.0.0.1,localhost"}
    quiet = {"PLAYGROUND_OPEN": "0", "HF_HUB_OFFLINE": "1", "PYTHONUNBUFFERED": "1"}
    ours = {"PLAYGROUND_DATA": str(data), "PLAYGROUND_HOSTED": "1"}
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, str(app)],
            cwd=app.parent,
            env={**os.environ, **settings, **quiet, **ours, **environment},
            stdout=out,
            stderr=subprocess.STDOUT,
        )
        try:
            deadline = time.monotonic() + START
            while True:
                if process.poll() is not None or time.monotonic() > deadline:
                    end = "ended" if process.poll() is not None else f"did not answer within {START} s"
                    pytest.fail(f"{app.name} {end}:\n{tail(log)}", pytrace=False)
                try:
                    opener.open(url, timeout=5).close()
                    break
                except (URLError, OSError):
                    time.sleep(0.1)
            yield Running(url, process, log)
        finally:
            ended(process)
