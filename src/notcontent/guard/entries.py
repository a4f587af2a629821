"""Entries of the lists on disk: deltas and snapshots become rows, slots and receipts, all or nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from notcontent.feed.delta import Delta
from notcontent.feed.entry import Add, Pause, Resume, SetTier, Tier, Unknown, Withdraw
from notcontent.feed.receipt import Receipt, ReceiptState, format_receipt
from notcontent.feed.signature import SigningKey
from notcontent.feed.snapshot import TIERS, Snapshot
from notcontent.guard import outbox
from notcontent.guard.slots import SlotFile


@dataclass(slots=True)
class IndexChanges:
    """What the index in memory has to do once the transaction is on the disk."""

    added: dict[str, bytes] = field(default_factory=dict)
    withdrawn: set[str] = field(default_factory=set)
    paused: dict[str, bool] = field(default_factory=dict)


@dataclass(slots=True)
class Apply:
    """One list's changes inside one transaction."""

    connection: sqlite3.Connection
    list_id: int
    slots: SlotFile
    key: SigningKey
    now: datetime
    changes: IndexChanges = field(default_factory=IndexChanges)
    _written: list[int] = field(default_factory=list)

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
                        self._insert([(self.list_id, entry, spare.pop(entry), tier, 0)])
                        self.changes.added[entry] = values[entry]
                case SetTier(entry, tier):
                    self._update("tier", tier, entry)
                case Pause(entry):
                    self._pause(entry, True)
                case Resume(entry):
                    self._pause(entry, False)
                case Withdraw(entry):
                    self.withdraw([entry], delta.feed, delta.epoch, delta.number)
                case Unknown(_, entry):
                    self._pass_over(entry)
        # An entry that was withdrawn before it was added within one delta: its slot never belonged to a row.
        self.slots.zero(list(spare.values()))

    def snapshot(self, snapshot: Snapshot) -> None:
        """Apply one checked snapshot: what it lacks is withdrawn, tiers and pauses are its own."""
        records = snapshot.records
        listed = [bytes(record).hex() for record in records["entry"]]
        tiers = [TIERS[tier - 1] for tier in records["tier"]]
        unknown = {line.entry for line in snapshot.unknown}
        rows = self.connection.execute("SELECT entry FROM entries WHERE list = ?", (self.list_id,))
        held = {row[0] for row in rows}
        gone = self.connection.execute("SELECT entry FROM withdrawn WHERE list = ?", (self.list_id,))
        forgotten = {row[0] for row in gone}
        self.withdraw(sorted(held - set(listed) - unknown), snapshot.feed, snapshot.epoch, snapshot.number)
        self.connection.execute("UPDATE withdrawn SET listed_again = 0 WHERE list = ?", (self.list_id,))
        self.connection.executemany(
            "UPDATE withdrawn SET listed_again = 1 WHERE list = ? AND entry = ?",
            ((self.list_id, entry) for entry in forgotten.intersection(listed)),
        )
        new = [place for place, entry in enumerate(listed) if entry not in held and entry not in forgotten]
        values = [bytes(records["value"][place]) for place in new]
        slots = self._write(values)
        self._insert(
            (self.list_id, listed[place], slot, tiers[place], int(records["paused"][place]))
            for place, slot in zip(new, slots, strict=True)
        )
        self.changes.added |= {listed[place]: value for place, value in zip(new, values, strict=True)}
        self.connection.executemany(
            "UPDATE entries SET tier = ?, paused = ? WHERE list = ? AND entry = ?",
            ((tiers[p], int(records["paused"][p]), self.list_id, e) for p, e in enumerate(listed) if e in held),
        )
        self.changes.paused |= {entry: bool(records["paused"][place]) for place, entry in enumerate(listed)}
        for entry in unknown:
            self._pass_over(entry)

    def withdraw(self, entries: Sequence[str], feed: str, epoch: int, number: int) -> None:
        """Stop these entries for good and queue the first receipts. A withdrawal that comes again is answered again."""
        for entry in entries:
            row = self.connection.execute(
                "DELETE FROM entries WHERE list = ? AND entry = ? RETURNING slot", (self.list_id, entry)
            ).fetchone()
            self.connection.execute(
                "INSERT INTO withdrawn (list, entry, epoch, number, slot) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT DO UPDATE SET"
                " epoch = excluded.epoch, number = excluded.number, erased = 0, listed_again = 0",
                (self.list_id, entry, epoch, number, row[0] if row else None),
            )
            self.changes.withdrawn.add(entry)
            self.changes.added.pop(entry, None)
        receipts = (Receipt(feed, entry, ReceiptState.STOPPED, epoch, number, self.now) for entry in entries)
        queue_receipts(self.connection, self.list_id, self.key, receipts)

    def undo(self) -> None:
        """After the transaction was rolled back: zero what was written for it."""
        self.slots.zero(self._written)
        self.slots.free(self._written)

    def live_count(self) -> int:
        """Live entries as the exchange counts them: paused ones and those of unknown kinds count.

        An exchange restored from a backup may list again what was withdrawn. Such an entry stays forgotten here and
        still counts until the exchange withdraws it again.
        """
        query = (
            "SELECT (SELECT count(*) FROM entries WHERE list = :list)"
            " + (SELECT count(*) FROM withdrawn WHERE list = :list AND listed_again = 1)"
        )
        return int(self.connection.execute(query, {"list": self.list_id}).fetchone()[0])

    def _write(self, values: Sequence[bytes]) -> list[int]:
        slots = self.slots.write(values)
        self._written.extend(slots)
        return slots

    def _known(self, entry: str) -> bool:
        query = "SELECT 1 FROM {} WHERE list = ? AND entry = ?"
        return any(
            self.connection.execute(query.format(table), (self.list_id, entry)).fetchone()
            for table in ("entries", "withdrawn")
        )

    def _insert(self, rows: Iterable[tuple[int, str, int | None, Tier | None, int]]) -> None:
        self.connection.executemany("INSERT INTO entries VALUES (?, ?, ?, ?, ?)", rows)

    def _pause(self, entry: str, paused: bool) -> None:
        if self._update("paused", int(paused), entry):
            self.changes.paused[entry] = paused

    def _update(self, column: str, value: str | int, entry: str) -> bool:
        statement = f"UPDATE entries SET {column} = ? WHERE list = ? AND entry = ? AND slot IS NOT NULL"  # noqa: S608 - two column names of this file
        return self.connection.execute(statement, (value, self.list_id, entry)).rowcount == 1

    def _pass_over(self, entry: str | None) -> None:
        """Count a line that only newer guards understand; an entry of unknown kind is live."""
        self.connection.execute("UPDATE lists SET passed_over = passed_over + 1 WHERE id = ?", (self.list_id,))
        if entry and not self._known(entry):
            self._insert([(self.list_id, entry, None, None, 0)])


def queue_receipts(connection: sqlite3.Connection, list_id: int, key: SigningKey, receipts: Iterable[Receipt]) -> None:
    """Sign receipts and put them into the outbox inside the caller's transaction."""
    outbox.put(connection, list_id, outbox.Post.RECEIPT, (key.sign(format_receipt(r)).to_json() for r in receipts))
