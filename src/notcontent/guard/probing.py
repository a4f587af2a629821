"""Many near copies of one picture from one place: somebody may be trying how far it has to be altered to get through.

An alarm, never an answer: whoever asks gets the same verdict as ever, so that probing does not learn that it was seen.
Everything is in memory, bounded, named by keyed hashes whose key dies with the process, and forgotten after an hour.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from notcontent.guard.asker import Asker

WINDOW = timedelta(hours=1)
#: So many pairs of a place and an entry are watched at a time; those that were quiet longest make room.
MOST_WATCHED = 20_000


@dataclass(slots=True)
class _Watched:
    """When this began, which different uploads came, and whether it was said already."""

    since: datetime
    uploads: set[bytes] = field(default_factory=set)


@dataclass(slots=True)
class Probing:
    """Counts different uploads near one entry, for each place. Asks no clock: `now` is an argument."""

    key: bytes = field(repr=False)
    #: So many different uploads within an hour are too many; 0: nothing is counted.
    alarm_at: int
    most_watched: int = MOST_WATCHED
    _watched: OrderedDict[bytes, _Watched] = field(default_factory=OrderedDict)

    def saw(self, asker: Asker, upload: bytes, entries: Collection[str], now: datetime) -> list[str]:
        """An upload, named by a keyed hash, came near these entries; those to be told of, once an hour each."""
        if not self.alarm_at:
            return []
        alarming = []
        for entry in entries:
            name = self._name(asker, entry)
            watched = self._watched.get(name)
            if watched is None or now - watched.since >= WINDOW:
                watched = self._watched[name] = _Watched(now)
            self._watched.move_to_end(name)
            # Once it was said, nothing more is kept of it for the rest of the hour.
            if len(watched.uploads) < self.alarm_at:
                watched.uploads.add(upload[:8])
                if len(watched.uploads) == self.alarm_at:
                    alarming.append(entry)
        while len(self._watched) > self.most_watched:
            self._watched.popitem(last=False)
        return alarming

    def _name(self, asker: Asker, entry: str) -> bytes:
        said = "\0".join((asker.door, asker.caller, asker.place or "", entry))
        return hashlib.blake2b(said.encode("utf-8", "surrogatepass"), key=self.key, digest_size=16).digest()
