"""Notices at the review: a list, a form in two steps, and what was done."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Protocol, TypeVar

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from notcontent.doors.review import notice_pages as pages
from notcontent.doors.review.frame import NOTICES, Frame
from notcontent.guard import review
from notcontent.guard.errors import BadNotice, NoticeClosed
from notcontent.guard.notice_clock import ELEMENTS, Element, Regime
from notcontent.guard.notices import Notice, Refusal, Step, Subject
from notcontent.guard.service import Guard
from notcontent.guard.writer import utc_now

Word = TypeVar("Word", Regime, Step, Refusal)


class SignedIn(Protocol):
    """What the review door knows of a request. Raises NotSignedIn and ForeignForm."""

    async def frame(self, request: Request) -> Frame: ...
    async def form(self, request: Request, frame: Frame) -> dict[str, list[str]]: ...


class NoticeRoutes:
    """The routes of notices."""

    def __init__(self, guard: Guard, signed_in: SignedIn) -> None:
        """Serve this guard to those whom the door knows."""
        self._guard, self._signed_in = guard, signed_in

    @property
    def routes(self) -> list[Route]:
        """Where they are."""
        return [
            Route(NOTICES, self.all, methods=["GET"]),
            Route(NOTICES, self.record, methods=["POST"]),
            Route(f"{NOTICES}/new", self.new),
            Route(f"{NOTICES}/{{id}}", self.one),
            Route(f"{NOTICES}/{{id}}/steps", self.note, methods=["POST"]),
        ]

    async def all(self, request: Request) -> Response:
        """All that are open."""
        frame = await self._signed_in.frame(request)
        found, total = await asyncio.to_thread(self._guard.notices.open)
        closed = await asyncio.to_thread(self._guard.notices.closed)
        return HTMLResponse(pages.notices_page(frame, found, total, closed, utc_now()))

    async def new(self, request: Request) -> Response:
        """An empty form for the law that was chosen; before, the choice."""
        frame = await self._signed_in.frame(request)
        law = _word(Regime, request.query_params.get("regime", ""))
        return HTMLResponse(pages.new_page(frame, law, {}, utc_now()) if law else pages.which_law_page(frame))

    async def record(self, request: Request) -> Response:
        """A notice came in."""
        frame = await self._signed_in.frame(request)
        form = await self._signed_in.form(request, frame)
        typed = {name: " ".join(values).strip() for name, values in form.items()}
        law, now = _word(Regime, typed.get("regime", "")), utc_now()
        if law is None:
            return HTMLResponse(pages.which_law_page(frame), 422)
        try:
            about = await asyncio.to_thread(self._subject, law, typed)
            received = _typed_time(typed.get("received", ""))
        except BadNotice:
            return HTMLResponse(pages.new_page(frame, law, typed, now, "ids"), 422)
        try:
            if received is None:
                raise BadNotice("This is no time. Type it again.")
            missing = _missing(law, form.get("has", []))
            notice, _ = await asyncio.to_thread(self._guard.notices.record, about, received, missing, now)
        except BadNotice:
            return HTMLResponse(pages.new_page(frame, law, typed, now, "time"), 422)
        return RedirectResponse(f"{NOTICES}/{notice.id}", 303)

    async def one(self, request: Request) -> Response:
        """One notice."""
        frame = await self._signed_in.frame(request)
        notice = await asyncio.to_thread(self._guard.notices.look, str(request.path_params["id"]))
        return HTMLResponse(await self._page(frame, notice))

    async def note(self, request: Request) -> Response:
        """Something was done."""
        frame = await self._signed_in.frame(request)
        form = await self._signed_in.form(request, frame)
        name, now = str(request.path_params["id"]), utc_now()
        notice = await asyncio.to_thread(self._guard.notices.look, name)
        step, typed = _word(Step, _first(form, "step")), _first(form, "at")
        at = _typed_time(typed) if typed else now
        missing = _missing(notice.about.regime, form.get("has", [])) if step is Step.ELEMENTS else []
        try:
            if at is None or step is None:
                raise BadNotice("This is no time, or no step. Open the notice again.")
            notice = await asyncio.to_thread(
                lambda: self._guard.notices.note(
                    name, step, at, now, missing=missing, refusal=_word(Refusal, _first(form, "reason"))
                )
            )
        except NoticeClosed:
            pass  # Somebody else was quicker: the page shows what was done.
        except BadNotice:
            return HTMLResponse(await self._page(frame, notice, "time"), 422)
        return RedirectResponse(f"{NOTICES}/{notice.id}", 303)

    def _subject(self, law: Regime, typed: dict[str, str]) -> Subject:
        """What the notice is about: an upload that the guard knows by this id, or else the platform's own content."""
        content, reference = typed.get("content", ""), typed.get("reference", "")
        if self._guard.uploads.knows(content):
            return Subject(law, reference, upload=content)
        return Subject(law, reference, object_id=content)

    async def _page(self, frame: Frame, notice: Notice, trouble: str = "") -> str:
        about = notice.about
        held = await asyncio.to_thread(review.find_waiting, self._guard.database, about.upload, about.object_id)
        keep_days = self._guard.settings.keep_uploads_days
        return pages.notice_page(frame, notice, held, utc_now(), keep_days=keep_days, trouble=trouble)


def _first(form: dict[str, list[str]], name: str) -> str:
    return form.get(name, [""])[0]


def _missing(law: Regime, has: list[str]) -> list[Element]:
    return [each for each in ELEMENTS[law] if each not in has]


def _word(kind: type[Word], untrusted: str) -> Word | None:
    return kind(untrusted) if untrusted in list(kind) else None


def _typed_time(untrusted: str) -> datetime | None:
    """A time in UTC, as a browser's field for one sends it; None if it is none."""
    try:
        typed = datetime.fromisoformat(untrusted)
    except ValueError:
        return None
    return typed.replace(tzinfo=UTC) if typed.tzinfo is None and 2000 <= typed.year <= 2999 else None
