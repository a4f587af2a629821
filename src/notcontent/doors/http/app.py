"""The routes of docs/spec/guard.md, and nothing else. Nothing about a caller or an upload is logged."""

from __future__ import annotations

import asyncio
import json
import string
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from functools import partial
from typing import Any, TypeVar

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from notcontent.doors.http.notices import NoticeRoutes
from notcontent.doors.http.openapi import document
from notcontent.doors.http.places import PlaceRoutes
from notcontent.doors.http.statements import read_stated, statement_json
from notcontent.doors.http.verdict_only import VerdictOnly
from notcontent.errors import NotContentError
from notcontent.guard import metrics
from notcontent.guard.answer import match_json, unchecked_text, verdict_json
from notcontent.guard.disputes import Disputed, Kind, read_dispute
from notcontent.guard.door_errors import DoorError, answer_error, answer_unknown_route, error_response, translated
from notcontent.guard.errors import StorageUnavailable
from notcontent.guard.kept import AlreadyHere
from notcontent.guard.lists import Nearest
from notcontent.guard.readiness import Counts
from notcontent.guard.receiving import Receiving, hang_up
from notcontent.guard.service import Guard
from notcontent.guard.tokens import Caller, HoldAnswer, Purpose
from notcontent.guard.uploads import Decision, Reason, Upload
from notcontent.guard.verdict import Verdict, VerdictKind
from notcontent.guard.watching import videos_can_be_read

MAX_FINGERPRINTS = 1000
MAX_JSON_BYTES = 256 << 10
SHOWN_MATCHES = 100
MAX_OBJECT_LENGTH = 128
MAX_PLACE_LENGTH = 256
MAX_NUMBER_DIGITS = 18
_HEX_DIGITS = frozenset("0123456789abcdef")
_OBJECT_CHARACTERS = frozenset(string.ascii_letters + string.digits + "._~:-")
Choice = TypeVar("Choice", HoldAnswer, Decision, Reason, Kind)


