"""The fingerprints of the lists, in one flat file of 32-byte slots.

They are kept out of the database on purpose: a database moves rows about and leaves copies in pages, journals and
free space, while a slot is written in one place and zeroed in that same place. So "erased" can be said truly, within
milliseconds, whatever the length of the list. (What a disk keeps of overwritten blocks below the file system is
outside this file's reach: the folder belongs on an encrypted disk.)
"""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

SLOT_BYTES = 32


class SlotFile:
    """Slots that are written before the database commits to them, and zeroed before it says that they are free."""

    def __init__(self, path: Path) -> None:
        """Open or make the file, readable to this account only."""
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        self._length = os.fstat(self._file).st_size // SLOT_BYTES
        self._free: list[int] = []

    def settle(self, used: Collection[int]) -> None:
        """After a start: zero every slot that the database does not know (a crash came before its commit)."""
        unused = np.ones(self._length, np.bool_)
        unused[[slot for slot in used if slot < self._length]] = False
        held = self.read_all()
        self.zero([int(slot) for slot in np.flatnonzero(unused & held.any(axis=1))])
        self._free = [int(slot) for slot in np.flatnonzero(unused)]

    def write(self, values: Sequence[bytes]) -> list[int]:
        """Write values of 32 bytes, durable when this returns; the slot of each."""
        slots: list[int] = []
        for value in values:
            slot = self._free.pop() if self._free else self._length
            self._length = max(self._length, slot + 1)
            os.pwrite(self._file, value, slot * SLOT_BYTES)
            slots.append(slot)
        os.fsync(self._file)
        return slots

    def zero(self, slots: Sequence[int]) -> None:
        """Overwrite these slots with zeros, durable when this returns. They are not given out again before `free`."""
        for slot in slots:
            os.pwrite(self._file, bytes(SLOT_BYTES), slot * SLOT_BYTES)
        if slots:
            os.fsync(self._file)

    def free(self, slots: Sequence[int]) -> None:
        """Give back slots that are zero and that the database no longer names."""
        self._free.extend(slots)

    def read_all(self) -> NDArray[np.uint8]:
        """Every slot, (n, 32) uint8."""
        data = os.pread(self._file, self._length * SLOT_BYTES, 0)
        return np.frombuffer(data, np.uint8).reshape(-1, SLOT_BYTES)

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)
