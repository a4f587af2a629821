"""The eight orientations: their order, what one predicts of the others, and what the exchange refuses."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pdqhash
import pytest
from numpy.typing import NDArray

from notcontent.fingerprint.orientations import (
    MOST_TURNED_BITS,
    ORIENTATIONS,
    Orientation,
    predict_turned,
    why_implausible,
)
from notcontent.fingerprint.pdq import fingerprint_pixels
from notcontent.fingerprint.value import Fingerprint

from .formula import Recipe, draw
from .photos import photos, resized

SIZES = [
    (64, 64),
    (65, 97),
    (128, 96),
    (129, 129),
    (191, 300),
    (256, 257),
    (400, 300),
    (640, 480),
    (720, 405),
    (37, 500),
]


def genuine() -> list[NDArray[np.uint8]]:
    pictures = [resized(photo, *size) for photo in photos().values() for size in SIZES]
    pictures += [draw(Recipe("", seed, 20 + 37 * seed, 900 - 41 * seed)) for seed in range(20)]
    rng = np.random.default_rng(0)
    pictures += [rng.integers(0, 256, (70 + 9 * n, 64 + 5 * n, 3), dtype=np.uint8) for n in range(20)]
    return pictures


def test_the_order_is_that_of_the_reference() -> None:
    assert [str(one) for one in ORIENTATIONS] == [
        "upright", "quarter_ccw", "half_turn", "quarter_cw", "flipped", "mirrored", "transposed", "antitransposed",
    ]  # fmt: skip
    pixels = resized(photos()["astronaut"], 1632, 1224)
    bits, _ = pdqhash.compute_dihedral(pixels)
    dihedral = [Fingerprint(np.packbits(np.asarray(one, np.uint8)).tobytes()) for one in bits]
    for exact, by_sign_rule in zip(fingerprint_pixels(pixels).orientations, dihedral, strict=True):
        assert exact.distance_bits(by_sign_rule) <= 31


def test_a_prediction_is_what_the_sign_rule_of_the_reference_gives_up_to_the_median() -> None:
    for name in ("china", "coffee", "rocket"):
        bits, _ = pdqhash.compute_dihedral(photos()[name])
        dihedral = [Fingerprint(np.packbits(np.asarray(one, np.uint8)).tobytes()) for one in bits]
        for predicted, by_sign_rule in zip(predict_turned(dihedral[0]), dihedral, strict=True):
            assert predicted.distance_bits(by_sign_rule) <= 40


def test_predicting_twice_along_a_mirror_comes_back() -> None:
    start = Fingerprint(np.random.default_rng(1).bytes(32))
    for orientation in ("half_turn", "flipped", "mirrored", "transposed", "antitransposed"):
        place = ORIENTATIONS.index(Orientation(orientation))
        assert predict_turned(predict_turned(start)[place])[place] == start
    turned = start
    for _ in range(4):
        turned = predict_turned(turned)[ORIENTATIONS.index(Orientation.QUARTER_CCW)]
    assert turned == start


def test_no_genuine_picture_is_refused() -> None:
    judged = 0
    for pixels in genuine():
        result = fingerprint_pixels(pixels)
        if result.quality >= 50:
            assert why_implausible(result.orientations, result.quality) is None
            judged += 1
    assert judged > 100


def test_fingerprints_of_unrelated_pictures_do_not_pass_as_one() -> None:
    rng = np.random.default_rng(2)
    for _ in range(200):
        random = [Fingerprint(np.packbits(rng.permutation(np.arange(256) % 2)).tobytes()) for _ in range(4)]
        assert why_implausible([Fingerprint(rng.bytes(32)) for _ in range(8)], 100) is not None
        # Even one whose transposes fit.
        transposes = [predict_turned(one)[6] for one in random]
        upright, mirrored, flipped, half = random
        row = [upright, transposes[1], half, transposes[2], flipped, mirrored, transposes[0], transposes[3]]
        assert why_implausible(row, 100) is not None


def picture() -> tuple[list[Fingerprint], int]:
    result = fingerprint_pixels(photos()["chelsea"])
    return list(result.orientations), result.quality


def test_an_orientation_taken_from_another_picture_is_refused() -> None:
    mine, quality = picture()
    other = fingerprint_pixels(photos()["coffee"]).orientations
    for place in range(1, 8):
        assert why_implausible([*mine[:place], other[place], *mine[place + 1 :]], quality) is not None


@pytest.mark.parametrize("blank", [bytes(32), b"\xff" * 32, b"\x01" * 32])
def test_blank_and_unbalanced_fingerprints_are_refused(blank: bytes) -> None:
    mine, quality = picture()
    assert why_implausible([Fingerprint(blank), *mine[1:]], quality) is not None
    assert why_implausible([*mine[:7], Fingerprint(blank)], quality) is not None


def test_low_quality_and_wrong_numbers_are_refused() -> None:
    mine, _ = picture()
    assert why_implausible(mine, 50) is None
    assert why_implausible(mine, 49) is not None
    assert why_implausible(mine, 101) is not None
    assert why_implausible(mine[:7], 100) is not None
    assert why_implausible([*mine, mine[0]], 100) is not None


def test_the_reason_never_repeats_a_fingerprint() -> None:
    mine, _ = picture()
    for row, quality in (([mine[0]] * 8, 100), (mine, 3), (mine[:2], 100)):
        assert mine[0].hex not in (why_implausible(row, quality) or "")
    assert MOST_TURNED_BITS < 3 * 128


def test_the_exchange_can_judge_fingerprints_without_a_decoder_or_numpy() -> None:
    code = (
        "import sys, notcontent.fingerprint.value, notcontent.fingerprint.orientations\n"
        "print([name for name in ('PIL', 'numpy', 'pdqhash') if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_the_pool_loads_no_decoder_into_the_process_that_owns_it() -> None:
    code = (
        "import sys, notcontent.fingerprint.pool\n"
        "print([name for name in ('PIL', 'numpy', 'pdqhash') if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
