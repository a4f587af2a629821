"""A part of a picture as PDQ itself counts it: 64 lines a side are picked out of its pixels, the others only blur in.

How the picks fall depends on how many pixels a part has. In grain or foliage much hangs on that, so a copy with the
pixels it was listed with is nearer so than by integrals (`codes.py`), and one that was resized is mostly farther.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from notcontent.fingerprint import reference

from .codes import Blocks, Box
from .luma import Luma


def picked(luma: Luma, boxes: list[Box]) -> Blocks:
    """The coefficients of each box, its edges put on whole samples: boxes × 16 × 16.

    PDQ's box filters get narrower along the picture's edge; here they don't, which moves a bit or two.
    """
    # PDQ's coefficients are those of `codes.py` times 128.
    cosines = reference.cosines() / np.float32(np.sqrt(128))
    found = np.empty((len(boxes), *cosines.shape[:1] * 2), np.float32)
    for block, box in zip(found, boxes, strict=True):
        part = luma[round(box.top) : round(box.bottom), round(box.left) : round(box.right)]
        small = _picked_rows(_picked_rows(part).T).T
        block[:] = cosines @ small @ cosines.T
    return found


def _picked_rows(lines: NDArray[np.uint8] | NDArray[np.float32]) -> NDArray[np.float32]:
    """64 of the lines, each the mean of its neighbours twice over."""
    count = len(lines)
    window = reference.window_size(count)
    first = 2 * ((window + 2) // 2 - window)
    picks = reference.picks(count)
    total = np.zeros((len(picks), *lines.shape[1:]), np.float32)
    for at in range(2 * window - 1):
        weight = np.float32(min(at + 1, 2 * window - 1 - at) / window**2)
        total += weight * lines[(picks + first + at).clip(0, count - 1)]
    return total
