"""Django's ASGI handler, on threads that stay and keep their connection to the database.

Its own one makes a thread for each request, and with it a connection: on SQLite that takes as long as taking in a case,
on PostgreSQL longer.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.db import close_old_connections

from notcontent.exchange.limits import Receive, Scope, Send

P = ParamSpec("P")
R = TypeVar("R")


class KeptThreads(ASGIHandler):
    """Serves each request on a thread of its own, the one that was free last. As many stay as were used at once."""

    def __init__(self) -> None:
        """No thread yet."""
        super().__init__()
        self._free: list[ThreadPoolExecutor] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one HTTP request."""
        thread = self._free.pop() if self._free else ThreadPoolExecutor(max_workers=1)
        try:
            async with ThreadSensitiveContext(executor=thread):
                await self.handle(scope, receive, send)
        finally:
            self._free.append(thread)


async def ask_tables(work: Callable[P, R], *args: P.args, **named: P.kwargs) -> R:
    """Run this on the request's thread, or on the one that all requests without a thread share.

    Requests without a thread pass by what Django does with connections before and after each, so a broken one is found
    here.
    """

    def run() -> R:
        close_old_connections()
        return work(*args, **named)

    return await sync_to_async(run)()
