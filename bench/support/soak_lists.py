"""The lists of a soak and how they change: people's cases at a real exchange, and a long list of a million beside it.

Both are followed by one guard. What their exchanges have heard is held against what the guard has recorded.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sqlite3
import time
from collections import Counter, deque
from collections.abc import Callable
from pathlib import Path

from bench.support.long_list import LongList
from bench.support.soak_load import Expected, Shown
from notcontent.device.case import Exchange, PictureCode
from notcontent.device.passphrase import CaseKeys, expand_keys
from notcontent.feed.entry import Pause, Resume, SetTier, Tier
from tests.exchange.running import Partner, Running
from tests.guard.running_guard import RunningGuard

WAIT_S = 120.0
#: So many pictures of each list's own are listed at a time.
MOST_LISTED = 5
#: All processes of a guard have seen a change: those beside the one that writes look for one every second.
_SEEN_S = 2.5


def wait_for(true: Callable[[], object], what: str, wait_s: float = WAIT_S) -> float:
    """Seconds until it is true. Raises SystemExit."""
    start = time.monotonic()
    while not true():
        if time.monotonic() - start > wait_s:
            raise SystemExit(f"The soak ends: waited {wait_s:.0f} s for {what}.")
        time.sleep(0.05)
    return time.monotonic() - start


class Found:
    """What the guard finds of a picture, and which reports it owes for it."""

    def __init__(self, guard: RunningGuard) -> None:
        """Ask this guard, and read its database."""
        self._guard = guard

    def entries(self, shown: Shown) -> list[str]:
        """The entries that a picture is near."""
        answer = self._guard.client.post("/v1/match", json={"pdq": [shown.fingerprint]}).json()
        return [match["entry"] for match in answer["results"][0]["matches"]]

    def matches(self) -> list[tuple[str, str, str, str]]:
        """List, entry, report and upload of everything that was recorded."""
        query = "SELECT name, entry, report, upload FROM matches JOIN lists ON lists.id = matches.list"
        return rows(self._guard.folder / "guard.db", query)

    def reports_of(self, entry: str) -> set[str]:
        """The names of the reports on one entry."""
        query = "SELECT report FROM matches WHERE entry = ?"
        return {row[0] for row in rows(self._guard.folder / "guard.db", query, entry)}


def rows(database: Path, query: str, *values: object) -> list[tuple[str, ...]]:
    """What a query finds in a database that others write to."""
    with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=30)) as connection:
        return connection.execute(query, values).fetchall()


class Cases:
    """People's cases at a real exchange: one picture each, opened, held, and withdrawn."""

    def __init__(
        self, running: Running, partner: Partner, found: Found, pictures: list[tuple[Shown, PictureCode]]
    ) -> None:
        """No case yet."""
        self._running, self._partner, self._found = running, partner, found
        self._codes = {id(shown): code for shown, code in pictures}
        self._exchange = Exchange(running.urls["person"], timeout_s=120)
        self._free, self._open = deque(shown for shown, _ in pictures), deque[tuple[Shown, CaseKeys, str]]()
        #: Reports that must have arrived: what was recorded before the entry was withdrawn.
        self.owed: set[str] = set()
        self.opened = self.withdrawn = 0
        self.listed_s: list[float] = []
        self.stopped_s: list[float] = []

    @property
    def database(self) -> Path:
        """The exchange's own."""
        return self._running.folder / "exchange.sqlite3"

    def open(self) -> None:
        """Somebody opens a case with the next picture."""
        shown = self._free.popleft()
        shown.expect(Expected.EITHER)
        keys, code = expand_keys(os.urandom(32)), self._codes[id(shown)]
        self._exchange.open_case(keys, [code], [self._partner.id], "online")
        self.listed_s.append(wait_for(lambda: self._found.entries(shown), "a case to be listed"))
        time.sleep(_SEEN_S)
        shown.expect(Expected.STOPPED)
        [entry] = self._found.entries(shown)
        self._open.append((shown, keys, entry))
        self.opened += 1

    def step(self) -> None:
        """A case is opened, and the oldest withdrawn if there are enough."""
        self.open()
        if len(self._open) > MOST_LISTED:
            self.withdraw()

    def withdraw(self) -> None:
        """The one who came first takes everything back, once all that was found of it so far has been told."""
        shown, keys, entry = self._open.popleft()
        shown.expect(Expected.RESTS)
        wait_for(lambda: not shown.under_way, "answers to what is to be withdrawn", 300)
        owed = self._found.reports_of(entry)
        self.owed |= owed
        with contextlib.suppress(SystemExit):  # Counted as lost at the end.
            wait_for(lambda: owed <= self.reports(entry), "reports on what is to be withdrawn")
        shown.expect(Expected.EITHER)
        start = time.monotonic()
        self._exchange.withdraw(keys)
        wait_for(lambda: not self._found.entries(shown), "a withdrawal to stop")
        self.stopped_s.append(time.monotonic() - start)
        shown.expect(Expected.PASSES)
        self._free.append(shown)
        self.withdrawn += 1

    def reports(self, entry: str) -> set[str]:
        """The names of the reports on one entry that the exchange has counted."""
        query = "SELECT report FROM partners_report WHERE listing_id = ?"
        return {row[0] for row in rows(self.database, query, entry)}

    def hang(self, seconds: float) -> None:
        """The whole exchange stands still, and goes on."""
        assert self._running.process
        os.killpg(self._running.process.pid, signal.SIGSTOP)
        time.sleep(seconds)
        os.killpg(self._running.process.pid, signal.SIGCONT)

    def missing_receipts(self) -> int:
        """Of all withdrawals: how many words of the guard, "stopped" and "erased", are not here."""
        query = "SELECT id FROM lists_listing WHERE state IN ('leaving', 'gone')"
        gone = {row[0] for row in rows(self.database, query)}
        there = rows(self.database, "SELECT listing_id, state FROM partners_receipt")
        return 2 * len(gone) - len({(entry, state) for entry, state in there if entry in gone})


