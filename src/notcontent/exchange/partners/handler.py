"""The handler of the partners' face: polls keep no thread while they wait."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from notcontent.exchange.handler import KeptThreads

Message = MutableMapping[str, Any]

#: Addresses whose views wait without needing a thread of their own.
WAITS_WITHOUT_THREAD = frozenset({"/v1/feed/poll"})


class PartnersHandler(KeptThreads):
    """Serves polls outside of any thread of their own.

    Other requests have one from the beginning until the answer is sent. Short pieces of a poll (a token that is looked
    up anew, a number that moved) run on one thread that all of them share.
    """

    async def __call__(
        self,
        scope: MutableMapping[str, Any],
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        """Serve one HTTP request."""
        # Where a base URL was given with a slash at its end, clients in StopNCII's shape send two.
        if scope["path"].startswith("/stopncii/v1//"):
            scope = {**scope, "path": scope["path"].replace("//", "/", 1)}
        if scope["path"] in WAITS_WITHOUT_THREAD:
            await self.handle(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)