class Door:
    """The HTTP door of one guard."""

    def __init__(self, guard: Guard, receiving: Receiving) -> None:
        """Serve this guard, which whoever serves the application starts and stops."""
        self._guard, self._receiving = guard, receiving

    def app(self) -> Starlette:
        """The ASGI application."""
        verdict_only = VerdictOnly(self._guard, self._receiving, self._caller)
        notices = NoticeRoutes(self._guard, self._caller, self._json)
        places = PlaceRoutes(self._guard, self._caller, self._json)
        return _Application(
            self.check,
            routes=[
                Route("/v1/check", self.check, methods=["POST"]),
                Route("/v1/verdict", verdict_only.answer, methods=["POST"]),
                Route("/v1/verdict/{token}", verdict_only.answer, methods=["POST"]),
                Route("/v1/uploads/{id}", self.look, methods=["GET"]),
                Route("/v1/uploads/{id}/decision", self.decide, methods=["POST"]),
                Route("/v1/uploads/{id}/dispute", self.dispute, methods=["POST"]),
                Route("/v1/uploads/{id}/dispute", self.look_at_dispute, methods=["GET"]),
                Route("/v1/uploads/{id}/statement", self.state_reasons, methods=["POST"]),
                Route("/v1/match", self.match, methods=["POST"]),
                Route("/v1/objects/{id}", self.forget, methods=["DELETE"]),
                Route("/v1/backlog/matches", self.already_here, methods=["GET"]),
                *notices.routes,
                *places.routes,
                Route("/metrics", self.metrics, methods=["GET"]),
                Route("/healthz", self.healthz, methods=["GET"]),
                Route("/readyz", self.readyz, methods=["GET"]),
                Route("/openapi.json", self.openapi, methods=["GET"]),
            ],
            exception_handlers={NotContentError: answer_error, HTTPException: answer_unknown_route},
        )

    async def check(self, request: Request) -> JSONResponse:
        """One upload to a verdict."""
        caller = self._caller(request)
        wanted = request.query_params.get("hold")
        hold = caller.hold if wanted is None else _choice(HoldAnswer, wanted, "hold")
        given = request.query_params.get("object")
        object_id = None if given is None else _object(given)
        pending = request.query_params.get("pending")
        if pending not in (None, "202"):
            raise DoorError(422, "pending", "'pending' is not an allowed word.", "Use 202, or leave it away.")
        account = request.query_params.get("account")
        asker = self._guard.asker("http", caller, _place(request), None if account is None else _account(account))
        await self._guard.admit(caller)
        try:
            async with self._receiving.upload(request) as upload:
                verdict = await self._guard.answering.check(
                    upload,
                    object_id,
                    asker=asker,
                    may_come_later=pending is not None,
                    accept_language=_language(request),
                    caller_leaves=partial(hang_up, request),
                )
        except DoorError as error:
            metrics.count_unchecked(asker.door, error)
            raise
        return JSONResponse(verdict_json(verdict, _language(request)), _status(verdict, hold))

    async def look(self, request: Request) -> JSONResponse:
        """What became of an upload."""
        self._caller(request)
        return JSONResponse(_upload_json(self._guard.uploads.look(_id(request))))

    async def decide(self, request: Request) -> JSONResponse:
        """End a hold."""
        self._caller(request)
        upload = _id(request)
        question = await self._json(request)
        decision = _choice(Decision, question.get("decision"), "decision")
        reason = _choice(Reason, question.get("reason"), "reason")
        return JSONResponse(_upload_json(await self._guard.decide(upload, decision, reason)))

    async def dispute(self, request: Request) -> JSONResponse:
        """Somebody says that an upload should not have been stopped."""
        self._caller(request)
        upload = _id(request)
        question = await self._json(request)
        kind = _choice(Kind, question.get("kind"), "kind")
        account, given = question.get("account"), question.get("object")
        disputed = await self._guard.dispute(
            upload,
            kind,
            None if account is None else _account(str(account)),
            None if given is None else _object(str(given)),
        )
        return JSONResponse(_dispute_json(disputed))

    async def look_at_dispute(self, request: Request) -> JSONResponse:
        """How a dispute stands."""
        self._caller(request)
        disputed = await asyncio.to_thread(read_dispute, self._guard.database, _id(request))
        if disputed is None:
            raise DoorError(404, "not_found", "Nobody disputed an upload of this id.", "Use the id of one that was.")
        return JSONResponse(_dispute_json(disputed))

    async def state_reasons(self, request: Request) -> JSONResponse:
        """The statement of reasons for a blocked upload."""
        self._caller(request)
        upload = _id(request)
        stated = read_stated(await self._json(request))
        blocked = await asyncio.to_thread(self._guard.uploads.blocked, upload)
        return JSONResponse(statement_json(blocked, stated))

    async def match(self, request: Request) -> JSONResponse:
        """Fingerprints to what is near them."""
        caller = self._caller(request)
        asker = self._guard.asker("http", caller, _place(request))
        await self._guard.admit(caller)
        untrusted = (await self._json(request)).get("pdq")
        if not isinstance(untrusted, list) or not 1 <= len(untrusted) <= MAX_FINGERPRINTS:
            raise DoorError(422, "pdq", "'pdq' is not a list of 1 to 1,000 fingerprints.", "Ask in several parts.")
        nearest = await self._guard.match(asker, b"".join(map(_fingerprint, untrusted)))
        return JSONResponse({"results": [_result_json(each) for each in nearest]})

    async def forget(self, request: Request) -> JSONResponse:
        """The platform deleted an object: its fingerprints go too."""
        self._caller(request)
        return JSONResponse({"forgotten": await self._guard.forget(_object(str(request.path_params["id"])))})

    async def already_here(self, request: Request) -> JSONResponse:
        """Entries that were found among the accepted uploads."""
        self._caller(request)
        after = request.query_params.get("after", "0")
        if not after.isascii() or not after.isdigit() or len(after) > MAX_NUMBER_DIGITS:
            raise DoorError(422, "after", "'after' is not a number.", "Use the number that was answered as 'next'.")
        found = await self._guard.already_here(int(after))
        matches = [_already_here_json(each) for each in found]
        return JSONResponse({"matches": matches, "next": found[-1].number if found else int(after)})

    async def metrics(self, request: Request) -> Response:
        """The guard's numbers for Prometheus."""
        self._caller(request, Purpose.METRICS)
        text = await asyncio.to_thread(metrics.render, self._guard.readiness)
        return Response(text, headers={"Content-Type": metrics.CONTENT_TYPE, "Cache-Control": "no-store"})

    async def healthz(self, _: Request) -> JSONResponse:
        """The process lives."""
        return JSONResponse({"alive": True})

    async def readyz(self, _: Request) -> JSONResponse:
        """Whether uploads can be judged, and why not."""
        readiness = self._guard.readiness
        why = None
        try:
            lists, counts = readiness.lists(), readiness.counts()
            if not lists:
                why = "This guard follows no list yet. Add one with `notcontent guard follow`."
        except StorageUnavailable as error:
            lists, counts, why = [], Counts(), str(error)
        decoder = self._guard.pool.status()
        ready = bool(lists) and all(each.ready for each in lists) and decoder.ready
        if why is None and not decoder.ready:
            why = "No process that opens pictures is running; new ones are being started."
        body = {
            "ready": ready,
            "why": why,
            "lists": [asdict(each) for each in lists],
            "search": self._guard.lists.search_name,
            "decoder": {
                "workers": decoder.workers,
                "alive": decoder.workers_alive,
                "waiting": decoder.waiting,
                "replaced": decoder.replaced,
                "sandbox": decoder.sandbox,
            },
            "videos": {
                "readable": videos_can_be_read(),
                "why": None if videos_can_be_read() else "Install notcontent[video]; until then a video gets 415.",
                "at_once": self._guard.videos.at_once,
                "waiting": self._guard.videos.waiting,
                "pending": counts.pending,
                "untold": counts.untold,
            },
            "outbox": {"waiting": counts.waiting, "refused": counts.refused},
            "already_here": {
                "kept_days": self._guard.settings.keep_accepted_days,
                "found": counts.already_here,
                "searching": counts.searching,
            },
        }
        return JSONResponse(body, 200 if ready else 503)

    async def openapi(self, _: Request) -> JSONResponse:
        """The OpenAPI document."""
        return JSONResponse(document())

    def _caller(self, request: Request, purpose: Purpose = Purpose.CHECK) -> Caller:
        """Whose request this is, before anything of its body is read."""
        scheme, _, untrusted_token = request.headers.get("authorization", "").partition(" ")
        if "token" in request.path_params:
            scheme, untrusted_token = "bearer", str(request.path_params["token"])
        caller = self._guard.caller_of(untrusted_token.strip()) if scheme.lower() == "bearer" else None
        if caller is None:
            raise DoorError(
                401, "token", "This needs a token.", "Send 'Authorization: Bearer TOKEN' from `notcontent guard token`."
            )
        if caller.purpose is not purpose:
            raise DoorError(
                403,
                "purpose",
                "This token is for something else.",
                f"Make one with `notcontent guard token NAME --for {purpose}`.",
            )
        return caller

    async def _json(self, request: Request) -> dict[str, object]:
        try:
            question = json.loads(await self._receiving.small(request, MAX_JSON_BYTES))
        except (ValueError, RecursionError) as error:
            raise DoorError(400, "json", "The body is not JSON.", "Send a JSON object.") from error
        if not isinstance(question, dict):
            raise DoorError(422, "json", "The body is not a JSON object.", "Send a JSON object.")
        return question


