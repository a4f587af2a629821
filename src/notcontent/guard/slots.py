"""Fingerprints in one flat file of equal slots: what the index is made from, and made again from when it is lost.

They are kept out of the database on purpose: a database moves rows about and leaves copies in pages, journals and
free space, while a slot is written in one place and zeroed in that same place. So "erased" can be said truly, within
milliseconds, whatever the length of the list. (What a disk keeps of overwritten blocks below the file system is
outside this file's reach: the folder belongs on an encrypted disk.)
"""

from __future__ import annotations

import mmap
import os
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

SLOT_BYTES = 32
#: A slot that was given back rests so long, so that no search still under way takes its old number for its new entry.
REST_S = 60.0
#: From so many values on, they are written in one piece at the end of the file.
_BULK = 4096


class SlotFile:
    """Slots that are written before the database commits to them, and zeroed before it says that they are free."""

    def __init__(self, path: Path, slot_bytes: int = SLOT_BYTES) -> None:
        """Open or make the file, readable to this account only."""
        self._slot_bytes = slot_bytes
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        self._length = os.fstat(self._file).st_size // slot_bytes
        self._free: deque[tuple[float, int]] = deque()

    def __len__(self) -> int:
        """How many slots the file has, free ones included."""
        return self._length

    def settle(self, used: NDArray[np.int64]) -> None:
        """After a start: zero every slot that the database does not know (a crash came before its commit)."""
        unused = np.ones(self._length, np.bool_)
        unused[used[used < self._length]] = False
        free = np.flatnonzero(unused)
        self.zero([int(slot) for slot in free[self.read(free).any(axis=1)]])
        self._free = deque((0.0, int(slot)) for slot in free)

    def write(self, values: Sequence[bytes]) -> list[int]:
        """Write values, durable when this returns; the slot of each."""
        slots: list[int] = []
        for value in values:
            slot = self._take()
            os.pwrite(self._file, value, slot * self._slot_bytes)
            slots.append(slot)
        os.fsync(self._file)
        return slots

    def write_rows(self, values: NDArray[np.uint8]) -> NDArray[np.int64]:
        """Write (n, slot_bytes) values, durable when this returns; the slot of each. Many lie together at the end."""
        if len(values) < _BULK:
            return np.array(self.write([row.tobytes() for row in values]), np.int64)
        first = self._length
        data, written = np.ascontiguousarray(values).reshape(-1), 0
        while written < len(data):
            written += os.pwrite(
                self._file, data[written : written + (1 << 26)].data, first * self._slot_bytes + written
            )
        os.fsync(self._file)
        self._length += len(values)
        return np.arange(first, self._length, dtype=np.int64)

    def zero(self, slots: Sequence[int]) -> None:
        """Overwrite these slots with zeros, durable when this returns. They are not given out again before `free`."""
        for slot in slots:
            if slot < self._length:
                os.pwrite(self._file, bytes(self._slot_bytes), slot * self._slot_bytes)
        if slots:
            os.fsync(self._file)

    def free(self, slots: Sequence[int]) -> None:
        """Give back slots that are zero and that the database no longer names."""
        now = time.monotonic()
        self._free.extend((now, slot) for slot in slots)

    def read(self, slots: NDArray[np.int64]) -> NDArray[np.uint8]:
        """The values in these slots, (n, slot_bytes) uint8; zeros for a slot beyond the end of the file."""
        values = np.zeros((len(slots), self._slot_bytes), np.uint8)
        inside = slots < self._length
        if self._length and inside.any():
            size = self._length * self._slot_bytes
            mapped = np.frombuffer(mmap.mmap(self._file, size, prot=mmap.PROT_READ), np.uint8)
            values[inside] = mapped.reshape(-1, self._slot_bytes)[slots[inside]]
        return values

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)

    def _take(self) -> int:
        if self._free and time.monotonic() - self._free[0][0] >= REST_S:
            return self._free.popleft()[1]
        self._length += 1
        return self._length - 1
