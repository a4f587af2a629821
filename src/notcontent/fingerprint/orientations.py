"""The eight ways a picture can be turned or mirrored, and what one fingerprint says about the other seven.

Pure: no decoder, no numpy. The exchange, which must never be able to open a picture, reads this file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Final

from .value import Fingerprint


class Orientation(StrEnum):
    """How the picture was turned before it was fingerprinted. In the order of the reference's `compute_dihedral`."""

    UPRIGHT = "upright"
    QUARTER_CCW = "quarter_ccw"
    HALF_TURN = "half_turn"
    QUARTER_CW = "quarter_cw"
    #: upside down, as in still water
    FLIPPED = "flipped"
    #: left and right exchanged, as in a mirror
    MIRRORED = "mirrored"
    #: mirrored along the main diagonal
    TRANSPOSED = "transposed"
    #: mirrored along the other diagonal
    ANTITRANSPOSED = "antitransposed"


ORIENTATIONS: Final = tuple(Orientation)

#: Orientation -> (where to negate, transpose). Turning a picture negates every other coefficient, since
#: cos(k(2(63-j)+1)π/128) = (-1)^k cos(k(2j+1)π/128). Row i and column j, from 0, hold frequencies i + 1 and j + 1.
_RULES: Final = {
    Orientation.UPRIGHT: ("never", False),
    Orientation.QUARTER_CCW: ("j even", True),
    Orientation.HALF_TURN: ("i + j odd", False),
    Orientation.QUARTER_CW: ("i even", True),
    Orientation.FLIPPED: ("i even", False),
    Orientation.MIRRORED: ("j even", False),
    Orientation.TRANSPOSED: ("never", True),
    Orientation.ANTITRANSPOSED: ("i + j odd", True),
}


def _mask(rule: str) -> int:
    """The bits whose coefficient changes its sign. Bit k belongs to the coefficient i, j with k = 16 i + j."""
    return sum(1 << (16 * i + j) for i in range(16) for j in range(16) if _NEGATED[rule](i, j))


_NEGATED: Final[dict[str, Callable[[int, int], bool]]] = {
    "never": lambda i, j: False,
    "i even": lambda i, j: i % 2 == 0,
    "j even": lambda i, j: j % 2 == 0,
    "i + j odd": lambda i, j: (i + j) % 2 == 1,
}
_MASKS: Final = {rule: _mask(rule) for rule in _NEGATED}


def _transpose(bits: int) -> int:
    # Rows, columns and the digits of a number all run the other way round: so the order stays as it is.
    text = f"{bits:0256b}"
    return int("".join(text[column::16] for column in range(16)), 2)


def predict_turned(upright: Fingerprint) -> tuple[Fingerprint, ...]:
    """What the eight orientations would be if the sampling grid did not shift and the median were zero, upright first.

    A negated coefficient changes its bit. The true ones, made from the pixels, lie near: see `why_implausible`.
    """
    return tuple(_predict(upright, orientation) for orientation in ORIENTATIONS)


def _predict(upright: Fingerprint, orientation: Orientation) -> Fingerprint:
    rule, transposed = _RULES[orientation]
    turned = int.from_bytes(upright.value, "big") ^ _MASKS[rule]
    return Fingerprint((_transpose(turned) if transposed else turned).to_bytes(32, "big"))


#: Set bits of a genuine fingerprint: 128, fewer (112 seen) only where coefficients tie in pictures of a few pixels.
LEAST_ONES: Final = 96
MOST_ONES: Final = 160
#: Two orientations that are each other's transpose differ by rounding and ties alone: 16 bits seen, 128 by chance.
MOST_TRANSPOSE_BITS: Final = 48
#: Flipped, mirrored and half turn, each against what the upright one predicts, summed. Photographs reach 240, pure
#: noise 284; three unrelated fingerprints lie near 384. Measured figures in docs/spec/fingerprint.md.
MOST_TURNED_BITS: Final = 330
LEAST_QUALITY: Final = 50

#: Each of these four is the transpose of its partner.
_TRANSPOSES: Final = (
    (Orientation.UPRIGHT, Orientation.TRANSPOSED),
    (Orientation.MIRRORED, Orientation.QUARTER_CCW),
    (Orientation.FLIPPED, Orientation.QUARTER_CW),
    (Orientation.HALF_TURN, Orientation.ANTITRANSPOSED),
)


def why_implausible(orientations: Sequence[Fingerprint], quality: int) -> str | None:
    """A sentence saying why these can't be the eight orientations of one picture worth listing; None if they can.

    It catches blank, random and mixed-up fingerprints. It can't tell whether a picture stands behind them.
    """
    if len(orientations) != len(ORIENTATIONS):
        return "A picture code has eight orientations. Make it again from the picture."
    if not LEAST_QUALITY <= quality <= 100:
        return "There is too little to see in this picture for a code that is only its own. Choose another picture."
    if not all(LEAST_ONES <= fingerprint.ones <= MOST_ONES for fingerprint in orientations):
        return "This picture code is blank or out of balance. Make it again from the picture."
    turned = dict(zip(ORIENTATIONS, orientations, strict=True))
    for plain, transposed in _TRANSPOSES:
        expected = _predict(turned[plain], Orientation.TRANSPOSED)
        if turned[transposed].distance_bits(expected) > MOST_TRANSPOSE_BITS:
            return "The eight orientations do not belong to one picture. Make them again from the picture."
    upright = turned[Orientation.UPRIGHT]
    mirrorings = (Orientation.FLIPPED, Orientation.MIRRORED, Orientation.HALF_TURN)
    if sum(turned[one].distance_bits(_predict(upright, one)) for one in mirrorings) > MOST_TURNED_BITS:
        return "The eight orientations do not belong to one picture. Make them again from the picture."
    return None
