"""Telling the platform what waits in a queue, at the one address its operator set for it, until it has taken it."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable
from datetime import datetime, timedelta

import httpx

from notcontent.guard.database import Database
from notcontent.guard.errors import StorageUnavailable
from notcontent.guard.signing import sign
from notcontent.guard.told import Queue, Told

_TIMEOUT_S = 15.0
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 3600.0
_DISK_PAUSE_S = 5.0


class Callbacks:
    """Tells one platform, oldest first; one that can't be told now lets the others pass."""

    def __init__(self, queue: Queue, database: Database, url: str, key: bytes, clock: Callable[[], datetime]) -> None:
        """Prepare; nothing is sent yet."""
        self._queue, self._database, self._url, self._key, self._clock = queue, database, url, key, clock
        self._news = asyncio.Event()

    def wake(self) -> None:
        """There is something to tell. Called from the event loop's thread."""
        self._news.set()

    async def run(self) -> None:
        """Tell for ever."""
        async with httpx.AsyncClient(timeout=_TIMEOUT_S, follow_redirects=False, trust_env=False) as client:
            while True:
                self._news.clear()
                try:
                    wait_s = await self._tell_next(client)
                except StorageUnavailable:
                    wait_s = _DISK_PAUSE_S
                if wait_s != 0:
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(wait_s):
                            await self._news.wait()

    async def _tell_next(self, client: httpx.AsyncClient) -> float | None:
        """Seconds until there is something to do: 0 at once, None for as long as nothing happens."""
        found = await asyncio.to_thread(self._queue.next_to_tell, self._database)
        if found is None:
            return None
        told, due = found
        if (left_s := due - self._clock().timestamp()) > 0:
            return left_s
        if await self._post(client, told):
            await asyncio.to_thread(self._queue.told, self._database, told.id)
        else:
            pause_s = min(_FIRST_PAUSE_S * 2**told.tries, _LONGEST_PAUSE_S) * random.uniform(0.75, 1.0)  # noqa: S311
            now = self._clock()
            again = now + timedelta(seconds=pause_s)
            await asyncio.to_thread(self._queue.try_again, self._database, told.id, again, now)
        return 0

    async def _post(self, client: httpx.AsyncClient, told: Told) -> bool:
        body = told.body.encode()
        headers = sign(self._key, told.id, int(self._clock().timestamp()), body)
        try:
            answer = await client.post(self._url, content=body, headers={"Content-Type": "application/json", **headers})
        except httpx.HTTPError:
            return False
        return answer.is_success
