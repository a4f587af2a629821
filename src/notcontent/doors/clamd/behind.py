"""A real clamd behind this door: it gets the same stream at the same time, and what it says is passed on."""

from __future__ import annotations

import asyncio
import contextlib
from types import TracebackType
from typing import Self

#: How long it may take to be there, and how long to look at what it got: clamd's own MaxScanTime is 2 minutes.
_CONNECT_S, _ANSWER_S = 5.0, 180.0
_MAX_ANSWER_BYTES = 4096
_AWAY = b"stream: The scanner behind does not answer. ERROR"


class Behind:
    """One stream to it. Its failures never raise: they are its answer."""

    def __init__(self, address: tuple[str, int] | None) -> None:
        """Speak to the clamd there; None: there is none, and whatever it gets is clean."""
        self._address = address
        self._writer: asyncio.StreamWriter | None = None
        self._answer: asyncio.Task[bytes] | None = None
        self._hangs = False

    async def __aenter__(self) -> Self:
        """Begin a stream."""
        if self._address:
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(_CONNECT_S):
                    reader, self._writer = await asyncio.open_connection(*self._address, limit=_MAX_ANSWER_BYTES)
                # Read all along: it may say "too large" long before the end, and close.
                self._answer = asyncio.create_task(reader.readuntil(b"\0"))
                self._writer.write(b"zINSTREAM\0")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it, answered or not."""
        if self._answer:
            self._answer.cancel()
            await asyncio.gather(self._answer, return_exceptions=True)
        if self._writer:
            self._writer.transport.abort()

    async def send(self, block: bytes) -> None:
        """Pass a block on; an empty one ends the stream."""
        if self._writer and self._answer and not self._answer.done() and not self._hangs:
            self._writer.write(len(block).to_bytes(4, "big") + block)
            try:
                async with asyncio.timeout(_ANSWER_S):
                    await self._writer.drain()
            except TimeoutError:
                self._hangs = True
            except OSError:
                pass  # It has closed; what it said before that is in `_answer`.

    async def objection(self) -> bytes | None:
        """What it says, without the byte that ends it, unless that is OK."""
        if self._address is None:
            return None
        if self._answer is None or self._hangs:
            return _AWAY
        try:
            async with asyncio.timeout(_ANSWER_S):
                answer = (await self._answer)[:-1]
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            return _AWAY
        if not answer.isascii() or not answer.decode("ascii").isprintable():
            return _AWAY
        return None if answer == b"stream: OK" else answer
