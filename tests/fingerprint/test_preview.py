"""A preview is coarse, is made in a locked-in process, and is whatever the picture is, never what a process says."""

from __future__ import annotations

import asyncio
import io
import resource
import sys

import numpy as np
import pytest
from PIL import Image

from notcontent.fingerprint import preview
from notcontent.fingerprint.coarse import reduce_to
from notcontent.fingerprint.pool import PoolLimits
from notcontent.fingerprint.preview import _as_png, make_preview
from notcontent.fingerprint.refusals import DecoderDied, NotAPicture, PictureTooLarge, UnreadablePicture
from notcontent.fingerprint.video.refusals import UnreadableVideo
from tests.conftest import generated_picture
from tests.fingerprint.video.making import animation, film


@pytest.mark.parametrize(("width", "height"), [(640, 480), (480, 640), (96, 96), (10, 7), (4000, 3), (97, 1)])
def test_each_pixel_is_the_mean_of_a_block(width: int, height: int) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    coarse = reduce_to(pixels, 96)
    assert coarse.dtype == np.uint8 and max(coarse.shape[:2]) == min(96, max(width, height))
    assert abs(float(coarse.mean()) - float(pixels.mean())) < 4
    assert np.array_equal(reduce_to(np.full((height, width), 77, np.uint8), 96), np.full(coarse.shape, 77))
    if max(width, height) <= 96:
        assert np.array_equal(coarse, pixels)


def test_a_preview_is_a_png_that_others_read_and_is_too_coarse_to_be_the_picture() -> None:
    picture = generated_picture(5)
    shown = Image.open(io.BytesIO(asyncio.run(make_preview(picture))))
    original = Image.open(io.BytesIO(picture)).convert("RGB")
    assert shown.format == "PNG" and shown.mode == "RGB" and max(shown.size) == 48 < max(original.size)
    alike = np.asarray(original.resize(shown.size, Image.Resampling.BOX), np.int16) - np.asarray(shown, np.int16)
    assert abs(alike).mean() < 4


@pytest.mark.parametrize(
    ("upload", "refusal"),
    [(b"no picture", NotAPicture), (b"\xff\xd8\xff broken", UnreadablePicture), (b"x" * (2 << 20), PictureTooLarge)],
)
def test_what_is_no_picture_has_no_preview(upload: bytes, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        asyncio.run(make_preview(upload, PoolLimits(max_bytes=1 << 20)))


def test_a_process_that_never_stops_talking_is_not_listened_to_for_longer_than_a_preview_takes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    talker = "import sys\nwhile True: sys.stdout.buffer.write(b'P' * 65536)"
    monkeypatch.setattr(preview, "_COMMAND", (sys.executable, "-I", "-c", talker))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(DecoderDied):
        asyncio.run(make_preview(b"x" * 300_000, PoolLimits(timeout_s=5.0)))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000, "kB"


@pytest.mark.parametrize(
    "answer",
    [b"", b"P", b"P\0\1\0\1ab", b"P\0\1\0\1abcd", b"P\0\0\0\0", b"P\0\x61\0\1" + b"a" * 291, b"Rwhat", b"<html>"],
)
def test_a_process_gone_wrong_gets_nothing_into_a_browser(answer: bytes) -> None:
    with pytest.raises(DecoderDied):
        _as_png(answer)


@pytest.mark.parametrize(("codec", "container"), [("libx264", "mp4"), ("libvpx-vp9", "webm"), ("mpeg4", "avi")])
def test_of_a_video_a_few_frames_are_shown_in_order_with_the_one_that_matched(codec: str, container: str) -> None:
    """Ten shades, a second each; the match is in the seventh."""
    shades = [20 + 20 * shade for shade in range(10)]
    made = film([np.full((64, 96, 3), shade, np.uint8) for shade in shades for _ in range(10)], 10, codec, container)
    shown = Image.open(io.BytesIO(asyncio.run(make_preview(made, at_s=6.5))))
    assert shown.size == (5 * 48 + 4 * 4, 32)
    seen = [int(np.asarray(shown)[16, 24 + 52 * place, 0]) for place in range(5)]
    assert seen == sorted(seen) and seen[0] == pytest.approx(20, abs=18)
    assert min(abs(each - (16 + 140 * 219 / 255)) for each in seen) < 8, seen


def test_a_video_filmed_on_its_side_is_shown_upright_and_one_without_frames_has_no_preview() -> None:
    upright = [np.full((64, 96, 3), 90, np.uint8)] * 5
    shown = Image.open(io.BytesIO(asyncio.run(make_preview(film(upright, turned_degrees=90)))))
    assert shown.size[1] == 48
    with pytest.raises(UnreadableVideo):
        asyncio.run(make_preview(film(upright)[:200]))


def test_of_an_animation_a_few_frames_are_shown_too() -> None:
    frames = [np.full((40, 60, 3), 10 * shade, np.uint8) for shade in range(20)]
    shown = Image.open(io.BytesIO(asyncio.run(make_preview(animation(frames, "GIF", [500] * 20), at_s=9.4))))
    assert shown.size == (5 * 48 + 4 * 4, 32)
    assert [int(np.asarray(shown)[16, 24 + 52 * place, 0]) // 10 for place in range(5)] == [0, 5, 10, 15, 19]
