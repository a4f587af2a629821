"""A picture whose own margin is of the surround's brightness is looked for in the shapes that most pictures have."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps

from notcontent.fingerprint.views.cascade import look_at
from notcontent.fingerprint.views.codes import LEAST_SIDE, Box
from notcontent.fingerprint.views.shapes import usual_shapes
from notcontent.fingerprint.views.trim import Trim, trims
from notcontent.fingerprint.views.view import ViewKind

from .test_cascade import BLACK, WHITE, found_as, picture, upload


def cut_out(name: str, colour: tuple[int, ...], size: tuple[int, int]) -> Image.Image:
    """A disc of a photograph on one colour: nothing of the picture's own edge can be seen on it."""
    side = round(0.8 * min(size))
    y, x = np.indices((side, side)) / side - 0.5
    disc = Image.fromarray(((x * x + y * y < 0.2) * 255).astype(np.uint8))
    whole = Image.new("RGB", size, colour)
    whole.paste(ImageOps.fit(picture(name), (side, side)), (size[0] // 9, size[1] // 15), disc)
    return whole


@pytest.mark.parametrize("size", [(512, 384), (480, 320), (400, 400), (384, 480), (270, 480)])
@pytest.mark.parametrize("colour", [WHITE, BLACK])
@pytest.mark.parametrize("name", ["astronaut", "coffee"])
def test_a_cut_out_is_found_in_bars_and_borders_of_its_own_colour(
    name: str, colour: tuple[int, ...], size: tuple[int, int]
) -> None:
    listed = cut_out(name, colour, size)
    assert ViewKind.RECTANGLE in found_as(upload(ImageOps.pad(listed, (540, 1170), color=colour)), listed)
    if size[0] != size[1]:
        assert ViewKind.RECTANGLE in found_as(upload(ImageOps.expand(listed, 41, colour)), listed)


def test_without_a_surround_no_shape_is_guessed() -> None:
    seen = next(look_at(upload(picture("astronaut"))))
    assert ViewKind.TRIMMED not in {view.kind for view in seen}
    assert not trims(np.asarray(picture("astronaut").convert("L")))


@given(st.integers(24, 2000), st.integers(24, 2000), *([st.floats(0, 1)] * 4))
def test_guesses_lie_in_the_upload_around_what_is_seen_and_no_two_are_the_same(
    height: int, width: int, top: float, left: float, tall: float, wide: float
) -> None:
    first, start = top * (height - LEAST_SIDE), left * (width - LEAST_SIDE)
    seen = Box(
        first,
        start,
        first + LEAST_SIDE + tall * (height - LEAST_SIDE - first),
        start + LEAST_SIDE + wide * (width - LEAST_SIDE - start),
    )
    boxes = usual_shapes(np.zeros((height, width), np.uint8), Trim(seen, 0, True))
    for box in boxes:
        assert 0 <= box.top <= seen.top + 1 and seen.bottom - 1 <= box.bottom <= height
        assert 0 <= box.left <= seen.left + 1 and seen.right - 1 <= box.right <= width
        assert min(box.height, box.width) >= LEAST_SIDE
    sizes = [box.height * box.width for box in boxes]
    assert sizes == sorted(sizes) and len(set(boxes)) == len(boxes)


def test_a_picture_with_an_edge_of_its_own_gets_no_other_shape() -> None:
    bordered = np.asarray(ImageOps.expand(picture("coffee").convert("L"), 60, 255))
    [*guesses] = trims(bordered)
    assert guesses and not usual_shapes(bordered, guesses[0])
