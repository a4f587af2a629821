"""The whole picture with other tones: it may have been darkened or overexposed, or white letters may lie on it."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from notcontent.fingerprint.operators import coefficient_operator

from .codes import FREQUENCIES, Blocks, along_side
from .luma import Luma

_LEVEL: Final = np.arange(256)
_SHARE: Final = _LEVEL / 255


def _table(*tones: NDArray[np.float64]) -> NDArray[np.float32]:
    """For each of the 256 levels the brightness, 0 to 255, that it gets in each tone: 256 × tones."""
    return np.stack([255 * (tone - tone[0]) / (tone[-1] - tone[0]) for tone in tones], axis=1).astype(np.float32)


#: Taken by integrals, which suit a copy that was resized.
_SUMMED: Final = _table(
    # What was made brighter or fuller of contrast is crowded at the ends, or was cut off there: pulled apart.
    np.log((_SHARE + 0.01) / (1.01 - _SHARE)),
    # The brightest areas count for most, and there half-transparent white letters change least.
    _LEVEL + 3.0 * np.maximum(0, _LEVEL - 180),
)
#: Taken as PDQ picks its samples, which suits a copy that kept its size.
_PICKED: Final = _table(
    # Farther apart: what was cut off ends at the same samples there.
    np.log((_SHARE + 0.003) / (1.003 - _SHARE)),
    # Lightens what was darkened.
    np.sqrt(_SHARE),
)
MOST_TONED: Final = _SUMMED.shape[1] + _PICKED.shape[1]
#: PDQ's coefficients are those of `codes.py` times its square.
_PDQ: Final = np.float32(np.sqrt(128))
#: Rows worked on at once: what they become stays in the cache.
_STRIP: Final = 64


def toned(luma: Luma, size: tuple[int, int], scale: int) -> Blocks:
    """The coefficients of the picture in each of the tones: `MOST_TONED` × 16 × 16.

    `size`: the height and width that the picture had before it was decoded at 1 / `scale`.
    """
    rows, columns = (along_side(side) for side in luma.shape)
    row_picks, column_picks = (coefficient_operator(side, scale) / _PDQ for side in size)
    return np.concatenate([_blocks(luma, _SUMMED, rows, columns), _blocks(luma, _PICKED, row_picks, column_picks)])


def _blocks(luma: Luma, tones: NDArray[np.float32], rows: Blocks, columns: Blocks) -> Blocks:
    """The coefficients of a picture in some tones: tones × 16 × 16."""
    height, width = luma.shape
    count = tones.shape[1]
    # Side by side, so that the rows of all are summed together.
    strip = np.empty((_STRIP, width, count), np.float32)
    sums = np.zeros((FREQUENCIES, width * count), np.float32)
    for top in range(0, height, _STRIP):
        bottom = min(top + _STRIP, height)
        part = strip[: bottom - top]
        # `clip` spares numpy a copy: a byte is always in the table.
        np.take(tones, luma[top:bottom], axis=0, out=part, mode="clip")
        sums += rows[:, top:bottom] @ part.reshape(bottom - top, -1)
    blocks: Blocks = sums.reshape(FREQUENCIES, width, count).transpose(2, 0, 1) @ columns.T
    return blocks
