"""The one publisher: looks what every stream is owed, cuts, signs, folds, erases. Runs as a process of its own."""

from __future__ import annotations

import fcntl
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import Error, OperationalError, connection

from notcontent.exchange.cases.models import Case
from notcontent.exchange.cases.replaying import replay
from notcontent.exchange.cases.withdrawing import withdraw_what_is_due
from notcontent.exchange.daily import run_what_is_due
from notcontent.exchange.desk.audit import has_head_of, sign_head
from notcontent.exchange.desk.tiers import audit_raises
from notcontent.exchange.errors import EraseUnanswered, ExchangeError, PublisherBusy, Refused
from notcontent.exchange.folder import Folder
from notcontent.exchange.heads import keep_newest_heads
from notcontent.exchange.lists.cutting import cut_deltas, write_heads
from notcontent.exchange.lists.erasing import erasable_cases, erase_everywhere, truncate_log
from notcontent.exchange.lists.folding import tidy_stream
from notcontent.exchange.lists.models import Listing
from notcontent.exchange.lists.shaping import forget_told, take_step
from notcontent.exchange.partners.models import Client, Stream
from notcontent.exchange.storage import refuse_for_storage
from notcontent.feed.signature import SigningKey

LOOK_EVERY_S = 0.1
PAUSE_WHILE_FULL_S = 1.0
CUT_AT_MOST_EVERY_S = 1.0
#: So many streams in one transaction: whoever sends a case meanwhile waits for it.
CUT_TOGETHER = 50
#: The specification asks for 60 at most; a slow disk must not make it 61.
HEAD_EVERY_S = 30.0
#: So long the file of heads holds what no longer counts: their times tell when lists were changed.
HEADS_ANEW_EVERY_S = 60.0
#: Of heads that are old and say nothing new, so many in a turn: what is due is not to wait for all of them.
HEADS_TOGETHER = 200
#: The specification promises 24 hours; the rest is for machines that were off.
ERASE_EVERY = timedelta(hours=20)
#: For what is due by the day: withdrawals that waited, erasing.
LOOK_AT_THE_DAY_EVERY_S = 60.0


