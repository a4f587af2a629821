"""Looking an upload up: its views, cheap ones first, against the lists, until something is found.

Not every view of every upload is made: the next stage is asked for only when the last one found nothing. A view with
too little in it to match (`min_quality`) is passed over, and the others are not: a screenshot may be nearly flat as a
whole while the picture in it is not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from notcontent.fingerprint.orientations import ORIENTATIONS, Orientation
from notcontent.fingerprint.picture import Purpose
from notcontent.fingerprint.pool import DecoderPool
from notcontent.fingerprint.video.formats import find_video_format
from notcontent.fingerprint.views.view import View, ViewKind
from notcontent.guard.limits import NOT_ASKED, Limits
from notcontent.guard.lists import Found, Lists
from notcontent.guard.metrics import Laps
from notcontent.guard.watching import Watching

#: Where a near miss is looked for: four look-ups, each of which goes over the whole list.
_REVIEWED_KINDS = (ViewKind.WHOLE, ViewKind.TRIMMED)
_REVIEWED_TURNS = (Orientation.UPRIGHT, Orientation.MIRRORED)
#: On lists of no more fingerprints a whole stage is looked up where it is: that takes a millisecond, and handing it to
#: another thread a part of one. The few look-ups of the first stage cost less than that on any list.
_AT_ONCE = 2_000_000


@dataclass(frozen=True, slots=True)
class Looked:
    """What an upload is near to, nearest first; `near_misses` only where nothing is, and only if they are wanted.

    `kept`: the whole picture, if there is enough in it to be found again; None if not, and for a video.
    """

    kept: View | None = None
    found: Sequence[Found] = field(default_factory=list)
    near_misses: Sequence[Found] = field(default_factory=list)


class Looking:
    """Looks pictures up, and hands videos to `watching`."""

    def __init__(
        self,
        pool: DecoderPool,
        watching: Watching,
        lists: Lists,
        *,
        min_quality: int,
        whole_only: bool,
        review_bits: int = 0,
    ) -> None:
        """`review_bits`: how far near misses may be; 0: none are wanted."""
        self._pool, self._watching, self._lists = pool, watching, lists
        self._min_quality, self._whole_only = min_quality, whole_only
        self._review_limits = near_miss_limits(review_bits) if review_bits else None

    async def look(self, untrusted_upload: bytes) -> Looked:
        """What an upload is near to.

        Raises FingerprintError (not a picture, unreadable, too large, no room) and VideosNotRead.
        """
        if find_video_format(untrusted_upload):
            return Looked(found=await self._watching.find(untrusted_upload))
        seen: list[View] = []
        laps, found = Laps(), list[Found]()
        if self._whole_only:
            picture = await self._pool.fingerprint(untrusted_upload, Purpose.QUERY)
            laps.hashed()
            turns = b"".join(turn.value for turn in picture.orientations)
            found = await self._find([View(ViewKind.WHOLE, picture.quality, turns)], seen)
            laps.matched()
        else:
            async with self._pool.look(untrusted_upload) as stages:
                async for views in stages:
                    laps.hashed()
                    found = await self._find(views, seen)
                    laps.matched()
                    if found:
                        break
        near_misses: list[Found] = []
        if self._review_limits and not found:
            near_misses = await asyncio.to_thread(self._lists.find, seen, self._review_limits)
            laps.matched()
        laps.tell()
        return Looked(next((view for view in seen if view.kind is ViewKind.WHOLE), None), found, near_misses)

    async def _find(self, views: Sequence[View], seen: list[View]) -> list[Found]:
        """What is near the views that show enough; they are added to those `seen`."""
        telling = [view for view in views if view.quality >= self._min_quality]
        is_first = not seen
        seen += telling
        if is_first or not telling or self._lists.searchable <= _AT_ONCE:
            return self._lists.find(telling, self._lists.limits()) if telling else []
        return await asyncio.to_thread(self._lists.find, telling, self._lists.limits())


def near_miss_limits(bits: int) -> Limits:
    """So many bits, for the views and orientations that most copies have; nothing else is asked for."""
    turns = tuple(bits if turn in _REVIEWED_TURNS else NOT_ASKED for turn in ORIENTATIONS)
    return Limits(dict.fromkeys(_REVIEWED_KINDS, turns))
