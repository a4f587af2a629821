"""Saying aloud when a list has become too old to answer from, and when it may be answered from again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime

from notcontent.errors import NotContentError
from notcontent.guard import events
from notcontent.guard.database import Database
from notcontent.guard.events import Event
from notcontent.guard.readiness import Readiness
from notcontent.guard.steps import run_to_its_end

logger = logging.getLogger(__name__)

_EVERY_S = 5.0


class Staleness:
    """Watches the lists of one guard; the first look only remembers."""

    def __init__(self, database: Database, readiness: Readiness, clock: Callable[[], datetime], *, tells: bool) -> None:
        """`tells`: whether there is an address for events."""
        self._database, self._readiness, self._clock, self._tells = database, readiness, clock, tells
        self._ready: dict[str, bool] = {}

    async def run(self, news: Callable[[], None]) -> None:
        """Watch for ever. `news` is called when there is something to tell."""
        while True:
            try:
                if await run_to_its_end(self.look):
                    news()
            except NotContentError:
                pass  # The disk is full: it is said as soon as it can be.
            await asyncio.sleep(_EVERY_S)

    def look(self) -> bool:
        """Compare with the last look; whether anything changed. Raises StorageUnavailable."""
        changed, lists = {}, self._readiness.lists()
        for each in lists:
            before = self._ready.get(each.name, each.ready or each.age_s is None)
            # A list that has not arrived yet is no news.
            if each.age_s is not None and before != each.ready:
                changed[each.name] = each
        if changed and self._tells:
            now = self._clock()
            with self._database.write() as connection:
                for name, each in changed.items():
                    kind = Event.FRESH if each.ready else Event.STALE
                    events.put(connection, kind, now, {"list": name, "age_s": each.age_s, "trouble": each.trouble})
        for name, each in changed.items():
            said = "a list may be answered from again" if each.ready else "a list is too old to answer from"
            logger.warning(said, extra={"fields": {"list": name, "age_s": each.age_s, "trouble": each.trouble}})
        self._ready |= {each.name: each.ready for each in lists if each.age_s is not None}
        return bool(changed)
