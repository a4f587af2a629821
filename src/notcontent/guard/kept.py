"""What is already there: the fingerprints of accepted uploads, if the platform switched that on, and what is found.

Most pictures were uploaded before she came. An accepted upload is remembered under the platform's own id of it, upright
and mirrored, for a set number of days; no person, no picture. Every new entry is looked for among them when it arrives.
The host is shown which uploads were found; the exchange hears of each that there is one more, and nothing of which.
"""

from __future__ import annotations

import hmac
import shutil
import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from notcontent.feed.entry import Tier
from notcontent.fingerprint.orientations import Orientation
from notcontent.guard import outbox
from notcontent.guard.database import Database
from notcontent.guard.listing import open_index
from notcontent.guard.lists import NEAREST, UPRIGHT_RADIUS_BITS, Lists
from notcontent.guard.one_writer import Accepted
from notcontent.guard.slots import SlotFile

_SLOT_FILE, _INDEX = "kept.bin", "kept-index"
#: Upright and mirrored: the slot s stands in the index as 2 s and 2 s + 1.
_TURNS = (Orientation.UPRIGHT, Orientation.MIRRORED)
_SLOT_BYTES = 32 * len(_TURNS)
_HERE = "here"
_BATCH = 1000
_TOGETHER = 1 << 23
SHOWN = 100


@dataclass(frozen=True, slots=True)
class AlreadyHere:
    """An entry that was found among the accepted uploads: for the host only. Numbers rise."""

    number: int
    object_id: str
    entry: str
    list_name: str
    tier: Tier
    distance_bits: int
    orientation: Orientation
    day: str


def read_already_here(database: Database, after: int) -> list[AlreadyHere]:
    """What was found with a number above `after`, at most 100; nothing of entries that are paused or withdrawn."""
    with database.read() as connection:
        rows = connection.execute(
            "SELECT already_here.number, object, entry, lists.name, tier, distance_bits, orientation, day"
            " FROM already_here JOIN entries USING (list, entry) JOIN lists ON lists.id = already_here.list"
            " WHERE paused = 0 AND already_here.number > ? ORDER BY already_here.number LIMIT ?",
            (after, SHOWN),
        ).fetchall()
    return [
        AlreadyHere(number, object_id, entry, name, Tier(tier), bits, Orientation(turn), day)
        for number, object_id, entry, name, tier, bits, turn, day in rows
    ]


def erase_kept(database: Database, folder: Path) -> None:
    """The platform switched it off: nothing that was kept remains."""
    shutil.rmtree(folder / _INDEX, ignore_errors=True)
    (folder / _SLOT_FILE).unlink(missing_ok=True)
    with database.write() as connection:
        for table in ("kept", "already_here", "unsearched"):
            connection.execute(f"DELETE FROM {table}")  # noqa: S608 - three names of this file


