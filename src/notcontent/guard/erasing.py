"""Erasing: after a withdrawal has stopped an entry, its bytes leave the disk, and the guard says so with its key.

The order makes it true across a crash at any moment: zero the slots, have the indexes write themselves without the
values, then, in one transaction, let the slots go and queue the receipts. Whatever was zeroed but not committed is
zeroed again after the restart.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from notcontent.feed.receipt import Receipt, ReceiptState
from notcontent.feed.signature import SigningKey
from notcontent.guard.database import Database
from notcontent.guard.entries import queue_receipts
from notcontent.guard.followed import FollowedList, read_state
from notcontent.guard.listing import ListWriter
from notcontent.guard.slots import SlotFile


def snapshot_path(folder: Path, followed: FollowedList) -> Path:
    """Where a snapshot of this list is received. It holds fingerprints, so it goes as soon as it was applied."""
    return folder / f"list-{followed.id}.snapshot.part"


def erase_withdrawn(
    followed: FollowedList,
    *,
    database: Database,
    slots: SlotFile,
    lists: ListWriter,
    key: SigningKey,
    folder: Path,
    now: datetime,
) -> int:
    """Erase what was withdrawn from this list; how many entries that were. Raises StorageUnavailable, OSError."""
    with database.read() as connection:
        state = read_state(connection, followed.id)
        rows = connection.execute(
            "SELECT entry, epoch, number, slot FROM withdrawn WHERE list = ? AND erased = 0", (followed.id,)
        ).fetchall()
        firsts = [(row[3],) for row in rows if row[3] is not None]
        freed = [first for (first,) in firsts]
        for first in firsts:
            freed += (row[0] for row in connection.execute("SELECT slot FROM frames WHERE entry = ?", first))
    if not rows or state.feed is None:
        return 0
    snapshot_path(folder, followed).unlink(missing_ok=True)
    slots.zero(freed)
    lists.erase()
    receipts = [Receipt(state.feed, entry, ReceiptState.ERASED, epoch, number, now) for entry, epoch, number, _ in rows]
    with database.write() as connection:
        connection.executemany(
            "UPDATE withdrawn SET slot = NULL, erased = 1 WHERE list = ? AND entry = ?",
            ((followed.id, row[0]) for row in rows),
        )
        connection.executemany("DELETE FROM frames WHERE entry = ?", firsts)
        queue_receipts(connection, followed.id, key, receipts)
    slots.free(freed)
    return len(rows)
