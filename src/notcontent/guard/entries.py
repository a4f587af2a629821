"""Entries of the lists on disk: deltas and snapshots become rows, slots and receipts, all or nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from notcontent.feed.delta import Delta
from notcontent.feed.entry import Add, Pause, Resume, SetTier, Tier, Unknown, Withdraw
from notcontent.feed.receipt import Receipt, ReceiptState, format_receipt
from notcontent.feed.signature import SigningKey
from notcontent.feed.snapshot import TIERS, Snapshot, SnapshotVideo
from notcontent.guard import events, outbox
from notcontent.guard.slots import SlotFile
from notcontent.guard.spinoffs import intake

#: Rows of a snapshot that are turned into Python's values at a time.
_CHUNK = 1 << 18
#: Videos of a snapshot that are written in one piece: 40 MB at most.
_VIDEOS_TOGETHER = 2000
#: What an index has to know of an entry. `tier` is its place in TIERS.
ENTRY_ROW = np.dtype([("slot", np.int64), ("tier", np.uint8), ("paused", np.bool_)])
_FORGET_REPEATS = (
    "INSERT INTO withdrawn (list, entry, epoch, number, slot) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
    " epoch = excluded.epoch, number = excluded.number, erased = 0, listed_again = 0"
)


@dataclass(slots=True)
class Apply:
    """One list's changes inside one transaction."""

    connection: sqlite3.Connection
    list_id: int
    slots: SlotFile
    key: SigningKey
    now: datetime
    #: Whether new entries are to be looked for among the accepted uploads.
    look_back: bool = False
    #: Whether the platform is told of uploads whose every match is gone.
    tells: bool = False
    #: Whether it is kept on which day an entry was read as verified. Spin-offs are sought with it, and nothing else.
    keeps_days: bool = False
    _touched: list[NDArray[np.int64]] = field(default_factory=list)
    _added: list[NDArray[np.void]] = field(default_factory=list)
    _written: list[NDArray[np.int64]] = field(default_factory=list)

    @property
    def touched(self) -> NDArray[np.int64]:
        """Slots of entries that are new, gone, or worth something else now: the index has to be told of them."""
        return np.unique(np.concatenate([np.zeros(0, np.int64), *self._touched]))

    @property
    def added(self) -> NDArray[np.void]:
        """The rows of a snapshot's new pictures, as ENTRY_ROW, slots ascending: there may be millions."""
        return np.concatenate(self._added) if self._added else np.zeros(0, ENTRY_ROW)

    def delta(self, delta: Delta) -> None:
        """Apply one checked delta."""
        values: dict[str, list[bytes]] = {}
        for operation in delta.operations:
            if isinstance(operation, Add) and not self._known(operation.entry):
                values.setdefault(operation.entry, operation.fingerprints)
        spare = self._write(values)
        for operation in delta.operations:
            match operation:
                case Add(entry, _, _, tier):
                    if entry in spare and not self._known(entry):
                        self._add(entry, spare.pop(entry), tier)
                        if tier is Tier.VERIFIED:
                            self._verified([entry])
                case SetTier(entry, tier):
                    self._update("tier", tier, entry)
                    self._note_tier(entry, tier)
                case Pause(entry):
                    self._update("paused", 1, entry)
                case Resume(entry):
                    self._update("paused", 0, entry)
                case Withdraw(entry):
                    self.withdraw([entry], delta.feed, delta.epoch, delta.number)
                case Unknown(_, entry):
                    self._pass_over(entry)
        # An entry that was withdrawn before it was added within one delta: its slots never belonged to a row.
        self.slots.zero([slot for slots in spare.values() for slot in slots])

    def snapshot(self, snapshot: Snapshot) -> None:
        """Apply one checked snapshot: what it lacks is withdrawn, tiers and pauses are its own."""
        # In the order of their ids, which are random: so both trees of the table grow at their ends alone.
        records = snapshot.records[np.argsort(_leading_digits(snapshot.records), kind="stable")]
        connection, mine = self.connection, {"list": self.list_id}
        connection.execute(
            "CREATE TEMP TABLE listed (entry TEXT PRIMARY KEY, place INTEGER, tier, paused) WITHOUT ROWID"
        )
        anything = "SELECT EXISTS (SELECT 1 FROM {} WHERE list = :list)"
        is_new = not any(
            connection.execute(anything.format(table), mine).fetchone()[0] for table in ("entries", "withdrawn")
        )
        if is_new:
            self._insert_new(records)
        else:
            for start in range(0, len(records), _CHUNK):
                part = records[start : start + _CHUNK]
                places = range(start, start + len(part))
                rows = zip(_ids(part), places, _tiers(part), part["paused"].tolist(), strict=True)
                connection.executemany("INSERT INTO listed VALUES (?, ?, ?, ?)", rows)
            videos = ((video.entry, video.tier, video.paused) for video in snapshot.videos)
            connection.executemany("INSERT OR IGNORE INTO listed VALUES (?, NULL, ?, ?)", videos)
            self._merge(snapshot, records)
        connection.execute("DROP TABLE listed")
        self._insert_videos(snapshot.videos)
        for line in snapshot.unknown:
            self._pass_over(line.entry)

    def _merge(self, snapshot: Snapshot, records: NDArray[np.void]) -> None:
        """What the temporary table `listed` says against what is held."""
        connection, mine = self.connection, {"list": self.list_id}
        unknown = {line.entry for line in snapshot.unknown}
        lacking = connection.execute(
            "SELECT entry FROM entries WHERE list = :list AND entry NOT IN (SELECT entry FROM listed)", mine
        )
        gone = sorted({row[0] for row in lacking} - unknown)
        self.withdraw(gone, snapshot.feed, snapshot.epoch, snapshot.number)
        connection.execute(
            "UPDATE withdrawn SET listed_again = entry IN (SELECT entry FROM listed) WHERE list = :list", mine
        )
        changed = connection.execute(
            "UPDATE entries SET tier = listed.tier, paused = listed.paused FROM listed WHERE entries.list = :list"
            " AND entries.entry = listed.entry AND slot >= 0"
            " AND (entries.tier, entries.paused) IS NOT (listed.tier, listed.paused)"
            " RETURNING slot, entries.entry, entries.tier",
            mine,
        ).fetchall()
        for slot, _, _ in changed:
            self._touch(slot)
        intake.forget(connection, [entry for _, entry, tier in changed if tier != Tier.VERIFIED])
        self._verified([entry for _, entry, tier in changed if tier == Tier.VERIFIED])
        new = connection.execute(
            "SELECT place FROM listed WHERE place IS NOT NULL"
            " AND entry NOT IN (SELECT entry FROM entries WHERE list = :list)"
            " AND entry NOT IN (SELECT entry FROM withdrawn WHERE list = :list) ORDER BY place",
            mine,
        )
        self._insert_new(records[np.fromiter((row[0] for row in new), np.int64)])

    def _insert_new(self, records: NDArray[np.void]) -> None:
        values = np.ascontiguousarray(records["value"]).view(np.uint8).reshape(-1, 32)
        slots = self.slots.write_rows(values)
        self._written.append(slots)
        for start in range(0, len(records), _CHUNK):
            part = records[start : start + _CHUNK]
            lists = [self.list_id] * len(part)
            places = slots[start : start + _CHUNK].tolist()
            self._insert(zip(lists, _ids(part), places, _tiers(part), part["paused"].tolist(), strict=True))
        added = np.zeros(len(records), ENTRY_ROW)
        added["slot"], added["tier"], added["paused"] = slots, records["tier"] - 1, records["paused"]
        # A few go into free slots, in any order.
        self._added.append(added[np.argsort(slots, kind="stable")])
        if self.look_back:
            self.connection.executemany("INSERT INTO unsearched VALUES (?)", zip(slots.tolist(), strict=True))

    def _insert_videos(self, videos: Sequence[SnapshotVideo]) -> None:
        for start in range(0, len(videos), _VIDEOS_TOGETHER):
            new = [video for video in videos[start : start + _VIDEOS_TOGETHER] if not self._known(video.entry)]
            slots = self._write({video.entry: video.fingerprints for video in new})
            for video in new:
                self._add(video.entry, slots[video.entry], video.tier, video.paused)

    def withdraw(self, entries: Sequence[str], feed: str, epoch: int, number: int) -> None:
        """Stop these entries for good and queue the first receipts. A withdrawal that comes again is answered again."""
        for entry in entries:
            row = self.connection.execute(
                "DELETE FROM entries WHERE list = ? AND entry = ? RETURNING slot", (self.list_id, entry)
            ).fetchone()
            slot = row[0] if row and row[0] >= 0 else None
            self.connection.execute(_FORGET_REPEATS, (self.list_id, entry, epoch, number, slot))
            self.connection.execute("DELETE FROM already_here WHERE list = ? AND entry = ?", (self.list_id, entry))
            self._count(-1 if row else 0)
            if slot is not None:
                self._touch(slot)
            if row and self.tells:
                events.put_withdrawn(self.connection, self.list_id, entry, self.now)
        intake.forget(self.connection, entries)
        receipts = (Receipt(feed, entry, ReceiptState.STOPPED, epoch, number, self.now) for entry in entries)
        queue_receipts(self.connection, self.list_id, self.key, receipts)

    def _note_tier(self, entry: str, tier: Tier) -> None:
        """Spin-offs are sought by verified entries alone."""
        if tier is Tier.VERIFIED:
            self._verified([entry])
        else:
            intake.forget(self.connection, [entry])

    def _verified(self, entries: Sequence[str]) -> None:
        if self.keeps_days:
            intake.verified(self.connection, entries, self.now)

    def undo(self) -> None:
        """After the transaction was rolled back: zero what was written for it."""
        for slots in self._written:
            self.slots.zero(slots.tolist())
            self.slots.free(slots.tolist())

    def live_count(self) -> int:
        """Live entries as the exchange counts them: paused ones and those of unknown kinds count.

        An exchange restored from a backup may list again what was withdrawn. Such an entry stays forgotten here and
        still counts until the exchange withdraws it again.
        """
        query = (
            "SELECT (SELECT live FROM lists WHERE id = :list)"
            " + (SELECT count(*) FROM withdrawn WHERE list = :list AND listed_again = 1)"
        )
        return int(self.connection.execute(query, {"list": self.list_id}).fetchone()[0])

    def _write(self, values: Mapping[str, list[bytes]]) -> dict[str, list[int]]:
        """Write the fingerprints of each entry; their slots."""
        rows = np.frombuffer(b"".join(value for held in values.values() for value in held), np.uint8).reshape(-1, 32)
        slots = self.slots.write_rows(rows)
        self._written.append(slots)
        left = iter(slots.tolist())
        return {entry: list(islice(left, len(held))) for entry, held in values.items()}

    def _known(self, entry: str) -> bool:
        query = "SELECT 1 FROM {} WHERE list = ? AND entry = ?"
        return any(
            self.connection.execute(query.format(table), (self.list_id, entry)).fetchone()
            for table in ("entries", "withdrawn")
        )

    def _insert(self, rows: Iterable[tuple[int, str, int, str | None, int]]) -> None:
        self._count(self.connection.executemany("INSERT INTO entries VALUES (?, ?, ?, ?, ?)", rows).rowcount)

    def _add(self, entry: str, slots: Sequence[int], tier: Tier, paused: bool = False) -> None:
        """A new entry with the slots of its fingerprints."""
        first, *further = slots
        self._insert([(self.list_id, entry, first, tier, paused)])
        self.connection.executemany("INSERT INTO frames VALUES (?, ?)", ((slot, first) for slot in further))
        self._touched.append(np.array(slots, np.int64))
        if self.look_back:
            self.connection.executemany("INSERT INTO unsearched VALUES (?)", ((slot,) for slot in slots))

    def _touch(self, slot: int) -> None:
        """Something changed for the entry with this slot."""
        further = self.connection.execute("SELECT slot FROM frames WHERE entry = ?", (slot,)).fetchall()
        self._touched.append(np.array([slot, *(row[0] for row in further)], np.int64))

    def _count(self, more: int) -> None:
        if more:
            self.connection.execute("UPDATE lists SET live = live + ? WHERE id = ?", (more, self.list_id))

    def _update(self, column: str, value: str | int, entry: str) -> None:
        statement = f"UPDATE entries SET {column} = ? WHERE list = ? AND entry = ? AND slot >= 0 RETURNING slot"  # noqa: S608 - two column names of this file
        row = self.connection.execute(statement, (value, self.list_id, entry)).fetchone()
        if row:
            self._touch(row[0])

    def _pass_over(self, entry: str | None) -> None:
        """Count a line that only newer guards understand; an entry of unknown kind is live."""
        self.connection.execute("UPDATE lists SET passed_over = passed_over + 1 WHERE id = ?", (self.list_id,))
        if entry and not self._known(entry):
            [(lowest,)] = self.connection.execute("SELECT min(0, coalesce(min(slot), 0)) FROM entries")
            self._insert([(self.list_id, entry, lowest - 1, None, 0)])


def queue_receipts(connection: sqlite3.Connection, list_id: int, key: SigningKey, receipts: Iterable[Receipt]) -> None:
    """Sign receipts and put them into the outbox inside the caller's transaction."""
    outbox.put(connection, list_id, outbox.Post.RECEIPT, (key.sign(format_receipt(r)).to_json() for r in receipts))


def _leading_digits(records: NDArray[np.void]) -> NDArray[np.uint64]:
    """The first eight bytes of each id as a number."""
    ids = np.ascontiguousarray(records["entry"]).view(np.uint8).reshape(-1, 16)
    return np.ascontiguousarray(ids[:, :8]).view(">u8").ravel().astype(np.uint64)


def _ids(records: NDArray[np.void]) -> list[str]:
    """The ids as 32 hex digits each, without a step of Python for each."""
    digits = np.ascontiguousarray(records["entry"]).tobytes().hex().encode("ascii")
    names: list[str] = np.frombuffer(digits, "S32").astype("U32").tolist()
    return names


def _tiers(records: NDArray[np.void]) -> list[str]:
    names: list[str] = np.array([tier.value for tier in TIERS], object)[records["tier"] - 1].tolist()
    return names
