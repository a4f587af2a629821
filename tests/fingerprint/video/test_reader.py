"""A stranger's video is read in a process of its own that can do nothing else; whatever it holds costs itself only."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from notcontent.fingerprint.picture import Purpose
from notcontent.fingerprint.refusals import DecoderDied, DecoderUnavailable, NoRoom, PictureRefused
from notcontent.fingerprint.video.compute import fingerprint_video
from notcontent.fingerprint.video.frame import Frame
from notcontent.fingerprint.video.limits import VideoLimits
from notcontent.fingerprint.video.progress import Reading
from notcontent.fingerprint.video.reader import VideoReader
from notcontent.fingerprint.video.refusals import (
    NotAVideo,
    UnreadableVideo,
    VideoTooHard,
    VideoTooLarge,
    VideoTooLong,
)
from tests.fingerprint.make_vectors import VECTORS
from tests.fingerprint.odd_worker import ATTEMPTS

from .making import animation, drifting, film
from .odd_worker import FIRST

ROOT = Path(__file__).parents[3]
ODD = (
    sys.executable,
    "-c",
    f"import sys, runpy; sys.path.insert(0, {str(ROOT)!r}); "
    "runpy.run_module('tests.fingerprint.video.odd_worker', run_name='__main__', alter_sys=False)",
)
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="the filter is a Linux one")
FILES = json.loads((VECTORS / "video.json").read_text())["files"]


async def all_of(reader: VideoReader, source: int | bytes, purpose: Purpose = Purpose.QUERY) -> list[Frame]:
    return [look async for batch in reader.frames(source, purpose) for look in batch]


def read(source: int | bytes, purpose: Purpose = Purpose.QUERY, **limits: int) -> list[Frame]:
    return asyncio.run(all_of(VideoReader(limits=VideoLimits(**limits)), source, purpose))  # type: ignore[arg-type]


def odd(wish: bytes, **limits: float) -> list[Frame]:
    return asyncio.run(all_of(VideoReader(limits=VideoLimits(**limits), worker_command=ODD), wish))  # type: ignore[arg-type]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file["name"])
def test_the_videos_of_the_vectors_are_read_as_the_reference_would_inside_the_locked_worker(file) -> None:  # type: ignore[no-untyped-def]
    reader = VideoReader()
    looks = asyncio.run(all_of(reader, base64.b64decode(file["base64"]), Purpose.ENROL))
    assert [round(look.second * 1_000_000) for look in looks] == [frame["us"] for frame in file["frames"]]
    for look, frame in zip(looks, file["frames"], strict=True):
        apart = int(look.upright.hex, 16) ^ int(frame["pdq"], 16)
        assert apart.bit_count() <= file["max_bits"]
        assert abs(look.quality - frame["quality"]) <= 2
    made = asyncio.run(reader.fingerprint(base64.b64decode(file["base64"])))
    assert made.frames == tuple(looks[place].upright for place in file["enrolled"])
    assert (made.seconds, made.complete) == (file["length_us"] / 1_000_000, True)
    if sys.platform == "linux":
        assert reader.sandbox == "seccomp"


def test_a_file_and_its_bytes_and_the_same_process_say_the_same_and_the_descriptor_stays_where_it_was(
    tmp_path: Path,
) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(film(drifting(1, 60)))
    told: list[tuple[float, float]] = []
    here = fingerprint_video(path, lambda reading: told.append((reading.share, reading.done_micros)))
    with path.open("rb") as file:
        file.seek(7)
        assert asyncio.run(VideoReader().fingerprint(file.fileno())) == here
        assert os.lseek(file.fileno(), 0, os.SEEK_CUR) == 7
    assert asyncio.run(VideoReader().fingerprint(path.read_bytes())) == here
    assert len(here.frames) > 5
    assert told == sorted(told) and told[-1][0] > 0.9


@pytest.fixture
def ordinary_priority() -> Iterator[None]:
    """SVT-AV1 makes a process that root runs a real-time one; all that it starts later would starve the others."""
    yield
    if sys.platform == "linux":
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


@pytest.mark.usefixtures("ordinary_priority")
@pytest.mark.parametrize(
    ("codec", "container_name", "pix_fmt"),
    [
        ("libx265", "mp4", "yuv420p10le"),
        ("libsvtav1", "mp4", "yuv420p"),
        ("libvpx", "webm", "yuv420p"),
        ("mpeg4", "avi", "yuv420p"),
        ("libx264", "mpegts", "yuv444p"),
        ("mpeg2video", "mpeg", "yuv420p"),
        ("wmv2", "asf", "yuv420p"),
        ("flv", "flv", "yuv420p"),
        ("mjpeg", "mov", "yuvj422p"),
    ],
)
def test_one_video_in_many_kinds_of_file_is_the_same_video(codec: str, container_name: str, pix_fmt: str) -> None:
    frames = drifting(2, 40, 256, 160)
    usual = read(film(frames))
    other = read(film(frames, codec=codec, container_name=container_name, pix_fmt=pix_fmt))
    near = [min(a.upright.distance_bits(b.upright) for b in other) for a in usual]
    assert len(usual) >= 6 and max(near) <= 31 and sorted(near)[len(near) // 2] <= 16


def test_skimming_an_upload_takes_one_frame_a_quarter_of_those_that_are_listed_of_it() -> None:
    data = film(list(itertools.chain.from_iterable(drifting(seed, 35) for seed in range(4))), preset="slow", crf=28)
    all_decoded = read(data, Purpose.ENROL)
    skimmed = {look.second: look for look in read(data) if not look.trimmed}
    at_four = {look.second: look for look in all_decoded if look.second in skimmed}
    assert set(skimmed) == set(at_four) and len(skimmed) == len({int(4 * second) for second in skimmed}) > 10
    assert max(skimmed[second].upright.distance_bits(at_four[second].upright) for second in skimmed) <= 2


def test_a_fine_upload_is_smoothed_in_key_frames_only_and_stays_a_few_bits_from_what_is_listed() -> None:
    grain = np.random.default_rng(12).normal(0, 6, (7, 112, 192, 1))
    shots = itertools.chain.from_iterable(drifting(seed, 60) for seed in range(2))
    noisy = [np.clip(one + grain[at % 7], 0, 255).astype(np.uint8) for at, one in enumerate(shots)]
    data = film(noisy, preset="fast")
    assert len(data) * 8 > 0.25 * 112 * 192 * len(noisy)
    listed = {look.second: look for look in read(data, Purpose.ENROL)}
    apart = [look.upright.distance_bits(listed[look.second].upright) for look in read(data)]
    assert len(apart) > 10 and 0 < max(apart) <= 16 and sum(apart) / len(apart) <= 5


@pytest.mark.parametrize("degrees", [90, -90, 180])
def test_a_video_filmed_on_its_side_is_seen_upright(degrees: int) -> None:
    frames = drifting(4, 10)
    # The display rotation is counter-clockwise, so the stored frames are turned the other way.
    stored = [np.rot90(one, -degrees // 90) for one in frames]
    upright, turned = read(film(frames), Purpose.ENROL), read(film(stored, turned_degrees=degrees), Purpose.ENROL)
    assert turned[0].upright.distance_bits(upright[0].upright) <= 16


def test_frames_at_an_uneven_pace_are_taken_by_their_own_clock() -> None:
    times = [0, 40, 80, 1000, 1010, 4000, 4240, 4260]
    looks = read(film(drifting(5, len(times)), times_ms=times, container_name="matroska"), Purpose.ENROL)
    assert [look.second for look in looks] == [0, 1, 4, 4.24, 4.26][: len(looks)]
    assert len(looks) >= 4


def test_bars_are_looked_behind_and_a_video_without_bars_has_no_second_look() -> None:
    frames = drifting(6, 20, 192, 112)
    plain = read(film(frames))
    barred = read(film([np.pad(one, ((40, 40), (0, 0), (0, 0))) for one in frames]))
    assert not any(look.trimmed for look in plain)
    behind = [look for look in barred if look.trimmed]
    assert behind and min(behind[0].upright.distance_bits(one.upright) for one in plain) <= 20
    assert min(barred[0].upright.distance_bits(one.upright) for one in plain) > 31


def test_a_broken_tail_costs_the_tail_only_and_is_said() -> None:
    data = film(drifting(7, 160), container_name="matroska")
    whole = asyncio.run(VideoReader().fingerprint(data))
    last: list[Reading] = []
    cut = asyncio.run(VideoReader().fingerprint(data[: len(data) * 6 // 10], last.append))
    assert 0 < len(cut.frames) < len(whole.frames)
    assert cut.frames == whole.frames[: len(cut.frames)]
    assert whole.complete and not cut.complete and not last[-1].complete


def test_animated_pictures_keep_their_own_time_and_a_short_frame_of_a_gif_lasts_a_tenth() -> None:
    frames = drifting(8, 5, 120, 90)
    # The second frame says 0, and lasts 100 ms as in browsers.
    gif = read(animation(frames, "GIF", [450, 0, 400, 250, 90]), Purpose.ENROL)
    assert [look.second for look in gif] == [0, 0.45, 0.55, 0.95, 1.2]
    webp = read(animation(frames, "WEBP", [500, 300, 400, 250, 90]), Purpose.ENROL)
    assert [look.second for look in webp] == [0, 0.5, 0.8, 1.2, 1.45]


def test_what_is_no_video_is_told_from_what_is_a_broken_one() -> None:
    picture = animation(drifting(9, 1), "PNG", [0])
    for untrusted, refusal in (
        (b"", NotAVideo),
        (b"Dear Sir or Madam", NotAVideo),
        (picture, NotAVideo),
        (film(drifting(9, 5))[:200], UnreadableVideo),
        (b"\0\0\0\x20ftypisom" + bytes(300), UnreadableVideo),
    ):
        with pytest.raises(refusal):
            read(untrusted)


def test_limits_on_bytes_length_frames_and_size_hold() -> None:
    data = film(drifting(10, 60))
    for refusal, limits in (
        (VideoTooLarge, {"max_bytes": len(data) - 1}),
        (VideoTooLong, {"max_seconds": 1}),
        (VideoTooLong, {"max_frames": 30}),
        (VideoTooLarge, {"max_pixels": 192 * 112 - 1}),
        (VideoTooLarge, {"max_side": 191}),
    ):
        with pytest.raises(refusal):
            read(data, **limits)
    assert read(data, max_bytes=len(data), max_seconds=3, max_frames=60, max_pixels=192 * 112, max_side=192)
    gif = animation(drifting(10, 4), "GIF", [800] * 4)
    for refusal, limits in (
        (VideoTooLong, {"max_seconds": 1}),
        (VideoTooLong, {"max_frames": 3}),
        (VideoTooLarge, {"max_side": 191}),
    ):
        with pytest.raises(refusal):
            read(gif, **limits)


def test_mutated_files_give_looks_or_one_of_the_rooms_own_refusals() -> None:
    random = np.random.default_rng(11)
    kinds = [film(drifting(11, 12)), film(drifting(11, 12), codec="libvpx-vp9", container_name="webm")]
    kinds.append(animation(drifting(11, 4), "GIF", [200] * 4))

    async def story() -> int:
        reader, read_some = VideoReader(at_once=2), 0
        for data in kinds:
            for count in (3, 30, 300):
                untrusted = np.frombuffer(data, np.uint8).copy()
                untrusted[random.integers(12, len(untrusted), count)] = random.integers(0, 256, count)
                try:
                    read_some += bool(await all_of(reader, untrusted.tobytes()))
                except PictureRefused:
                    continue
        return read_some

    assert asyncio.run(story()) >= 1


@LINUX
def test_from_inside_a_worker_there_are_no_sockets_files_processes_or_descriptors() -> None:
    done = int.from_bytes(odd(b"PRY")[1].turns, "big")
    assert [name for place, name in enumerate(ATTEMPTS) if done >> place & 1] == ["arithmetic"]
    assert odd(b"DESCRIPTORS")[1].quality == 3


@pytest.mark.parametrize(
    ("wish", "refusal"),
    [
        (b"SLEEP", VideoTooHard),
        (b"SPIN", VideoTooHard),
        (b"BLOAT", VideoTooHard),
        (b"CRASH", DecoderDied),
        (b"BABBLE", DecoderDied),
        (b"TOO MANY", DecoderDied),
        (b"FROM THE PAST", DecoderDied),
        (b"FROM BEYOND", DecoderDied),
        (b"FOR EVER", DecoderDied),
        (b"NO QUALITY", DecoderDied),
        (b"EXCUSE", DecoderDied),
        (b"READY AGAIN", DecoderDied),
        (b"RAISE", UnreadableVideo),
    ],
)
def test_a_worker_gone_wrong_costs_its_own_video(wish: bytes, refusal: type[Exception]) -> None:
    began = time.monotonic()
    with pytest.raises(refusal):
        odd(wish, timeout_s=3.0, cpu_s=30, memory_bytes=200 << 20)
    assert time.monotonic() - began < 60
    assert odd(b"fine") == [FIRST]


def test_cpu_time_alone_ends_a_worker_too() -> None:
    began = time.monotonic()
    with pytest.raises(VideoTooHard):
        odd(b"SPIN", timeout_s=60.0, cpu_s=1)
    assert time.monotonic() - began < 50


def test_a_caller_that_stops_early_leaves_no_process_behind_and_the_next_has_its_turn() -> None:
    async def story() -> None:
        reader = VideoReader(at_once=1, worker_command=ODD)
        looks = reader.frames(b"SLEEP", Purpose.QUERY)
        assert (await anext(looks))[0] == FIRST
        await looks.aclose()
        assert await asyncio.wait_for(all_of(reader, b"fine"), 60) == [FIRST]

    asyncio.run(story())


def test_as_many_are_read_at_once_as_agreed_and_beyond_the_queue_one_is_told_to_come_back() -> None:
    async def story() -> None:
        reader = VideoReader(at_once=1, max_waiting=1, worker_command=ODD)
        first = reader.frames(b"SLEEP", Purpose.QUERY)
        await anext(first)
        second = asyncio.create_task(all_of(reader, b"fine"))
        while reader.waiting == 0:
            await asyncio.sleep(0.01)
        with pytest.raises(NoRoom):
            await all_of(reader, b"fine")
        assert not second.done()
        await first.aclose()
        assert await second == [FIRST]

    asyncio.run(story())


def test_a_worker_that_cannot_start_is_told_as_such() -> None:
    reader = VideoReader(worker_command=(sys.executable, "-c", "raise SystemExit(1)"))
    with pytest.raises(DecoderUnavailable):
        asyncio.run(all_of(reader, b"fine"))
    missing = VideoReader(worker_command=("/nonexistent/python",))
    with pytest.raises(DecoderUnavailable):
        asyncio.run(all_of(missing, b"fine"))


def test_a_pipe_is_no_video() -> None:
    reading, writing = os.pipe()
    try:
        with pytest.raises(NotAVideo):
            read(reading)
    finally:
        os.close(reading)
        os.close(writing)
