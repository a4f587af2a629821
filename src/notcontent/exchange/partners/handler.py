"""Django's ASGI handler, without the thread it keeps for each request while that request waits."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from django.core.handlers.asgi import ASGIHandler

Message = MutableMapping[str, Any]

#: Addresses whose views wait without needing a thread of their own.
WAITS_WITHOUT_THREAD = frozenset({"/v1/feed/poll"})


class PartnersHandler(ASGIHandler):
    """Serves polls outside of Django's thread-per-request context.

    Inside that context asgiref makes one thread for each request that ran anything synchronous and keeps it until the
    answer is
    sent. Outside, such short pieces (a token that is looked up anew, a number that moved) run on the one shared
    thread, which
    hands back its database connection at once.
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
