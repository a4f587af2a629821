"""The exact PDQ fingerprint of pixels, in all eight orientations, by linear algebra.

PDQ before its threshold is linear: box filters, decimation and cosine transform of the rows and of the columns commute,
so the 64 × 64 small picture is Z = P_rows · luma · P_columnsᵀ and the coefficients are D · Z · Dᵀ. Each row of P is a
short tent, so P has about as many non-zeros as the picture has rows, and the work is one pass over the bytes.

The fingerprint of a picture turned or mirrored comes from the same pixels with the columns of P reversed. That is
exact; flipping the signs of coefficients, as the reference's `compute_dihedral` does, is not: the sampling grid shifts.

Sums in another order than the reference's round otherwise. Where two bits hang on that, `reference.py` decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from . import reference
from .orientations import ORIENTATIONS, Orientation
from .value import Fingerprint

Block = NDArray[np.float64]

#: Shorter sides than this have no fingerprint: 256 zeros, quality 0 (as in the reference).
LEAST_SIDE = 5
#: Pixels that `reference.py` may go over for one picture (about 0.05 s for a million), so that nobody can make us slow.
#: The upright fingerprint is settled whatever it costs; turned ones as far as this reaches.
_SETTLE_PIXELS = 16_000_000
#: float32 samples held at once while rows are summed: 4 MB, which stays in the cache.
_STRIP_SAMPLES = 1 << 20

_WEIGHTS = (0.299, 0.587, 0.114)
_ZERO = Fingerprint(bytes(32))


@dataclass(frozen=True, slots=True)
class PdqResult:
    """What the arithmetic says of one picture: eight fingerprints in the order of `ORIENTATIONS`, quality 0 to 100."""

    orientations: tuple[Fingerprint, ...]
    quality: int


@dataclass(frozen=True, slots=True)
class Slack:
    """What rounding can move at most: the difference of two coefficients, and one sample of the small picture."""

    coefficient: float
    sample: float


_ORDINARY_SIDES = range(64, 6001)


def allowed_slack(height: int, width: int) -> Slack:
    """At least twice the worst ever seen for pictures of that size (docs/spec/fingerprint.md).

    Running sums lose more on very long axes, and very short ones repeat samples, so that errors add up.
    """
    ordinary = height in _ORDINARY_SIDES and width in _ORDINARY_SIDES
    return Slack(0.01, 0.005) if ordinary else Slack(0.05, 0.02)


@dataclass(frozen=True, slots=True)
class Tent:
    """One sample of the small picture, and its mirror image: both are sums over start ≤ n < stop of the axis.

    `weights` is 2 × (stop - start): for sample `index` of the axis as it is, and for sample
    63 - `index` of the axis reversed.
    """

    index: int
    start: int
    stop: int
    weights: NDArray[np.float32]


def _spread(start: int, values: Block, samples: int) -> tuple[int, Block]:
    """A row of weights times the box filter: (first sample, weights), one step longer on either side."""
    window = reference.window_size(samples)
    half = (window + 2) // 2
    at = np.arange(start, start + len(values))
    low = np.maximum(0, at - (window - half))
    high = np.minimum(samples - 1, at + half - 1)
    first = int(low[0])
    change = np.zeros(int(high[-1]) - first + 2)
    np.add.at(change, low - first, values / (high - low + 1))
    np.subtract.at(change, high + 1 - first, values / (high - low + 1))
    return first, np.cumsum(change)[:-1]


@lru_cache(maxsize=256)
def axis_tents(samples: int) -> tuple[Tent, ...]:
    """The operator P of an axis of that many samples, and P reversed, as 64 pairs of short rows."""
    rows = []
    for pick in reference.picks(samples):
        start, values = _spread(int(pick), np.ones(1), samples)
        rows.append(_spread(start, values, samples))
    tents = []
    for index, (start, values) in enumerate(rows):
        other_start, other = rows[reference.SIDE - 1 - index]
        mirrored_start, mirrored = samples - other_start - len(other), other[::-1]
        first = min(start, mirrored_start)
        stop = max(start + len(values), mirrored_start + len(mirrored))
        weights = np.zeros((2, stop - first), np.float32)
        weights[0, start - first : start - first + len(values)] = values
        weights[1, mirrored_start - first : mirrored_start - first + len(mirrored)] = mirrored
        weights.setflags(write=False)
        tents.append(Tent(index, first, stop, weights))
    return tuple(tents)


def _sum_rows(pixels: NDArray[np.uint8]) -> Block:
    """Brightness summed over the tents of the rows: 128 × width, as it is (64) above reversed (64)."""
    height, width = pixels.shape[:2]
    channels = 1 if pixels.ndim == 2 else 3
    lines = np.ascontiguousarray(pixels).reshape(height, width * channels)
    sums = np.zeros((2 * reference.SIDE, width * channels), np.float32)
    for tent in axis_tents(height):
        step = max(1, _STRIP_SAMPLES // (width * channels))
        for top in range(tent.start, tent.stop, step):
            bottom = min(top + step, tent.stop)
            part = tent.weights[:, top - tent.start : bottom - tent.start] @ lines[top:bottom].astype(np.float32)
            sums[tent.index] += part[0]
            sums[2 * reference.SIDE - 1 - tent.index] += part[1]
    if channels == 1:
        return sums.astype(np.float64)
    red, green, blue = (sums[:, channel::3] for channel in range(3))
    return _WEIGHTS[0] * red + _WEIGHTS[1] * green + _WEIGHTS[2] * blue


def small_pictures(pixels: NDArray[np.uint8]) -> Block:
    """The four 64 × 64 small pictures as one 128 × 128 block, its quadrants: as it is, mirrored; flipped, half turn."""
    sums = _sum_rows(pixels)
    block = np.empty((2 * reference.SIDE, 2 * reference.SIDE))
    for tent in axis_tents(pixels.shape[1]):
        part = sums[:, tent.start : tent.stop] @ tent.weights.T
        block[:, tent.index] = part[:, 0]
        block[:, 2 * reference.SIDE - 1 - tent.index] = part[:, 1]
    return block


@lru_cache(maxsize=1)
def _cosines() -> Block:
    """The 16 × 64 transform, with the reference's own rounded entries."""
    return reference.cosines().astype(np.float64)


