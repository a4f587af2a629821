"""The guard as one running thing: opens its folder, follows its lists, decides, delivers, and stops in good order."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from notcontent.fingerprint.pool import DecoderPool
from notcontent.guard.brake import Brake, BrakeLimits
from notcontent.guard.database import Database
from notcontent.guard.delivery import Delivery
from notcontent.guard.erasing import erase_withdrawn
from notcontent.guard.errors import GuardError
from notcontent.guard.folder import SLOT_FILE, load_key, lock_folder, prepare_folder
from notcontent.guard.followed import read_lists
from notcontent.guard.gate import Gate
from notcontent.guard.lists import Lists
from notcontent.guard.readiness import Readiness
from notcontent.guard.refresh import Refresh
from notcontent.guard.settings import Settings
from notcontent.guard.slots import SlotFile
from notcontent.guard.tokens import Caller, find_caller
from notcontent.guard.uploads import Decision, Reason, Upload, Uploads

_HOUSEKEEPING_EVERY_S = 3600.0


def utc_now() -> datetime:
    """The clock of a guard in service."""
    return datetime.now(UTC)


class Guard:
    """Everything a door needs: `gate`, `uploads`, `readiness`, `caller_of`."""

    def __init__(self, folder: Path, settings: Settings, clock: Callable[[], datetime] = utc_now) -> None:
        """Open the data folder and load the lists. Raises FolderInUse, StorageUnavailable."""
        prepare_folder(folder)
        self._lock = lock_folder(folder)
        self.settings = settings
        self._clock = clock
        self.database = Database(folder)
        self._slots = SlotFile(folder / SLOT_FILE)
        self.key = load_key(folder)
        self._followed = read_lists(self.database)
        lists = Lists(self.database, self._slots, {each.id: each.name for each in self._followed})
        # What a crash left half erased is finished before anything is answered.
        for followed in self._followed:
            erase_withdrawn(
                followed, database=self.database, slots=self._slots, key=self.key, folder=folder, now=clock()
            )
        self.lists = lists
        self.pool = DecoderPool(workers=settings.decoder_workers)
        self._deliveries = [Delivery(followed, self.database) for followed in self._followed]
        self.refreshes = {
            followed.id: Refresh(
                followed,
                database=self.database,
                slots=self._slots,
                lists=lists,
                key=self.key,
                folder=folder,
                clock=clock,
                news=self._news_from_thread,
            )
            for followed in self._followed
        }
        self.readiness = Readiness(self.database, self.refreshes, settings.list_max_age, clock)
        self.uploads = Uploads(self.database)
        brake = Brake(
            BrakeLimits(
                settings.holds_per_claim_an_hour, settings.claims_hold_at_least_an_hour, settings.claims_hold_share
            )
        )
        self.gate = Gate(
            pool=self.pool,
            lists=lists,
            policy=settings.policy,
            brake=brake,
            uploads=self.uploads,
            readiness=self.readiness,
            min_quality=settings.min_quality,
            clock=clock,
            news=self.news,
        )
        self._tasks: list[asyncio.Task[None]] = []
        self._loop: asyncio.AbstractEventLoop | None = None

    async def start(self) -> None:
        """Start the workers that open pictures, and begin to follow and deliver."""
        self._loop = asyncio.get_running_loop()
        await self.pool.start()
        runs = [refresh.run() for refresh in self.refreshes.values()]
        runs += [delivery.run() for delivery in self._deliveries]
        self._tasks = [asyncio.create_task(run) for run in (*runs, self._keep_house())]

    async def stop(self) -> None:
        """Stop following and delivering, let steps under way end, close everything."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        await self.pool.close()
        self._slots.close()
        self.database.close()
        os.close(self._lock)

    def caller_of(self, untrusted_token: str) -> Caller | None:
        """Whose bearer token this is."""
        return find_caller(self.database, untrusted_token)

    async def decide(self, untrusted_upload: str, decision: Decision, reason: Reason) -> Upload:
        """End a hold (see Uploads.decide) and bring the decision to the exchange."""
        upload = await asyncio.to_thread(self.uploads.decide, untrusted_upload, decision, reason, self._clock())
        self.news()
        return upload

    def news(self) -> None:
        """There is something in the outbox."""
        for delivery in self._deliveries:
            delivery.wake()

    def _news_from_thread(self) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self.news)

    async def _keep_house(self) -> None:
        while True:
            try:
                keep = self.settings.keep_uploads_days
                await asyncio.to_thread(self.uploads.forget_before, self._clock(), keep)
            except GuardError:
                pass  # The disk is full: the next hour tries again, and every answer that needs it says so meanwhile.
            await asyncio.sleep(_HOUSEKEEPING_EVERY_S)
