"""Uploads that are only looked up: JPEG at a reduced scale, near enough to what was enrolled, in every orientation."""

from __future__ import annotations

import io
import itertools
import warnings

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from notcontent.fingerprint import decode, jpeg, operators
from notcontent.fingerprint.compute import DecodeLimits, fingerprint_picture
from notcontent.fingerprint.orientations import ORIENTATIONS, Orientation
from notcontent.fingerprint.pdq import Reduced, fingerprint_reduced
from notcontent.fingerprint.picture import PictureFingerprint, Purpose
from notcontent.fingerprint.refusals import PictureTooLarge, UnreadablePicture

from . import jpegs
from .formula import turn_pixels
from .oracle import expect
from .photos import photos, resized

PHOTO = resized(photos()["coffee"], 1613, 1211)
SMALL = DecodeLimits(max_bytes=2_000_000, max_pixels=2_000_000, max_side=5_000)


def scale_used(data: bytes) -> int:
    return decode.open_picture(data, DecodeLimits()).reduced().scale


def bits_apart(one: PictureFingerprint, other: PictureFingerprint) -> list[int]:
    return [a.distance_bits(b) for a, b in zip(one.orientations, other.orientations, strict=True)]


def drift(data: bytes) -> list[int]:
    """How far the fast fingerprints are from the canonical ones of the same file, in each orientation."""
    return bits_apart(fingerprint_picture(data, purpose=Purpose.QUERY), fingerprint_picture(data))


@pytest.mark.parametrize(
    ("shorter", "scale"),
    [(5, 1), (479, 1), (480, 2), (959, 2), (960, 4), (3023, 4), (3024, 8), (9999, 8)],
)
def test_the_scale_is_the_largest_that_leaves_samples_enough(shorter: int, scale: int) -> None:
    assert jpeg.scale_for(shorter, 12_000) == jpeg.scale_for(12_000, shorter) == scale


SIZES = [None, (640, 480), (1632, 1224), (1613, 1211), (3021, 2023), (4032, 3024), (3027, 4035)]


def test_at_most_four_bits_move_for_99_of_100_photographs_of_any_size_and_orientation() -> None:
    moved = []
    for (name, pixels), size in itertools.product(photos().items(), SIZES):
        if size is not None and size[0] * size[1] > 3_000_000 and name not in ("china", "astronaut", "rocket"):
            continue
        data = jpegs.jpeg(pixels if size is None else resized(pixels, *size))
        moved += drift(data)
    assert len(moved) > 300
    assert sum(bits <= 4 for bits in moved) >= 0.99 * len(moved)
    assert max(moved) <= 8


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("size", [(1613, 1211), (640, 427), (1001, 1533)])
def test_a_turned_jpeg_is_looked_up_as_a_person_sees_it(orientation: int, size: tuple[int, int]) -> None:
    data = jpegs.turned(resized(photos()["china"], *size), orientation)
    assert scale_used(data) == jpeg.scale_for(*size)
    assert max(drift(data)) <= 4


def test_turning_by_exif_and_turning_the_pixels_are_the_same_bit_for_bit() -> None:
    # Lossless, so that nothing but the order of the orientations can differ.
    grey = resized(photos()["camera"], 301, 517)
    for shown, pixels in zip(ORIENTATIONS, turn_pixels(grey), strict=True):
        assert [one.hex for one in fingerprint_reduced(Reduced(grey, 517, 301, 1, shown)).orientations] == [
            one.hex for one in fingerprint_reduced(Reduced(pixels, *pixels.shape)).orientations
        ]


@pytest.mark.parametrize("size", [(500, 481), (757, 1023), (1211, 1613), (961, 1703), (3027, 3031)])
def test_a_scaled_decode_of_nearly_lossless_pixels_moves_next_to_nothing(size: tuple[int, int]) -> None:
    # Nothing but the scale can move bits here: no colour, no coarse quantisation.
    data = jpegs.jpeg(resized(photos()["camera"], *size), "L", quality=100)
    assert scale_used(data) > 1
    assert max(drift(data)) <= 2


