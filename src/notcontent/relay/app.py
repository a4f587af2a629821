"""What a guard asks a relay: the routes of an exchange's partners' face (docs/spec/feed.md §4), on loopback only."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from notcontent.feed.signature import MalformedKey, PublicKey
from notcontent.relay.stream import Stream

MAX_WAIT_S = 25
#: After so long without the list's own exchange, no head is signed any more: the guard shall see that it is away.
AWAY_AFTER = timedelta(hours=1)
MAX_BODY_BYTES = 2 << 20
_LOOK_EVERY_S = 0.2


class Relay:
    """The routes of one stream. `fetched` is when the list was last had whole; None before the first time."""

    def __init__(self, stream: Stream, clock: Callable[[], datetime]) -> None:
        """Serve this stream."""
        self.fetched: datetime | None = None
        self._stream, self._clock = stream, clock

    def app(self) -> Starlette:
        """The ASGI application."""
        routes: list[tuple[str, Any, str]] = [
            ("/v1/feed/keys", self._keys, "GET"),
            ("/v1/feed/poll", self._poll, "GET"),
            ("/v1/feed/snapshots/{name}", self._snapshot, "GET"),
            ("/v1/guards", self._guard, "POST"),
            ("/v1/receipts", self._heard, "POST"),
            ("/v1/reports", self._heard, "POST"),
        ]
        return Starlette(routes=[Route(path, self._checked(route), methods=[verb]) for path, route, verb in routes])

    def _checked(self, route: Any) -> Any:
        async def answer(request: Request) -> Response:
            word, _, token = request.headers.get("Authorization", "").partition(" ")
            if word.lower() != "bearer" or not self._stream.knows(token):
                return _refuse(401, "unauthorized", "This address needs the relay's token.", "See `notcontent relay`.")
            response: Response = await route(request)
            return response

        return answer

    async def _keys(self, request: Request) -> Response:
        return JSONResponse(self._stream.keys.to_json())

    async def _poll(self, request: Request) -> Response:
        asked = [request.query_params.get(name, "0") for name in ("epoch", "after", "wait")]
        if not all(each.isascii() and each.isdigit() and len(each) < 19 for each in asked):
            return _refuse(400, "malformed", "epoch, after and wait must be whole numbers.", "Ask as a guard does.")
        epoch, after, wait_s = map(int, asked)
        end = asyncio.get_running_loop().time() + min(wait_s, MAX_WAIT_S)
        while (epoch, after) == (1, self._stream.number) and asyncio.get_running_loop().time() < end:
            await asyncio.sleep(_LOOK_EVERY_S)
        if self.fetched is None or self._clock() - self.fetched > AWAY_AFTER:
            return _refuse(503, "busy", "The list's own exchange is away.", "Ask again; see what the relay prints.")
        return JSONResponse({"head": self._stream.head(self._clock()).to_json(), "deltas": []})

    async def _snapshot(self, request: Request) -> Response:
        path = self._stream.snapshot_path(self._stream.number)
        name = f"1-{self._stream.number}"
        if request.path_params["name"] == f"{name}.minisig":
            path = path.with_suffix(".minisig")
        elif request.path_params["name"] != name:
            path = self._stream.folder / "none"
        if not path.is_file():
            return _refuse(404, "not_found", "Nothing was found.", "Ask for what the head names.")
        return FileResponse(path, media_type="application/octet-stream")

    async def _guard(self, request: Request) -> Response:
        try:
            offered = json.loads(await _body(request))
            key = PublicKey.from_text(str(offered["public_key"])).text
        except (ValueError, TypeError, KeyError, MalformedKey):
            return _refuse(422, "unusable", "This is no guard's key.", "Send its one line.")
        if not self._stream.register(key):
            return _refuse(409, "conflict", "Another guard follows this relay.", "Run a relay for each guard.")
        return JSONResponse({"feed": self._stream.feed})

    async def _heard(self, request: Request) -> Response:
        """Receipts and reports end here: whoever keeps the list asks for none, or not in a way that this knows."""
        try:
            offered = json.loads(await _body(request))
            (items,) = offered.values()
            return JSONResponse({"accepted": len(items), "ignored": 0})
        except (ValueError, TypeError, AttributeError):
            return _refuse(400, "malformed", "The body is not what a guard sends.", "Send what the guard wrote.")


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_BODY_BYTES:
            raise ValueError("too large")
    return bytes(body)


def _refuse(status: int, code: str, message: str, do: str) -> Response:
    return JSONResponse({"error": {"code": code, "message": message, "do": do}}, status)
