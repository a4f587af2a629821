"""Even divisions of a picture: the parts of a collage."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from .codes import FREQUENCIES, LEAST_SIDE, Blocks, Box, waves

#: Rows × columns.
DIVISIONS: Final = ((1, 2), (2, 1), (2, 2), (3, 3))
MOST_TILES: Final = sum(rows * columns for rows, columns in DIVISIONS)
_PARTS: Final = (1, 2, 3)


def tile_blocks(luma: NDArray[np.float32], box: Box) -> Blocks:
    """The coefficients of each tile of a box, tiles × 16 × 16; none of tiles too small to look at.

    All parts of both axes are summed at once, since tiles share them.
    """
    height, width = luma.shape
    sums = _parts(box.top, box.bottom, height) @ luma @ _parts(box.left, box.right, width).T
    blocks = sums.reshape(-1, FREQUENCIES, sum(_PARTS), FREQUENCIES).swapaxes(1, 2)
    found = [
        blocks[_first(rows) + row, _first(columns) + column]
        for rows, columns in DIVISIONS
        if min(box.height / rows, box.width / columns) >= LEAST_SIDE
        for row in range(rows)
        for column in range(columns)
    ]
    return np.stack(found) if found else np.empty((0, FREQUENCIES, FREQUENCIES), np.float32)


def _parts(start: float, stop: float, samples: int) -> Blocks:
    """The waves of the whole, its halves and its thirds."""
    cuts = [np.linspace(start, stop, parts + 1) for parts in _PARTS]
    return np.concatenate([waves(cut[n], cut[n + 1], samples) for cut in cuts for n in range(len(cut) - 1)])


def _first(parts: int) -> int:
    return sum(smaller for smaller in _PARTS if smaller < parts)
