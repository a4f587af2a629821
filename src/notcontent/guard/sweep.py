"""A sweep: the pictures and videos in folders against the lists, with every core, in the order of names, resumable.

It asks the lists on the disk rather than a running guard: so it needs no token, looks at every file exactly as the
gate does, and leaves the gate's processes to the uploads.
"""

from __future__ import annotations

import asyncio
import json
import os
import stat
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO, TextIO

from notcontent.errors import NotContentError
from notcontent.fingerprint.pool import DecoderPool, PoolLimits
from notcontent.fingerprint.refusals import NotAPicture
from notcontent.fingerprint.video.formats import HEAD_BYTES, find_video_format
from notcontent.fingerprint.video.limits import VideoLimits
from notcontent.fingerprint.video.progress import Reading
from notcontent.fingerprint.video.reader import VideoReader
from notcontent.fingerprint.video.sampling import SECOND
from notcontent.guard.answer import match_json
from notcontent.guard.lists import Found, Lists
from notcontent.guard.looking import Looking
from notcontent.guard.policy import rule
from notcontent.guard.settings import Settings
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


def looks_like_picture(head: bytes) -> bool:
    """Whether the first 16 bytes are those of a format that the decoder reads."""
    return head.startswith(
        (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a", b"BM", b"II*\0", b"MM\0*")
    ) or (head[4:12] in (b"ftypavif", b"ftypavis", b"ftypmif1") or (head[:4] == b"RIFF" and head[8:12] == b"WEBP"))


@dataclass(slots=True)
class Counts:
    """What a sweep has seen so far."""

    files: int = 0
    matches: int = 0
    errors: int = 0
    passed_over: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """One file: which of the roots it is under, and the names that lead to it from there."""

    root: int
    parts: tuple[str, ...]


class Places:
    """The files to sweep, in a fixed order, from where an earlier sweep of the same places stopped."""

    def __init__(self, roots: Sequence[str], remembered_in: Path | None) -> None:
        """Read how far an earlier sweep came. Raises OSError when that file can't be read."""
        self._roots, self._remembered_in = list(roots), remembered_in
        self.counts = Counts()
        self._after: Place | None = None
        if remembered_in is not None and remembered_in.exists():
            try:
                held = json.loads(remembered_in.read_text("utf-8"))
                if held["roots"] == self._roots:
                    self._after = Place(int(held["root"]), tuple(map(str, held["parts"])))
                    self.counts = Counts(**{name: int(value) for name, value in held["counts"].items()})
            except (ValueError, KeyError, TypeError):
                pass  # Cut off in the writing or another thing altogether: it begins at the beginning.

    def path(self, place: Place) -> str:
        """Where a file lies."""
        return os.path.join(self._roots[place.root], *place.parts)

    def __iter__(self) -> Iterator[Place]:
        """Every file that is still to be swept. Folders that can't be opened are places too, to be reported."""
        for root in range(len(self._roots)):
            if self._after is None or root > self._after.root:
                yield from self._below(Place(root, ()), None)
            elif root == self._after.root:
                yield from self._below(Place(root, ()), self._after.parts)

    def _below(self, place: Place, after: tuple[str, ...] | None) -> Iterator[Place]:
        """Depth first, by name. `after` is the rest of the way to the last place that is done."""
        path = self.path(place)
        if not os.path.isdir(path) or (place.parts and os.path.islink(path)):
            if after is None:
                yield place
            return
        try:
            names = sorted(os.listdir(path))
        except OSError:
            yield place
            return
        for name in names:
            if after and name < after[0]:
                continue
            inside = Place(place.root, (*place.parts, name))
            # Along the way to the last place the way goes on; that place itself is done, what comes after it is not.
            yield from self._below(inside, after[1:] if after and name == after[0] else None)

    def remember(self, place: Place) -> None:
        """This place and all before it are done. Raises OSError."""
        if self._remembered_in is None:
            return
        held = {"roots": self._roots, "root": place.root, "parts": place.parts, "counts": asdict(self.counts)}
        temporary = self._remembered_in.with_name(self._remembered_in.name + ".part")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(held, file)
        temporary.replace(self._remembered_in)

    def finish(self) -> None:
        """All is done: the next sweep begins at the beginning."""
        if self._remembered_in is not None:
            self._remembered_in.unlink(missing_ok=True)


class Sweep:
    """One run over the places."""

    def __init__(
        self, lists: Lists, settings: Settings, places: Places, *, as_json: bool, out: TextIO, progress: TextIO
    ) -> None:
        """Take the parts; `out` gets the lines, `progress` a bar if it is a terminal, and a summary."""
        self._lists, self._settings, self._places = lists, settings, places
        self._as_json, self._out, self._progress = as_json, out, progress
        #: The videos that are being read, in the order in which they were begun, and how far they are.
        self._watched: dict[Place, Reading] = {}
        self._shown_at = self._saved_at = self._started = time.monotonic()

    async def run(self, workers: int) -> Counts:
        """Sweep everything. Raises FingerprintError when no picture can be opened here, and OSError of `remember`."""
        counts, pool = self._places.counts, DecoderPool(workers, _LIMITS)
        settings = self._settings
        watching = Watching(VideoReader(workers, _VIDEO_LIMITS, max_waiting=4 * workers), self._lists)
        looking = Looking(pool, watching, self._lists, min_quality=settings.min_quality, whole_only=settings.whole_only)
        await pool.start()
        under_way: deque[tuple[Place, asyncio.Task[list[Found] | str | None]]] = deque()
        last: Place | None = None
        try:
            for place in self._places:
                under_way.append((place, asyncio.create_task(self._look(looking, watching, place))))
                if len(under_way) >= 4 * workers:
                    last = await self._take(under_way)
            while under_way:
                last = await self._take(under_way)
            self._places.finish()
            last = None
        finally:
            for _, task in under_way:
                task.cancel()
            await asyncio.gather(*(task for _, task in under_way), return_exceptions=True)
            if last is not None:
                self._places.remember(last)
            await pool.close()
            self._show(at_end=True)
        if self._as_json:
            print(json.dumps({"summary": asdict(counts)}), file=self._out, flush=True)
        return counts

    async def _take(self, under_way: deque[tuple[Place, asyncio.Task[list[Found] | str | None]]]) -> Place:
        """Wait for the first in line, and say what was found."""
        place, task = under_way[0]
        found = await task
        under_way.popleft()
        counts = self._places.counts
        counts.files += 1
        if found is None:
            counts.passed_over += 1
        elif isinstance(found, str):
            counts.errors += 1
            self._say(place, {"error": found}, found)
        elif found:
            counts.matches += 1
            verdict = rule((each.shown.tier for each in found), self._settings.policy).action
            nearest = found[0].shown
            matches = [match_json(each.shown) for each in found[:SHOWN_MATCHES]]
            where = nearest.view if nearest.at_s is None else f"{nearest.view} at {nearest.at_s:.1f} s"
            text = f"{verdict}: {nearest.tier} on {nearest.list_name}, {where}, {nearest.distance_bits} bits"
            self._say(place, {"verdict": verdict, "matches": matches}, text)
        now = time.monotonic()
        if now - self._saved_at > _SAVE_EVERY_S:
            self._places.remember(place)
            self._saved_at = now
        self._show_now_and_then()
        return place

    async def _look(self, looking: Looking, watching: Watching, place: Place) -> list[Found] | str | None:
        """What is near a file's picture or video, or what happened and what to do; None for what is neither."""
        try:
            file = await asyncio.to_thread(_open, self._places.path(place), named=not place.parts)
            if file is None:
                return None
            with file:
                head = file.read(HEAD_BYTES)
                if find_video_format(head):
                    return await self._watch(watching, place, file.fileno())
                if not looks_like_picture(head):
                    return None
                # One byte more than allowed is enough to be told that it is too large.
                data = head + await asyncio.to_thread(file.read, _LIMITS.max_bytes + 1 - len(head))
            return list((await looking.look(data)).found)
        except NotAPicture:
            return None
        except OSError as error:
            return f"This could not be read ({os.strerror(error.errno or 0)}). Check that you may open it."
        except NotContentError as error:
            return str(error)

    async def _watch(self, watching: Watching, place: Place, descriptor: int) -> list[Found]:
        def follow(reading: Reading) -> None:
            self._watched[place] = reading
            self._show_now_and_then()

        try:
            return await watching.find(descriptor, follow)
        finally:
            self._watched.pop(place, None)

    def _say(self, place: Place, line: dict[str, object], text: str) -> None:
        path = self._places.path(place)
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
        counts = self._places.counts
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


def _open(path: str, *, named: bool) -> BinaryIO | None:
    """A file to be read; None for what is none. Raises OSError.

    A link is followed where it was `named` itself, never inside a folder; a pipe is not waited for.
    """
    if not named and os.path.islink(path):
        return None
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | (0 if named else os.O_NOFOLLOW))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        return None
    return os.fdopen(descriptor, "rb")