def _pack(block: NDArray[np.float64] | NDArray[np.float32]) -> Fingerprint:
    """The bits of 16 × 16 coefficients: 1 where above the lower median, bit 255 first."""
    flat = block.ravel()
    bits = flat > np.partition(flat, 127)[127]
    return Fingerprint(np.packbits(bits[::-1]).tobytes())


def _hangs_on_rounding(block: Block, slack: float) -> bool:
    """Whether the coefficients beside the threshold are too near for our sums to say which is larger."""
    ordered = np.partition(block.ravel(), (127, 128))
    return bool(ordered[128] - ordered[127] < slack)


def _quality(small: Block, slack: float) -> int | None:
    """The quality, or None where rounding could change it."""
    least = most = 0
    for difference in (small[:-1] - small[1:], small[:, :-1] - small[:, 1:]):
        size = np.abs(difference)
        least += int(np.floor(np.maximum(size - slack, 0) * (100 / 255)).sum())
        most += int(np.floor((size + slack) * (100 / 255)).sum())
    low, high = min(100, least // 90), min(100, most // 90)
    return low if low == high else None


def _turn_block(block: Block, orientation: Orientation) -> Block:
    """The 16 × 16 coefficients of one orientation, out of the 32 × 32 of the four small pictures."""
    as_is, mirrored, flipped, half = block[:16, :16], block[:16, 16:], block[16:, :16], block[16:, 16:]
    return {
        Orientation.UPRIGHT: as_is,
        Orientation.QUARTER_CCW: mirrored.T,
        Orientation.HALF_TURN: half,
        Orientation.QUARTER_CW: flipped.T,
        Orientation.FLIPPED: flipped,
        Orientation.MIRRORED: mirrored,
        Orientation.TRANSPOSED: as_is.T,
        Orientation.ANTITRANSPOSED: half.T,
    }[orientation]


def turn_pixels(pixels: NDArray[np.uint8], orientation: Orientation) -> NDArray[np.uint8]:
    """A view of the pixels (height × width, or × 3) turned or mirrored. Copies nothing."""
    return {
        Orientation.UPRIGHT: pixels,
        Orientation.QUARTER_CCW: np.rot90(pixels, 1),
        Orientation.HALF_TURN: np.rot90(pixels, 2),
        Orientation.QUARTER_CW: np.rot90(pixels, 3),
        Orientation.FLIPPED: pixels[::-1],
        Orientation.MIRRORED: pixels[:, ::-1],
        Orientation.TRANSPOSED: pixels.swapaxes(0, 1),
        Orientation.ANTITRANSPOSED: np.rot90(pixels, 2).swapaxes(0, 1),
    }[orientation]


def fingerprint_pixels(pixels: NDArray[np.uint8]) -> PdqResult:
    """The eight exact fingerprints and the quality of RGB (height × width × 3) or grey (height × width) bytes.

    Equal, bit for bit, to the reference on the pixels really turned. Source: facebook/ThreatExchange, pdq.
    """
    height, width = pixels.shape[:2]
    if min(height, width) < LEAST_SIDE:
        return PdqResult((_ZERO,) * len(ORIENTATIONS), 0)
    small = small_pictures(pixels)
    cosines = _cosines()
    rows = np.concatenate([cosines @ small[: reference.SIDE], cosines @ small[reference.SIDE :]])
    block = np.concatenate([rows[:, : reference.SIDE] @ cosines.T, rows[:, reference.SIDE :] @ cosines.T], axis=1)
    slack = allowed_slack(height, width)
    quality = _quality(small[: reference.SIDE, : reference.SIDE], slack.sample)
    fingerprints = []
    settled = 0
    for orientation in ORIENTATIONS:
        turned = _turn_block(block, orientation)
        upright = orientation is Orientation.UPRIGHT
        doubtful = _hangs_on_rounding(turned, slack.coefficient) and (
            upright or settled + height * width <= _SETTLE_PIXELS
        )
        if not doubtful and not (upright and quality is None):
            fingerprints.append(_pack(turned))
            continue
        settled += height * width
        exact = reference.small_picture(reference.luma_plane(turn_pixels(pixels, orientation)))
        if upright:
            quality = reference.quality(exact)
        fingerprints.append(_pack(reference.coefficients(exact)))
    if quality is None:
        raise AssertionError("the upright orientation comes first and settles the quality")
    return PdqResult(tuple(fingerprints), quality)
