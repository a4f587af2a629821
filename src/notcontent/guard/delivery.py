"""Bringing receipts and reports to their exchange, until it has taken them."""

from __future__ import annotations

import asyncio
import random

from notcontent.feed.follow import FollowError
from notcontent.guard import outbox
from notcontent.guard.credential import Credential
from notcontent.guard.database import Database
from notcontent.guard.errors import GuardError
from notcontent.guard.exchange_client import ExchangeClient, ExchangeRefuses
from notcontent.guard.followed import FollowedList

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 60.0
#: Statuses that speak of one body, not of the token or the moment.
_ABOUT_THE_BODY = (400, 413, 422)


class Delivery:
    """Empties one list's outbox, oldest first, receipts before reports."""

    def __init__(self, followed: FollowedList, database: Database, credential: Credential) -> None:
        """Prepare; nothing is sent yet."""
        self._followed, self._database = followed, database
        self._client = ExchangeClient(followed.url, credential)
        self._news = asyncio.Event()

    def wake(self) -> None:
        """There is something to send. Called from the event loop's thread."""
        self._news.set()

    async def run(self) -> None:
        """Deliver for ever."""
        pause_s = _FIRST_PAUSE_S
        try:
            while True:
                try:
                    await self.empty()
                    pause_s = _FIRST_PAUSE_S
                    await self._news.wait()
                except (GuardError, FollowError):
                    # The exchange is away, or says no to this token: nothing is lost, it is all still in the outbox.
                    await asyncio.sleep(pause_s * random.uniform(0.5, 1.0))  # noqa: S311 - only spreads the load
                    pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
        finally:
            await self._client.close()

    async def empty(self) -> None:
        """Send everything that waits. Raises GuardError or FollowError at the first batch that does not arrive."""
        self._news.clear()
        for kind in outbox.Post:
            while (batch := await asyncio.to_thread(outbox.waiting, self._database, self._followed.id, kind)).ids:
                await self._deliver(kind, batch)

    async def _deliver(self, kind: outbox.Post, batch: outbox.Waiting) -> None:
        """Send one batch; where the exchange refuses its body, halve it until the row it can't take stands alone."""
        try:
            await self._client.send(kind, batch.bodies)
        except ExchangeRefuses as error:
            if error.status not in _ABOUT_THE_BODY:
                raise
            if len(batch.ids) == 1:
                await asyncio.to_thread(outbox.refused, self._database, batch.ids[0])
                return
            half = len(batch.ids) // 2
            await self._deliver(kind, outbox.Waiting(batch.ids[:half], batch.bodies[:half]))
            await self._deliver(kind, outbox.Waiting(batch.ids[half:], batch.bodies[half:]))
            return
        await asyncio.to_thread(outbox.delivered, self._database, batch.ids)
