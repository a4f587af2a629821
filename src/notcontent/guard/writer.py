"""The one process that writes: it follows the lists, changes the indexes, counts for the brake, keeps and delivers."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import Callable, Collection, Coroutine, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from notcontent.errors import NotContentError
from notcontent.guard import events, metrics, pending
from notcontent.guard.asker import Asker
from notcontent.guard.brake import Brake, BrakeLimits, name_upload
from notcontent.guard.callbacks import Callbacks
from notcontent.guard.credential import Credential
from notcontent.guard.database import Database
from notcontent.guard.delivery import Delivery
from notcontent.guard.disputes import forget_objections
from notcontent.guard.erasing import erase_withdrawn
from notcontent.guard.errors import GuardError, StorageUnavailable
from notcontent.guard.events import Event
from notcontent.guard.folder import SLOT_FILE, load_key, load_seed, lock_folder, prepare_folder
from notcontent.guard.followed import mark_indexed, read_lists
from notcontent.guard.freed import give_back_freed
from notcontent.guard.kept import Kept, erase_kept
from notcontent.guard.listing import ListWriter
from notcontent.guard.notices import Notices
from notcontent.guard.one_writer import Accepted, Trouble
from notcontent.guard.probing import Probing
from notcontent.guard.rate import Rates
from notcontent.guard.readiness import Readiness
from notcontent.guard.refresh import Refresh
from notcontent.guard.review import expire
from notcontent.guard.settings import Settings
from notcontent.guard.slots import SlotFile
from notcontent.guard.spinoffs.keeping import Spinoffs
from notcontent.guard.spinoffs.telling import Telling
from notcontent.guard.staleness import Staleness
from notcontent.guard.steps import run_to_its_end
from notcontent.guard.uploads import Decision, Uploads

logger = logging.getLogger(__name__)

_HOUSEKEEPING_EVERY_S = 3600.0
_END_HOLDS_EVERY_S = 10.0
_LOOK_AT_CLOCKS_EVERY_S = 5.0
_SEEK_SPINOFFS_EVERY_S = 5.0
_TRY_AGAIN_S = 2.0
#: After an erasing that took so long, so many times that passes before the next, an hour at most.
_ERASING_PAUSE, _LONGEST_ERASING_PAUSE_S = 20.0, 3600.0
#: So many accepted uploads are written to the disk in one step.
_KEEP_TOGETHER = 500


def utc_now() -> datetime:
    """The clock of a guard in service."""
    return datetime.now(UTC)


class Writer:
    """A guard's folder, held by this process alone."""

    def __init__(self, folder: Path, settings: Settings, clock: Callable[[], datetime] = utc_now) -> None:
        """Open the folder, load and mend the lists. Raises FolderInUse, StorageUnavailable."""
        prepare_folder(folder)
        self._lock = lock_folder(folder)
        self._settings, self._clock = settings, clock
        self.database = Database(folder)
        self._slots = SlotFile(folder / SLOT_FILE)
        self.key = load_key(folder)
        self._followed = read_lists(self.database)
        self._names = {each.id: each.name for each in self._followed}
        self.seed = seed = load_seed(folder)
        self.lists = ListWriter(self.database, self._slots, self._names, folder, seed)
        with self.database.write() as connection:
            mark_indexed(connection)
        # What a crash left half erased is finished before anything is answered.
        self._folder = folder
        self._erase()
        give_back_freed()
        self.kept: Kept | None = None
        if settings.keep_accepted_days:
            self.kept = Kept(self.database, folder, seed, self.lists, self._slots)
        else:
            erase_kept(self.database, folder)
        self.brake = Brake(
            BrakeLimits(
                settings.holds_per_claim_an_hour, settings.claims_hold_at_least_an_hour, settings.claims_hold_share
            )
        )
        credentials = {
            followed.id: Credential(followed, key=self.key, database=self.database, clock=clock)
            for followed in self._followed
        }
        tells = settings.events is not None
        self._deliveries = [
            Delivery(followed, self.database, credentials[followed.id], tells=tells) for followed in self._followed
        ]
        self._refreshes = {
            followed.id: Refresh(
                followed,
                database=self.database,
                slots=self._slots,
                lists=self.lists,
                key=self.key,
                credential=credentials[followed.id],
                folder=folder,
                clock=clock,
                news=self._news_from_thread,
                look_back=self._look_back_from_thread if self.kept else None,
                erase_soon=self._erase_from_thread,
                tells=settings.events is not None,
                keeps_days=settings.spinoff_days > 0,
            )
            for followed in self._followed
        }
        # What an earlier process was reading when it ended is told as unfinished.
        pending.give_up(self.database, clock())
        self._callbacks: list[Callbacks] = []
        for queue, told_at in ((pending, settings.callback), (events, settings.events)):
            if told_at:
                self._callbacks.append(Callbacks(queue, self.database, *told_at, clock))
            else:
                queue.tell_nobody(self.database)
        self._uploads = Uploads(self.database, tells=settings.events is not None)
        self._notices = Notices(self.database)
        self._spinoffs = Spinoffs(self.database, settings.spinoff_days, tells=settings.events is not None)
        if not self._spinoffs.is_on:
            self._spinoffs.erase()
        self._telling = Telling(self.database, self._spinoffs, is_on=settings.tells_spinoffs)
        self._rates, self._probing = Rates(), Probing(self.brake.key, settings.probing_alarm)
        readiness = Readiness(self.database, self, settings.list_max_age, clock)
        self._staleness = Staleness(self.database, readiness, clock, tells=settings.events is not None)
        self._tasks: list[asyncio.Task[None]] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._to_keep: asyncio.Queue[tuple[Accepted, asyncio.Future[None]]] = asyncio.Queue()
        self._to_look_back, self._to_erase = asyncio.Event(), asyncio.Event()

    @property
    def names(self) -> Mapping[int, str]:
        """The lists that are followed, by their ids."""
        return self._names

    def start(self) -> None:
        """Begin to follow and deliver, in the running event loop."""
        self._loop = asyncio.get_running_loop()
        runs = [refresh.run() for refresh in self._refreshes.values()]
        runs += [delivery.run() for delivery in self._deliveries]
        runs += [self._keep_house(), self._erase_when_due()]
        if decision := self._settings.hold_expires:
            runs += [self._end_holds(decision)]
        if self._spinoffs.is_on:
            runs += [self._seek_spinoffs()]
        if self._settings.events:
            runs += [self._watch_notices()]
        runs += [callbacks.run() for callbacks in self._callbacks]
        runs += [self._staleness.run(self.news)]
        if self.kept:
            self._to_look_back.set()
            runs += [self._keep_accepted(self.kept), self._look_back(self.kept)]
        self._tasks = [asyncio.create_task(run) for run in runs]

    async def stop(self) -> None:
        """Stop following and delivering, let steps under way end, close everything."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        if self.kept:
            self.kept.close()
        self.lists.close()
        self._slots.close()
        self.database.close()
        os.close(self._lock)

    def trouble_of(self, list_id: int) -> Trouble | None:
        """What stands in a list's way."""
        return self._refreshes[list_id].trouble

    def count_upload(self, uploads: int = 1) -> None:
        """One more upload was judged, or several, by whichever process."""
        self.brake.count_upload(self._clock(), uploads)

    async def may_hold(self, untrusted_upload: bytes, claims: Mapping[str, bytes]) -> bool:
        """Whether these claims may hold this upload now."""
        return self.brake.may_hold(untrusted_upload, claims, self._clock())

    def may_hold_named(self, digest: bytes, claims: Mapping[str, bytes]) -> bool:
        """The same for an upload that another process has named with the brake's key."""
        return self.brake.may_hold_named(digest, claims, self._clock())

    @property
    def naming_key(self) -> bytes:
        """What uploads and places are named with in memory."""
        return self.brake.key

    async def wait_s(self, caller: str, uploads_a_minute: int) -> float:
        """How long this caller has to wait; 0: it may send now."""
        return self._rates.wait_s(caller, uploads_a_minute, time.monotonic())

    def saw(self, asker: Asker, untrusted_upload: bytes, entries: Collection[str], upload: str | None) -> None:
        """This upload, or fingerprint, came near entries."""
        self.saw_named(asker, name_upload(untrusted_upload, self.brake.key), entries, upload)

    def saw_named(self, asker: Asker, digest: bytes, entries: Collection[str], upload: str | None) -> None:
        """The same for an upload that another process has named."""
        now = self._clock()
        for entry in self._probing.saw(asker, digest, entries, now):
            metrics.count_probing()
            fields = {"door": asker.door, "caller": asker.caller, "entry": entry, "upload": upload}
            logger.warning("many near copies of one picture from one place", extra={"fields": fields})
            if self._settings.events:
                self._spawn(self._tell(Event.PROBING, fields | {"uploads": self._settings.probing_alarm}))

    def news(self) -> None:
        """There is something in the outbox."""
        for delivery in self._deliveries:
            delivery.wake()
        for callbacks in self._callbacks:
            callbacks.wake()

    async def lose_process(self, process: int) -> None:
        """A process that answered beside this one has ended: what it was reading is told as unfinished."""
        await run_to_its_end(pending.give_up, self.database, self._clock(), process)
        self.news()

    async def keep(self, accepted: Accepted) -> None:
        """Remember an accepted upload; it is on the disk when this returns. Raises StorageUnavailable."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        await self._to_keep.put((accepted, done))
        await done

    async def forget(self, object_id: str) -> bool:
        """Forget an accepted upload; whether it was known. Raises StorageUnavailable."""
        return self.kept is not None and await run_to_its_end(self.kept.forget, object_id)

    def _news_from_thread(self) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self.news)

    def _look_back_from_thread(self) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._to_look_back.set)

    def _erase_from_thread(self) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._to_erase.set)

    def _erase(self) -> None:
        for followed in self._followed:
            erase_withdrawn(
                followed, database=self.database, slots=self._slots, lists=self.lists, key=self.key,
                folder=self._folder, now=self._clock(),
            )  # fmt: skip

    async def _erase_when_due(self) -> None:
        """Erase what was withdrawn: at once, unless the last time took long; withdrawals then share one making."""
        while True:
            await self._to_erase.wait()
            self._to_erase.clear()
            start = time.monotonic()
            try:
                await run_to_its_end(self._erase)
                self.news()
                await run_to_its_end(give_back_freed)
            except (NotContentError, OSError):
                self._to_erase.set()  # What stands in the way is said where the list is followed.
                await asyncio.sleep(_TRY_AGAIN_S)
            took = time.monotonic() - start
            await asyncio.sleep(min(_LONGEST_ERASING_PAUSE_S, _ERASING_PAUSE * took))

    async def _keep_accepted(self, kept: Kept) -> None:
        """Write what is to be kept, all that waits in one step: a busy hour is no hour of waiting for disks."""
        while True:
            batch = [await self._to_keep.get()]
            while len(batch) < _KEEP_TOGETHER and not self._to_keep.empty():
                batch.append(self._to_keep.get_nowait())
            accepted = [each for each, _ in batch]
            failed: GuardError | None = None
            try:
                if await run_to_its_end(kept.keep, accepted, self._clock(), self._settings.keep_accepted_days):
                    self.news()
            except GuardError as error:
                failed = error
            except (NotContentError, OSError) as error:
                failed = StorageUnavailable(
                    "The data folder could not be written. Look for a full disk, then try again."
                )
                failed.__cause__ = error
            for _, done in batch:
                if not done.cancelled():
                    done.set_exception(failed) if failed else done.set_result(None)

    async def _look_back(self, kept: Kept) -> None:
        while True:
            await self._to_look_back.wait()
            self._to_look_back.clear()
            try:
                if await run_to_its_end(kept.look_back, self._clock()):
                    self.news()
            except (NotContentError, OSError):
                await asyncio.sleep(_TRY_AGAIN_S)
                self._to_look_back.set()

    async def _tell(self, event: Event, data: Mapping[str, str | int | None]) -> None:
        def put() -> None:
            with self.database.write() as connection:
                events.put(connection, event, self._clock(), data)

        with contextlib.suppress(NotContentError):
            await run_to_its_end(put)
            self.news()

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.append(task)
        task.add_done_callback(self._tasks.remove)

    async def _end_holds(self, decision: Decision) -> None:
        """Decide as the platform has stated about what nobody has decided about in time."""
        at_most = timedelta(hours=self._settings.hold_at_most_hours)
        while True:
            with contextlib.suppress(NotContentError):
                if await run_to_its_end(expire, self.database, self._uploads, decision, at_most, self._clock()):
                    self.news()
            await asyncio.sleep(_END_HOLDS_EVERY_S)

    async def _seek_spinoffs(self) -> None:
        """Bring the matches by place into the ledger, and tell of likely successors."""
        while True:
            with contextlib.suppress(NotContentError):
                if alarms := await run_to_its_end(self._spinoffs.take_noted, self._clock()):
                    metrics.count_spinoffs(alarms)
                    self.news()
            await asyncio.sleep(_SEEK_SPINOFFS_EVERY_S)

    async def _watch_notices(self) -> None:
        """Tell the platform of every notice whose time is nearly over, or over."""
        while True:
            with contextlib.suppress(NotContentError):
                if await run_to_its_end(self._notices.warn, self._clock()):
                    self.news()
            await asyncio.sleep(_LOOK_AT_CLOCKS_EVERY_S)

    async def _keep_house(self) -> None:
        while True:
            try:
                keep = self._settings.keep_uploads_days
                await run_to_its_end(self._uploads.forget_before, self._clock(), keep)
                await run_to_its_end(self._notices.forget_before, self._clock(), keep)
                await run_to_its_end(pending.forget_before, self.database, self._clock())
                await run_to_its_end(forget_objections, self.database)
                if self._spinoffs.is_on:
                    await run_to_its_end(self._spinoffs.keep_house, self._clock())
                if self._telling.is_on and await run_to_its_end(self._telling.tell, self._clock()):
                    self.news()
                if self.kept:
                    await run_to_its_end(self.kept.forget_expired, self._clock())
                await run_to_its_end(give_back_freed)
            except (NotContentError, OSError):
                pass  # The disk is full: the next hour tries again, and every answer that needs it says so meanwhile.
            await asyncio.sleep(_HOUSEKEEPING_EVERY_S)
