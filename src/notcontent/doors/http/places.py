"""`/v1/places`: the platform says that a place was closed, and asks what it comes to. Off without `spinoff_days`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from notcontent.guard import metrics
from notcontent.guard.door_errors import DoorError
from notcontent.guard.service import Guard
from notcontent.guard.spinoffs.keeping import explained
from notcontent.guard.spinoffs.observation import WARNING_TEXT
from notcontent.guard.tokens import Caller
from notcontent.guard.writer import utc_now

_MOST_CHARACTERS = 256
#: A closing is told at most so long afterwards.
_TOLD_WITHIN = timedelta(days=30)


class PlaceRoutes:
    """The routes of places."""

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
            Route("/v1/places/state", self.note, methods=["POST"]),
            Route("/v1/places/look", self.look, methods=["POST"]),
        ]

    async def note(self, request: Request) -> JSONResponse:
        """A place was closed, or is open again."""
        self._caller(request)
        question = await self._read(request)
        place, closed, now = self._place(question, {"place", "closed", "at"}), question.get("closed"), utc_now()
        if not isinstance(closed, bool):
            raise DoorError(422, "closed", "'closed' is neither true nor false.", "Say which.")
        at = _time(question["at"], now) if "at" in question else now
        if closed:
            pairs = await asyncio.to_thread(self._guard.spinoffs.close, place, at, now)
            metrics.count_spinoffs(len(pairs))
        else:
            await asyncio.to_thread(self._guard.spinoffs.reopen, place)
        return JSONResponse(await asyncio.to_thread(self._json, place))

    async def look(self, request: Request) -> JSONResponse:
        """What a place comes to."""
        self._caller(request)
        place = self._place(await self._read(request), {"place"})
        return JSONResponse(await asyncio.to_thread(self._json, place))

    def _place(self, question: dict[str, object], known: set[str]) -> str:
        if not self._guard.spinoffs.is_on:
            raise DoorError(
                404, "off", "This guard keeps no matches by place.", "Set spinoff_days, and start it again."
            )
        if question.keys() - known:
            raise DoorError(422, "unknown_word", "There is a word too many in the question.", "See /openapi.json.")
        place = question.get("place")
        if not isinstance(place, str) or not 1 <= len(place) <= _MOST_CHARACTERS:
            raise DoorError(422, "place", "A place has 1 to 256 characters.", "Send your own opaque id of it.")
        return place

    def _json(self, place: str) -> dict[str, object]:
        spinoffs = self._guard.spinoffs
        names, number = spinoffs.names(), spinoffs.find(place)
        looked = None if number is None else spinoffs.look(number)
        return {
            "name": None if looked is None else names.show(looked.number),
            "closed": looked is not None and looked.closed_hour is not None,
            "left_out": looked is not None and looked.is_exempt,
            "moves": [] if looked is None else [explained(pair, names) for pair in looked.pairs],
            "relatives": []
            if looked is None
            else [{"name": names.show(each.place), "shared": each.shared} for each in looked.relatives],
            "says": WARNING_TEXT,
        }


def _time(untrusted: object, now: datetime) -> datetime:
    try:
        at = datetime.fromisoformat(str(untrusted))
    except ValueError:
        at = None
    if at is None or at.tzinfo is None or not now - _TOLD_WITHIN <= at <= now + timedelta(hours=1):
        raise DoorError(
            422,
            "at",
            "'at' is no time with a time zone in the last 30 days.",
            "Send it like 2026-11-28T12:00:00+00:00.",
        )
    return at
