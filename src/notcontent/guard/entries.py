"""Entries of the lists on disk: deltas and snapshots become rows, slots and receipts, all or nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from notcontent.feed.delta import Delta
from notcontent.feed.entry import Add, Pause, Resume, SetTier, Unknown, Withdraw
from notcontent.feed.receipt import Receipt, ReceiptState, format_receipt
from notcontent.feed.signature import SigningKey
from notcontent.feed.snapshot import TIERS, Snapshot
from notcontent.guard import outbox
from notcontent.guard.slots import SlotFile

#: Rows of a snapshot that are turned into Python's values at a time.
_CHUNK = 1 << 18
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
    _touched: set[int] = field(default_factory=set)
    _added: list[NDArray[np.void]] = field(default_factory=list)
    _written: list[NDArray[np.int64]] = field(default_factory=list)

    @property
    def touched(self) -> NDArray[np.int64]:
        """Slots of entries that are new, gone, or worth something else now: the index has to be told of them."""
        return np.array(sorted(self._touched), np.int64)

    @property
    def added(self) -> NDArray[np.void]:
        """The rows of a snapshot's new entries, as ENTRY_ROW, slots ascending: there may be millions."""
        return np.concatenate(self._added) if self._added else np.zeros(0, ENTRY_ROW)

    def delta(self, delta: Delta) -> None:
        """Apply one checked delta."""
        values: dict[str, bytes] = {}
        for operation in delta.operations:
            if isinstance(operation, Add) and not self._known(operation.entry):
                values.setdefault(operation.entry, bytes.fromhex(operation.value))
        spare = dict(zip(values, self._write(list(values.values())), strict=True))
        for operation in delta.operations:
            match operation:
                case Add(entry, _, _, tier):
                    if entry in spare and not self._known(entry):
                        slot = spare.pop(entry)
                        self._insert([(self.list_id, entry, slot, tier, 0)])
                        self._new([slot])
                case SetTier(entry, tier):
                    self._update("tier", tier, entry)
                case Pause(entry):
                    self._update("paused", 1, entry)
                case Resume(entry):
                    self._update("paused", 0, entry)
                case Withdraw(entry):
                    self.withdraw([entry], delta.feed, delta.epoch, delta.number)
                case Unknown(_, entry):
                    self._pass_over(entry)
        # An entry that was withdrawn before it was added within one delta: its slot never belonged to a row.
        self.slots.zero(list(spare.values()))

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
            self._merge(snapshot, records)
        connection.execute("DROP TABLE listed")
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
            " AND (entries.tier, entries.paused) IS NOT (listed.tier, listed.paused) RETURNING slot",
            mine,
        )
        self._touched.update(row[0] for row in changed.fetchall())
        new = connection.execute(
            "SELECT place FROM listed WHERE entry NOT IN (SELECT entry FROM entries WHERE list = :list)"
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
                self._touched.add(slot)
        receipts = (Receipt(feed, entry, ReceiptState.STOPPED, epoch, number, self.now) for entry in entries)
        queue_receipts(self.connection, self.list_id, self.key, receipts)

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

    def _write(self, values: Sequence[bytes]) -> list[int]:
        slots = self.slots.write(values)
        self._written.append(np.array(slots, np.int64))
        return slots

    def _known(self, entry: str) -> bool:
        query = "SELECT 1 FROM {} WHERE list = ? AND entry = ?"
        return any(
            self.connection.execute(query.format(table), (self.list_id, entry)).fetchone()
            for table in ("entries", "withdrawn")
        )

    def _insert(self, rows: Iterable[tuple[int, str, int, str | None, int]]) -> None:
        self._count(self.connection.executemany("INSERT INTO entries VALUES (?, ?, ?, ?, ?)", rows).rowcount)

    def _new(self, slots: Sequence[int]) -> None:
        self._touched.update(slots)
        if self.look_back:
            self.connection.executemany("INSERT INTO unsearched VALUES (?)", ((slot,) for slot in slots))

    def _count(self, more: int) -> None:
        if more:
            self.connection.execute("UPDATE lists SET live = live + ? WHERE id = ?", (more, self.list_id))

    def _update(self, column: str, value: str | int, entry: str) -> None:
        statement = f"UPDATE entries SET {column} = ? WHERE list = ? AND entry = ? AND slot >= 0 RETURNING slot"  # noqa: S608 - two column names of this file
        row = self.connection.execute(statement, (value, self.list_id, entry)).fetchone()
        if row:
            self._touched.add(row[0])

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
