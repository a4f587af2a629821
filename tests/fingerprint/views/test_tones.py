"""The picture in other tones: by sums, which suit a resized copy, and as PDQ picks its samples."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from notcontent.fingerprint import decode
from notcontent.fingerprint.operators import coefficient_operator, small_pictures
from notcontent.fingerprint.orientations import ORIENTATIONS, Orientation
from notcontent.fingerprint.pdq import Reduced, fingerprint_pixels, turn_pixels
from notcontent.fingerprint.views.cascade import look_at
from notcontent.fingerprint.views.view import View, ViewKind

from ..photos import photos
from .test_picked import bits_apart


@pytest.mark.parametrize(("samples", "scale"), [(64, 1), (300, 1), (777, 2), (1201, 4), (3023, 8)])
def test_the_sixteen_rows_of_an_axis_are_those_that_the_whole_picture_is_taken_with(samples: int, scale: int) -> None:
    left = -(-samples // scale)
    pixels = np.random.default_rng(samples).integers(0, 256, (left, left), dtype=np.uint8)
    whole = small_pictures(pixels, (samples, samples), scale).coefficients()[0, 0]
    rows = coefficient_operator(samples, scale)
    assert np.abs(rows @ pixels.astype(np.float32) @ rows.T - whole).max() < 0.01


def toned_views(seen: Reduced) -> list[View]:
    return [view for stage in look_at(seen) for view in stage if view.kind is ViewKind.TONED]


@pytest.mark.parametrize("size", [(640, 480), (1600, 1203)])
def test_a_copy_whose_lights_were_cut_off_is_nearer_where_its_samples_are_picked_as_listed(
    size: tuple[int, int],
) -> None:
    """Also where the decoder left a part of them."""
    listed = Image.fromarray(photos()["coffee"]).convert("RGB").resize(size)
    bright = listed.point([min(255, round(1.8 * level)) for level in range(256)] * 3)
    out = io.BytesIO()
    bright.save(out, "JPEG", quality=92)
    seen = decode.open_picture(out.getvalue(), decode.DecodeLimits()).reduced()
    value = fingerprint_pixels(np.asarray(listed)).orientations[0].value
    summed, _, picked, _ = (bits_apart(view.turns[:32], value) for view in toned_views(seen))
    assert picked <= 24 and picked <= summed


@pytest.mark.parametrize("shown", ORIENTATIONS)
def test_samples_are_picked_from_the_picture_as_a_person_sees_it(shown: Orientation) -> None:
    seen = np.asarray(Image.fromarray(photos()["chelsea"]).convert("L"))
    back = {Orientation.QUARTER_CCW: Orientation.QUARTER_CW, Orientation.QUARTER_CW: Orientation.QUARTER_CCW}
    stored = np.ascontiguousarray(turn_pixels(seen, back.get(shown, shown)))
    upright, turned = (
        toned_views(one) for one in (Reduced(seen, *seen.shape), Reduced(stored, *stored.shape, shown=shown))
    )
    assert [view.turns for view in upright] == [view.turns for view in turned]
