"""What a file is, told from its bytes."""

from __future__ import annotations

import io
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from notcontent.fingerprint.video.formats import HEAD_BYTES, find_video_format
from tests.fingerprint.formula import Recipe, draw

from .making import animation, drifting, film

FRAMES = drifting(3, count=6)
KINDS = {"GIF", "WEBP", "AVIF", "mov", "matroska", "avi", "ogg", "flv", "asf", "mpeg", "mpegts"}


@pytest.mark.parametrize(
    ("codec", "container_name", "found"),
    [
        ("libx264", "mp4", "mov"),
        ("libx264", "mov", "mov"),
        ("libvpx", "webm", "matroska"),
        ("mpeg4", "avi", "avi"),
        ("libx264", "mpegts", "mpegts"),
        ("mpeg2video", "mpeg", "mpeg"),
        ("flv", "flv", "flv"),
        ("wmv2", "asf", "asf"),
    ],
)
def test_each_kind_of_video_is_recognised_from_its_head(codec: str, container_name: str, found: str) -> None:
    data = film(FRAMES, codec=codec, container_name=container_name)
    assert find_video_format(data) == find_video_format(data[:HEAD_BYTES]) == found


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "AVIF"])
def test_an_animated_picture_is_a_video_and_a_still_one_is_not(kind: str) -> None:
    assert find_video_format(animation(FRAMES, kind, [200] * 6)) == kind
    still = io.BytesIO()
    Image.fromarray(FRAMES[0]).save(still, kind)
    assert find_video_format(still.getvalue()) is None


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "BMP"])
def test_pictures_are_no_videos(kind: str) -> None:
    out = io.BytesIO()
    Image.fromarray(draw(Recipe("", 5, 60, 40))).save(out, kind)
    assert find_video_format(out.getvalue()) is None


def test_a_gif_of_endless_blocks_is_left_to_the_worker() -> None:
    head = b"GIF89a" + bytes(7)
    assert find_video_format(head + b"!\xfe\x01a\0" * 100_000) == "GIF"
    # One frame in pieces of a byte: 16 million of them would keep the process that asks busy for seconds.
    began = time.process_time()
    assert find_video_format(head + b"," + bytes(9) + b"\x08" + b"\x01a" * (16 << 20)) == "GIF"
    assert time.process_time() - began < 0.5


@given(st.binary(max_size=300))
def test_any_bytes_get_an_answer(untrusted: bytes) -> None:
    for head in (b"", b"GIF89a", b"RIFF\0\0\0\0WEBPVP8X", b"\0\0\0\x20ftyp", b"G"):
        found = find_video_format(head + untrusted)
        assert found is None or found in KINDS
        assert find_video_format(memoryview(head + untrusted)) == found
