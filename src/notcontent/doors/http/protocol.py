"""uvicorn's faster way to read HTTP, in large steps, with the one bound it lacks: how long a request's head may be."""

from __future__ import annotations

from asyncio import BufferedProtocol
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

#: Request line and headers together, give or take one block from the socket.
MAX_HEAD_BYTES = 64 << 10

#: One for all connections: what arrived is taken out of it before anything else is read. Most uploads fit.
_BLOCK = memoryview(bytearray(1 << 20))


class BoundedHttp(HttpToolsProtocol, BufferedProtocol):
    """A connection whose requests have short heads; trailers after a chunked body are not kept."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Take what uvicorn gives."""
        super().__init__(*args, **kwargs)
        self._in_head, self._head_bytes = True, 0

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

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header."""
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head has ended."""
        self._in_head, self._head_bytes = False, 0
        super().on_headers_complete()
