"""`POST /v1/verdict`: for hosts that know nothing but "2xx is fine, anything else is not". No body in either direction
but the upload.

Such a host can't be told of a hold, and what it makes of a guard that can't answer is decided here. So the token has to
state both (`notcontent guard token --when-held --when-unchecked`); without that, this route answers nobody.
"""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response

from notcontent.guard.door_errors import DoorError, error_response
from notcontent.guard.doorway import Judged, Outcome
from notcontent.guard.receiving import Receiving
from notcontent.guard.service import Guard
from notcontent.guard.tokens import Caller

DOOR = "verdict"


class VerdictOnly:
    """Answers 204 or 451; where nothing could be checked and the token says "stop", the status of `/v1/check`."""

    def __init__(self, guard: Guard, receiving: Receiving, caller_of: Callable[[Request], Caller]) -> None:
        """`caller_of` raises DoorError for whoever may not ask."""
        self._guard, self._receiving, self._caller_of = guard, receiving, caller_of

    async def answer(self, request: Request) -> Response:
        """One upload to a status."""
        caller = self._caller_of(request)
        if caller.rule is None:
            raise DoorError(
                403,
                "rule",
                "This token does not say what a hold, or an upload that can't be checked, is to be answered with.",
                "Make one with `notcontent guard token NAME --when-held … --when-unchecked …`.",
            )
        await self._guard.admit(caller)
        asker = self._guard.asker(DOOR, caller, None)
        doorway = self._guard.doorway(caller.rule, asker, shown_everything=False)
        try:
            async with self._receiving.upload(request) as upload:
                judged = await doorway.judge(upload)
        except DoorError as error:
            judged = doorway.unchecked(error)
        return _response(judged)


def _response(judged: Judged) -> Response:
    if judged.outcome is Outcome.PASS:
        return Response(status_code=204)
    if judged.error is None:
        return Response(status_code=451)
    told = error_response(judged.error)
    retry = {"Retry-After": told.headers["Retry-After"]} if "Retry-After" in told.headers else {}
    return Response(status_code=told.status_code, headers=retry)
