"""A picture in coarse cells, on or off, in one whole number: all cells grow or shrink at once by a few shifts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .codes import Box

#: Samples a side.
CELL: Final = 4
#: Holes up to twice as many cells wide are filled, then pieces thinner than twice as many vanish.
_FILL: Final = 2
_VANISH: Final = 4
#: A line of cells with a smaller share of what the fullest has is no part of the picture: it is text beside it.
_LEAST_FULL: Final = 0.5
#: Empty columns beside each row, so that no shift reaches the next one.
_MARGIN: Final = 8


@dataclass(frozen=True, slots=True)
class Cells:
    """Rows × columns of cells: on where more than half of the samples are."""

    on: NDArray[np.bool_]

    @classmethod
    def of(cls, mask: NDArray[np.bool_]) -> Cells:
        """The cells of a mask of samples; what is left over at the lower and right edge is left out."""
        rows, columns = mask.shape[0] // CELL, mask.shape[1] // CELL
        ones = mask[: rows * CELL, : columns * CELL].view(np.uint8)
        tall = ones.reshape(rows, CELL, columns * CELL).sum(axis=1, dtype=np.uint8)
        counts = tall[:, 0::CELL] + tall[:, 1::CELL] + tall[:, 2::CELL] + tall[:, 3::CELL]
        return cls(counts > CELL * CELL // 2)

    def largest_mass(self) -> Box | None:
        """The box, in samples, around the largest mass of cells that are on; None if all of it is thin."""
        rows, columns = self.on.shape
        if min(rows, columns) <= 2 * _VANISH:
            return None
        stride = (columns + _MARGIN + 7) // 8 * 8
        grid = np.zeros((rows, stride), bool)
        grid[:, :columns] = True
        frame = _number(grid)
        grid[:, :columns] = self.on
        bits = _number(grid)
        # Beyond the picture's edge lies neither on nor off: what touches it isn't thin.
        filled = frame & ~_grown(frame & ~(_grown(bits, stride, _FILL) & frame), stride, _FILL)
        kept = _grown(frame & ~_grown(frame & ~filled, stride, _VANISH), stride, _VANISH) & frame
        packed = np.frombuffer(kept.to_bytes(rows * stride // 8, "big"), np.uint8)
        left = np.unpackbits(packed).reshape(rows, stride)[:, :columns]
        return _largest_run_both_ways(left)

    def share_off_outside(self, box: Box) -> float:
        """Of the cells outside a box, the share that is off."""
        top, left, bottom, right = (int(edge) // CELL for edge in (box.top, box.left, box.bottom, box.right))
        inside = self.on[top:bottom, left:right]
        outside = self.on.size - inside.size
        return 1 - (int(self.on.sum()) - int(inside.sum())) / outside if outside else 1.0


def _number(grid: NDArray[np.bool_]) -> int:
    return int.from_bytes(np.packbits(grid).tobytes(), "big")


def _grown(bits: int, stride: int, by: int) -> int:
    """Every cell within so many of one that is on, in both directions."""
    for step in (1, stride):
        for _ in range(by):
            bits |= bits << step | bits >> step
    return bits


def _largest_run_both_ways(on: NDArray[np.uint8]) -> Box | None:
    top, bottom, left, right = 0, on.shape[0], 0, on.shape[1]
    for _ in range(2):
        top, bottom = _run(on[:, left:right].sum(axis=1, dtype=np.int64))
        left, right = _run(on[top:bottom].sum(axis=0, dtype=np.int64))
    if top == bottom or left == right:
        return None
    return Box(top * CELL, left * CELL, bottom * CELL, right * CELL)


def _run(counts: NDArray[np.int64]) -> tuple[int, int]:
    """The run of lines that holds the most, without a line far emptier than others."""
    least = _LEAST_FULL * int(counts.max(initial=0))
    best, start, total, most = (0, 0), 0, 0, 0
    for at, count in enumerate([*counts.tolist(), 0]):
        if count > least:
            total += count
        else:
            if total > most:
                best, most = (start, at), total
            start, total = at + 1, 0
    return best
