"""HMA's routes over the guard's lists, under `/hma` on the HTTP listener. Nothing about a caller or upload is logged.

Two things differ from the HTTP door because the clients do. The token may stand in the path, `/hma/TOKEN/…`, for those
that can send no header. And an error of a lookup is plain text: a client that passes over the status would take the
keys of a JSON error for names of banks in which nothing was found.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from notcontent.doors.hma.banks import Banks
from notcontent.doors.hma.curation import Curation
from notcontent.doors.hma.matching import Matching
from notcontent.doors.hma.openapi import document
from notcontent.errors import NotContentError
from notcontent.guard.door_errors import RETRY_AFTER_S, DoorError, translated
from notcontent.guard.doorway import DoorRule
from notcontent.guard.receiving import Receiving
from notcontent.guard.service import Guard
from notcontent.guard.tokens import TOKEN_PREFIX, Caller, Purpose

_TOKEN = "notcontent.token"  # noqa: S105 - a key of the ASGI scope
_Handler = Callable[[Request], Awaitable[Response]]


class HmaDoor:
    """The HMA door of one guard: an ASGI application for what is asked under one first part of a path."""

    def __init__(self, guard: Guard, rule: DoorRule, receiving: Receiving) -> None:
        """Serve this guard, which whoever serves the application starts and stops."""
        self._guard = guard
        banks = Banks(guard.database, guard.lists.names)
        matching = Matching(guard, rule, banks, receiving)
        curation = Curation(guard, banks, receiving, matching.stops)
        text, asked = self._asked_in_text, self._asked
        self._routes = Starlette(
            routes=[
                Route("/status", curation.status, methods=["GET"]),
                Route("/status/live", curation.live, methods=["GET"]),
                Route("/openapi/openapi.json", _openapi, methods=["GET"]),
                Route("/h/hash", asked(matching.hash_url), methods=["GET"]),
                Route("/h/hash", asked(matching.hash_file), methods=["POST"]),
                Route("/m/lookup", text(matching.lookup), methods=["GET"]),
                Route("/m/lookup", text(matching.lookup_file), methods=["POST"]),
                Route("/m/raw_lookup", text(matching.raw_lookup), methods=["GET"]),
                Route("/m/compare", asked(matching.compare), methods=["POST"]),
                Route("/m/index/status", asked(curation.index_status), methods=["GET"]),
                Route("/c/signal_type", asked(curation.signal_types), methods=["GET"]),
                Route("/c/signal_type/index", asked(curation.index), methods=["GET"]),
                Route("/c/content_type", asked(curation.content_types), methods=["GET"]),
                Route("/c/banks", asked(curation.banks), methods=["GET"]),
                Route("/c/banks", asked(curation.refuse), methods=["POST"]),
                Route("/c/bank/{name}", asked(curation.bank), methods=["GET"]),
                Route("/c/bank/{name}", asked(curation.change_bank), methods=["PUT"]),
                Route("/c/bank/{name}", asked(curation.drop_bank), methods=["DELETE"]),
                Route("/c/bank/{name}/content", asked(curation.refuse), methods=["POST"]),
                Route("/c/bank/{name}/signal", asked(curation.refuse), methods=["POST"]),
                Route("/c/bank/{name}/content/{number}", asked(curation.item), methods=["GET"]),
                Route("/c/bank/{name}/content/{number}", asked(curation.refuse), methods=["PUT", "DELETE"]),
                Route("/c/exchanges", asked(curation.exchanges), methods=["GET"]),
                Route("/c/exchanges", asked(curation.attach), methods=["POST"]),
                Route("/c/exchanges/apis", asked(curation.apis), methods=["GET"]),
                Route("/c/exchanges/api/{name}", asked(curation.api), methods=["GET", "POST"]),
                Route("/c/exchanges/api/{name}/schema", asked(curation.schema), methods=["GET"]),
                Route("/c/exchange/{name}", asked(curation.exchange), methods=["GET"]),
                Route("/c/exchange/{name}", asked(curation.refuse), methods=["PUT"]),
                Route("/c/exchange/{name}", asked(curation.drop_exchange), methods=["DELETE"]),
                Route("/c/exchange/{name}/status", asked(curation.exchange_status), methods=["GET"]),
            ],
            exception_handlers={HTTPException: _answer_unknown_route},
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request. Doubled slashes are one: clients join a base address and a path as they like."""
        _, *parts = filter(None, scope["path"].split("/"))
        token = parts.pop(0) if parts and parts[0].startswith(TOKEN_PREFIX) else ""
        path = "/" + "/".join(parts)
        await self._routes({**scope, "path": path, "raw_path": path.encode(), _TOKEN: token}, receive, send)

    def _asked(self, handler: _Handler) -> _Handler:
        """For callers with a token; an error is a JSON object, as HMA's are."""

        async def answer(request: Request) -> Response:
            try:
                request.state.caller = self._require_caller(request)
                return await handler(request)
            except NotContentError as error:
                return _json_error(error)

        return answer

    def _asked_in_text(self, handler: _Handler) -> _Handler:
        """The same; an error is plain text."""

        async def answer(request: Request) -> Response:
            try:
                request.state.caller = self._require_caller(request)
                return await handler(request)
            except NotContentError as untranslated:
                error = _as_hma_numbers_it(untranslated)
                return PlainTextResponse(
                    f"{error.message} {error.do}", error.status, _headers(untranslated, error.status)
                )

        return answer

    def _require_caller(self, request: Request) -> Caller:
        """Whose token is in the path, or else in the header."""
        scheme, _, in_header = request.headers.get("authorization", "").partition(" ")
        untrusted_token = request.scope[_TOKEN] or (in_header.strip() if scheme.lower() == "bearer" else "")
        caller = self._guard.caller_of(untrusted_token)
        if caller is None:
            raise DoorError(
                401, "token", "This needs a token.", "Send it as 'Authorization: Bearer TOKEN', or ask /hma/TOKEN/…"
            )
        if caller.purpose is not Purpose.CHECK:
            raise DoorError(
                403, "purpose", "This token is for something else.", "Make one with `notcontent guard token NAME`."
            )
        return caller


async def _openapi(_: Request) -> Response:
    return JSONResponse(document())


async def _answer_unknown_route(_: Request, error: Exception) -> Response:
    status = int(getattr(error, "status_code", 404))
    said = "This route does not take this method." if status == 405 else "There is no such route."
    response = _json_error(DoorError(status, "not_found", said, "See /hma/openapi/openapi.json for the routes."))
    if allowed := (getattr(error, "headers", None) or {}).get("Allow"):
        response.headers["Allow"] = allowed
    return response


def _json_error(untranslated: NotContentError) -> Response:
    error = _as_hma_numbers_it(untranslated)
    return JSONResponse({"message": f"{error.message} {error.do}"}, error.status, _headers(untranslated, error.status))


def _as_hma_numbers_it(untranslated: NotContentError) -> DoorError:
    """HMA answers 400 to a form that is none of its own."""
    error = translated(untranslated)
    if error.status == 422 and error.code in ("form", "empty"):
        return DoorError(400, error.code, error.message, error.do)
    return error


def _headers(error: NotContentError, status: int) -> dict[str, str]:
    if status in (429, 503):
        return {"Retry-After": str(getattr(error, "retry_after_s", RETRY_AFTER_S))}
    return {"WWW-Authenticate": "Bearer"} if status == 401 else {}
