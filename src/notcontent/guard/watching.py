"""Looking a video up: its frames as they are read, and at the end the rule on what they found.

A video is watched to its end, whatever its first frames found: else a picture put before it would hide the rest. What
is kept meanwhile is bounded by the length of a video and the number of entries it is near to, never by its bytes.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from importlib.util import find_spec

import numpy as np

from notcontent.fingerprint.picture import Purpose
from notcontent.fingerprint.video.frame import Frame
from notcontent.fingerprint.video.progress import Reading
from notcontent.fingerprint.video.reader import VideoReader
from notcontent.fingerprint.views.view import ViewKind
from notcontent.guard.errors import VideosNotRead
from notcontent.guard.frame_rule import PAIR_BITS, FrameHit, limits_of, matches
from notcontent.guard.lists import TURNED, Found, InSlot, Lists
from notcontent.guard.verdict import FoundEntry

#: So many hits are kept of one entry in one orientation, the nearest ones.
MOST_HITS = 1000


def videos_can_be_read() -> bool:
    """Whether what opens videos is installed here. It is not loaded."""
    return find_spec("av") is not None


class Watching:
    """Looks videos up."""

    def __init__(self, reader: VideoReader, lists: Lists) -> None:
        """Use this reader and these lists."""
        self.reader, self._lists = reader, lists

    async def find(self, source: int | bytes, progress: Callable[[Reading], None] | None = None) -> list[Found]:
        """The entries that a video shows, nearest first; `source` is an open file or the whole video.

        Raises FingerprintError (not a video, unreadable, too large, too long, too hard, no room) and VideosNotRead.
        """
        if not videos_can_be_read():
            raise VideosNotRead("Videos cannot be read here. Install notcontent[video] and start again.")
        looks: list[Frame] = []
        hits = _Hits()
        async with contextlib.aclosing(self.reader.frames(source, Purpose.QUERY, progress)) as batches:
            async for batch in batches:
                await asyncio.to_thread(self._look_up, len(looks), batch, hits)
                looks += batch
        return await asyncio.to_thread(self._judge, looks, hits)

    def _look_up(self, first: int, batch: Sequence[Frame], hits: _Hits) -> None:
        turns = np.frombuffer(b"".join(look.turns for look in batch), np.uint8).reshape(-1, 32)
        near = self._lists.find_near(turns, PAIR_BITS)
        entries = self._lists.entries_in({slot for _, _, slot in near})
        for row, bits, slot in near:
            if slot in entries:
                look, turn = divmod(row, len(TURNED))
                hits.add(entries[slot], first + look, turn, bits)

    def _judge(self, looks: Sequence[Frame], hits: _Hits) -> list[Found]:
        found = []
        for match in matches(looks, hits.all(), limits_of(self._lists.searchable, looks)):
            met = hits.entries[match.entry]
            # What was withdrawn or paused while the video was read is not found, and a tier may have risen.
            now = self._lists.entries_in([met.first_slot]).get(met.first_slot)
            if now is None or (now.list_id, now.entry) != (met.list_id, met.entry):
                continue
            shown = FoundEntry(
                now.entry,
                self._lists.name_of(now.list_id),
                now.tier,
                match.best.distance_bits,
                TURNED[match.best.turn],
                ViewKind.FRAME,
                round(looks[match.best.look].second, 2),
            )
            found.append(Found(now.list_id, shown))
        return found


class _Hits:
    """What the looks found: each entry under a number of its own, for a slot may change hands while a video is read."""

    def __init__(self) -> None:
        self.entries: list[InSlot] = []
        self._numbers: dict[tuple[int, str], int] = {}
        self._found: defaultdict[tuple[int, int], dict[int, FrameHit]] = defaultdict(dict)

    def add(self, entry: InSlot, look: int, turn: int, bits: int) -> None:
        """Of the frames of one entry that a look is near to, the nearest counts."""
        name = (entry.list_id, entry.entry)
        if name not in self._numbers:
            self._numbers[name] = len(self.entries)
            self.entries.append(entry)
        number = self._numbers[name]
        by_look = self._found[number, turn]
        if look not in by_look or bits < by_look[look].distance_bits:
            by_look[look] = FrameHit(look, turn, number, bits)
        if len(by_look) >= 2 * MOST_HITS:
            nearest = sorted(by_look.values(), key=lambda hit: hit.distance_bits)[:MOST_HITS]
            self._found[number, turn] = {hit.look: hit for hit in nearest}

    def all(self) -> list[FrameHit]:
        return [hit for by_look in self._found.values() for hit in by_look.values()]
