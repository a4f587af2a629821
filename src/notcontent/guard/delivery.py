"""Bringing receipts and reports to their exchange, until it has taken them."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus

from notcontent.feed.follow import FollowError
from notcontent.guard import disputes, outbox
from notcontent.guard.credential import Credential
from notcontent.guard.database import Database
from notcontent.guard.errors import GuardError
from notcontent.guard.exchange_client import ExchangeClient, ExchangeRefuses
from notcontent.guard.followed import FollowedList

#: How often an exchange is asked how disputes stand.
_ASK_AGAIN_S = 15.0
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 60.0
#: Statuses that speak of one body, not of the token or the moment.
_ABOUT_THE_BODY = (400, 413, 422)


class Delivery:
    """Empties one list's outbox, oldest first, receipts before reports, and asks how disputes stand."""

    def __init__(
        self, followed: FollowedList, database: Database, credential: Credential, *, tells: bool = False
    ) -> None:
        """Prepare; nothing is sent yet. `tells`: whether the platform is told what happens as events."""
        self._followed, self._database = followed, database
        self._client = ExchangeClient(followed.url, credential)
        self._news = asyncio.Event()
        self._tells, self._asked_s = tells, -_ASK_AGAIN_S

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
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(_ASK_AGAIN_S):
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
        await self._ask()

    async def _ask(self) -> None:
        """Say what is disputed, after the reports it speaks of, and ask again in a while how it stands."""
        asking = await asyncio.to_thread(disputes.to_ask, self._database, self._followed.id)
        now_s = time.monotonic()
        if not asking.kinds or (not asking.new and now_s - self._asked_s < _ASK_AGAIN_S):
            return
        self._asked_s = now_s
        try:
            answers = await self._client.ask_about(asking.kinds)
        except ExchangeRefuses as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
            return  # An exchange from before disputes: the upload waits for a person here.
        await asyncio.to_thread(
            partial(disputes.hear, self._database, self._followed.id, answers, datetime.now(UTC), tells=self._tells)
        )

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