@contextmanager
def only_publisher(folder: Folder) -> Iterator[None]:
    """Hold the right to publish. Raises `PublisherBusy` when another process holds it."""
    descriptor = os.open(folder.publisher_lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise PublisherBusy(
                "Another process publishes this exchange's streams. There may be only one: stop the other first."
            ) from None
        yield
    finally:
        os.close(descriptor)


def read_online_key(folder: Folder) -> SigningKey:
    """The key that signs heads, deltas and snapshots."""
    return SigningKey.from_text(folder.online_key.read_text())


class Publisher:
    """One turn of work at a time; `run` repeats it. Hold `only_publisher` around it."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._key = read_online_key(folder)
        self._last_cut_s: dict[str, float] = {}
        self._last_head_s: dict[str, float] = {}
        self._heads_anew_s = 0.0
        self._log_holds_withdrawn = True
        self._next_day_look_s = 0.0
        self._ledger_read = 0

    def start(self) -> None:
        """Put right what a sudden end may have left: withdrawals that stand in the ledger alone, files that no table
        names, heads that were never written.
        """
        self._carry_out_ledger()
        feeds = _signed_feeds()
        for feed in feeds:
            tidy_stream(self._folder, feed)
        self._write_heads(feeds)

    def run(self, stop: Callable[[], bool]) -> None:
        """Work until told to stop. While nothing can be stored it says so once and tries again."""
        started = told = False
        while not stop():
            began_s = time.monotonic()
            try:
                if not started:
                    self.start()
                    started = True
                self.turn(began_s)
                told = False
            except (Error, OSError, ExchangeError) as error:
                if (refused := refuse_for_storage(error)) is None:
                    raise
                connection.close()
                if not told:
                    _tell(refused)
                told = True
                time.sleep(PAUSE_WHILE_FULL_S)
            time.sleep(max(0.0, LOOK_EVERY_S - (time.monotonic() - began_s)))

    def turn(self, now_s: float) -> None:
        """Everything that is due now. `now_s` is a clock that only runs forward."""
        day_is_due = now_s >= self._next_day_look_s
        if day_is_due:
            self._next_day_look_s = now_s + LOOK_AT_THE_DAY_EVERY_S
            withdraw_what_is_due(_now().date())
            self._carry_out_ledger()
            run_what_is_due(_now().date())
            self._log_holds_withdrawn |= forget_told(_now().date()) > 0
            if not has_head_of(self._folder, _now().date()):
                # Where it refuses, `notcontent exchange audit verify` and `status` say what is wrong.
                sign_head(self._folder, self._key, _now().date())
        audit_raises()
        self._cut_what_is_due(now_s)
        self._renew_heads(now_s)
        if self._log_holds_withdrawn:
            self._log_holds_withdrawn = not self._truncate_log()
        if self._folder.erase_request.exists() or (day_is_due and self._erasure_is_due(_now())):
            self._erase()

    def _carry_out_ledger(self) -> None:
        contents = settings.LEDGER.read()
        replay(contents, _now().date(), after=self._ledger_read)
        self._ledger_read = contents.last.number

    def _cut_what_is_due(self, now_s: float) -> None:
        due = Listing.objects.filter(due=True).values_list("stream_id", "stream__client").distinct()
        signed = []
        for feed, client in list(due):
            if now_s - self._last_cut_s.get(feed, -CUT_AT_MOST_EVERY_S) < CUT_AT_MOST_EVERY_S:
                continue
            if client == Client.STOPNCII:
                take_step(feed, _now().date())
                self._last_cut_s[feed] = now_s
                self._log_holds_withdrawn = True
                continue
            signed.append(feed)
        for start in range(0, len(signed), CUT_TOGETHER):
            some = signed[start : start + CUT_TOGETHER]
            for feed in some:
                self._folder.stream(feed).mkdir(mode=0o700, parents=True, exist_ok=True)
            cuts = cut_deltas(self._folder, self._key, some, _now())
            self._last_cut_s |= dict.fromkeys(cuts, now_s)
            self._write_heads(list(cuts))
            self._log_holds_withdrawn |= any(cut.withdrawals for cut in cuts.values())

    def _write_heads(self, feeds: list[str]) -> None:
        write_heads(self._folder, self._key, feeds, _now())
        self._last_head_s |= dict.fromkeys(feeds, time.monotonic())

    def _renew_heads(self, now_s: float) -> None:
        feeds = _signed_feeds()
        old = [feed for feed in feeds if now_s - self._last_head_s.get(feed, -HEAD_EVERY_S) >= HEAD_EVERY_S]
        if old:
            self._write_heads(old[:HEADS_TOGETHER])
        if now_s >= self._heads_anew_s:
            self._heads_anew_s = now_s + HEADS_ANEW_EVERY_S
            keep_newest_heads(self._folder.heads, feeds)

    def _truncate_log(self) -> bool:
        try:
            return truncate_log()
        except OperationalError:
            # Somebody holds the database just now. It is tried again a tenth of a second later.
            connection.close()
            return False

    def _erase(self) -> None:
        request = self._folder.erase_request
        asked = request.exists()
        try:
            erase_everywhere(self._folder, self._key, _now())
        except OperationalError:
            connection.close()
            return
        if asked and not erasable_cases().exists():
            request.unlink(missing_ok=True)

    def _erasure_is_due(self, now: datetime) -> bool:
        try:
            last = datetime.fromtimestamp(self._folder.last_erasure.stat().st_mtime, UTC)
        except FileNotFoundError:
            return True
        return now - last >= ERASE_EVERY


def _tell(refused: Refused) -> None:
    # The disk that is full may be the one that the log lies on.
    with suppress(OSError):
        print(
            f"notcontent: {_CAUSE[refused.code]} The publisher tries again until it can.", file=sys.stderr, flush=True
        )


_CAUSE = {
    "storage": "Nothing can be written: look for a full or missing disk. The lists stand still.",
    "busy": "The database does not answer in time.",
}


def _signed_feeds() -> list[str]:
    """The streams that have heads, deltas and snapshots."""
    return list(Stream.objects.exclude(client=Client.STOPNCII).values_list("feed", flat=True))


def pending_erasures() -> int:
    """Withdrawn cases whose bytes may still be in some file of this exchange."""
    return Case.objects.filter(withdrawn__isnull=False, erased_here=None).count()


def erase_now(folder: Folder, timeout_s: float = 120.0) -> None:
    """Erase at once: through the running publisher, or here when none runs. Raises `EraseUnanswered`."""
    try:
        with only_publisher(folder):
            key = read_online_key(folder)
            erase_everywhere(folder, key, _now())
            return
    except PublisherBusy:
        folder.erase_request.touch(mode=0o600)
    give_up_s = time.monotonic() + timeout_s
    while folder.erase_request.exists():
        if time.monotonic() > give_up_s:
            raise EraseUnanswered("The publisher did not finish erasing in time. It goes on; ask again in a while.")
        time.sleep(0.1)


def _now() -> datetime:
    return datetime.now(UTC)