class Kept:
    """The accepted uploads. Used by the writing process alone, from any of its threads."""

    def __init__(self, database: Database, folder: Path, seed: bytes, lists: Lists, entry_slots: SlotFile) -> None:
        """Open what is kept, and mend what a crash left behind. Raises IndexInUse, StorageUnavailable.

        `entry_slots` holds the fingerprints of the lists' entries. `seed`: secret bytes, kept outside the index.
        """
        self._seed = seed
        self._database, self._lists, self._entry_slots = database, lists, entry_slots
        self._changing = threading.Lock()
        self._slots = SlotFile(folder / _SLOT_FILE, _SLOT_BYTES)
        self._index = open_index(folder / _INDEX, seed)
        self._mend()

    def keep(self, accepted: Sequence[Accepted], now: datetime, keep_days: int) -> int:
        """Remember these uploads, all in one step; an object that is kept already gets its new picture.

        How often an entry was found after all, that had come while they were judged.
        """
        by_object = {each.object_id: each for each in accepted}
        expires = (now + timedelta(days=keep_days)).date().isoformat()
        with self._changing:
            slots = self._slots.write([each.values for each in by_object.values()])
            with self._database.write() as connection:
                replaced = _take_away(connection, list(by_object))
                rows = zip(slots, by_object, [expires] * len(slots), strict=True)
                connection.executemany("INSERT INTO kept VALUES (?, ?, ?)", rows)
            self._let_go(replaced)
            self._put([(slot, each.values) for slot, each in zip(slots, by_object.values(), strict=True)])
        # An entry may have come between the search for this upload and this moment: nobody else looks for it any more.
        return self._look_forward([each for each in by_object.values() if not each.flagged], now)

    def forget(self, object_id: str) -> bool:
        """The platform deleted this object: nothing matches it any more, and its slot is zero. Whether it was known."""
        with self._changing:
            with self._database.write() as connection:
                slots = _take_away(connection, [object_id])
            self._let_go(slots)
        return bool(slots)

    def forget_expired(self, now: datetime) -> None:
        """Forget what has been kept for its time, and have the index write itself without all that was forgotten."""
        today = now.date().isoformat()
        while True:
            with self._changing, self._database.write() as connection:
                due = connection.execute("SELECT object FROM kept WHERE expires <= ? LIMIT ?", (today, _BATCH))
                slots = _take_away(connection, [row[0] for row in due.fetchall()])
            if not slots:
                break
            with self._changing:
                self._let_go(slots)
        self._index.erase()

    def look_back(self, now: datetime) -> int:
        """Look for the entries that are new among the accepted uploads; how many objects were found."""
        hits = 0
        while True:
            with self._database.read() as connection:
                rows = connection.execute(
                    "SELECT unsearched.slot, list, entries.entry FROM unsearched LEFT JOIN frames USING (slot)"
                    " LEFT JOIN entries ON entries.slot = coalesce(frames.entry, unsearched.slot) LIMIT ?",
                    (_BATCH,),
                ).fetchall()
            if not rows:
                return hits
            live = [row for row in rows if row[1] is not None]
            found = self._near(live) if live else []
            with self._database.write() as connection:
                hits += self._record(connection, found, now)
                connection.executemany("DELETE FROM unsearched WHERE slot = ?", ((row[0],) for row in rows))

    def close(self) -> None:
        """Close the files."""
        self._index.close()
        self._slots.close()

    def _near(self, entries: Sequence[tuple[int, int, str]]) -> list[tuple[str, int, str, int, str]]:
        """Objects near these entries (slot, list, entry): object, list, entry, distance, turn; nearest first."""
        values = self._entry_slots.read(np.array([row[0] for row in entries], np.int64))
        near = self._index.search(values, UPRIGHT_RADIUS_BITS, NEAREST)
        found = []
        with self._database.read() as connection:
            for query, distance, place in zip(
                near.queries.tolist(), near.distances_bits.tolist(), near.ids.tolist(), strict=True
            ):
                slot, turn = divmod(place, len(_TURNS))
                row = connection.execute("SELECT object FROM kept WHERE slot = ?", (slot,)).fetchone()
                if row:
                    _, list_id, entry = entries[query]
                    found.append((row[0], list_id, entry, distance, _TURNS[turn].value))
        return sorted(found, key=lambda row: row[3])

    def _look_forward(self, accepted: Sequence[Accepted], now: datetime) -> int:
        if not accepted:
            return 0
        values = np.frombuffer(b"".join(each.values for each in accepted), np.uint8).reshape(-1, 32)
        found = []
        for place, nearest in enumerate(self._lists.find_upright(values)):
            which, turn = divmod(place, len(_TURNS))
            for each in nearest.found:
                shown, object_id = each.shown, accepted[which].object_id
                found.append((object_id, each.list_id, shown.entry, shown.distance_bits, _TURNS[turn].value))
        if not found:
            return 0
        with self._database.write() as connection:
            return self._record(connection, sorted(found, key=lambda row: row[3]), now)

    def _record(
        self, connection: sqlite3.Connection, found: Sequence[tuple[str, int, str, int, str]], now: datetime
    ) -> int:
        """Remember and report what was found, as far as both sides still stand; how many are new or nearer."""
        new, today = 0, now.date()
        for object_id, list_id, entry, distance, turn in found:
            row = {"object": object_id, "list": list_id, "entry": entry, "bits": distance, "turn": turn,
                   "day": today.isoformat()}  # fmt: skip
            if connection.execute(
                "INSERT INTO already_here (object, list, entry, distance_bits, orientation, day)"
                " SELECT :object, :list, :entry, :bits, :turn, :day WHERE"
                " EXISTS (SELECT 1 FROM kept WHERE object = :object)"
                " AND EXISTS (SELECT 1 FROM entries WHERE list = :list AND entry = :entry)"
                " ON CONFLICT (object, list, entry) DO NOTHING",
                row,
            ).rowcount:
                new += 1
                report = outbox.report_body(self._name_report(object_id, entry), entry, _HERE, today)
                outbox.put(connection, list_id, outbox.Post.REPORT, [report])
                continue
            # Another frame of the same video may be nearer.
            new += connection.execute(
                "UPDATE already_here SET distance_bits = :bits, orientation = :turn"
                " WHERE object = :object AND list = :list AND entry = :entry AND distance_bits > :bits",
                row,
            ).rowcount
        return new

    def _name_report(self, object_id: str, entry: str) -> str:
        """The id of a report: the same whenever this entry finds this object, and tells nobody else which it was."""
        return hmac.digest(self._seed, f"already here {entry} {object_id}".encode(), "sha256")[:16].hex()

    def _put(self, rows: Sequence[tuple[int, bytes]]) -> None:
        if rows:
            values = np.frombuffer(b"".join(values for _, values in rows), np.uint8).reshape(-1, 32)
            self._index.add(_ids(np.array([slot for slot, _ in rows], np.int64)), values)

    def _let_go(self, slots: Sequence[int]) -> None:
        """After the database has forgotten them."""
        if slots:
            self._index.withdraw(_ids(np.array(slots, np.int64)))
            self._slots.zero(slots)
            self._slots.free(slots)

    def _mend(self) -> None:
        with self._database.read() as connection:
            slots = np.fromiter((row[0] for row in connection.execute("SELECT slot FROM kept")), np.int64)
        self._slots.settle(slots)
        lost = slots[~self._slots.read(slots).any(axis=1)]
        if len(lost):
            # Nobody can send these again: the uploads are simply not remembered any more.
            with self._database.write() as connection:
                connection.executemany("DELETE FROM kept WHERE slot = ?", zip(lost.tolist(), strict=True))
            self._slots.free(lost.tolist())
            slots = np.setdiff1d(slots, lost)
        held = np.unique(self._index.ids().astype(np.int64) // len(_TURNS))
        gone, missing = np.setdiff1d(held, slots), np.setdiff1d(slots, held)
        if len(gone):
            self._index.withdraw(_ids(gone))
        for start in range(0, len(missing), _TOGETHER):
            part = missing[start : start + _TOGETHER]
            self._index.add(_ids(part), self._slots.read(part).reshape(-1, 32))
        self._index.erase()


def _ids(slots: NDArray[np.int64]) -> NDArray[np.uint32]:
    """Both numbers of each slot, in the order of its two fingerprints."""
    return (slots[:, None] * len(_TURNS) + np.arange(len(_TURNS))).ravel().astype(np.uint32)


def _take_away(connection: sqlite3.Connection, objects: Sequence[str]) -> list[int]:
    """Forget these objects and what was found for them; the slots they had."""
    slots = []
    for each in objects:
        row = connection.execute("DELETE FROM kept WHERE object = ? RETURNING slot", (each,)).fetchone()
        if row:
            slots.append(row[0])
        connection.execute("DELETE FROM already_here WHERE object = ?", (each,))
    return slots
