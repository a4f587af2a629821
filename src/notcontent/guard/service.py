"""The guard as a door sees it: it decides about uploads and says how it is, in one process or several."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from pathlib import Path

from notcontent.fingerprint.pool import DecoderPool
from notcontent.fingerprint.video.limits import VideoLimits
from notcontent.fingerprint.video.reader import VideoReader
from notcontent.guard import metrics
from notcontent.guard.answering import Answering
from notcontent.guard.arriving import Room
from notcontent.guard.asker import Asker
from notcontent.guard.crew import Crew
from notcontent.guard.database import Database
from notcontent.guard.disputes import Disputed, Kind, dispute, name_account
from notcontent.guard.doorway import DoorRule, Doorway
from notcontent.guard.errors import TooOften
from notcontent.guard.folder import load_seed
from notcontent.guard.gate import Gate
from notcontent.guard.kept import AlreadyHere, read_already_here
from notcontent.guard.link import WriterLink
from notcontent.guard.lists import Lists, Nearest, open_readers
from notcontent.guard.looking import Looking
from notcontent.guard.notices import Notices
from notcontent.guard.one_writer import OneWriter
from notcontent.guard.places import name_place
from notcontent.guard.readiness import Readiness
from notcontent.guard.remembering import Looks, Remembering
from notcontent.guard.settings import Settings
from notcontent.guard.slots import SLOT_BYTES
from notcontent.guard.spinoffs.keeping import Spinoffs
from notcontent.guard.tokens import Caller, find_caller
from notcontent.guard.uploads import Decision, Reason, Upload, Uploads
from notcontent.guard.watching import Watching
from notcontent.guard.writer import Writer, utc_now

#: How often a process that has nothing to search lets go of files that were replaced.
_REFRESH_EVERY_S = 1.0


class Guard:
    """Everything a door needs: `answering`, `gate`, `uploads`, `readiness`, `caller_of`."""

    def __init__(
        self,
        settings: Settings,
        *,
        writer: OneWriter,
        database: Database,
        lists: Lists,
        seed: bytes,
        start: Callable[[], Awaitable[None]],
        stop: Callable[[], Awaitable[None]],
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        """Put the parts together. `start` and `stop` begin and end what runs behind them."""
        self.settings, self.database, self.lists = settings, database, lists
        self._writer, self._clock, self._seed = writer, clock, seed
        self._start, self._stop = start, stop
        processes = max(1, settings.workers)
        self.pool = DecoderPool(workers=max(1, settings.decoder_workers // processes))
        self.videos = VideoReader(
            at_once=max(1, settings.videos_at_once // processes),
            limits=VideoLimits(
                max_bytes=settings.max_upload_bytes,
                max_seconds=settings.max_video_s,
                timeout_s=settings.video_timeout_s,
                cpu_s=max(1, int(settings.video_timeout_s)),
            ),
            max_waiting=settings.max_waiting_videos,
        )
        self.readiness = Readiness(database, writer, settings.list_max_age, clock)
        self.uploads = Uploads(database, tells=settings.events is not None)
        self.notices = Notices(database)
        self.spinoffs = Spinoffs(database, settings.spinoff_days, tells=settings.events is not None)
        #: For the uploads that arrive through doors with protocols of their own.
        self.room = Room(settings.max_receiving_mib << 20)
        looking: Looks = Looking(
            self.pool,
            Watching(self.videos, lists),
            lists,
            min_quality=settings.min_quality,
            whole_only=settings.whole_only,
            review_bits=settings.review_bits,
        )
        keeps_accepted = settings.keep_accepted_days > 0
        if settings.verdict_cache:
            looking = Remembering(looking, database, most=settings.verdict_cache, with_fingerprints=keeps_accepted)
        self.gate = Gate(
            looking=looking,
            lists=lists,
            policy=settings.policy,
            writer=writer,
            uploads=self.uploads,
            readiness=self.readiness,
            keeps_accepted=keeps_accepted,
            clock=clock,
        )
        self.answering = Answering(
            self.gate,
            database,
            writer,
            within_s=settings.answer_within_s,
            at_most_s=settings.video_timeout_s,
            clock=clock,
        )

    @classmethod
    def beside_writer(cls, writer: Writer, settings: Settings, crew: Crew | None = None) -> Guard:
        """The door's side in the process that writes; the writer, and the crew beside it, start and stop with it."""

        async def start() -> None:
            writer.start()
            if crew:
                crew.start()

        async def stop() -> None:
            if crew:
                await crew.stop()
            await writer.stop()

        return cls(
            settings, writer=writer, database=writer.database, lists=writer.lists, seed=writer.seed,
            start=start, stop=stop,
        )  # fmt: skip

    @classmethod
    def linked(cls, folder: Path, settings: Settings, link: WriterLink) -> Guard:
        """The door's side in another process: its own connection to the database, the same indexes, read only."""
        database = Database(folder)
        seed = load_seed(folder)
        readers = open_readers(folder, seed)
        lists = Lists(database, dict(link.names), readers)
        refreshing: list[asyncio.Task[None]] = []

        async def refresh() -> None:
            while True:
                await asyncio.sleep(_REFRESH_EVERY_S)
                for reader in readers.values():
                    await asyncio.to_thread(reader.refresh)

        async def start() -> None:
            await link.start()
            refreshing.append(asyncio.create_task(refresh()))

        async def stop() -> None:
            for task in refreshing:
                task.cancel()
            await link.stop()
            lists.close()
            database.close()

        return cls(settings, writer=link, database=database, lists=lists, seed=seed, start=start, stop=stop)

    async def start(self) -> None:
        """Start the processes that open pictures, and what runs behind."""
        await self.pool.start()
        await self._start()

    async def stop(self) -> None:
        """Stop in good order."""
        await self.answering.stop()
        await self.pool.close()
        await self._stop()

    def doorway(self, rule: DoorRule, asker: Asker | None = None, *, shown_everything: bool = True) -> Doorway:
        """The way to a verdict for a door that knows only "pass" and "stop" (see Doorway)."""
        return Doorway(self.answering, rule, asker, shown_everything=shown_everything)

    def caller_of(self, untrusted_token: str) -> Caller | None:
        """Whose bearer token this is."""
        return find_caller(self.database, untrusted_token)

    async def admit(self, caller: Caller) -> None:
        """Let this caller send an upload now. Raises TooOften, and StorageUnavailable when nobody counts."""
        if caller.uploads_a_minute is not None:
            wait_s = await self._writer.wait_s(caller.name, caller.uploads_a_minute)
            if wait_s > 0:
                metrics.count_too_often()
                raise TooOften(math.ceil(wait_s))

    def asker(
        self, door: str, caller: Caller, untrusted_place: str | None, untrusted_account: str | None = None
    ) -> Asker:
        """Who asks. The platform's own names of place and account become pseudonyms here and go no further."""
        place = None
        if untrusted_place is not None:
            place = name_place(untrusted_place, self._writer.naming_key, self._clock().date())
        where = self.spinoffs.where(untrusted_place, untrusted_account)
        return Asker(door, caller.name, place, self._name_account(untrusted_account), where)

    async def match(self, asker: Asker, fingerprints: bytes) -> list[Nearest]:
        """What is near each of these fingerprints (see Gate.match)."""
        nearest = await self.gate.match(fingerprints)
        for number, each in enumerate(nearest):
            if each.found:
                asked = fingerprints[number * SLOT_BYTES : (number + 1) * SLOT_BYTES]
                self._writer.saw(asker, asked, [found.shown.entry for found in each.found], None)
        return nearest

    async def decide(self, untrusted_upload: str, decision: Decision, reason: Reason) -> Upload:
        """End a hold (see Uploads.decide) and bring the decision to the exchange."""
        upload = await asyncio.to_thread(self.uploads.decide, untrusted_upload, decision, reason, self._clock())
        self._writer.news()
        return upload

    async def dispute(
        self, untrusted_upload: str, kind: Kind, untrusted_account: str | None, object_id: str | None
    ) -> Disputed:
        """Open a stopped upload to a second pair of eyes (see `disputes.dispute`), and tell the exchange."""
        disputed = await asyncio.to_thread(
            partial(
                dispute, self.database, untrusted_upload, kind, self._clock(),
                account=self._name_account(untrusted_account), object_id=object_id,
                tells=self.settings.events is not None,
            )
        )  # fmt: skip
        self._writer.news()
        return disputed

    def _name_account(self, untrusted_account: str | None) -> str | None:
        return None if untrusted_account is None else name_account(untrusted_account, self._seed)

    async def forget(self, object_id: str) -> bool:
        """Forget an accepted upload; whether it was known."""
        return await self._writer.forget(object_id)

    async def already_here(self, after: int) -> list[AlreadyHere]:
        """What was found among the accepted uploads (see read_already_here)."""
        return await asyncio.to_thread(read_already_here, self.database, after)
