"""Untrusted bytes: every agreed form is read as agreed, everything else gets one of the room's own errors."""

from __future__ import annotations

import base64
import io
import json
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from notcontent.fingerprint.compute import DecodeLimits, fingerprint_picture
from notcontent.fingerprint.decode import decode_picture
from notcontent.fingerprint.formats import FORMATS
from notcontent.fingerprint.refusals import (
    NotAPicture,
    PictureNotOpened,
    PictureRefused,
    PictureTooLarge,
    UnreadablePicture,
)

from .formula import Recipe, draw, turn_pixels
from .make_vectors import SHOWN, VECTORS
from .oracle import expect

FILES = json.loads((VECTORS / "files.json").read_text())["files"]
SMALL = DecodeLimits(max_bytes=1_000_000, max_pixels=1_000_000, max_side=5_000)
RGB = draw(Recipe("", 4242, 88, 66))


def encoded(kind: str, picture: Image.Image | None = None, **options: Any) -> bytes:
    out = io.BytesIO()
    (picture or Image.fromarray(RGB)).save(out, kind, **options)
    return out.getvalue()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file["name"])
def test_every_file_of_the_vectors_is_met(file: dict[str, Any]) -> None:
    result = fingerprint_picture(base64.b64decode(file["base64"]))
    expected = [bytes.fromhex(one) for one in file["orientations"]]
    if file["max_bits"] == 0:
        assert [one.value for one in result.orientations] == expected
        assert result.quality == file["quality"]
    for found, one in zip(result.orientations, expected, strict=True):
        assert (int.from_bytes(found.value, "big") ^ int.from_bytes(one, "big")).bit_count() <= file["max_bits"]


@pytest.mark.parametrize("kind", sorted(FORMATS))
def test_each_format_is_read(kind: str) -> None:
    pixels = decode_picture(encoded(kind), DecodeLimits())
    assert pixels.shape[:2] == (66, 88)


def test_the_pixels_of_lossless_files_come_out_untouched() -> None:
    for data in (encoded("PNG"), encoded("BMP"), encoded("TIFF"), encoded("WEBP", lossless=True)):
        assert np.array_equal(decode_picture(data, DecodeLimits()), RGB)


def test_a_colour_profile_changes_nothing() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    assert np.array_equal(decode_picture(encoded("PNG", icc_profile=profile), DecodeLimits()), RGB)


@pytest.mark.parametrize("byte_order", ["<", ">"])
def test_sixteen_bits_keep_their_high_byte(byte_order: str) -> None:
    deep = (RGB[..., 0].astype(np.uint16) << 8) + 255 - RGB[..., 1]
    height, width = deep.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in deep)

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, 0, 0, 0, 0))
    png += chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    assert np.array_equal(decode_picture(png, DecodeLimits()), RGB[..., 0])
    body = deep.astype(byte_order + "u2").tobytes()
    # Width, height, 16 bits, no compression, black is zero, where the samples lie, rows in one strip, its length.
    entries = [(256, 3, width), (257, 3, height), (258, 3, 16), (259, 3, 1), (262, 3, 1), (273, 4, 8), (278, 3, height)]
    entries.append((279, 4, len(body)))
    tiff = (b"II*\0" if byte_order == "<" else b"MM\0*") + struct.pack(byte_order + "I", 8 + len(body)) + body
    tiff += struct.pack(byte_order + "H", len(entries))
    for tag, kind, value in entries:
        packed = struct.pack(byte_order + ("H2x" if kind == 3 else "I"), value)
        tiff += struct.pack(byte_order + "HHI", tag, kind, 1) + packed
    assert np.array_equal(decode_picture(tiff + bytes(4), DecodeLimits()), RGB[..., 0])


def test_a_colour_that_png_calls_clear_is_shown_as_white() -> None:
    pixels = RGB.copy()
    pixels[10:40, 5:50] = (1, 2, 3)
    seen = np.where((pixels == (1, 2, 3)).all(axis=2, keepdims=True), np.uint8(255), pixels)
    data = encoded("PNG", Image.fromarray(pixels), transparency=(1, 2, 3))
    assert np.array_equal(decode_picture(data, DecodeLimits()), seen)
    assert [one.hex for one in fingerprint_picture(data).orientations] == expect(seen)["orientations"]


def test_what_a_gif_leaves_unpainted_is_white() -> None:
    data = bytearray(encoded("GIF", Image.fromarray(RGB).quantize(64)))
    painted = decode_picture(bytes(data), DecodeLimits())
    data[6:10] = struct.pack("<HH", 120, 90)
    whole = np.full((90, 120, 3), 255, np.uint8)
    whole[:66, :88] = painted
    assert np.array_equal(decode_picture(bytes(data), DecodeLimits()), whole)


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "AVIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_formats_that_rarely_carry_exif_are_turned_too(kind: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    found = decode_picture(encoded(kind, exif=exif), DecodeLimits()).astype(int)
    plain = decode_picture(encoded(kind), DecodeLimits())
    assert np.abs(found - turn_pixels(plain)[SHOWN[orientation]]).mean() < 1


