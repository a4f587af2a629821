"""One task watches the heads and wakes the polls that wait for them. A waiting poll is a small object, no thread."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass

from notcontent.exchange.folder import Folder, read_mark
from notcontent.exchange.heads import HeadsReader, parse_line
from notcontent.feed.head import Head, parse_head
from notcontent.feed.text import FeedError

LOOK_EVERY_S = 0.1
MAX_DELTAS_IN_ANSWER = 50
MAX_WAITING = 20_000


@dataclass(frozen=True, slots=True)
class SeenHead:
    """A head as it lies on disk."""

    signed: dict[str, str]
    head: Head


class HeadWatch:
    """The newest head of each stream that somebody asked for, and a way to wait for the next one."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._heads = HeadsReader(folder.heads)
        self._lines: dict[str, bytes] = {}
        self._seen: dict[str, SeenHead] = {}
        self._news: dict[str, asyncio.Event] = {}
        self._task: asyncio.Task[None] | None = None
        self._deltas: dict[str, tuple[tuple[int, int, str], dict[str, str]]] = {}
        self._waiting = 0

    def now(self, feed: str) -> SeenHead | None:
        """The stream's head as it is on disk now; None before the publisher wrote the first one."""
        self._take_new_heads()
        return self._read(feed)

    def _read(self, feed: str) -> SeenHead | None:
        seen = self._seen.get(feed)
        if seen is None and (line := self._lines.get(feed)) is not None:
            try:
                signed = parse_line(line)
                seen = self._seen[feed] = SeenHead(signed.to_json(), parse_head(signed.text))
            except (ValueError, FeedError):
                return None
        return seen

    def _take_new_heads(self) -> None:
        """Read what the publisher added, and wake who waits for it."""
        for feed, line in self._heads.take_new().items():
            before = self._seen.pop(feed, None)
            self._lines[feed] = line
            if feed not in self._news:
                continue
            after = self._read(feed)
            # Every head is signed again now and then, though nothing is new: nobody is woken for that.
            if after is not None and (before is None or _place(before.head) != _place(after.head)):
                # Whoever waits holds the old event; whoever asks from now on gets a new one.
                self._news.pop(feed).set()

    async def wait_for_news(self, feed: str, is_news: Callable[[Head], bool], timeout_s: float) -> None:
        """Return when the stream's head is news, when what partners may do was changed, or when the time is over."""
        if self._waiting >= MAX_WAITING:
            return
        self._waiting += 1
        partners = self.partners_mark()
        try:
            async with asyncio.timeout(timeout_s):
                while (seen := self.now(feed)) is None or not is_news(seen.head):
                    await self._event(feed).wait()
                    if self.partners_mark() != partners:
                        return
        except TimeoutError:
            pass
        finally:
            self._waiting -= 1

    def partners_mark(self) -> int:
        """Says something else whenever somebody changed what a partner may do."""
        return read_mark(self._folder.partners_mark)

    def deltas(self, head: Head, after: int) -> list[dict[str, str]] | None:
        """The signed deltas after this number, at most 50; None when one was folded away a moment ago."""
        last = min(head.number, after + MAX_DELTAS_IN_ANSWER)
        found = []
        for number in range(after + 1, last + 1):
            signed = self._delta(head, number)
            if signed is None:
                return None
            found.append(signed)
        return found

    def _delta(self, head: Head, number: int) -> dict[str, str] | None:
        name = (head.epoch, number, head.delta)
        kept, signed = self._deltas.get(head.feed, (None, {}))
        if number != head.number or kept != name:
            try:
                signed = json.loads(self._folder.delta(head.feed, head.epoch, number).read_bytes())
            except FileNotFoundError:
                return None
        if number == head.number:
            # Only the newest delta of a stream is asked for again and again; older ones are not worth the memory.
            self._deltas[head.feed] = (name, signed)
        return signed

    def _event(self, feed: str) -> asyncio.Event:
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._watch())
        return self._news.setdefault(feed, asyncio.Event())

    async def _watch(self) -> None:
        partners = self.partners_mark()
        while self._news:
            await asyncio.sleep(LOOK_EVERY_S)
            self._take_new_heads()
            partners_before, partners = partners, self.partners_mark()
            if partners != partners_before:
                for feed in list(self._news):
                    self._news.pop(feed).set()


def _place(head: Head) -> tuple[int, int]:
    return head.epoch, head.number
