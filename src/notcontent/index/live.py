"""The freshest entries: a small file of fixed places that its writer appends to and every reader compares one by one.

page 0   how many places are used (uint64), then from byte 1024 a bit for each that says "matches nothing", and from
         byte 2048 a bit for each that says "withdrawn"
then     ids + 1 (uint32; 0 is a place that was never written or was erased), a check of each place (uint32), values
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from notcontent.index.checksum import WEIGHTS
from notcontent.index.errors import IndexTruncated
from notcontent.index.layout import PAGE_BYTES
from notcontent.index.part import get_bits, map_file, set_bits, sync_map

PLACES = 4096
_IDS_AT = PAGE_BYTES
_CHECKS_AT = _IDS_AT + 4 * PLACES
_VALUES_AT = _CHECKS_AT + 4 * PLACES
LIVE_BYTES = _VALUES_AT + 32 * PLACES


def _checks(ids: NDArray[np.uint32], values: NDArray[np.uint8]) -> NDArray[np.uint32]:
    words = np.ascontiguousarray(values).view("<u8")
    total = (words * WEIGHTS[:4]).sum(axis=1, dtype=np.uint64) + ids.astype(np.uint64) * WEIGHTS[4]
    checks: NDArray[np.uint32] = (total >> np.uint64(32)).astype(np.uint32)
    return checks


class Live:
    """The live file, mapped."""

    def __init__(self, path: Path, *, writable: bool = False) -> None:
        """Map the file. Raises IndexTruncated; FileNotFoundError if it is gone."""
        memory = map_file(path, writable=writable)
        if len(memory) != LIVE_BYTES:
            raise IndexTruncated("The live entries are shorter or longer than they should be: fill the index again.")
        self.path, self.memory = path, memory
        self._count = memory[:8].view("<u8")
        self.silent = memory[1024 : 1024 + PLACES // 8]
        self.gone = memory[2048 : 2048 + PLACES // 8]
        self.ids_plus_one = memory[_IDS_AT:_CHECKS_AT].view("<u4")
        self._written_checks = memory[_CHECKS_AT:_VALUES_AT].view("<u4")
        self.values = memory[_VALUES_AT:].reshape(PLACES, 32)

    @staticmethod
    def create(path: Path) -> None:
        """Make an empty live file, on the disk when this returns."""
        with path.open("xb") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(bytes(LIVE_BYTES))
            file.flush()
            os.fsync(file.fileno())

    @property
    def used(self) -> int:
        """How many places are used; one read of shared memory."""
        return min(int(self._count[0]), PLACES)

    def append(self, ids: NDArray[np.uint32], values: NDArray[np.uint8]) -> NDArray[np.int64]:
        """Write permuted values that fit, and only then count them; their places. Not yet on the disk."""
        start = self.used
        places = np.arange(start, start + len(ids))
        self.values[places] = values
        self._written_checks[places] = _checks(ids, values)
        self.ids_plus_one[places] = ids.astype(np.uint64) + 1
        self._count[0] = start + len(ids)
        return places

    def settle(self) -> None:
        """After a start: withdraw places that a power cut left half written."""
        places = np.arange(self.used)
        ids = self.ids_plus_one[places] - np.uint32(1)
        whole = (self.ids_plus_one[places] != 0) & (_checks(ids, self.values[places]) == self._written_checks[places])
        self.silence_for_good(places[~whole])

    def silence_for_good(self, places: NDArray[np.int64]) -> None:
        """Match nothing from these places again."""
        set_bits(self.silent, places, True)
        set_bits(self.gone, places, True)

    def held(self) -> NDArray[np.int64]:
        """The places that are neither withdrawn nor erased."""
        places = np.arange(self.used)
        return places[~get_bits(self.gone, places)]

    def erase(self) -> None:
        """Zero the withdrawn places where they lie."""
        places = np.arange(self.used)
        places = places[get_bits(self.gone, places)]
        self.values[places] = 0
        self._written_checks[places] = 0
        self.ids_plus_one[places] = 0
        self.sync()

    def sync(self) -> None:
        """Return once the file is on the disk."""
        sync_map(self.memory)
