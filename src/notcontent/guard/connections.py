"""The connections of a door with a protocol of its own: how many there may be, and how they end."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator

from notcontent.guard.errors import TooSlow
from notcontent.listening import TAKEN_AT_ONCE, Listener

#: So many at a time in one process; one more is closed at once. Each may have 128 KiB waiting to be read.
MOST_CONNECTIONS = 256
#: What is left of a message that was answered before its end is read and dropped for so long, so that the answer is
#: read: a socket closed with bytes unread takes the answer back.
_LINGER_S = 2.0
#: How long an answer that is under way has when the guard stops.
_GOODBYE_S = 5.0

#: What a client's going away, or its nonsense, raises from a stream.
ENDINGS = (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TooSlow)


class Connection:
    """One client."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, timeout_s: float) -> None:
        """Speak over this stream. An answer has to be taken within `timeout_s`."""
        self.reader, self._writer, self._timeout_s = reader, writer, timeout_s
        #: Whether it is between two questions, so that nothing is lost when it is closed.
        self.idle = False
        #: Whether the guard stops: no further question is taken.
        self.closing = False

    async def send(self, *pieces: bytes) -> None:
        """Send these. Raises TooSlow and ConnectionError."""
        self._writer.writelines(pieces)
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._writer.drain()
        except TimeoutError as error:
            raise TooSlow("An answer was not taken. Read it, then send more.") from error

    @contextlib.contextmanager
    def waiting(self) -> Iterator[None]:
        """Between two questions."""
        self.idle = True
        try:
            yield
        finally:
            self.idle = False

    async def linger(self) -> None:
        """Say that this was the last answer, and read on for a moment."""
        with contextlib.suppress(OSError, TimeoutError):
            if self._writer.can_write_eof():
                self._writer.write_eof()
            async with asyncio.timeout(_LINGER_S):
                while await self.reader.read(1 << 16):
                    pass

    async def close(self) -> None:
        """End it, whatever is still unsent."""
        self._writer.close()
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(0.1):
                await self._writer.wait_closed()
        self._writer.transport.abort()


class Connections:
    """Answers whoever connects, with `serve`."""

    def __init__(self, serve: Callable[[Connection], Awaitable[None]], timeout_s: float) -> None:
        """`serve` returns when a connection has ended, and may raise `ENDINGS`."""
        self._serve, self._timeout_s = serve, timeout_s
        self._server: asyncio.Server | None = None
        self._open: dict[asyncio.Task[object], Connection] = {}

    async def open(self, listener: Listener) -> None:
        """From now on."""
        self._server = await asyncio.start_server(self._accept, sock=listener, backlog=TAKEN_AT_ONCE)

    async def close(self) -> None:
        """Take no more; what is being answered has a few seconds."""
        if self._server:
            self._server.close()
        for task, connection in self._open.items():
            connection.closing = True
            if connection.idle:
                task.cancel()
        if self._open:
            await asyncio.wait(self._open, timeout=_GOODBYE_S)
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - for the type checker
        connection = Connection(reader, writer, self._timeout_s)
        try:
            if len(self._open) < MOST_CONNECTIONS:
                self._open[task] = connection
                with contextlib.suppress(*ENDINGS):
                    await self._serve(connection)
                await connection.linger()
        except asyncio.CancelledError:
            pass  # `close` did that; asyncio would write a fault into the log for it.
        finally:
            self._open.pop(task, None)
            await connection.close()
