"""Changing the indexes of the lists: after each commit one process brings them to what the database says.

Nothing is told to them that could not be told again: whatever slot was touched, its row in the database and its bytes
in the slot file say what each index should hold. So a crash, a lost index and a new list are all mended in one way.
"""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from notcontent.feed.entry import Tier
from notcontent.feed.text import NO_HASH
from notcontent.guard.database import Database
from notcontent.guard.entries import ENTRY_ROW
from notcontent.guard.lists import Lists, index_path
from notcontent.guard.slots import SlotFile
from notcontent.index.errors import IndexFault, IndexInUse
from notcontent.index.folder import IndexFolder

_COLUMNS = "CASE tier WHEN 'claimed' THEN 0 WHEN 'seen' THEN 1 ELSE 2 END, paused"
#: The slots of the live entries, as far as they fit a condition: the first of each, and of a video the further ones.
_SLOTS_WHERE = (
    f"SELECT slot, {_COLUMNS} FROM entries WHERE slot {{0}} UNION ALL "  # noqa: S608 - columns named above
    f"SELECT frames.slot, {_COLUMNS} FROM frames JOIN entries ON entries.slot = frames.entry WHERE frames.slot {{0}}"
)
#: From so many touched slots on, the table is read in one go instead of row by row.
_MANY = 10_000
_CHUNK = 1 << 20
#: Entries that are given to the indexes in one step; each step may write a large part anew.
_TOGETHER = 1 << 24


