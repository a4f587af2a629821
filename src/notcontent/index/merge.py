"""Making one part of several: the held entries of older parts, the live ones, and fresh ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from notcontent.index.part import Marks, get_bits, write_part
from notcontent.index.permutation import Permutation
from notcontent.index.writable import WritableLive, WritablePart

#: Values are written so many at a time, so that they are still in the cache.
_CHUNK_ROWS = 65_536


@dataclass(frozen=True, slots=True)
class Piece:
    """Entries to be merged: fresh values, unpermuted, or some rows of permuted ones that are in the index already."""

    ids: NDArray[np.uint32]
    values: NDArray[np.uint8] | None = None
    held: NDArray[np.uint8] | None = None
    rows: NDArray[np.int64] | None = None
    silent: NDArray[np.uint8] | None = None
    gone: NDArray[np.uint8] | None = None

    def marks(self) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Which of the entries match nothing now, and which are withdrawn now."""
        if self.rows is None or self.silent is None or self.gone is None:
            return np.zeros(len(self.ids), np.bool_), np.zeros(len(self.ids), np.bool_)
        return get_bits(self.silent, self.rows), get_bits(self.gone, self.rows)

    def take(self, places: slice | NDArray[np.int64], permutation: Permutation) -> NDArray[np.uint8]:
        """The permuted values of some of the entries."""
        if self.values is not None:
            permuted = np.empty_like(values := self.values[places])
            permutation.apply(values, permuted)
            return permuted
        if self.held is None or self.rows is None:
            return np.zeros((0, 32), np.uint8)
        return self.held[self.rows[places]]


def part_piece(part: WritablePart) -> Piece:
    """What a part holds."""
    rows = part.held_rows()
    marks: Marks = part.marks
    return Piece(part.ids_of(rows), held=part.sections.values, rows=rows, silent=marks.silent_rows, gone=marks.gone)


def live_piece(live: WritableLive) -> Piece:
    """What the live file holds."""
    places = live.held()
    ids = live.ids_plus_one[places] - np.uint32(1)
    return Piece(ids, held=live.values, rows=places, silent=live.silent, gone=live.gone)


def merge(path: Path, pieces: list[Piece], permutation: Permutation) -> list[NDArray[np.int64]]:
    """Make a part of these pieces, whose ids are all different; for each piece, the rows its entries came to lie in."""
    ids = np.concatenate([piece.ids for piece in pieces])
    ascending = bool((ids[1:] > ids[:-1]).all())
    order = rank = np.arange(len(ids))
    if not ascending:
        order, rank = np.argsort(ids, kind="stable"), np.empty_like(rank)
        rank[order] = np.arange(len(ids))
        ids = ids[order]
    ends = np.cumsum([len(piece.ids) for piece in pieces])
    begins = ends - [len(piece.ids) for piece in pieces]

    def values() -> Iterator[NDArray[np.uint8]]:
        if ascending:
            for piece in pieces:
                for start in range(0, len(piece.ids), _CHUNK_ROWS):
                    yield piece.take(slice(start, start + _CHUNK_ROWS), permutation)
            return
        for start in range(0, len(ids), _CHUNK_ROWS):
            wanted = order[start : start + _CHUNK_ROWS]
            chunk = np.empty((len(wanted), 32), np.uint8)
            for piece, begin, end in zip(pieces, begins, ends, strict=True):
                mine = (wanted >= begin) & (wanted < end)
                chunk[mine] = piece.take(wanted[mine] - begin, permutation)
            yield chunk

    write_part(path, ids, values(), permutation)
    return np.split(rank, ends[:-1])
