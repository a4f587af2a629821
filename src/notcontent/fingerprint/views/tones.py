"""The whole picture with other tones: it may have been darkened or overexposed, or white letters may lie on it."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from .codes import Blocks, Box, blocks_of
from .luma import Luma


def _tones() -> NDArray[np.float32]:
    """For each tone the brightness, 0 to 255, that each of the 256 levels gets."""
    level = np.arange(256)
    share = level / 255
    tones = (
        # Lightens what was darkened.
        np.sqrt(share),
        # What was made brighter or fuller of contrast is crowded at the ends, or was cut off there: pulled apart.
        np.log((share + 0.01) / (1.01 - share)),
        # The brightest areas count for most, and there half-transparent white letters change least.
        level + 3 * np.maximum(0, level - 180),
    )
    return np.stack([255 * (tone - tone[0]) / (tone[-1] - tone[0]) for tone in tones]).astype(np.float32)


_TONES: Final = _tones()
MOST_TONED: Final = len(_TONES)


def toned(luma: Luma) -> Blocks:
    """The coefficients of the picture in each of the tones: `MOST_TONED` × 16 × 16."""
    height, width = luma.shape
    # Side by side, so that their rows are summed together.
    all_tones = np.empty((height, MOST_TONED * width), np.float32)
    # `take` with whole numbers and somewhere to put them: half the time of `tone[luma]`.
    levels, one = luma.astype(np.intp), np.empty(luma.shape, np.float32)
    for at, tone in enumerate(_TONES):
        all_tones[:, at * width : (at + 1) * width] = tone.take(levels, out=one, mode="wrap")
    return blocks_of(all_tones, [Box(0, at * width, height, (at + 1) * width) for at in range(MOST_TONED)])
