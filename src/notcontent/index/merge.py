"""Making one part of several: the held entries of older parts, the live ones, and fresh ones."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from notcontent.index.part import Marks, get_bits, write_part
from notcontent.index.permutation import Permutation
from notcontent.index.writable import WritableLive, WritablePart


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

    def fill(self, out: NDArray[np.uint8], permutation: Permutation) -> None:
        """Write the permuted values, in the order of the ids."""
        if self.values is not None:
            permutation.apply(self.values, out)
        elif self.held is not None and self.rows is not None:
            # "clip" lets NumPy write straight to `out`; the rows are all there.
            np.take(self.held, self.rows, axis=0, out=out, mode="clip")


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
    rank = np.arange(len(ids))
    if not ascending:
        order = np.argsort(ids, kind="stable")
        rank[order] = np.arange(len(ids))
        ids = ids[order]
    ends = np.cumsum([len(piece.ids) for piece in pieces])
    places = np.split(rank, ends[:-1])

    def fill(out: NDArray[np.uint8]) -> None:
        for piece, rows in zip(pieces, places, strict=True):
            if ascending:
                piece.fill(out[rows[0] : rows[-1] + 1], permutation)
            else:
                values = np.empty((len(rows), 32), np.uint8)
                piece.fill(values, permutation)
                out[rows] = values

    write_part(path, ids, fill, permutation)
    return places
