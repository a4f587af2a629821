"""A sweep: the pictures and videos in folders or buckets against the lists, with every core, in order, resumable.

It asks the lists on the disk rather than a running guard: so it needs no token, looks at every file exactly as the
gate does, and leaves the gate's processes to the uploads.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections import deque
from dataclasses import asdict
from types import TracebackType
from typing import Self, TextIO

from notcontent.errors import NotContentError
from notcontent.fingerprint.formats import find_picture_format, is_other_picture
from notcontent.fingerprint.pool import DecoderPool, PoolLimits
from notcontent.fingerprint.refusals import NotAPicture, PictureNotOpened
from notcontent.fingerprint.video.formats import HEAD_BYTES, find_video_format
from notcontent.fingerprint.video.limits import VideoLimits
from notcontent.fingerprint.video.progress import Reading
from notcontent.fingerprint.video.reader import VideoReader
from notcontent.fingerprint.video.sampling import SECOND
from notcontent.guard.answer import match_json
from notcontent.guard.lists import Found, Lists
from notcontent.guard.looking import Looking
from notcontent.guard.policy import Action, rule
from notcontent.guard.settings import Settings
from notcontent.guard.swept import Counts, Place, Places
from notcontent.guard.watching import Watching

_SAVE_EVERY_S = 2.0
_SHOW_EVERY_S = 0.2
_BAR_CHARACTERS = 24
SHOWN_MATCHES = 100
#: A video of which so many seconds have been read is shown in the bar.
_LONG_S = 10
#: A platform's own files: larger ones than it takes from strangers.
_LIMITS = PoolLimits(
    max_bytes=256 << 20,
    max_pixels=200_000_000,
    max_side=65_535,
    timeout_s=120,
    cpu_s=110,
    memory_bytes=4 << 30,
    pixels_in_flight=200_000_000,
)


#: The same for their videos: of any size, for they are never held in memory, and of a day at most.
_VIDEO_LIMITS = VideoLimits(
    max_bytes=1 << 43, max_seconds=86_400, max_frames=10_000_000, timeout_s=86_400, cpu_s=86_400
)


class Sweep:
    """One run over the places."""

    def __init__(
        self, lists: Lists, settings: Settings, workers: int, *, as_json: bool, out: TextIO, progress: TextIO
    ) -> None:
        """Take the parts; `out` gets the lines, `progress` a bar if it is a terminal, and a summary."""
        self.counts = Counts()
        self._faulty: set[int] = set()
        #: All up to here has been said.
        self._last: Place | None = None
        self._settings, self._workers = settings, workers
        self._pool = DecoderPool(workers, _LIMITS)
        self._watching = Watching(VideoReader(workers, _VIDEO_LIMITS, max_waiting=4 * workers), lists)
        self._looking = Looking(
            self._pool, self._watching, lists, min_quality=settings.min_quality, whole_only=settings.whole_only
        )
        self._as_json, self._out, self._progress = as_json, out, progress
        #: The videos that are being read, in the order in which they were begun, and how far they are.
        self._watched: dict[Place, Reading] = {}
        self._shown_at = self._saved_at = self._started = time.monotonic()

    async def __aenter__(self) -> Self:
        """Start the workers. Raises FingerprintError when no picture can be opened here."""
        await self._pool.start()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: object, _: TracebackType | None) -> None:
        """Stop them, and say what was seen."""
        await self._pool.close()
        self._show(at_end=True)
        if self._as_json and kind is None:
            print(json.dumps({"summary": asdict(self.counts)}), file=self._out, flush=True)

    async def over(self, places: Places) -> set[int]:
        """Sweep these, to their end; in which roots, by number, something could not be read or put aside.

        Raises OSError of `remember`, and what listing a root raises.
        """
        self.counts, self._faulty = places.counts, set()
        under_way: deque[tuple[Place, asyncio.Task[list[Found] | str | None]]] = deque()
        self._last = None
        every = iter(places)
        try:
            # In a thread: the next page of a bucket's list comes over a network.
            while (place := await asyncio.to_thread(next, every, None)) is not None:
                under_way.append((place, asyncio.create_task(self._look(places, place))))
                if len(under_way) >= 4 * self._workers:
                    await self._take(places, under_way)
            while under_way:
                await self._take(places, under_way)
            places.finish()
            self._last = None
        finally:
            for _, task in under_way:
                task.cancel()
            await asyncio.gather(*(task for _, task in under_way), return_exceptions=True)
            if self._last is not None:
                places.remember(self._last)
        return self._faulty

    async def _take(
        self, places: Places, under_way: deque[tuple[Place, asyncio.Task[list[Found] | str | None]]]
    ) -> None:
        """Wait for the first in line, and say what was found."""
        place, task = under_way[0]
        found = await task
        under_way.popleft()
        self._last, counts = place, self.counts
        counts.files += 1
        if found is None:
            counts.passed_over += 1
        elif isinstance(found, str):
            counts.errors += 1
            self._faulty.add(place.root)
            self._say(places, place, {"error": found}, found)
        elif found:
            counts.matches += 1
            verdict = rule((each.shown.tier for each in found), self._settings.policy).action
            nearest = found[0].shown
            matches = [match_json(each.shown) for each in found[:SHOWN_MATCHES]]
            where = nearest.view if nearest.at_s is None else f"{nearest.view} at {nearest.at_s:.1f} s"
            text = f"{verdict}: {nearest.tier} on {nearest.list_name}, {where}, {nearest.distance_bits} bits"
            self._say(places, place, {"verdict": verdict, "matches": matches}, text)
            if verdict is not Action.FLAG:
                await self._put_aside(places, place, verdict)
        now = time.monotonic()
        if now - self._saved_at > _SAVE_EVERY_S:
            places.remember(place)
            self._saved_at = now
        self._show_now_and_then()

    async def _put_aside(self, places: Places, place: Place, verdict: str) -> None:
        try:
            await asyncio.to_thread(places.put_aside, place, verdict)
        except (OSError, NotContentError) as error:
            because = os.strerror(error.errno or 0) if isinstance(error, OSError) else str(error)
            why = f"This matches and could not be put aside ({because}). Put it aside yourself."
            self.counts.errors += 1
            self._faulty.add(place.root)
            self._say(places, place, {"error": why}, why)

    async def _look(self, places: Places, place: Place) -> list[Found] | str | None:
        """What is near a file's picture or video, or what happened and what to do; None for what is neither."""
        try:
            file = await asyncio.to_thread(places.open, place)
            if file is None:
                return None
            with file:
                head = file.read(HEAD_BYTES)
                if find_video_format(head):
                    return await self._watch(place, file.fileno())
                if not find_picture_format(head):
                    return str(PictureNotOpened()) if is_other_picture(head) else None
                # One byte more than allowed is enough to be told that it is too large.
                data = head + await asyncio.to_thread(file.read, _LIMITS.max_bytes + 1 - len(head))
            return list((await self._looking.look(data)).found)
        except NotAPicture:
            return None
        except OSError as error:
            return f"This could not be read ({os.strerror(error.errno or 0)}). Check that you may open it."
        except NotContentError as error:
            return str(error)

    async def _watch(self, place: Place, descriptor: int) -> list[Found]:
        def follow(reading: Reading) -> None:
            self._watched[place] = reading
            self._show_now_and_then()

        try:
            return await self._watching.find(descriptor, follow)
        finally:
            self._watched.pop(place, None)

    def _say(self, places: Places, place: Place, line: dict[str, object], text: str) -> None:
        path = places.path(place)
        encoding = self._out.encoding or "utf-8"
        # A name may hold anything, also what a terminal would obey.
        plain = "".join(each if each.isprintable() else ascii(each)[1:-1] for each in path)
        shown = json.dumps({"file": path, **line}) if self._as_json else f"{plain}: {text}"
        print(shown.encode(encoding, "backslashreplace").decode(encoding), file=self._out, flush=True)

    def _show_now_and_then(self) -> None:
        if time.monotonic() - self._shown_at > _SHOW_EVERY_S:
            self._show(at_end=False)

    def _show(self, *, at_end: bool) -> None:
        """The bar; nobody knows how much is left, so it moves and counts."""
        counts = self.counts
        took = time.monotonic() - self._started
        said = (
            f"{counts.files:,} files, {counts.matches:,} matches, {counts.errors:,} unreadable, "
            f"{counts.passed_over:,} passed over, {counts.files / max(took, 0.001):,.0f} a second"
        )
        long = next((each for each in self._watched.values() if each.done_micros > _LONG_S * SECOND), None)
        if long is not None:
            whole = f" of {long.length_micros / SECOND:,.0f}" if long.length_micros else ""
            said += f", {long.done_micros / SECOND:,.0f}{whole} s of a video"
        if self._progress.isatty():
            at = int(took * 4) % _BAR_CHARACTERS
            bar = "#" * _BAR_CHARACTERS if at_end else "-" * at + "###" + "-" * (_BAR_CHARACTERS - at - 1)
            print(
                f"\r[{bar[:_BAR_CHARACTERS]}] {said}\x1b[K", end="\n" if at_end else "", file=self._progress, flush=True
            )
        elif at_end:
            print(said, file=self._progress, flush=True)
        self._shown_at = time.monotonic()
