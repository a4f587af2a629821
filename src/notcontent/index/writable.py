"""Parts and live entries as their one writer sees them: marked in place, seen by every reader at once."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from notcontent.index.floods import lane_rows
from notcontent.index.live import Live
from notcontent.index.part import Part, get_bits, set_bits, sync_map
from notcontent.index.permutation import Permutation


class WritablePart(Part):
    """A part whose marks may be changed. Every change says whether there was anything to change."""

    def __init__(self, path: Path, permutation: Permutation) -> None:
        """As `Part`."""
        super().__init__(path, permutation, writable_marks=True)

    @cached_property
    def _lanes(self) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
        return lane_rows(self.sections.blocks, self.sections.lanes)

    def holds(self, ids: NDArray[np.uint32]) -> NDArray[np.bool_]:
        """Which of these ids are held here."""
        rows = self.rows_of(ids)
        held: NDArray[np.bool_] = (rows >= 0) & ~get_bits(self.marks.gone, np.maximum(rows, 0))
        return held

    def held_rows(self) -> NDArray[np.int64]:
        """The rows that are not withdrawn."""
        if not self.has_withdrawn():
            return np.arange(len(self))
        return np.flatnonzero(np.unpackbits(self.marks.gone, bitorder="little")[: len(self)] == 0)

    def held_ids(self) -> NDArray[np.uint32]:
        """The ids of those."""
        return self.ids_of(self.held_rows())

    def held_count(self) -> int:
        """How many rows are not withdrawn."""
        return len(self) - int(np.bitwise_count(self.marks.gone).sum(dtype=np.int64))

    def has_withdrawn(self) -> bool:
        """Whether a withdrawn value is still in the file."""
        return bool(self.marks.gone.any())

    def pause(self, ids: NDArray[np.uint32]) -> bool:
        """Silence held ids."""
        return self._silence(self._rows(ids), True)

    def resume(self, ids: NDArray[np.uint32]) -> bool:
        """Let held ids match again."""
        return self._silence(self._rows(ids), False)

    def withdraw(self, ids: NDArray[np.uint32]) -> bool:
        """Silence held ids for good."""
        rows = self._rows(ids)
        self._silence(rows, True)
        set_bits(self.marks.gone, rows, True)
        return bool(len(rows))

    def carry(self, rows: NDArray[np.int64], silent: NDArray[np.bool_], gone: NDArray[np.bool_]) -> None:
        """Take over the marks that these rows had where they came from."""
        self._silence(rows[silent], True)
        set_bits(self.marks.gone, rows[gone], True)

    def sync(self) -> None:
        """Return once the marks are on the disk."""
        sync_map(self.marks.memory)

    def _rows(self, ids: NDArray[np.uint32]) -> NDArray[np.int64]:
        rows = self.rows_of(ids)
        rows = rows[rows >= 0]
        return rows[~get_bits(self.marks.gone, rows)]

    def _silence(self, rows: NDArray[np.int64], silent: bool) -> bool:
        set_bits(self.marks.silent_rows, rows, silent)
        flooded, lanes = self._lanes
        if len(flooded):
            at = np.minimum(np.searchsorted(flooded, rows), len(flooded) - 1)
            set_bits(self.marks.silent_lanes, lanes[at[flooded[at] == rows]], silent)
        return bool(len(rows))


class WritableLive(Live):
    """The live file, with the places of the ids it holds."""

    def __init__(self, path: Path) -> None:
        """As `Live`."""
        super().__init__(path, writable=True)
        self._place_of: dict[int, int] = {}
        self._remember(self.held())

    def __len__(self) -> int:
        """How many entries it holds."""
        return len(self._place_of)

    def _remember(self, places: NDArray[np.int64]) -> None:
        ids = self.ids_plus_one[places].astype(np.int64) - 1
        self._place_of.update(zip(ids.tolist(), places.tolist(), strict=True))

    def settle(self) -> None:
        """As `Live.settle`."""
        super().settle()
        self._place_of = {}
        self._remember(self.held())

    def append(self, ids: NDArray[np.uint32], values: NDArray[np.uint8]) -> NDArray[np.int64]:
        """As `Live.append`."""
        places = super().append(ids, values)
        self._remember(places)
        return places

    def holds(self, ids: NDArray[np.uint32]) -> NDArray[np.bool_]:
        """Which of these ids are held here."""
        return np.isin(ids, self.held_ids())

    def held_ids(self) -> NDArray[np.uint32]:
        """The ids of the held entries."""
        return np.fromiter(self._place_of, np.uint32, len(self._place_of))

    def pause(self, ids: NDArray[np.uint32]) -> bool:
        """Silence held ids."""
        places = self._places(ids)
        set_bits(self.silent, places, True)
        return bool(len(places))

    def resume(self, ids: NDArray[np.uint32]) -> bool:
        """Let held ids match again."""
        places = self._places(ids)
        set_bits(self.silent, places, False)
        return bool(len(places))

    def withdraw(self, ids: NDArray[np.uint32]) -> bool:
        """Silence held ids for good."""
        places = self._places(ids)
        self.silence_for_good(places)
        for place in places:
            del self._place_of[int(self.ids_plus_one[place]) - 1]
        return bool(len(places))

    def moved(self, path: Path, beyond: int) -> WritableLive:
        """A new live file with what is held at the places from `beyond` on."""
        Live.create(path)
        live = WritableLive(path)
        places = self.held()
        places = places[places >= beyond]
        fresh = live.append(self.ids_plus_one[places] - np.uint32(1), self.values[places])
        set_bits(live.silent, fresh[get_bits(self.silent, places)], True)
        live.sync()
        return live

    def _places(self, ids: NDArray[np.uint32]) -> NDArray[np.int64]:
        found = {self._place_of[number] for number in ids.tolist() if number in self._place_of}
        return np.array(sorted(found), np.int64)
