"""The whole picture with other tones: it may have been darkened, or white letters may lie on it."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from .codes import Blocks, Box, blocks_of

MOST_TONED: Final = 2
#: What the coefficients of each tone are multiplied by, so that white is 255 again.
_SCALES: Final = np.array([255 / 255**0.5, 255 / 255**3], np.float32)[:, None, None]


def toned(luma: NDArray[np.float32]) -> Blocks:
    """The coefficients of the picture in each of the tones: `MOST_TONED` × 16 × 16.

    Brightness, from 0 to 1, is raised to two powers. A half lightens what was darkened. Three makes the
    brightest areas count for most, and there half-transparent white letters change least.
    """
    height, width = luma.shape
    # Side by side, so that their rows are summed together.
    both = np.empty((height, MOST_TONED * width), np.float32)
    np.sqrt(luma, out=both[:, :width])
    np.multiply(luma * luma, luma, out=both[:, width:])
    return blocks_of(both, [Box(0, 0, height, width), Box(0, width, height, 2 * width)]) * _SCALES
