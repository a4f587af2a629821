"""A part's pixels, counted as PDQ counts them, give PDQ's own fingerprint of that part."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from notcontent.fingerprint.pdq import fingerprint_pixels
from notcontent.fingerprint.views.codes import Box, blocks_of, qualities, turns_of
from notcontent.fingerprint.views.picked import picked

from ..photos import photos

Luma = NDArray[np.uint8]


def bits_apart(one: bytes, other: bytes) -> int:
    return (int.from_bytes(one, "big") ^ int.from_bytes(other, "big")).bit_count()


def grain(height: int, width: int) -> Luma:
    """Seeds on a table: nothing but fine detail."""
    return np.random.default_rng(height).integers(0, 256, (height, width), dtype=np.uint8)


@pytest.mark.parametrize("shape", [(90, 333), (200, 300), (511, 509), (640, 401)])
@pytest.mark.parametrize("inset", [0, 37])
def test_grain_has_the_fingerprint_of_its_own_pixels_whatever_lies_around_it(
    shape: tuple[int, int], inset: int
) -> None:
    part = grain(*shape)
    listed = fingerprint_pixels(part)
    framed = np.pad(part, inset)
    box = Box(inset, inset, inset + shape[0], inset + shape[1])
    block = picked(framed, [box])
    assert bits_apart(turns_of(block)[0][:32], listed.orientations[0].value) <= 12
    assert bits_apart(turns_of(blocks_of(framed.astype(np.float32), [box]))[0][:32], listed.orientations[0].value) > 30
    # No more than PDQ's own, as for every part.
    assert qualities(block)[0] <= listed.quality + 1


@pytest.mark.parametrize("name", sorted(photos()))
def test_a_photograph_has_nearly_the_fingerprint_that_is_listed_of_it(name: str) -> None:
    luma = photos()[name]
    luma = luma if luma.ndim == 2 else luma.mean(axis=2).astype(np.uint8)
    listed = fingerprint_pixels(luma).orientations[0].value
    assert bits_apart(turns_of(picked(luma, [Box(0, 0, *luma.shape)]))[0][:32], listed) <= 6


@settings(max_examples=60)
@given(st.integers(1, 700), st.integers(1, 700), st.integers(0, 2**32 - 1))
def test_boxes_of_every_size_have_coefficients(height: int, width: int, seed: int) -> None:
    luma = np.random.default_rng(seed).integers(0, 256, (height, width), dtype=np.uint8)
    block = picked(luma, [Box(0, 0, height, width)])
    assert block.shape == (1, 16, 16) and np.isfinite(block).all()
    assert picked(luma, []).shape == (0, 16, 16)