class Changes:
    """Changes of the long list: entries added, confirmed, paused, withdrawn."""

    def __init__(self, exchange: LongList, found: Found, pictures: list[Shown]) -> None:
        """Nothing has changed yet."""
        self._exchange, self._found = exchange, found
        self._free, self._listed = deque(pictures), deque[tuple[Shown, str]]()
        self._dice = random.Random(7)
        self.withdrawn: list[str] = []

    def add(self) -> None:
        """The next picture, as one that the helpline has seen; another one's tier changes, or it is paused a while."""
        shown = self._free.popleft()
        shown.expect(Expected.EITHER)
        entry = self._exchange.add(shown.fingerprint, Tier.SEEN)
        wait_for(lambda: self._found.entries(shown) == [entry], "an entry to be listed")
        time.sleep(_SEEN_S)
        shown.expect(Expected.STOPPED)
        self._listed.append((shown, entry))
        other, known = self._dice.choice(self._listed)
        if self._dice.random() < 0.5:
            # Held or blocked: it is stopped all the while.
            self._exchange.cut(SetTier(known, self._dice.choice((Tier.SEEN, Tier.VERIFIED))))
            return
        other.expect(Expected.EITHER)
        self._exchange.cut(Pause(known))
        wait_for(lambda: not self._found.entries(other), "an entry to be paused")
        self._exchange.cut(Resume(known))
        wait_for(lambda: self._found.entries(other), "an entry to come back")
        time.sleep(_SEEN_S)
        other.expect(Expected.STOPPED)

    def step(self) -> None:
        """One comes, or changes, and the oldest goes if there are enough."""
        self.add()
        if len(self._listed) > MOST_LISTED:
            self.withdraw()

    def withdraw(self) -> None:
        """The picture that was listed first, and one of the million."""
        shown, entry = self._listed.popleft()
        shown.expect(Expected.EITHER)
        nobodys = self._exchange.entry(len(self.withdrawn) + 1_000)
        self._exchange.withdraw(entry, nobodys)
        wait_for(lambda: not self._found.entries(shown), "a withdrawal to stop")
        shown.expect(Expected.PASSES)
        self._free.append(shown)
        self.withdrawn += [entry, nobodys]

    def missing_receipts(self) -> int:
        """Of all withdrawals: how many words of the guard are not here."""
        there = {(receipt.entry, receipt.state.value) for receipt in self._exchange.receipts}
        return sum((entry, state) not in there for entry in self.withdrawn for state in ("stopped", "erased"))

    def reports(self) -> Counter[tuple[str, str | None]]:
        """How often each report came, by its name and the decision that it brought."""
        return Counter((body["id"], body["decision"]) for body in self._exchange.reports)
