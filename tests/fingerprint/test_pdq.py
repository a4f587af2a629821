"""Our arithmetic against the reference, bit for bit."""

from __future__ import annotations

import json
import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from notcontent.fingerprint import operators, pdq, reference
from notcontent.fingerprint.orientations import ORIENTATIONS, Orientation

from .formula import Recipe, draw, turn_pixels
from .make_vectors import VECTORS
from .oracle import expect, pdq_hex
from .photos import photos, resized

PICTURES = json.loads((VECTORS / "fingerprints.json").read_text())["pictures"]
FIELDS = ("name", "seed", "width", "height", "pattern", "contrast")


def ours(pixels: NDArray[np.uint8]) -> dict[str, Any]:
    result = pdq.fingerprint_pixels(pixels)
    return {
        "pdq": result.orientations[0].hex,
        "quality": result.quality,
        "orientations": [one.hex for one in result.orientations],
    }


@pytest.mark.parametrize("vector", PICTURES, ids=lambda vector: vector["name"])
def test_every_vector_is_met(vector: dict[str, Any]) -> None:
    found = ours(draw(Recipe(*(vector[field] for field in FIELDS))))
    assert found["quality"] == vector["quality"]
    if vector["compare"] == "all":
        assert found["orientations"] == vector["orientations"]


def test_there_are_enough_vectors_and_they_say_what_the_reference_says() -> None:
    assert len(PICTURES) >= 62
    for vector in PICTURES[::9]:
        if vector["width"] * vector["height"] < 500_000:
            assert expect(draw(Recipe(*(vector[field] for field in FIELDS)))) == {
                key: vector[key] for key in ("pdq", "quality", "orientations")
            }


@pytest.mark.parametrize("name", sorted(photos()))
@pytest.mark.parametrize("size", [None, (64, 64), (131, 97), (320, 240), (301, 517)])
def test_a_photograph_has_the_fingerprint_of_the_reference_in_all_eight_orientations(
    name: str, size: tuple[int, int] | None
) -> None:
    pixels = photos()[name] if size is None else resized(photos()[name], *size)
    assert ours(pixels) == expect(pixels)


@pytest.mark.parametrize("size", [(1632, 1224), (1125, 2001)])
def test_a_photograph_of_two_megapixels_agrees_too(size: tuple[int, int]) -> None:
    pixels = resized(photos()["china"], *size)
    assert ours(pixels) == expect(pixels)


def test_a_photograph_of_twelve_megapixels_agrees_too() -> None:
    pixels = resized(photos()["flower"], 4032, 3024)
    result = pdq.fingerprint_pixels(pixels)
    assert (result.orientations[0].hex, result.quality) == pdq_hex(pixels)
    half_turn = result.orientations[ORIENTATIONS.index(Orientation.HALF_TURN)]
    assert half_turn.hex == pdq_hex(turn_pixels(pixels)[2])[0]


@pytest.mark.parametrize("name", ["flat", "across", "down", "both", "one dot", "black", "faint"])
@pytest.mark.parametrize("size", [(64, 64), (333, 517), (480, 640), (5, 400)])
def test_pictures_with_little_in_them_agree_too_though_rounding_decides_their_bits(
    name: str, size: tuple[int, int]
) -> None:
    height, width = size
    x, y = np.arange(width)[None, :, None], np.arange(height)[:, None, None]
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[:] = {
        "flat": np.array([201, 17, 137]),
        "across": x * 255 // width,
        "down": y * 255 // height,
        "both": x * 100 // width + y * 100 // height,
        "one dot": 255 * (x == width // 3) * (y == height // 3),
        "black": 0,
        "faint": 128 + ((x // 9 + y // 7) % 2),
    }[name]
    assert ours(pixels) == expect(pixels)


@settings(max_examples=60)
@given(
    st.integers(1, 260), st.integers(1, 260), st.integers(0, 2**32 - 1), st.sampled_from([1, 2, 8, 255]), st.booleans()
)
def test_random_pixels_of_any_shape_agree(height: int, width: int, seed: int, spread: int, grey: bool) -> None:
    shape = (height, width) if grey else (height, width, 3)
    pixels = np.random.default_rng(seed).integers(0, spread + 1, shape, dtype=np.uint8)
    assert ours(pixels) == expect(pixels)


def test_quality_agrees_from_nothing_to_plenty() -> None:
    seen = set()
    for contrast in range(0, 256, 8):
        pixels = draw(Recipe("", 9, 150, 131, contrast=contrast))
        quality = pdq.fingerprint_pixels(pixels).quality
        assert quality == pdq_hex(pixels)[1]
        seen.add(quality)
    assert {0, 100} <= seen
    assert len(seen) > 10


def test_the_float32_steps_end_in_the_very_floats_of_the_reference() -> None:
    import pdqhash

    pixels = draw(Recipe("", 5, 1001, 777))
    floats, _ = pdqhash.compute_float(pixels)
    block = reference.coefficients(reference.small_picture(reference.luma_plane(pixels)))
    assert np.array_equal(np.asarray(floats, np.float32)[::-1], block.ravel())


@pytest.mark.parametrize("size", [(480, 640), (97, 131), (5, 900), (900, 5), (40, 9000), (2000, 1500)])
@pytest.mark.parametrize("content", ["grid", "noise", "bright"])
def test_rounding_stays_within_half_of_the_slack_that_is_allowed_for_it(content: str, size: tuple[int, int]) -> None:
    rng = np.random.default_rng(3)
    pixels = {
        "grid": draw(Recipe("", 3, size[1], size[0])),
        "noise": rng.integers(0, 256, (*size, 3), dtype=np.uint8),
        "bright": rng.integers(247, 256, (*size, 3), dtype=np.uint8),
    }[content]
    found = operators.small_pictures(pixels)
    small, block = found.picture(0, 0).astype(float), found.coefficients()[0, 0].astype(float)
    exact = reference.small_picture(reference.luma_plane(pixels))
    allowed = pdq.allowed_slack(*size)
    drift = (block - reference.coefficients(exact)).ravel()
    middle = np.argsort(block.ravel())[96:160]
    assert np.ptp(drift[middle]) <= allowed.coefficient / 2
    assert np.abs(small - exact).max() <= allowed.sample / 2


def test_a_picture_too_large_to_settle_in_every_orientation_is_still_exact_upright() -> None:
    x, y = np.arange(4000)[None, :], np.arange(4100)[:, None]
    squares = (((x // 400 + y // 410) % 2) * 200).astype(np.uint8)
    result = pdq.fingerprint_pixels(squares)
    assert result.quality >= 50
    assert (result.orientations[0].hex, result.quality) == pdq_hex(squares)


@pytest.mark.parametrize("purpose", ["enrol", "query"])
def test_a_large_picture_with_nothing_in_it_costs_no_seconds(purpose: str) -> None:
    flat = np.full((4100, 4000, 3), 77, np.uint8)
    began = time.process_time()
    result = (
        pdq.fingerprint_pixels(flat) if purpose == "enrol" else pdq.fingerprint_reduced(pdq.Reduced(flat, 4100, 4000))
    )
    # Repeating the reference's steps for it takes more than a second.
    assert time.process_time() - began < 0.7
    assert result.quality == 0
