"""An upload's frame is looked at folded, and says what it says at its full size."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from notcontent.fingerprint.pdq import Reduced
from notcontent.fingerprint.video.looks import find_content, fold, look_at, look_inside_bars

from .making import drifting


def grey(seed: int, width: int, height: int) -> NDArray[np.uint8]:
    """A soft picture with a camera's noise."""
    noise = np.random.default_rng(seed).normal(0, 4, (height, width))
    return np.clip(drifting(seed, 1, width, height)[0].mean(axis=2) + noise, 0, 255).astype(np.uint8)


def whole(pixels: NDArray[np.uint8]) -> Reduced:
    return Reduced(pixels, *pixels.shape)


@pytest.mark.parametrize(
    ("width", "height", "scale"), [(400, 300, 1), (640, 480, 2), (1280, 720, 2), (853, 481, 2), (1080, 1920, 4)]
)
def test_a_folded_frame_is_at_most_four_bits_off_in_every_orientation(width: int, height: int, scale: int) -> None:
    for seed in range(4):
        picture = whole(grey(seed, width, height))
        exact, folded = look_at(0, picture), look_at(0, fold(picture))
        assert fold(picture).scale == scale and abs(exact.quality - folded.quality) <= 2
        for turn in range(0, 256, 32):
            a, b = (int.from_bytes(look.turns[turn : turn + 32], "big") for look in (exact, folded))
            assert (a ^ b).bit_count() <= 4


def test_inside_bars_a_folded_frame_is_the_frame_without_bars() -> None:
    inside = grey(9, 1280, 533)
    barred = whole(np.pad(inside, ((94, 93), (0, 0))))
    assert find_content(barred.pixels) == (slice(94, 94 + 533), slice(0, 1280))
    look = look_inside_bars(0, barred)
    assert look is not None and look.trimmed
    assert look.upright.distance_bits(look_at(0, whole(inside)).upright) <= 4


def test_a_picture_hidden_in_every_second_sample_is_not_what_is_seen() -> None:
    shown, hidden = grey(5, 1280, 720), grey(6, 1280, 720)
    mixed = shown.copy()
    mixed[::2, ::2] = hidden[::2, ::2]
    exact, folded = look_at(0, whole(mixed)), look_at(0, fold(whole(mixed)))
    assert folded.upright.distance_bits(exact.upright) <= 4
    assert folded.upright.distance_bits(look_at(0, whole(hidden[::2, ::2])).upright) > 80
