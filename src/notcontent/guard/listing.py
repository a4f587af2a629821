"""Changing the indexes of the lists: after each commit one process brings them to what the database says.

Nothing is told to them that could not be told again: whatever slot was touched, its row in the database and its bytes
in the slot file say what each index should hold. So a crash, a lost index and a new list are all mended in one way.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
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

_TIERS = tuple(Tier)
_COLUMNS = "slot, CASE tier WHEN 'claimed' THEN 0 WHEN 'seen' THEN 1 ELSE 2 END, paused"
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
        with self._database.read() as connection:
            rows = _all_rows(connection)
            waiting = np.fromiter(_first(connection, "SELECT slot FROM withdrawn WHERE slot IS NOT NULL"), np.int64)
        self._slots.settle(np.concatenate([rows["slot"], waiting]))
        lost = self._lost(rows["slot"])
        if len(lost):
            self._ask_again(lost)
            rows = rows[~np.isin(rows["slot"], lost)]
        wrong = [lost]
        for tier, index in enumerate(self._folders.values()):
            mine = rows[rows["tier"] == tier]
            wrong.append(np.setxor1d(index.ids().astype(np.int64), mine["slot"]))
            index.pause(_ids(mine["slot"][mine["paused"]]))
            index.resume(_ids(mine["slot"][~mine["paused"]]))
        self.settle(np.unique(np.concatenate(wrong)))
        self.erase()

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
            connection.execute(
                "UPDATE lists SET number = 0, delta = ?, fresh_at = NULL WHERE id IN"
                " (SELECT list FROM entries WHERE slot IN (SELECT slot FROM lost))",
                (NO_HASH,),
            )
            connection.execute("DELETE FROM entries WHERE slot IN (SELECT slot FROM lost)")
            connection.execute("UPDATE lists SET live = (SELECT count(*) FROM entries WHERE list = lists.id)")
            connection.execute("DROP TABLE lost")


def _ids(slots: NDArray[np.int64]) -> NDArray[np.uint32]:
    return slots.astype(np.uint32)


def _first(connection: sqlite3.Connection, query: str) -> Iterator[int]:
    return (row[0] for row in connection.execute(query))


def _all_rows(connection: sqlite3.Connection) -> NDArray[np.void]:
    return np.fromiter(connection.execute(f"SELECT {_COLUMNS} FROM entries WHERE slot >= 0"), ENTRY_ROW)  # noqa: S608 - columns named above


def _rows_of(connection: sqlite3.Connection, slots: NDArray[np.int64]) -> NDArray[np.void]:
    """The rows of these slots, as far as there are any; slots ascending."""
    if len(slots) < _MANY:
        query = f"SELECT {_COLUMNS} FROM entries WHERE slot = ?"  # noqa: S608 - columns named above
        found = [row for slot in slots.tolist() for row in connection.execute(query, (slot,))]
        return np.array(found, ENTRY_ROW)
    query = f"SELECT {_COLUMNS} FROM entries WHERE slot BETWEEN ? AND ?"  # noqa: S608 - columns named above
    rows = np.fromiter(connection.execute(query, (int(slots[0]), int(slots[-1]))), ENTRY_ROW)
    return rows[np.isin(rows["slot"], slots, assume_unique=True)]
