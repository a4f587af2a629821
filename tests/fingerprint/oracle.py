"""What `pdqhash` says about pixels: the word of the reference, used in tests and for the vectors only."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pdqhash
from numpy.typing import NDArray

from .formula import turn_pixels


def pdq_hex(pixels: NDArray[np.uint8]) -> tuple[str, int]:
    """The usual 64 hex digits and the quality that the reference gives for RGB or grey pixels."""
    rgb = pixels if pixels.ndim == 3 else np.repeat(pixels[..., None], 3, axis=2)
    bits, quality = pdqhash.compute(np.ascontiguousarray(rgb))
    return np.packbits(np.asarray(bits, np.uint8)).tobytes().hex(), int(quality)


def expect(pixels: NDArray[np.uint8]) -> dict[str, Any]:
    """pdq, quality and the eight exact orientations: the reference on the pixels really turned."""
    turned = [pdq_hex(one) for one in turn_pixels(pixels)]
    return {"pdq": turned[0][0], "quality": turned[0][1], "orientations": [one[0] for one in turned]}


@functools.cache
def _axis(n: int) -> NDArray[np.float64]:
    """Dense PDQ operator for an axis of n samples, straight from the description: box, box, decimate, cosine."""
    w = (n + 127) // 128
    half = (w + 2) // 2
    box = np.zeros((n, n))
    for i in range(n):
        lo, hi = max(0, i - (w - half)), min(n - 1, i + half - 1)
        box[i, lo : hi + 1] = 1.0 / (hi - lo + 1)
    pick = ((np.arange(64) + 0.5) * n / 64).astype(int)
    k, j = np.arange(1, 17)[:, None], np.arange(64)[None, :]
    cosine = np.sqrt(2 / 64) * np.cos(np.pi / 128 * k * (2 * j + 1))
    return cosine @ (box[pick] @ box)


def gap(pixels: NDArray[np.uint8]) -> float:
    """Smallest distance, over the eight orientations, between the median coefficient and the next one above it.

    In float64. Near 0, rounding alone decides two bits, and such a picture says nothing about an implementation.
    """
    smallest = np.inf
    rows, columns = _axis(pixels.shape[0]), _axis(pixels.shape[1])
    luma = pixels.astype(np.float64) @ np.array([0.299, 0.587, 0.114]) if pixels.ndim == 3 else pixels.astype(float)
    for flip_rows in (False, True):
        for flip_columns in (False, True):
            a = rows[:, ::-1] if flip_rows else rows
            b = columns[:, ::-1] if flip_columns else columns
            block = np.sort((a @ luma @ b.T).ravel())
            smallest = min(smallest, float(block[128] - block[127]))
    return smallest
