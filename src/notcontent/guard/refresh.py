"""Following one exchange: ask, check, apply, forget, answer. Whatever is refused leaves the last good list in use.

One round: the exchange's keys, its head, then the deltas or the snapshot that lead there. They are applied in one
transaction together with how far the list is and with the receipts; then the index changes, then what was withdrawn
is erased. A crash between any two of these steps is made good by the next start.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pyrage

from notcontent.feed.delta import Delta
from notcontent.feed.follow import (
    FollowError,
    FollowState,
    Refusal,
    check_count,
    check_deltas,
    check_head,
    check_keys,
    check_snapshot,
    needs_snapshot,
)
from notcontent.feed.head import Head
from notcontent.feed.keys import FeedKeys
from notcontent.feed.signature import BadSignature, SigningKey
from notcontent.feed.snapshot import BadSnapshot, Snapshot, parse_snapshot
from notcontent.guard.credential import Credential
from notcontent.guard.database import Database
from notcontent.guard.entries import Apply
from notcontent.guard.erasing import erase_withdrawn, snapshot_path
from notcontent.guard.errors import GuardError
from notcontent.guard.exchange_client import ExchangeClient, ExchangeRefuses
from notcontent.guard.folder import load_age_identity
from notcontent.guard.followed import (
    FollowedList,
    mark_changed,
    mark_fresh,
    mark_indexed,
    read_fresh_at,
    read_state,
    write_state,
)
from notcontent.guard.freed import give_back_freed
from notcontent.guard.listing import ListWriter
from notcontent.guard.one_writer import Trouble
from notcontent.guard.slots import SlotFile
from notcontent.guard.steps import run_to_its_end
from notcontent.letter import FIRST_BYTES

logger = logging.getLogger(__name__)

POLL_WAIT_S = 25
#: How soon a revoked key is noticed.
KEYS_EVERY = timedelta(seconds=60)
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 60.0


class Refresh:
    """Keeps one list up to date until it is cancelled."""

    def __init__(
        self,
        followed: FollowedList,
        *,
        database: Database,
        slots: SlotFile,
        lists: ListWriter,
        key: SigningKey,
        credential: Credential,
        folder: Path,
        clock: Callable[[], datetime],
        news: Callable[[], None],
        look_back: Callable[[], None] | None = None,
        erase_soon: Callable[[], None] | None = None,
        tells: bool = False,
        keeps_days: bool = False,
    ) -> None:
        """Prepare. `news` is called when something was put into the outbox, `look_back` when the list has changed.

        Erasing makes a large index anew, which takes seconds: with `erase_soon`, that is called instead and does it
        elsewhere, so that the next change need not wait. `tells`: whether the platform is told of withdrawals.
        `keeps_days`: whether spin-offs are sought (`Apply.keeps_days`).
        """
        self.followed = followed
        self.trouble: Trouble | None = None
        self._database, self._slots, self._lists, self._key = database, slots, lists, key
        self._folder, self._clock, self._news, self._look_back = folder, clock, news, look_back
        self._erase_soon, self._tells, self._keeps_days = erase_soon, tells, keeps_days
        self._credential, self._client = credential, ExchangeClient(followed.url, credential)
        self._keys: FeedKeys | None = None
        self._keys_at: datetime | None = None
        self._snapshot_wanted = False
        self._registered = False

    async def run(self) -> None:
        """Follow for ever, with growing, jittered pauses while the exchange is away or refused."""
        pause_s = _FIRST_PAUSE_S
        try:
            while True:
                try:
                    await self.one_round(POLL_WAIT_S)
                    self.trouble, pause_s = None, _FIRST_PAUSE_S
                except FollowError as error:
                    self.trouble = Trouble(error.code.value, str(error))
                except ExchangeRefuses as error:
                    self.trouble = Trouble(error.code or "refused", str(error))
                    self._registered = False
                except GuardError as error:
                    self.trouble = Trouble("away", str(error))
                except OSError:
                    self.trouble = Trouble("disk", "The data folder could not be written. Look for a full disk.")
                except Exception as error:  # noqa: BLE001 - uploads are judged by the last good list meanwhile
                    self.trouble = Trouble("fault", "This guard has a fault: please report it. It tries again.")
                    logger.error("following an exchange failed: %s", type(error).__name__)
                if self.trouble:
                    await asyncio.sleep(pause_s * random.uniform(0.5, 1.0))  # noqa: S311 - only spreads the load
                    pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
        finally:
            await self._client.close()

    async def one_round(self, wait_s: int) -> None:
        """One question to the exchange and everything that follows from its answer. Raises FollowError, GuardError."""
        if not self._registered:
            age_key = await asyncio.to_thread(load_age_identity, self._folder)
            await self._client.register(self._key.public, str(age_key.to_public()))
            self._registered = True
        await self._credential.renew_if_due(self._client)
        keys = await self._current_keys()
        state = await asyncio.to_thread(self._read_state)
        if state.feed is None:
            # The exchange's epoch is not known yet: its head, asked for without waiting, names it.
            polled = await self._client.poll(0, 0, 0)
            head = check_head(state, polled.untrusted_head, keys, self._clock())
            if head.has_snapshot:
                await self._take_snapshot(keys, head)
                return
            state = replace(state, epoch=head.epoch)
            wait_s = 0
        if self.trouble or self._snapshot_wanted:
            wait_s = 0  # First hear where things stand, then wait for news.
        polled = await self._client.poll(state.epoch, state.number, wait_s)
        head = check_head(state, polled.untrusted_head, keys, self._clock())
        if needs_snapshot(state, head) or (self._snapshot_wanted and head.snapshot >= state.number > 0):
            if not head.has_snapshot:
                raise FollowError(Refusal.GAP)
            await self._take_snapshot(keys, head)
            return
        steps = check_deltas(state, head, polled.untrusted_deltas, keys)
        await run_to_its_end(self._apply_deltas, head, steps)

    async def _current_keys(self) -> FeedKeys:
        """The exchange's online keys, asked for again every minute and after every refusal."""
        now = self._clock()
        if self._keys is None or self._keys_at is None or self.trouble or now - self._keys_at >= KEYS_EVERY:
            untrusted = await self._client.keys()
            keys, state = check_keys(await asyncio.to_thread(self._read_state), untrusted)
            await asyncio.to_thread(self._remember_keys, state.keys_sequence)
            self._keys, self._keys_at = keys, now
        return self._keys

    async def _take_snapshot(self, keys: FeedKeys, head: Head) -> None:
        path = snapshot_path(self._folder, self.followed)
        await self._client.download_snapshot(head, path)
        signature = await self._client.snapshot_signature(head)
        await run_to_its_end(self._apply_snapshot, head, keys, signature)
        self._snapshot_wanted = False
        await run_to_its_end(give_back_freed)

    def _read_state(self) -> FollowState:
        with self._database.read() as connection:
            return read_state(connection, self.followed.id)

    def _remember_keys(self, sequence: int) -> None:
        with self._database.write() as connection:
            state = read_state(connection, self.followed.id)
            if state.keys_sequence != sequence:
                write_state(connection, self.followed.id, replace(state, keys_sequence=sequence))

    def _apply_deltas(self, head: Head, steps: list[tuple[Delta, FollowState]]) -> None:
        def change(apply: Apply) -> FollowState:
            for delta, _ in steps:
                apply.delta(delta)
            if steps:
                return steps[-1][1]
            held = read_state(apply.connection, self.followed.id)
            return replace(held, feed=head.feed, epoch=head.epoch)

        try:
            self._apply(head, change)
        except FollowError as error:
            self._snapshot_wanted = error.code is Refusal.WRONG_COUNT
            raise

    def _apply_snapshot(self, head: Head, keys: FeedKeys, untrusted_signature: str) -> None:
        path = snapshot_path(self._folder, self.followed)
        try:
            snapshot = _checked_snapshot(path, keys, untrusted_signature, self._folder)

            def change(apply: Apply) -> FollowState:
                held = read_state(apply.connection, self.followed.id)
                state = check_snapshot(held, head, snapshot, head.snapshot_sha256, head.snapshot_bytes)
                apply.snapshot(snapshot)
                return state

            self._apply(head, change, whole=True)
        finally:
            path.unlink(missing_ok=True)

    def _apply(self, head: Head, change: Callable[[Apply], FollowState], *, whole: bool = False) -> None:
        now = self._clock()
        apply: Apply | None = None
        committed = late = changed = False
        try:
            with self._database.write() as connection:
                apply = Apply(
                    connection,
                    self.followed.id,
                    self._slots,
                    self._key,
                    now,
                    look_back=self._look_back is not None,
                    tells=self._tells,
                    keeps_days=self._keeps_days,
                )
                before = read_state(connection, self.followed.id)
                state = change(apply)
                changed = whole or (state.epoch, state.number) != (before.epoch, before.number)
                if changed:
                    mark_changed(connection, self.followed.id)
                if state.number == head.number:
                    check_count(apply.live_count(), head)
                    late = whole or self._lists.behind or read_fresh_at(connection, self.followed.id) is None
                    if not late:
                        mark_fresh(connection, self.followed.id, now)
                write_state(connection, self.followed.id, state)
            committed = True
        finally:
            if apply is not None and not committed:
                apply.undo()
        self._lists.settle(apply.touched, apply.added)
        if late or changed:
            with self._database.write() as connection:
                mark_indexed(connection, self.followed.id)
                # A whole list is searched only once it is in the index, which may take seconds: fresh from now on.
                if late:
                    mark_fresh(connection, self.followed.id, now)
        if self._look_back is not None:
            self._look_back()
        self._erase()

    def _erase(self) -> None:
        if self._erase_soon is not None:
            self._erase_soon()
            self._news()
            return
        erase_withdrawn(
            self.followed,
            database=self._database,
            slots=self._slots,
            lists=self._lists,
            key=self._key,
            folder=self._folder,
            now=self._clock(),
        )
        self._news()


def _checked_snapshot(path: Path, keys: FeedKeys, untrusted_signature: str, folder: Path) -> Snapshot:
    """The snapshot, opened only once an online key has vouched for the file as it is. Raises FollowError."""
    for key in keys.keys:
        if key.key_id in keys.revoked:
            continue
        try:
            with path.open("rb") as file:
                key.verify_file(file, untrusted_signature)
        except BadSignature:
            continue
        try:
            data = path.read_bytes()
            if data.startswith(FIRST_BYTES):
                data = pyrage.decrypt(data, [load_age_identity(folder)])
            return parse_snapshot(data)
        except (BadSnapshot, pyrage.DecryptError) as error:
            raise FollowError(Refusal.BAD_SNAPSHOT) from error
    raise FollowError(Refusal.BAD_SIGNATURE)
