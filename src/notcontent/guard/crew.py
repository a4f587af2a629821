"""The processes that answer beside the one that writes: started, linked, and replaced when one dies."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
from collections.abc import Mapping, Sequence

from notcontent.errors import NotContentError
from notcontent.fingerprint.ending import end_process
from notcontent.guard.link import serve_link
from notcontent.guard.writer import Writer

logger = logging.getLogger(__name__)

_AGAIN_S = 0.5
_GOODBYE_S = 12.0


class Crew:
    """A number of processes of one command, each given the doors' listening sockets and its own link."""

    def __init__(
        self, writer: Writer, command: Sequence[str], listeners: Mapping[str, socket.socket], count: int
    ) -> None:
        """Prepare. The command gets two more words: each door with its socket's number, as in `http=5,clamd=6`, and the
        number of its end of the link.
        """
        self._writer, self._command, self._listeners, self._count = writer, tuple(command), dict(listeners), count
        self._processes: set[asyncio.subprocess.Process] = set()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Start all of them, in the running event loop."""
        self._tasks = [asyncio.create_task(self._keep_one()) for _ in range(self._count)]

    async def stop(self) -> None:
        """Ask all of them to end, and wait."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _keep_one(self) -> None:
        while True:
            await self._run_one()
            logger.error("a process that answers uploads ended, another one is started")
            await asyncio.sleep(_AGAIN_S)

    async def _run_one(self) -> None:
        mine, theirs = socket.socketpair()
        doors = {name: listener.fileno() for name, listener in self._listeners.items()}
        with theirs:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                ",".join(f"{name}={number}" for name, number in doors.items()),
                str(theirs.fileno()),
                pass_fds=(*doors.values(), theirs.fileno()),
                stdin=asyncio.subprocess.DEVNULL,
            )
        linked = asyncio.create_task(serve_link(self._writer, mine))
        try:
            await process.wait()
        finally:
            if process.returncode is None:
                await self._end(process)
            linked.cancel()
            await asyncio.gather(linked, return_exceptions=True)
            with contextlib.suppress(NotContentError):  # The disk is full: the next start says it.
                await self._writer.lose_process(process.pid)

    async def _end(self, process: asyncio.subprocess.Process) -> None:
        """Politely first; what it still answers, it may still ask the writer for."""
        end_process(process, signal.SIGTERM)
        try:
            async with asyncio.timeout(_GOODBYE_S):
                await process.wait()
        except TimeoutError:
            end_process(process)
            await process.wait()
