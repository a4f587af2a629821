"""The whole picture with other tones: it may have been darkened, or white letters may lie on it."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from .codes import Blocks, Box, blocks_of

MOST_TONED: Final = 2
_WHITE: Final = np.float32(255)


def toned(luma: NDArray[np.float32]) -> Blocks:
    """The coefficients of the picture in each of the tones: `MOST_TONED` × 16 × 16.

    Brightness, from 0 to 1, is raised to two powers. A half lightens what was darkened. Three makes the
    brightest areas count for most, and there half-transparent white letters change least.
    """
    share = luma / _WHITE
    whole = [Box(0, 0, *luma.shape)]
    return np.concatenate([blocks_of(_WHITE * tone, whole) for tone in (np.sqrt(share), share * share * share)])