@pytest.mark.parametrize("scale", [1, 2, 4, 8])
@pytest.mark.parametrize("samples", [64, 97, 480, 1211])
def test_folded_weights_give_what_the_whole_ones_give_where_a_block_holds_low_frequencies_only(
    scale: int, samples: int
) -> None:
    # A straight line would do for scale 8 only if it were flat within each block of 8.
    blocks = -(-samples // 8)
    k = np.arange(8 // scale)
    heights = np.random.default_rng(5).normal(0, 50, (blocks, len(k)))
    line = (heights @ np.cos(np.pi / 16 * k[:, None] * (2 * np.arange(8) + 1))).ravel()
    left = (heights @ np.cos(np.pi / 2 / len(k) * k[:, None] * (2 * k + 1))).ravel()
    if samples % 8:
        # What lies beyond the edge is no part of the picture; its weights are zero, and the decoder drops most of it.
        left, line = left[: -(-samples // scale)], line[:samples]
    whole, folded = operators.axis_operator(samples), operators.axis_operator(samples, scale)
    for place, (one, other) in enumerate(zip(applied(whole, line), applied(folded, left), strict=True)):
        touches_the_edge = samples % 8 and not 12 < place % 64 < 52
        assert touches_the_edge or abs(one - other) < 0.01


def applied(operator: operators.Operator, line: NDArray[np.float64]) -> NDArray[np.float64]:
    """The 64 rows of P and the 64 of P reversed, each times the samples of one axis."""
    sums = np.empty(128)
    for band in operator.bands:
        sums[band.rows] = band.weights @ line[band.start : band.stop]
    return sums[operator.order]


def test_the_quality_is_that_of_the_canonical_fingerprint_within_two() -> None:
    for contrast in (4, 12, 20, 30, 60, 128, 255):
        soft = (128 + (PHOTO.astype(int) - 128) * contrast // 255).astype(np.uint8)
        data = jpegs.jpeg(soft, quality=95)
        canonical = fingerprint_picture(data).quality
        assert abs(fingerprint_picture(data, purpose=Purpose.QUERY).quality - canonical) <= 2


FOLDED = {
    "progressive": jpegs.jpeg(PHOTO, progressive=True),
    "grey": jpegs.jpeg(PHOTO, "L"),
    "restart markers": jpegs.jpeg(PHOTO, restart_marker_blocks=7),
    "chroma as fine as brightness": jpegs.jpeg(PHOTO, subsampling="4:4:4"),
    "chroma halved in one direction": jpegs.jpeg(PHOTO, subsampling="4:2:2"),
    "rough": jpegs.jpeg(PHOTO, quality=30),
    "no JFIF segment": jpegs.without(jpegs.jpeg(PHOTO), 0xE0),
    "a note": jpegs.jpeg(PHOTO, comment=b"\xff\xc0\xff\xda" * 9),
}

_phone = io.BytesIO()
Image.fromarray(PHOTO).save(_phone, "MPO", save_all=True, append_images=[Image.fromarray(PHOTO[::-1])], quality=88)
FOLDED["two pictures of a phone"] = _phone.getvalue()


@pytest.mark.parametrize("kind", FOLDED)
def test_ordinary_kinds_of_jpeg_are_decoded_at_a_reduced_scale(kind: str) -> None:
    assert scale_used(FOLDED[kind]) == 4
    assert max(drift(FOLDED[kind])) <= 4


def _planes(names: bytes, adobe: int | None) -> bytes:
    """Three planes without JFIF, named so in the frame and the scan, with that transform in an Adobe segment."""
    data = bytearray(jpegs.without(jpegs.jpeg(PHOTO), 0xE0))
    for marker, start, _ in jpegs.segments(bytes(data)):
        for place in range(3):
            if marker == 0xC0:
                data[start + 10 + 3 * place] = names[place]
            if marker == 0xDA:
                data[start + 5 + 2 * place] = names[place]
    segment = b"" if adobe is None else b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0" + bytes((adobe,))
    return bytes(data[:2] + segment + data[2:])


FULL = {
    "CMYK": jpegs.jpeg(PHOTO, "CMYK"),
    "RGB-coded, says Adobe": jpegs.rgb_coded(PHOTO),
    "RGB-coded, say its planes": _planes(b"RGB", None),
    "Adobe without a transform": _planes(b"\1\2\3", 0),
    "junk between segments": jpegs.jpeg(PHOTO)[:2] + b"\xff\xff\xff" + jpegs.jpeg(PHOTO)[3:],
    "PNG": b"",
    "WebP": b"",
}
for _name in ("PNG", "WebP"):
    _out = io.BytesIO()
    Image.fromarray(PHOTO).save(_out, _name)
    FULL[_name] = _out.getvalue()


@pytest.mark.parametrize("kind", FULL)
def test_odd_kinds_of_jpeg_and_other_formats_are_decoded_in_full(kind: str) -> None:
    assert scale_used(FULL[kind]) == 1
    assert max(drift(FULL[kind])) <= 4


@pytest.mark.parametrize("size", [(3000, 1), (1, 3000), (3000, 4), (4, 4), (5, 5), (3000, 9), (16, 16), (900, 70)])
def test_the_thinnest_pictures_are_looked_up_like_any(size: tuple[int, int]) -> None:
    data = jpegs.jpeg(resized(photos()["china"], *size))
    fast, canonical = fingerprint_picture(data, purpose=Purpose.QUERY), fingerprint_picture(data)
    assert abs(fast.quality - canonical.quality) <= 2
    if min(size) < 5:
        assert fast == canonical
    if canonical.quality >= 50 and min(size) >= 64:
        assert max(bits_apart(fast, canonical)) <= 4


@pytest.mark.parametrize(
    "data",
    [
        jpegs.with_frame(jpegs.jpeg(PHOTO), 0xC3),
        jpegs.with_frame(jpegs.jpeg(PHOTO), 0xC9),
        jpegs.with_frame(jpegs.jpeg(PHOTO), 0xC0, 0, b"\x0c"),
        jpegs.with_frame(jpegs.jpeg(PHOTO), 0xC0, 7, b"\x11\0\2\x22"),
        jpegs.jpeg(PHOTO)[:300],
        b"\xff\xd8" + b"\xff\xe0\0\2" * 2000,
        b"\xff\xd8\xff",
        b"",
    ],
    ids=["lossless", "arithmetic", "12 bits", "coarse brightness", "cut off", "endless header", "short", "empty"],
)
def test_a_header_with_anything_unusual_is_never_scaled(data: bytes) -> None:
    assert not jpeg.stores_brightness(data)


def test_a_second_frame_header_is_never_scaled() -> None:
    data = jpegs.jpeg(PHOTO)
    _, start, end = next(one for one in jpegs.segments(data) if one[0] == 0xC0)
    assert jpeg.stores_brightness(data)
    assert not jpeg.stores_brightness(data[:end] + data[start:end] + data[end:])


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("size", [(1500, 1400), (5001, 300), (65_535, 65_535)])
def test_a_bomb_is_refused_by_its_header_on_the_reduced_path_too(size: tuple[int, int], progressive: bool) -> None:
    # At an eighth of its size it would fit; what counts is what it claims.
    data = jpegs.with_size(jpegs.jpeg(PHOTO[:64, :64], progressive=progressive), *size)
    with pytest.raises(PictureTooLarge):
        fingerprint_picture(data, SMALL, Purpose.QUERY)


@pytest.mark.parametrize("size", [(3024, 3024), (800, 900)])
def test_a_header_that_claims_more_than_there_is_gets_no_fingerprint(size: tuple[int, int]) -> None:
    with pytest.raises(UnreadablePicture):
        fingerprint_picture(jpegs.with_size(jpegs.jpeg(PHOTO[:64, :64]), *size)[:-2], purpose=Purpose.QUERY)


def test_a_truncated_jpeg_is_refused_whole_on_the_reduced_path_too() -> None:
    data = jpegs.jpeg(PHOTO)
    for part in (0.3, 0.6, 0.9, 0.98):
        with pytest.raises(UnreadablePicture):
            fingerprint_picture(data[: int(part * len(data))], purpose=Purpose.QUERY)


def test_every_other_form_of_picture_is_near_its_canonical_fingerprint() -> None:
    pixels = resized(photos()["chelsea"], 400, 300)
    clear = Image.fromarray(np.dstack([pixels, np.tile(np.arange(400) % 256, (300, 1)).astype(np.uint8)]))
    pictures = {
        "palette": (Image.fromarray(pixels).quantize(64), "PNG"),
        "transparent": (clear, "PNG"),
        "transparent webp": (clear, "WEBP"),
        "gif": (Image.fromarray(pixels), "GIF"),
        "grey": (Image.fromarray(pixels).convert("L"), "PNG"),
        "black and white": (Image.fromarray(pixels).convert("1"), "PNG"),
        "tiff": (Image.fromarray(pixels).convert("CMYK"), "TIFF"),
        "bmp": (Image.fromarray(pixels), "BMP"),
        "avif": (Image.fromarray(pixels), "AVIF"),
    }
    for name, (picture, kind) in pictures.items():
        for orientation in (1, 6):
            exif = Image.Exif()
            exif[0x0112] = orientation
            out = io.BytesIO()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                picture.save(out, kind, **({} if kind in ("GIF", "BMP") else {"exif": exif}))
            assert max(drift(out.getvalue())) <= 2, (name, orientation)


def test_the_orientations_are_told_apart() -> None:
    # Otherwise a mix-up of the eight could pass the tests above on a picture that looks the same turned.
    found = fingerprint_picture(jpegs.jpeg(PHOTO), purpose=Purpose.QUERY).orientations
    assert all(one.distance_bits(other) > 60 for one, other in itertools.combinations(found, 2))
    assert ORIENTATIONS[0] is Orientation.UPRIGHT


def exact(pixels: NDArray[np.uint8]) -> list[str]:
    found: list[str] = expect(pixels)["orientations"]
    return found


def test_what_is_enrolled_stays_exact_whatever_the_file_would_allow() -> None:
    data = jpegs.jpeg(PHOTO)
    decoded = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    assert [one.hex for one in fingerprint_picture(data).orientations] == exact(decoded)
