"""Bounds that stand before Django: how large a body may be, and how many requests work at once."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

TOO_LARGE = {"code": "too_large", "message": "The body is larger than this address takes.", "do": "Send less at once."}
BODY_TIMEOUT_S = 60


@dataclass(frozen=True, slots=True)
class Larger:
    """Addresses (a pattern of whole paths) whose bodies may be larger; `at_once` of them are read at a time."""

    paths: re.Pattern[str]
    max_bytes: int
    timeout_s: float
    at_once: int = 2


#: Evidence of a case, and what is sealed anew (base64 in JSON): ciphertext of at most `MAX_SEALED_BYTES`.
MAX_SEALED_BYTES = 32 << 20
SEALED_BODIES = Larger(
    re.compile(r"/cases/[0-9a-f]{32}/evidence|/keys/letters|/v1/letters"), MAX_SEALED_BYTES * 4 // 3 + (1 << 20), 300
)


class BoundedBodies:
    """An ASGI application that reads each body up to its limit into memory and only then asks the one inside.

    Fingerprints come in bodies, so no body may ever be spilled into a temporary file. At most `at_once` requests are
    inside at a time; the others wait their turn, and addresses in `free` (which hold nothing while they wait) don't
    count.
    """

    def __init__(
        self,
        app: App,
        *,
        max_bytes: int,
        at_once: int,
        free: frozenset[str] = frozenset(),
        headers: Mapping[str, str] | None = None,
        larger: Larger | None = None,
    ) -> None:
        self._app = app
        self._headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", **(headers or {})}
        self._max_bytes = max_bytes
        self._turns = asyncio.Semaphore(at_once)
        self._free = free
        self._larger = larger
        self._larger_turns = asyncio.Semaphore(larger.at_once if larger else 1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; anything but HTTP is turned away."""
        if scope["type"] != "http":
            return
        larger = self._larger
        if larger is not None and scope["method"] == "POST" and larger.paths.fullmatch(scope["path"]):
            async with self._larger_turns:
                await self._serve(scope, receive, send, larger.max_bytes, larger.timeout_s)
        else:
            await self._serve(scope, receive, send, self._max_bytes, BODY_TIMEOUT_S)

    async def _serve(self, scope: Scope, receive: Receive, send: Send, max_bytes: int, timeout_s: float) -> None:
        try:
            body = await asyncio.wait_for(self._read(scope, receive, max_bytes), timeout_s)
        except TimeoutError:
            return
        if body is None:
            await self._refuse_too_large(send)
            return
        given = False

        async def receive_whole() -> Message:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        if scope["path"] in self._free:
            await self._app(scope, receive_whole, send)
            return
        async with self._turns:
            await self._app(scope, receive_whole, send)

    async def _read(self, scope: Scope, receive: Receive, max_bytes: int) -> bytes | None:
        for name, value in scope["headers"]:
            if name == b"content-length" and (not value.isdigit() or int(value[:20]) > max_bytes):
                return None
        parts: list[bytes] = []
        length = 0
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return b"".join(parts)
            parts.append(message.get("body", b""))
            length += len(parts[-1])
            if length > max_bytes:
                return None
            if not message.get("more_body", False):
                return b"".join(parts)

    async def _refuse_too_large(self, send: Send) -> None:
        headers = [(name.lower().encode(), value.encode()) for name, value in self._headers.items()]
        headers += [(b"content-type", b"application/json"), (b"connection", b"close")]
        await send({"type": "http.response.start", "status": 413, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps({"error": TOO_LARGE}).encode()})
