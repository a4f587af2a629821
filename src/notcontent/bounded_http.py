"""uvicorn's faster way to read HTTP, in large steps, with two bounds it lacks: how long a head may be, and may take."""

from __future__ import annotations

from asyncio import BufferedProtocol, Transport
from asyncio.events import TimerHandle
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

#: Request line and headers together, give or take one block from the socket.
MAX_HEAD_BYTES = 64 << 10

#: One for all connections: what arrived is taken out of it before anything else is read. Most uploads fit.
_BLOCK = memoryview(bytearray(1 << 20))


class BoundedHttp(HttpToolsProtocol, BufferedProtocol):
    """A connection whose requests have short heads; trailers after a chunked body are not kept."""

    def __init__(self, *args: Any, patience_s: float, **kwargs: Any) -> None:
        """Take what uvicorn gives. So long a head may take, and what is left of a body once it was answered."""
        super().__init__(*args, **kwargs)
        self._in_head, self._head_bytes = True, 0
        self._patience_s = patience_s
        self._late: TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Somebody is there."""
        super().connection_made(transport)
        self._expect_more()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody is there any more."""
        self._has_come()
        super().connection_lost(exc)

    def _expect_more(self) -> None:
        if self._late is None:
            self._late = self.loop.call_later(self._patience_s, self._cut_off)

    def _has_come(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _cut_off(self) -> None:
        self._late = None
        if self.cycle is not None and not self.cycle.response_complete:
            # A request that was sent ahead is not read on before the one before it is answered.
            self._expect_more()
        else:
            self.transport.close()

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where the next bytes go."""
        return _BLOCK

    def buffer_updated(self, nbytes: int) -> None:
        """So many bytes have come."""
        self.data_received(_BLOCK[:nbytes])  # type: ignore[arg-type]  # httptools takes any buffer

    def data_received(self, data: bytes) -> None:
        """Read on, and answer 400 to a head that does not end."""
        super().data_received(data)
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES and not self.transport.is_closing():
                self.send_400_response("The head of this request is too long.")

    def on_body(self, body: bytes) -> None:
        """Keep what has come of a body: a first piece as it is, uncopied, and without a pause."""
        cycle = self.cycle
        if cycle.body or cycle.response_complete or len(body) > len(_BLOCK):
            # What is kept may be bytes, and to those no pieces are added: it would take a copy for each.
            if isinstance(cycle.body, bytes):
                cycle.body = bytearray(cycle.body)
            super().on_body(body)
        else:
            cycle.body = body  # type: ignore[assignment]  # handed on as bytes anyway
            cycle.message_event.set()

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._in_head, self._head_bytes = True, 0
        self._expect_more()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header."""
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head has ended."""
        self._in_head, self._head_bytes = False, 0
        self._has_come()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The body has ended."""
        self._has_come()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """It was answered, perhaps before all of its body came."""
        if self.cycle.more_body:
            self._expect_more()
        super().on_response_complete()
