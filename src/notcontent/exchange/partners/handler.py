"""The handler of the partners' face: polls keep no thread while they wait."""

from __future__ import annotations

import asyncio
import io

from notcontent.exchange.handler import KeptThreads
from notcontent.exchange.limits import Receive, Scope, Send

#: Addresses whose views wait without needing a thread of their own.
WAITS_WITHOUT_THREAD = frozenset({"/v1/feed/poll"})


class PartnersHandler(KeptThreads):
    """Serves polls outside of any thread of their own.

    Other requests have one from the beginning until the answer is sent. Short pieces of a poll (a token that is looked
    up anew, a number that moved) run on one thread that all of them share: `ask_tables`.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one HTTP request."""
        # Where a base URL was given with a slash at its end, clients in StopNCII's shape send two.
        if scope["path"].startswith("/stopncii/v1//"):
            scope = {**scope, "path": scope["path"].replace("//", "/", 1)}
        if scope["path"] in WAITS_WITHOUT_THREAD:
            await self._serve_poll(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)

    async def _serve_poll(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As Django's `handle`, without what that does on a thread before and after, which takes longer than a poll."""
        # What a poll says stands in its address: a body is of no use.
        await receive()
        request, refusal = self.create_request(scope, io.BytesIO())

        async def answer() -> None:
            await self.send_response(refusal or await self.get_response_async(request), send)

        answering, leaving = asyncio.ensure_future(answer()), asyncio.ensure_future(receive())
        try:
            await asyncio.wait((answering, leaving), return_when=asyncio.FIRST_COMPLETED)
            if answering.done():
                answering.result()
        finally:
            # Who has left needs no answer, and who was answered is not waited for.
            answering.cancel()
            leaving.cancel()
            await asyncio.wait((answering, leaving))
