"""A picture made so coarse that it shows what kind of picture it is, and little of who is in it. Pure arithmetic."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def reduce_to(pixels: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """The mean of each block: (h, w, 3) uint8 whose longer side is `side`, or less for a smaller picture.

    Pixels: (h, w, 3) RGB or (h, w) grey, uint8.
    """
    if pixels.ndim == 2:
        pixels = np.repeat(pixels[:, :, None], 3, axis=2)
    rows, columns = pixels.shape[:2]
    scale = max(1.0, max(rows, columns) / side)
    edges = [
        np.unique(np.linspace(0, length, max(1, round(length / scale)) + 1).astype(np.int64)[:-1])
        for length in (rows, columns)
    ]
    sums = np.add.reduceat(np.add.reduceat(pixels, edges[0], axis=0, dtype=np.uint32), edges[1], axis=1)
    sizes = [np.diff([*starts, length]) for starts, length in zip(edges, (rows, columns), strict=True)]
    coarse: NDArray[np.uint8] = (sums // (sizes[0][:, None] * sizes[1][None, :])[:, :, None]).astype(np.uint8)
    return coarse
