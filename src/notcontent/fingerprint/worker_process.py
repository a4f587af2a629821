"""A process that opens strangers' pictures, as its owner sees it: two pipes, and nothing it says is believed."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import signal
import sys
from collections.abc import Sequence

from . import frames
from .ending import end_process
from .lockdown import Sandbox

_START_S = 60.0
_GOODBYE_S = 1.0
#: What the pipe to a worker holds where the system lets it: most uploads then go over in one step.
_PIPE_BYTES = 1 << 20


class Broken(Exception):
    """The worker closed its pipe or talks nonsense; it must be replaced."""


class WorkerProcess:
    """One process and its two pipes."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        """Use `start`."""
        if process.stdin is None or process.stdout is None:
            raise Broken
        self.process = process
        self._stdin = process.stdin
        self._stdout = process.stdout
        self.sandbox = Sandbox.LIMITS
        self.pictures = 0

    @classmethod
    async def start(cls, command: Sequence[str]) -> WorkerProcess:
        """A worker that has warmed up and locked itself in. Raises `Broken` or TimeoutError."""
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={},
            cwd="/",
            close_fds=True,
            start_new_session=True,
        )
        worker = cls(process)
        worker._widen_pipe()
        try:
            async with asyncio.timeout(_START_S):
                kind, body = await worker.read()
                if kind != frames.READY:
                    raise Broken
                worker.sandbox = Sandbox(body[0])
        except ValueError as error:
            await worker.kill()
            raise Broken from error
        except BaseException:
            await worker.kill()
            raise
        return worker

    def _widen_pipe(self) -> None:
        if sys.platform == "linux":
            # ValueError: it ended already and its pipe is closed, which the reading of its first word will tell.
            with contextlib.suppress(OSError, ValueError):
                fcntl.fcntl(self._stdin.transport.get_extra_info("pipe").fileno(), fcntl.F_SETPIPE_SZ, _PIPE_BYTES)

    async def write(self, *parts: bytes) -> None:
        """Hand these bytes over. Raises `Broken`."""
        try:
            for part in parts:
                self._stdin.write(part)
            await self._stdin.drain()
        except (BrokenPipeError, ConnectionResetError) as error:
            raise Broken from error

    def say(self, word: bytes) -> None:
        """A word that nothing answers, and that always fits into the pipe."""
        self._stdin.write(word)

    @property
    def lives(self) -> bool:
        """Whether its process and its pipe are there, as far as is known."""
        return self.process.returncode is None and not self._stdout.at_eof()

    async def read(self) -> tuple[bytes, bytes]:
        """The next message: its kind and exactly the bytes that belong to it."""
        try:
            kind = await self._stdout.readexactly(1)
            body = await self._stdout.readexactly(frames.BODY_BYTES[kind])
            if kind == frames.VIEWS:
                body = await self._stdout.readexactly(frames.views_length(body))
            return kind, body
        except (asyncio.IncompleteReadError, ConnectionResetError, KeyError) as error:
            raise Broken from error

    async def kill(self) -> None:
        """End it, whatever it is doing."""
        end_process(self.process)
        self._stdin.close()
        await self.process.wait()

    async def used_up_its_time(self) -> bool:
        """Whether the kernel ended it for its CPU time. Asked only once its pipe broke."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_GOODBYE_S):
                return -await self.process.wait() in (signal.SIGPROF, signal.SIGXCPU)
        return False
