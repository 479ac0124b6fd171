"""A worker as a process of this machine. Whatever else can start, send, receive and end may stand in its place: only
the bytes of the protocol pass here.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from playground.workers import protocol as p
from playground.workers.budget import worker_environment

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 8.0  # seconds that a worker has to write everything down
PIECE = 1 << 20


class Process:
    """Started at once; `send`, `receive` and `end` belong to the event loop that `join`s it."""

    def __init__(self) -> None:
        self.decoder = p.Decoder()
        self.writer: asyncio.StreamWriter | None = None
        self.early: list[bytes] = []
        """What was sent before it was joined."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "playground.workers.worker"],
            cwd=ROOT,
            env=worker_environment() | {"PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
        )

    @property
    def pid(self) -> int:
        return self.process.pid

    def ask(self, question: p.Message) -> p.Answer:
        """Before there is an event loop: send a question, and wait for the answer. Raises RuntimeError where the worker
        ends instead.
        """
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(p.encoded(question))
        while data := self.process.stdout.read(PIECE):
            for message in self.decoder.feed(data):
                if isinstance(message, p.Answer):
                    return message
        raise RuntimeError("The first worker ended before it answered.")

    async def join(self) -> None:
        """Belong to the running event loop from now on."""
        loop = asyncio.get_running_loop()
        self.reader = asyncio.StreamReader(limit=PIECE)
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(self.reader), self.process.stdout)
        transport, protocol = await loop.connect_write_pipe(asyncio.streams.FlowControlMixin, self.process.stdin)
        self.writer = asyncio.StreamWriter(transport, protocol, None, loop)
        early, self.early = self.early, []
        for data in early:
            self.send(data)

    def send(self, data: bytes) -> None:
        """Put bytes on their way; to one that has ended they are lost."""
        if self.writer is None:
            self.early.append(data)
        elif not self.writer.is_closing():
            self.writer.write(data)

    async def receive(self) -> bytes:
        """Bytes, or none where it has ended."""
        return await self.reader.read(PIECE)

    def kill(self) -> None:
        """End it at once; `receive` hears of it."""
        self.process.kill()

    async def end(self) -> None:
        """Let it write everything down and go; kill it where it takes too long. Harmless where it has ended."""
        source = self.writer if self.writer is not None else self.process.stdin
        with suppress(OSError):
            if source is not None:
                source.close()
        loop = asyncio.get_running_loop()
        try:
            await asyncio.wait_for(loop.run_in_executor(None, self.process.wait), PATIENCE)
        except asyncio.TimeoutError:
            self.process.kill()
            self.process.wait()
