"""Likely successors at the review: looked at by anyone who reviews, handed out and left out by two."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from notcontent.doors.review.frame import SPINOFFS
from notcontent.doors.review.notices import SignedIn
from notcontent.doors.review.spinoffs import exporting, pages
from notcontent.guard.service import Guard
from notcontent.guard.spinoffs.seeking import Pair
from notcontent.guard.spinoffs.two_people import MOST_REFERENCE, Act, Form, Ground, Kind, NotAgreed
from notcontent.guard.writer import utc_now


class SpinoffRoutes:
    """The routes of spin-offs."""

    def __init__(self, guard: Guard, signed_in: SignedIn) -> None:
        """Serve this guard to those whom the door knows."""
        self._spinoffs, self._signed_in = guard.spinoffs, signed_in
        self._tells = guard.settings.tells_spinoffs

    @property
    def routes(self) -> list[Route]:
        """Where they are."""
        return [
            Route(SPINOFFS, self.all),
            Route(f"{SPINOFFS}/places/{{name}}", self.one),
            Route(f"{SPINOFFS}/judge", self.judge, methods=["POST"]),
            Route(f"{SPINOFFS}/ask", self.ask, methods=["POST"]),
            Route(f"{SPINOFFS}/agree", self.agree, methods=["POST"]),
        ]

    async def all(self, request: Request) -> Response:
        """All clusters."""
        frame = await self._signed_in.frame(request)
        if not self._spinoffs.is_on:
            return HTMLResponse(pages.off_page(frame))
        clusters, pairs = await asyncio.to_thread(self._spinoffs.clusters)
        asked = await asyncio.to_thread(self._spinoffs.waiting, utc_now())
        closed = await asyncio.to_thread(self._spinoffs.closed)
        names = self._names({place for each in clusters for place in each.places} | {each.place for each in asked})
        return HTMLResponse(pages.spinoffs_page(frame, clusters, pairs, names, closed, asked))

    async def one(self, request: Request) -> Response:
        """One place."""
        frame = await self._signed_in.frame(request)
        number = await asyncio.to_thread(self._spinoffs.shown_as, str(request.path_params["name"]))
        looked = None if number is None else await asyncio.to_thread(self._spinoffs.look, number)
        if looked is None:
            return HTMLResponse(pages.said_page(frame, "spinoffs.unknown"), 404)
        about = {place for pair in looked.pairs for place in (pair.predecessor, pair.successor)}
        names = self._names({looked.number, *about, *(each.place for each in looked.relatives)})
        entries = await asyncio.to_thread(self._spinoffs.entry_ids, looked.pairs)
        return HTMLResponse(pages.place_page(frame, looked, names, entries, tells=self._tells))

    async def judge(self, request: Request) -> Response:
        """An alarm was right, or wrong."""
        frame = await self._signed_in.frame(request)
        form = await self._signed_in.form(request, frame)
        places = [await self._number(form, name) for name in ("predecessor", "successor")]
        right = form.get("right", [""])[0]
        if None in places or right not in ("yes", "no"):
            return HTMLResponse(pages.said_page(frame, "spinoffs.gone"), 404)
        await asyncio.to_thread(lambda: self._spinoffs.judge(places[0] or 0, places[1] or 0, is_right=right == "yes"))
        return RedirectResponse(SPINOFFS, 303)

    async def ask(self, request: Request) -> Response:
        """One of two people asks."""
        frame = await self._signed_in.frame(request)
        form = await self._signed_in.form(request, frame)
        place, act, said = await self._number(form, "place"), form.get("act", [""])[0], _said(form)
        if place is None or act not in list(Act) or said is None or frame.session is None:
            return HTMLResponse(pages.said_page(frame, "spinoffs.missing"), 422)
        name = frame.session.reviewer
        await asyncio.to_thread(self._spinoffs.ask, Act(act), place, said, name, utc_now())
        return RedirectResponse(SPINOFFS, 303)

    async def agree(self, request: Request) -> Response:
        """The other agrees; what is handed out is the answer."""
        frame = await self._signed_in.frame(request)
        form = await self._signed_in.form(request, frame)
        name, now = frame.session.reviewer if frame.session else "", utc_now()
        try:
            asked = await asyncio.to_thread(self._spinoffs.agree, form.get("asked", [""])[0], name, now)
        except NotAgreed:
            return HTMLResponse(pages.said_page(frame, "spinoffs.notAgreed"), 409)
        if asked.act is not Act.EXPORT:
            return RedirectResponse(SPINOFFS, 303)
        moves = await asyncio.to_thread(self._cluster_of, asked.place)
        names, form_of = self._spinoffs.names(), Form(asked.said["format"])
        if form_of is Form.ANNEX:
            kind, media, text = "txt", "text/plain", exporting.annex(moves, names, asked, name, now)
        else:
            named = form_of is Form.ENTRIES
            entries = await asyncio.to_thread(self._spinoffs.entry_ids, moves) if named else None
            kind, media, text = "json", "application/json", exporting.as_json(moves, names, asked, name, entries)
        disposition = f'attachment; filename="places.{kind}"'
        return Response(text, media_type=media, headers={"Content-Disposition": disposition})

    def _cluster_of(self, place: int) -> list[Pair]:
        clusters, pairs = self._spinoffs.clusters()
        return [
            pairs[move.predecessor, move.successor]
            for cluster in clusters
            if place in cluster.places
            for move in cluster.moves
        ]

    def _names(self, places: Iterable[int]) -> dict[int, str]:
        names = self._spinoffs.names()
        return {place: names.show(place) for place in places}

    async def _number(self, form: dict[str, list[str]], field: str) -> int | None:
        return await asyncio.to_thread(self._spinoffs.shown_as, form.get(field, [""])[0])


def _said(form: dict[str, list[str]]) -> dict[str, str] | None:
    """What stands beside an act; None if something is missing."""
    act, kind, ground, reference, form_of = (
        form.get(name, [""])[0].strip() for name in ("act", "kind", "ground", "reference", "format")
    )
    if act == Act.INCLUDE:
        return {}
    if act == Act.EXEMPT:
        return {"kind": kind} if kind in list(Kind) else None
    whole = ground in list(Ground) and 1 <= len(reference) <= MOST_REFERENCE and form_of in list(Form)
    return {"ground": ground, "reference": reference, "format": form_of} if whole else None
