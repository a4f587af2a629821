"""The exact PDQ fingerprint of pixels, in all eight orientations, by linear algebra.

PDQ before its threshold is linear: the 64 × 64 small picture is Z = P_rows · luma · P_columnsᵀ (`operators.py`) and the
coefficients are D · Z · Dᵀ.

The fingerprint of a picture turned or mirrored comes from the same pixels with the columns of P reversed. That is
exact; flipping the signs of coefficients, as the reference's `compute_dihedral` does, is not: the sampling grid shifts.

Sums in another order than the reference's round otherwise. Where two bits hang on that, `reference.py` decides for what
is to be enrolled; an upload that is only looked up may differ in those two (`fingerprint_reduced`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from . import reference
from .operators import small_pictures
from .orientations import LEAST_QUALITY, ORIENTATIONS, Orientation
from .value import Fingerprint

Block = NDArray[np.float32 | np.float64]

#: Shorter sides than this have no fingerprint: 256 zeros, quality 0 (as in the reference).
LEAST_SIDE = 5
#: Pixels that `reference.py` may go over for one picture (about 0.05 s for a million), so that nobody can make us slow.
#: The upright fingerprint is settled whatever it costs; turned ones as far as this reaches.
_SETTLE_PIXELS = 16_000_000
#: A picture certain to show too little to be enrolled is settled up to this size only.
_SETTLE_PLAIN_PIXELS = 1_000_000
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
class Reduced:
    """A picture as it lies in its file, perhaps at a reduced scale: what an upload that is looked up is made of.

    `pixels` are RGB or grey bytes, what a JPEG decoder left of `height` × `width` at 1 / `scale`; `shown` is how that
    picture is turned so that a person sees it the right way up.
    """

    pixels: NDArray[np.uint8]
    height: int
    width: int
    scale: int = 1
    shown: Orientation = Orientation.UPRIGHT


#: Orientation -> (which of the four blocks, whether it is transposed).
_PLACES = {
    Orientation.UPRIGHT: (0, 0, False),
    Orientation.QUARTER_CCW: (0, 1, True),
    Orientation.HALF_TURN: (1, 1, False),
    Orientation.QUARTER_CW: (1, 0, True),
    Orientation.FLIPPED: (1, 0, False),
    Orientation.MIRRORED: (0, 1, False),
    Orientation.TRANSPOSED: (0, 0, True),
    Orientation.ANTITRANSPOSED: (1, 1, True),
}


def _pack(block: Block) -> Fingerprint:
    """The bits of 16 × 16 coefficients: 1 where above the lower median, bit 255 first."""
    flat = block.ravel()
    bits = flat > np.partition(flat, 127)[127]
    return Fingerprint(np.packbits(bits[::-1]).tobytes())


def _hangs_on_rounding(block: Block, slack: float) -> bool:
    """Whether the coefficients beside the threshold are too near for our sums to say which is larger."""
    ordered = np.partition(block.ravel(), (127, 128))
    return bool(ordered[128] - ordered[127] < slack)


def _quality(small: Block, slack: float) -> tuple[int, int]:
    """The least and the most the quality can be, rounding considered."""
    least = most = 0
    for difference in (small[:-1] - small[1:], small[:, :-1] - small[:, 1:]):
        size = np.abs(difference)
        least += int(np.floor(np.maximum(size - slack, 0) * (100 / 255)).sum())
        most += int(np.floor((size + slack) * (100 / 255)).sum())
    return min(100, least // 90), min(100, most // 90)


def _turn_block(blocks: Block, orientation: Orientation) -> Block:
    """The 16 × 16 coefficients of one orientation, out of those of the four small pictures."""
    row, column, transposed = _PLACES[orientation]
    block: Block = blocks[row, column]
    return block.T if transposed else block


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
    blocks = small.coefficients()
    slack = allowed_slack(height, width)
    quality, most_quality = _quality(small.picture(0, 0).astype(np.float64), slack.sample)
    # What is certainly too plain to be enrolled is not worth seconds of settling.
    plain = most_quality < LEAST_QUALITY and height * width > _SETTLE_PLAIN_PIXELS
    fingerprints = []
    settled = 0
    for orientation in ORIENTATIONS:
        turned = _turn_block(blocks, orientation)
        upright = orientation is Orientation.UPRIGHT
        doubtful = _hangs_on_rounding(turned, slack.coefficient) or (upright and quality != most_quality)
        if plain or not doubtful or not (upright or settled + height * width <= _SETTLE_PIXELS):
            fingerprints.append(_pack(turned))
            continue
        settled += height * width
        exact = reference.small_picture(reference.luma_plane(turn_pixels(pixels, orientation)))
        if upright:
            quality = reference.quality(exact)
        fingerprints.append(_pack(reference.coefficients(exact)))
    return PdqResult(tuple(fingerprints), quality)


@lru_cache(maxsize=len(ORIENTATIONS))
def _as_shown(shown: Orientation) -> tuple[int, ...]:
    """For each orientation of a picture that is shown turned: which orientation of the stored picture it is."""
    label = np.arange(6, dtype=np.uint8).reshape(2, 3)
    stored = [turn_pixels(label, one).tolist() for one in ORIENTATIONS]
    return tuple(stored.index(turn_pixels(turn_pixels(label, shown), one).tolist()) for one in ORIENTATIONS)


def fingerprint_reduced(picture: Reduced) -> PdqResult:
    """The eight fingerprints and the quality of an upload that is looked up and not enrolled.

    Nothing is settled, so up to two bits may hang on rounding, and a reduced scale moves a few more: at most 4 of 256
    for at least 99 of 100 photographs, by the rule of `jpeg.scale_for` (docs/spec/fingerprint.md §5).
    """
    if min(picture.height, picture.width) < LEAST_SIDE:
        return PdqResult((_ZERO,) * len(ORIENTATIONS), 0)
    small = small_pictures(picture.pixels, (picture.height, picture.width), picture.scale)
    row, column, _ = _PLACES[picture.shown]
    seen = small.picture(row, column)
    steps = (np.abs(np.trunc(step * (100 / 255))).sum() for step in (seen[:-1] - seen[1:], seen[:, :-1] - seen[:, 1:]))
    quality = min(100, int(sum(steps)) // 90)
    # The lower median of a block is that of its transpose too.
    flat = small.coefficients(np.float32).reshape(2, 2, 256)
    bits = flat > np.partition(flat, 127, axis=2)[:, :, 127:128]
    fours = bits.reshape(2, 2, 16, 16)
    eights = np.concatenate([fours, fours.swapaxes(2, 3)]).reshape(8, 256)
    packed = np.packbits(eights[:, ::-1], axis=1)
    stored = [
        Fingerprint(packed[4 * transposed + 2 * row + column].tobytes()) for row, column, transposed in _PLACES.values()
    ]
    return PdqResult(tuple(stored[place] for place in _as_shown(picture.shown)), quality)