def open_index(path: Path, seed: bytes) -> IndexFolder:
    """An index to write to; one that is damaged is begun anew, and filled again by `ListWriter`. Raises IndexInUse."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        return IndexFolder.write(path, seed)
    except IndexInUse:
        raise
    except IndexFault:
        return IndexFolder.write(path, seed, anew=True)


class ListWriter(Lists):
    """The lists, with what changes their indexes. Any thread may call `settle` and `erase`."""

    def __init__(self, database: Database, slots: SlotFile, names: dict[int, str], folder: Path, seed: bytes) -> None:
        """Open the indexes and mend what a crash, a lost file or a damaged one left behind. Raises IndexInUse."""
        self._slots = slots
        self._settling = threading.Lock()
        self._unsettled = np.zeros(0, np.int64)
        self._folders = {tier: open_index(index_path(folder, tier), seed) for tier in Tier}
        super().__init__(database, names, self._folders)
        self._mend()

    @property
    def behind(self) -> bool:
        """Whether the indexes lack something that the database says, because an earlier `settle` failed."""
        return len(self._unsettled) > 0

    def settle(self, touched: NDArray[np.int64], added: NDArray[np.void] | None = None) -> None:
        """Bring these slots in every index to what the database and the slot file say.

        Touched: slots, ascending. Added: rows (ENTRY_ROW) that were written to the database a moment ago, so that
        millions need not be read back.

        Raises IndexFault and OSError; what was not done then is done with the next call.
        """
        with self._settling:
            # Taken note of first: if it fails, the next call has all of it to do.
            self._unsettled = np.concatenate([self._unsettled, touched, *([] if added is None else [added["slot"]])])
            while added is not None and len(added):
                done, added = added[:_TOGETHER], added[_TOGETHER:]
                self._put(done["slot"], done)
                left = ~np.isin(self._unsettled, done["slot"], kind="table")
                self._unsettled = self._unsettled[left]
            self._unsettled = np.unique(self._unsettled)
            while len(self._unsettled):
                part = self._unsettled[:_TOGETHER]
                with self._database.read() as connection:
                    rows = _rows_of(connection, part)
                self._put(part, rows)
                self._unsettled = self._unsettled[_TOGETHER:]

    def erase(self) -> None:
        """When this returns, no file of any index holds a value that was withdrawn."""
        for index in self._folders.values():
            index.erase()

    def _put(self, touched: NDArray[np.int64], rows: NDArray[np.void]) -> None:
        """Touched: slots; rows: of those that have an entry."""
        # First into the index of the tier it has, then out of the others: at no moment is it in none.
        for tier, index in enumerate(self._folders.values()):
            here = rows[rows["tier"] == tier]
            if len(here):
                index.add(_ids(here["slot"]), self._slots.read(here["slot"]))
                index.pause(_ids(here["slot"][here["paused"]]))
                index.resume(_ids(here["slot"][~here["paused"]]))
        for tier, index in enumerate(self._folders.values()):
            elsewhere = len(touched) > np.count_nonzero(rows["tier"] == tier)
            if elsewhere and len(index):
                here = rows["slot"][rows["tier"] == tier]
                index.withdraw(_ids(np.setdiff1d(touched, here, assume_unique=True)))

    def _mend(self) -> None:
        rows, waiting = self._read_slots()
        lost = self._lost(rows["slot"])
        if len(lost):
            self._ask_again(lost)
            rows, waiting = self._read_slots()
        self._slots.settle(np.concatenate([rows["slot"], waiting]))
        wrong = [lost]
        for tier, index in enumerate(self._folders.values()):
            mine = rows[rows["tier"] == tier]
            wrong.append(np.setxor1d(index.ids().astype(np.int64), mine["slot"]))
            index.pause(_ids(mine["slot"][mine["paused"]]))
            index.resume(_ids(mine["slot"][~mine["paused"]]))
        self.settle(np.unique(np.concatenate(wrong)))
        self.erase()

    def _read_slots(self) -> tuple[NDArray[np.void], NDArray[np.int64]]:
        """The rows of all live entries, slots ascending, and the slots of what is withdrawn and not erased yet."""
        with self._database.read() as connection:
            rows = np.fromiter(connection.execute(_SLOTS_WHERE.format(">= 0")), ENTRY_ROW)
            waiting = connection.execute(
                "SELECT slot FROM withdrawn WHERE slot IS NOT NULL UNION ALL SELECT frames.slot FROM frames"
                " WHERE NOT EXISTS (SELECT 1 FROM entries WHERE entries.slot = frames.entry)"
            )
            return _ascending(rows), np.fromiter((row[0] for row in waiting), np.int64)

    def _lost(self, slots: NDArray[np.int64]) -> NDArray[np.int64]:
        """Those of these slots that hold nothing: the slot file was lost, cut short, or written over."""
        empty = [slots[:0]]
        for start in range(0, len(slots), _CHUNK):
            part = slots[start : start + _CHUNK]
            empty.append(part[~self._slots.read(part).any(axis=1)])
        return np.concatenate(empty)

    def _ask_again(self, lost: NDArray[np.int64]) -> None:
        """Forget that these entries were received, and begin their lists again: the feed still has them."""
        with self._database.write() as connection:
            connection.execute("CREATE TEMP TABLE lost (slot INTEGER PRIMARY KEY)")
            connection.executemany("INSERT INTO lost VALUES (?)", zip(np.unique(lost).tolist(), strict=True))
            # A video of which one frame is lost is asked for whole.
            connection.execute(
                "INSERT OR IGNORE INTO lost SELECT entry FROM frames WHERE slot IN (SELECT slot FROM lost)"
            )
            connection.execute(
                "UPDATE lists SET number = 0, delta = ?, fresh_at = NULL WHERE id IN"
                " (SELECT list FROM entries WHERE slot IN (SELECT slot FROM lost))",
                (NO_HASH,),
            )
            connection.execute("DELETE FROM entries WHERE slot IN (SELECT slot FROM lost)")
            connection.execute("DELETE FROM frames WHERE entry IN (SELECT slot FROM lost)")
            connection.execute("UPDATE lists SET live = (SELECT count(*) FROM entries WHERE list = lists.id)")
            connection.execute("DROP TABLE lost")


def _ids(slots: NDArray[np.int64]) -> NDArray[np.uint32]:
    return slots.astype(np.uint32)


def _ascending(rows: NDArray[np.void]) -> NDArray[np.void]:
    return rows[np.argsort(rows["slot"], kind="stable")]


def _rows_of(connection: sqlite3.Connection, slots: NDArray[np.int64]) -> NDArray[np.void]:
    """The rows of these slots, as far as they belong to a live entry; slots ascending."""
    if len(slots) < _MANY:
        query = _SLOTS_WHERE.format("= :slot")
        found = [row for slot in slots.tolist() for row in connection.execute(query, {"slot": slot})]
        return np.array(found, ENTRY_ROW)
    query = _SLOTS_WHERE.format("BETWEEN :first AND :last")
    between = {"first": int(slots[0]), "last": int(slots[-1])}
    rows = _ascending(np.fromiter(connection.execute(query, between), ENTRY_ROW))
    return rows[np.isin(rows["slot"], slots, assume_unique=True)]