@pytest.mark.parametrize("exif", [b"Exif\0\0", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0" + b"\xff" * 40])
def test_a_broken_exif_block_does_not_keep_a_picture_from_being_read(exif: bytes) -> None:
    assert decode_picture(encoded("JPEG", exif=exif), DecodeLimits()).shape == (66, 88, 3)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0",
        b"hello, this is a letter",
        b"%PDF-1.7\n",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"RIFF\0\0\0\0AVI LIST",
        b"\0\0\0\x20ftypisom\0\0\2\0isomiso2",
        encoded("ICO", sizes=[(32, 32)]),
        encoded("PPM"),
        encoded("TGA"),
        encoded("DDS"),
    ],
    ids=lambda data: repr(data[:12]),
)
def test_what_is_no_picture_of_an_allowed_kind_is_called_so(data: bytes) -> None:
    with pytest.raises(NotAPicture):
        decode_picture(data, SMALL)


@pytest.mark.parametrize("data", [encoded("JPEG2000"), b"\0\0\0\x18ftypheic" + bytes(200), b"8BPS\0\1" + bytes(200)])
def test_a_picture_of_a_kind_that_nobody_opens_is_not_called_no_picture(data: bytes) -> None:
    with pytest.raises(PictureNotOpened):
        decode_picture(data, SMALL)


@pytest.mark.parametrize("kind", sorted(FORMATS))
def test_a_truncated_file_is_refused_whole(kind: str) -> None:
    data = encoded(kind)
    for length in [12, 20, 40, *range(60, len(data) - 64, max(1, len(data) // 12))]:
        if kind == "BMP" and length < 2:
            continue
        with pytest.raises((UnreadablePicture, PictureTooLarge)):
            decode_picture(data[:length], SMALL)


def bomb(width: int, height: int) -> bytes:
    """A PNG of few bytes that claims many pixels."""
    data = bytearray(encoded("PNG", Image.new("L", (1, 1))))
    data[16:24] = struct.pack(">II", width, height)
    data[29:33] = struct.pack(">I", zlib.crc32(bytes(data[12:29])))
    return bytes(data)


@pytest.mark.parametrize("size", [(1001, 1000), (5001, 1), (1, 5001), (100_000, 100_000), (2**31 - 1, 2**31 - 1)])
def test_a_bomb_is_refused_by_its_header(size: tuple[int, int]) -> None:
    with pytest.raises(PictureTooLarge):
        decode_picture(bomb(*size), SMALL)


def test_a_webp_bomb_is_refused_before_its_decoder_takes_memory() -> None:
    header = b"VP8X" + struct.pack("<I", 10) + b"\0\0\0\0" + b"\xff\xff\xff" + b"\xff\xff\0"
    with pytest.raises(PictureTooLarge):
        decode_picture(b"RIFF" + struct.pack("<I", len(header) + 4) + b"WEBP" + header, SMALL)
    header = b"VP8L" + struct.pack("<I", 10) + b"\x2f" + struct.pack("<I", (9000 << 14) + 9000) + bytes(5)
    with pytest.raises(PictureTooLarge):
        decode_picture(b"RIFF" + struct.pack("<I", len(header) + 4) + b"WEBP" + header, SMALL)


def test_the_limits_themselves_are_still_allowed() -> None:
    data = encoded("PNG", Image.new("L", (100, 80)))
    assert decode_picture(data, DecodeLimits(len(data), 8_000, 100)).shape == (80, 100)
    for limits in (DecodeLimits(len(data) - 1), DecodeLimits(max_pixels=7_999), DecodeLimits(max_side=99)):
        with pytest.raises(PictureTooLarge):
            decode_picture(data, limits)


SEEDS = [base64.b64decode(file["base64"]) for file in FILES] + [encoded("AVIF"), encoded("TIFF", compression="jpeg")]


@settings(max_examples=400)
@given(
    st.sampled_from(SEEDS),
    st.lists(st.tuples(st.integers(0, 30_000), st.binary(min_size=1, max_size=4)), min_size=1, max_size=8),
    st.integers(0, 400),
)
def test_mutated_files_are_read_or_refused_and_nothing_else(
    data: bytes, changes: list[tuple[int, bytes]], removed: int
) -> None:
    untrusted = bytearray(data)
    for place, new in changes:
        # Half of the changes strike the header, where decoders decide.
        start = place % (len(untrusted) if place % 2 else min(len(untrusted), 256))
        untrusted[start : start + len(new)] = new
    try:
        result = fingerprint_picture(bytes(untrusted[: len(untrusted) - removed]), SMALL)
    except PictureRefused:
        return
    assert len(result.orientations) == 8


@settings(max_examples=100)
@given(st.sampled_from([signature for some in FORMATS.values() for signature in some]), st.binary(max_size=300))
def test_a_signature_with_rubbish_behind_it_is_refused(signature: bytes, rubbish: bytes) -> None:
    prefix = b"\0\0\0\x1c" if signature.startswith(b"ftyp") else b""
    with pytest.raises(PictureRefused):
        decode_picture(prefix + signature + rubbish, SMALL)
