"""PDQ's filters as matrices: the 64 × 64 small picture, as it is and mirrored, from pixels at full or reduced scale.

Box filters and decimation of an axis commute with those of the other, so they collect into one matrix P of 64 rows an
axis, and the small picture is P_rows · brightness · P_columnsᵀ. Each row of P is a short tent; neighbours are
multiplied together as one band. P with its columns reversed gives the picture mirrored along that axis, exactly.

A JPEG decoder that gives 1/2, 1/4 or 1/8 of the samples keeps the low frequencies of each block of 8. What P asks of a
block, taken to the same frequencies, is a weight for each of the samples left: P is folded. It is reversed first, since
a picture whose side is no multiple of 8 ends in a cut block.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from . import reference

Block = NDArray[np.float32]

SIDE: Final = reference.SIDE
#: JPEG transforms blocks of 8 × 8 samples.
_BLOCK: Final = 8
#: float32 samples held at once while rows are summed: 1 MB, which stays in the cache.
_STRIP_SAMPLES: Final = 1 << 18
_WEIGHTS: Final = (0.299, 0.587, 0.114)


@dataclass(frozen=True, slots=True)
class Band:
    """A few neighbouring rows of P, and those of P reversed that lie over the same samples: start ≤ n < stop.

    `weights` is (rows.stop - rows.start) × (stop - start), and fills those rows of the operator of its axis.
    """

    rows: slice
    start: int
    stop: int
    weights: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Operator:
    """P and P reversed for one axis, as bands. Their 128 rows come in the order of the axis.

    `order` says where the 64 of P and then the 64 of P reversed are among them; `cosines` is 32 × 128 and takes the 16
    coefficients of the one and then of the other from sums over the 128 rows.
    """

    bands: tuple[Band, ...]
    order: NDArray[np.intp]
    cosines: Block


def _rows_together(samples: int) -> int:
    """How many rows of P make a band. More means fewer calls, and more multiplications by zero: tried out."""
    return 8 if samples <= 450 else 4 if samples <= 1000 else 2 if samples <= 2000 else 1


def _scatter(at: NDArray[np.intp], weights: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    """Rows of weights, each added up at its places in a row of that width."""
    flat = (at + width * np.arange(len(at))[:, None]).ravel()
    return np.asarray(np.bincount(flat, weights.ravel(), len(at) * width), np.float64).reshape(len(at), width)


def _tents(samples: int) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """The rows of P, each from its own first sample on: 64 first samples, 64 × length weights (zeros at the end)."""
    window = reference.window_size(samples)
    half = (window + 2) // 2

    def low(at: NDArray[np.intp]) -> NDArray[np.intp]:
        return np.maximum(0, at - (window - half))

    def high(at: NDArray[np.intp]) -> NDArray[np.intp]:
        return np.minimum(samples - 1, at + half - 1)

    picks = reference.picks(samples)
    inner_low, inner_high = low(picks), high(picks)
    # Every sample of the box around a pick is itself the mean of a box: its weight is spread by a difference array.
    at = inner_low[:, None] + np.arange(window)
    inside = at <= inner_high[:, None]
    at = np.minimum(at, samples - 1)
    value = inside / ((inner_high - inner_low + 1)[:, None] * (high(at) - low(at) + 1))
    first = low(inner_low)
    width = 2 * window + 2
    rises = _scatter(low(at) - first[:, None], value, width)
    falls = _scatter(high(at) + 1 - first[:, None], value, width)
    weights = np.cumsum(rises - falls, axis=1)
    # The sums end in zero but for rounding.
    weights[np.arange(weights.shape[1]) > (high(inner_high) - first)[:, None]] = 0
    return first, weights


@cache
def _block_cosines(samples: int) -> NDArray[np.float64]:
    """The orthonormal cosine transform of so many samples: one row a frequency."""
    k, j = np.arange(samples)[:, None], np.arange(samples)[None, :]
    matrix: NDArray[np.float64] = np.sqrt(2 / samples) * np.cos(np.pi / (2 * samples) * k * (2 * j + 1))
    matrix[0] = np.sqrt(1 / samples)
    return matrix


def _fold(
    at: NDArray[np.intp], weights: NDArray[np.float64], samples: int, scale: int
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Rows of weights for the samples `at`, as weights for what a decoder leaves of each block of 8: where each begins.

    In the cosine domain of a block: a decoder keeps its first 8 / scale frequencies (Source: libjpeg, jidctred.c), so
    the first 8 / scale frequencies of the weights are all that matters. At scale 8 those are sums, at scale 1 all.
    """
    left = _BLOCK // scale
    first = at.min(axis=1) // _BLOCK
    local = at - _BLOCK * first[:, None]
    count = (at.shape[1] + _BLOCK - 2) // _BLOCK + 1
    blocks = _scatter(local, weights, _BLOCK * count)
    if scale > 1:
        narrowed = _block_cosines(_BLOCK)[:left].T @ _block_cosines(left) * np.sqrt(scale)
        blocks = (blocks.reshape(len(at), count, _BLOCK) @ narrowed).reshape(len(at), left * count)
    # What lies beyond the edge in the last block is next to nothing; the last sample left takes it.
    first = left * first
    for row in np.flatnonzero(first + left * count > -(-samples // scale)):
        end = -(-samples // scale) - first[row]
        blocks[row, end - 1] += blocks[row, end:].sum()
        blocks[row, end:] = 0
    return first, blocks


@lru_cache(maxsize=64)
def axis_operator(samples: int, scale: int = 1) -> Operator:
    """P and P reversed for an axis of that many samples, folded for a decoder that leaves ⌈samples / scale⌉ of them."""
    first, weights = _tents(samples)
    at = np.minimum(first[:, None] + np.arange(weights.shape[1]), samples - 1)
    as_is, weights_as_is = _fold(at, weights, samples, scale)
    mirrored, weights_mirrored = _fold((samples - 1 - at)[::-1], weights[::-1], samples, scale)
    bands = []
    order = np.empty(2 * SIDE, np.intp)
    count = _rows_together(-(-samples // scale))
    for index in range(0, SIDE, count):
        rows = slice(index, index + count)
        firsts = np.concatenate([as_is[rows], mirrored[rows][::-1]])
        values = np.concatenate([weights_as_is[rows], weights_mirrored[rows][::-1]])
        start = int(firsts.min())
        places = firsts[:, None] - start + np.arange(values.shape[1])
        dense = _scatter(places, values, int(places.max()) + 1)
        used = np.flatnonzero(dense.any(axis=0))
        kept = np.ascontiguousarray(dense[:, used[0] : used[-1] + 1], np.float32)
        kept.setflags(write=False)
        bands.append(Band(slice(2 * index, 2 * (index + count)), start + int(used[0]), start + int(used[-1]) + 1, kept))
        order[rows] = 2 * index + np.arange(count)
        order[2 * SIDE - index - count : 2 * SIDE - index] = 2 * index + count + np.arange(count)
    cosines = np.zeros((32, 2 * SIDE), np.float32)
    cosines[:16, order[:SIDE]] = cosines[16:, order[SIDE:]] = reference.cosines()
    return Operator(tuple(bands), order, cosines)


@lru_cache(maxsize=64)
def coefficient_operator(samples: int, scale: int = 1) -> Block:
    """16 × ⌈samples / scale⌉: the 16 coefficients of an axis, as PDQ picks and weighs its samples, not reversed."""
    whole = axis_operator(samples, scale)
    matrix = np.zeros((16, -(-samples // scale)), np.float32)
    for band in whole.bands:
        matrix[:, band.start : band.stop] += whole.cosines[:16, band.rows] @ band.weights
    matrix.setflags(write=False)
    return matrix


def _sum_rows(pixels: NDArray[np.uint8], bands: tuple[Band, ...]) -> Block:
    """Brightness summed over the bands of the rows: 128 × width."""
    channels = 1 if pixels.ndim == 2 else 3
    lines = np.ascontiguousarray(pixels).reshape(pixels.shape[0], pixels.shape[1] * channels)
    sums = np.empty((2 * SIDE, lines.shape[1]), np.float32)
    step = max(1, _STRIP_SAMPLES // lines.shape[1])
    strip = np.empty((min(step, max(band.stop - band.start for band in bands)), lines.shape[1]), np.float32)
    for band in bands:
        for top in range(band.start, band.stop, step):
            bottom = min(top + step, band.stop)
            floats = strip[: bottom - top]
            floats[:] = lines[top:bottom]
            weights = band.weights[:, top - band.start : bottom - band.start]
            if top == band.start:
                np.matmul(weights, floats, out=sums[band.rows])
            else:
                sums[band.rows] += weights @ floats
    if channels == 1:
        return sums
    red, green, blue = (sums[:, channel::3].astype(np.float64) for channel in range(3))
    brightness: Block = (_WEIGHTS[0] * red + _WEIGHTS[1] * green + _WEIGHTS[2] * blue).astype(np.float32)
    return brightness


@dataclass(frozen=True, slots=True)
class SmallPictures:
    """The four 64 × 64 small pictures (as it is, mirrored; flipped, half turn), their samples as they were summed."""

    sums: Block
    rows: Operator
    columns: Operator

    def picture(self, flipped: int, mirrored: int) -> Block:
        """One of the four, 64 × 64: 0 or 1 for each axis."""
        rows = self.rows.order[flipped * SIDE : (flipped + 1) * SIDE]
        columns = self.columns.order[mirrored * SIDE : (mirrored + 1) * SIDE]
        picture: Block = self.sums[rows[:, None], columns]
        return picture

    def coefficients(self, precision: type[Any] = np.float64) -> NDArray[Any]:
        """The 2 × 2 × 16 × 16 coefficients of the four, in float64 or float32."""
        rows, columns = (
            self.rows.cosines.astype(precision, copy=False),
            self.columns.cosines.astype(precision, copy=False),
        )
        block: NDArray[Any] = rows @ self.sums.astype(precision, copy=False) @ columns.T
        return block.reshape(2, 16, 2, 16).transpose(0, 2, 1, 3)


def small_pictures(
    pixels: NDArray[np.uint8], full_size: tuple[int, int] | None = None, scale: int = 1
) -> SmallPictures:
    """Reduce RGB (height × width × 3) or grey (height × width) bytes to the four small pictures.

    If a JPEG decoder left 1 / `scale` of each side, `full_size` says the height and width of the whole picture.
    """
    height, width = full_size or pixels.shape[:2]
    rows, columns = axis_operator(height, scale), axis_operator(width, scale)
    sums = _sum_rows(pixels, rows.bands)
    block = np.empty((2 * SIDE, 2 * SIDE), np.float32)
    for band in columns.bands:
        np.matmul(band.weights, sums[:, band.start : band.stop].T, out=block[band.rows])
    return SmallPictures(block.T, rows, columns)
