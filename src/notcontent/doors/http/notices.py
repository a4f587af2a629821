"""`/v1/notices`: notices that the platform received, and what it did about each. Opaque ids and times, nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from notcontent.guard.door_errors import DoorError
from notcontent.guard.notice_clock import Element, Regime
from notcontent.guard.notices import Notice, Refusal, Step, Subject
from notcontent.guard.service import Guard
from notcontent.guard.tokens import Caller
from notcontent.guard.writer import utc_now

_NEW = {"regime", "reference", "upload", "object", "received_at", "missing"}
_STEP = {"step", "at", "missing", "reason"}
Word = TypeVar("Word", Regime, Step, Refusal, Element)


class NoticeRoutes:
    """The routes of notices."""

    def __init__(
        self,
        guard: Guard,
        caller: Callable[[Request], Caller],
        read: Callable[[Request], Awaitable[dict[str, object]]],
    ) -> None:
        """`caller` refuses a request without a token; `read` gives the JSON object of its body."""
        self._guard, self._caller, self._read = guard, caller, read

    @property
    def routes(self) -> list[Route]:
        """Where they are."""
        return [
            Route("/v1/notices", self.all, methods=["GET"]),
            Route("/v1/notices", self.record, methods=["POST"]),
            Route("/v1/notices/{id}", self.look, methods=["GET"]),
            Route("/v1/notices/{id}/steps", self.note, methods=["POST"]),
        ]

    async def all(self, request: Request) -> JSONResponse:
        """The open ones, what runs out first before."""
        self._caller(request)
        notices, total = await asyncio.to_thread(self._guard.notices.open)
        now = utc_now()
        return JSONResponse({"notices": [notice_json(each, now) for each in notices], "total": total})

    async def record(self, request: Request) -> JSONResponse:
        """A notice came in."""
        self._caller(request)
        question = await self._read(request)
        _only(question, _NEW)
        ids = [str(question[name]) if name in question else None for name in ("upload", "object")]
        about = Subject(_word(Regime, question, "regime"), str(question.get("reference", "")), *ids)
        received, now = _time(question.get("received_at"), "received_at"), utc_now()
        missing = _elements(question)
        notice, new = await asyncio.to_thread(self._guard.notices.record, about, received, missing, now)
        return JSONResponse(notice_json(notice, now), 201 if new else 200)

    async def look(self, request: Request) -> JSONResponse:
        """One notice."""
        self._caller(request)
        notice = await asyncio.to_thread(self._guard.notices.look, str(request.path_params["id"]))
        return JSONResponse(notice_json(notice, utc_now()))

    async def note(self, request: Request) -> JSONResponse:
        """Something was done."""
        self._caller(request)
        question = await self._read(request)
        _only(question, _STEP)
        step, now = _word(Step, question, "step"), utc_now()
        at = _time(question["at"], "at") if "at" in question else now
        missing = _elements(question) if step is Step.ELEMENTS else []
        refusal = _word(Refusal, question, "reason") if step is Step.REFUSED else None

        def note() -> Notice:
            notice_id = str(request.path_params["id"])
            return self._guard.notices.note(notice_id, step, at, now, missing=missing, refusal=refusal)

        return JSONResponse(notice_json(await asyncio.to_thread(note), now))


def notice_json(notice: Notice, now: datetime) -> dict[str, object]:
    """A notice, as it stands now."""
    clock = notice.clock

    def said(at: datetime | None) -> str | None:
        return None if at is None else at.isoformat(timespec="seconds")

    return {
        "id": notice.id,
        "regime": notice.about.regime,
        "reference": notice.about.reference,
        "upload": notice.about.upload,
        "object": notice.about.object_id,
        "received_at": said(notice.received),
        "missing": [*notice.missing],
        "clock": clock.standing(now),
        "started_at": said(clock.started),
        "deadline": said(clock.deadline),
        "removed_at": said(notice.removed),
        "copies_searched_at": said(notice.copies),
        "refused_at": said(notice.refused),
        "refusal": notice.refusal,
    }


def _only(question: dict[str, object], known: set[str]) -> None:
    if strangers := sorted(question.keys() - known):
        raise _wrong(f"'{strangers[0][:40]}' is no word of a notice.")


def _word(kind: type[Word], question: dict[str, object], name: str) -> Word:
    try:
        return kind(str(question.get(name)))
    except ValueError as error:
        raise _wrong(f"'{name}' is one of: {', '.join(kind)}.") from error


def _elements(question: dict[str, object]) -> list[Element]:
    untrusted = question.get("missing")
    try:
        if not isinstance(untrusted, list) or len(untrusted) > len(Element):
            raise ValueError
        return [Element(str(each)) for each in untrusted]
    except ValueError as error:
        raise _wrong("'missing' is a list of what the law asks for and the notice lacks; [] if it has all.") from error


def _time(untrusted: object, name: str) -> datetime:
    try:
        at = datetime.fromisoformat(str(untrusted))
        if at.tzinfo is None or not 2000 <= at.year <= 2999:
            raise ValueError
    except ValueError as error:
        raise _wrong(f"'{name}' is a time with its offset, such as 2026-11-28T12:00:00+00:00.") from error
    return at


def _wrong(message: str) -> DoorError:
    return DoorError(422, "notice", message, "See /openapi.json for what a notice has to hold.")