class _Application(Starlette):
    """Nearly all requests are uploads: they go to their route without the layers that find it for others."""

    def __init__(self, check: Callable[[Request], Awaitable[Response]], **more: Any) -> None:
        super().__init__(**more)
        self._check = check

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or (scope["method"], scope["path"]) != ("POST", "/v1/check"):
            await super().__call__(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            response = await self._check(request)
        except NotContentError as error:
            text = unchecked_text(translated(error).status, _language(request))
            response = error_response(error, {"uploader_text": text})
        await response(scope, receive, send)


def _language(request: Request) -> str:
    return request.headers.get("accept-language", "")


def _status(verdict: Verdict, hold: HoldAnswer | None) -> int:
    """A caller that did not say that it understands a hold must not let the picture through by mistake."""
    match verdict.kind:
        case VerdictKind.PENDING:
            return 202
        case VerdictKind.ALLOW:
            return 200
        case VerdictKind.BLOCK:
            return 451
        case VerdictKind.HOLD:
            return {HoldAnswer.ACCEPTED: 202, HoldAnswer.ALLOW: 200}.get(hold, 451) if hold else 451
        case _:
            return 503  # The others are told later only.


def _choice(kind: type[Choice], untrusted: object, name: str) -> Choice:
    try:
        return kind(str(untrusted))
    except ValueError as error:
        allowed = ", ".join(kind)
        raise DoorError(422, name, f"'{name}' is none of the allowed words.", f"Use one of: {allowed}.") from error


def _id(request: Request) -> str:
    untrusted = str(request.path_params["id"])
    if len(untrusted) != 32 or set(untrusted) - _HEX_DIGITS:
        raise DoorError(404, "not_found", "An upload's id has 32 hex digits.", "Use the id that /v1/check gave.")
    return untrusted


def _fingerprint(untrusted: object) -> bytes:
    if not isinstance(untrusted, str) or len(untrusted) != 64 or set(untrusted) - _HEX_DIGITS:
        raise DoorError(422, "pdq", "A fingerprint has 64 lower-case hex digits.", "Correct the list and ask again.")
    return bytes.fromhex(untrusted)


def _upload_json(upload: Upload) -> dict[str, object]:
    return {"id": upload.id, "verdict": upload.verdict, "state": upload.state}


def _dispute_json(disputed: Disputed) -> dict[str, object]:
    return {"id": disputed.upload, "kind": disputed.kind, "answer": disputed.answer}


def _account(untrusted: str) -> str:
    """Whose upload it is, in the platform's own words, which go no further than a pseudonym."""
    if not 1 <= len(untrusted) <= MAX_PLACE_LENGTH:
        raise DoorError(422, "account", "An account has 1 to 256 characters.", "Send your own opaque id of it.")
    return untrusted


def _result_json(nearest: Nearest) -> dict[str, object]:
    return {"matches": [match_json(each.shown) for each in nearest.found[:SHOWN_MATCHES]], "total": nearest.total}


def _object(untrusted: str) -> str:
    if not 1 <= len(untrusted) <= MAX_OBJECT_LENGTH or set(untrusted) - _OBJECT_CHARACTERS:
        raise DoorError(
            422, "object", "An object's id has 1 to 128 letters, digits or any of . _ ~ : -", "Send your own opaque id."
        )
    return untrusted


def _place(request: Request) -> str | None:
    """Where at the platform the upload was made, in the platform's own words, which go no further than `asker`."""
    untrusted = request.query_params.get("place")
    if untrusted is not None and not 1 <= len(untrusted) <= MAX_PLACE_LENGTH:
        raise DoorError(
            422, "place", "A place has 1 to 256 characters.", "Send your own opaque id of a group, channel or account."
        )
    return untrusted


def _already_here_json(found: AlreadyHere) -> dict[str, object]:
    return {
        "number": found.number,
        "object": found.object_id,
        "entry": found.entry,
        "list": found.list_name,
        "tier": found.tier,
        "distance_bits": found.distance_bits,
        "orientation": found.orientation,
        "day": found.day,
    }
