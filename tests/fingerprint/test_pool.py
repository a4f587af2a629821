"""Pictures are read by workers that can do nothing else; one that is killed, hangs or bloats costs its upload only."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from notcontent.fingerprint.compute import fingerprint_picture
from notcontent.fingerprint.picture import Purpose
from notcontent.fingerprint.pool import DecoderPool, PoolLimits
from notcontent.fingerprint.refusals import (
    DecoderDied,
    DecoderUnavailable,
    NoRoom,
    NotAPicture,
    PictureTooHard,
    PictureTooLarge,
    UnreadablePicture,
)
from notcontent.fingerprint.worker_process import Broken, WorkerProcess

from . import odd_worker
from .formula import Recipe, draw
from .jpegs import jpeg, with_size
from .make_vectors import VECTORS
from .oracle import expect
from .photos import photos, resized
from .test_decode import bomb

ODD = (sys.executable, str(Path(odd_worker.__file__).resolve()))
FILES = json.loads((VECTORS / "files.json").read_text())["files"]
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="the filter is a Linux one")


@contextlib.asynccontextmanager
async def pool(workers: int = 1, odd: bool = False, **limits: Any) -> AsyncIterator[DecoderPool]:
    running = DecoderPool(workers, PoolLimits(**limits), *([ODD] if odd else []))
    await running.start()
    try:
        yield running
    finally:
        await running.close()


def png(pixels: np.ndarray[Any, np.dtype[np.uint8]]) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG", compress_level=1)
    return out.getvalue()


def number(result: Any) -> int:
    return int.from_bytes(result.upright.value, "big")


async def until(condition: Any, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.02)


def test_every_file_of_the_vectors_is_read_inside_the_locked_workers() -> None:
    async def story() -> None:
        async with pool(2) as decoder:
            results = await asyncio.gather(*(decoder.fingerprint(base64.b64decode(file["base64"])) for file in FILES))
            assert decoder.status().replaced == 0
        for file, result in zip(FILES, results, strict=True):
            if file["max_bits"] == 0:
                assert [one.hex for one in result.orientations] == file["orientations"]
                assert result.quality == file["quality"]

    asyncio.run(story())


def test_the_pool_answers_for_the_purpose_it_is_asked_for() -> None:
    # A file whose fast fingerprint is not quite the canonical one, so that mixing them up shows.
    pixels = resized(photos()["coffee"], 1613, 1211)
    data = next(
        data
        for data in (jpeg(pixels, quality=quality) for quality in range(95, 20, -5))
        if fingerprint_picture(data) != fingerprint_picture(data, purpose=Purpose.QUERY)
    )

    async def story() -> None:
        async with pool(1) as decoder:
            for purpose in (*Purpose, *Purpose):
                assert await decoder.fingerprint(data, purpose) == fingerprint_picture(data, purpose=purpose)
            assert await decoder.fingerprint(data) == fingerprint_picture(data)
            assert decoder.status().replaced == 0

    asyncio.run(story())


@pytest.mark.parametrize("purpose", list(Purpose))
def test_a_picture_too_large_is_refused_for_either_purpose_and_the_worker_lives_on(purpose: Purpose) -> None:
    lie = with_size(jpeg(draw(Recipe("", 3, 64, 64))), 4000, 4000)

    async def story() -> None:
        async with pool(1, max_pixels=2_000_000) as decoder:
            with pytest.raises(PictureTooLarge):
                await decoder.fingerprint(lie, purpose)
            assert (await decoder.fingerprint(jpeg(draw(Recipe("", 3, 640, 480))), purpose)).quality > 0
            assert decoder.status().replaced == 0

    asyncio.run(story())


def test_a_large_flat_upload_holds_a_worker_for_less_than_the_reference_would_need() -> None:
    flat = io.BytesIO()
    Image.new("RGB", (7000, 7000)).save(flat, "PNG")
    tied = io.BytesIO()
    x = np.arange(7000) // 875 % 2
    Image.fromarray(np.where(x[:, None] == x, 200, 10).astype(np.uint8)).save(tied, "PNG")

    async def story() -> None:
        # The reference's steps for 49 megapixels take more than two seconds of CPU time, decoding well under one.
        async with pool(1, cpu_s=2) as decoder:
            for upload in (flat, tied):
                assert (await decoder.fingerprint(upload.getvalue(), Purpose.QUERY)).quality >= 0

    asyncio.run(story())


def test_bad_uploads_get_clear_errors_and_the_worker_lives_on() -> None:
    good = draw(Recipe("", 3, 300, 200))
    deep = {"max_pixels": 2_000_000, "max_bytes": 1_000_000}

    async def story() -> None:
        async with pool(1, **deep) as decoder:
            for untrusted, refusal in (
                (b"Dear Sir or Madam", NotAPicture),
                (b"", NotAPicture),
                (png(good)[:5000], UnreadablePicture),
                (bomb(60_000, 60_000), PictureTooLarge),
                (bytes(1_000_001), PictureTooLarge),
            ):
                with pytest.raises(refusal):
                    await decoder.fingerprint(untrusted)
                assert [one.hex for one in (await decoder.fingerprint(png(good))).orientations] == expect(good)[
                    "orientations"
                ]
            assert decoder.status().replaced == 0

    asyncio.run(story())


def test_a_bomb_never_stalls_the_others() -> None:
    flat = io.BytesIO()
    Image.new("RGB", (7000, 7000)).save(flat, "PNG")
    small = png(draw(Recipe("", 3, 100, 100)))

    async def story() -> None:
        async with pool(2) as decoder:
            heavy = asyncio.create_task(decoder.fingerprint(flat.getvalue()))
            await asyncio.sleep(0.1)
            for _ in range(10):
                await asyncio.wait_for(decoder.fingerprint(small), 60)
            assert (await heavy).quality == 0

    asyncio.run(story())


@LINUX
def test_from_inside_a_worker_there_are_no_sockets_files_processes_or_descriptors() -> None:
    async def story() -> int:
        async with pool(1, odd=True) as decoder:
            assert decoder.status().sandbox == "seccomp"
            return number(await decoder.fingerprint(b"PRY"))

    done = asyncio.run(story())
    assert [name for place, name in enumerate(odd_worker.ATTEMPTS) if done >> place & 1] == ["arithmetic"]


def test_the_same_attempts_succeed_in_a_free_process_so_the_test_above_can_fail() -> None:
    code = f"import sys; sys.path.insert(0, {str(Path(odd_worker.__file__).parent)!r}); import odd_worker as o"
    out = subprocess.run([sys.executable, "-c", code + "; print(o.pry())"], capture_output=True, text=True, check=True)
    succeeded = set(json.loads(out.stdout.replace("'", '"')))
    assert set(odd_worker.ATTEMPTS) - succeeded <= {"more descriptors", "shared memory"}


@LINUX
def test_a_worker_starts_with_an_empty_environment_and_three_descriptors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTCONTENT_SECRET", "not for workers")
    inherited = os.open("/dev/null", os.O_RDONLY)
    os.set_inheritable(inherited, True)

    async def story() -> tuple[int, int]:
        async with pool(1, odd=True) as decoder:
            return number(await decoder.fingerprint(b"ENVIRONMENT")), number(await decoder.fingerprint(b"DESCRIPTORS"))

    try:
        assert asyncio.run(story()) == (0, 3)
    finally:
        os.close(inherited)


@pytest.mark.parametrize(
    ("wish", "refusal"),
    [
        (b"SPIN", PictureTooHard),
        (b"SLEEP", PictureTooHard),
        (b"BLOAT", PictureTooHard),
        (b"CRASH", DecoderDied),
        (b"CRASH EARLY", DecoderDied),
        (b"LIE", DecoderDied),
        (b"BABBLE", DecoderDied),
        (b"RAISE", UnreadablePicture),
    ],
)
def test_a_worker_gone_wrong_costs_its_own_upload_and_no_other(wish: bytes, refusal: type[Exception]) -> None:
    async def story() -> None:
        async with pool(2, odd=True, timeout_s=2.0, cpu_s=30, memory_bytes=200 << 20) as decoder:
            bad = asyncio.create_task(decoder.fingerprint(wish))
            others = [asyncio.create_task(decoder.fingerprint(b"SLOW")) for _ in range(6)]
            with pytest.raises(refusal):
                await asyncio.wait_for(bad, 60)
            for other in others:
                assert await asyncio.wait_for(other, 60) == odd_worker.REPORT
            await until(lambda: decoder.status().workers_alive == 2)
            assert await decoder.fingerprint(b"fine") == odd_worker.REPORT

    asyncio.run(story())


def test_cpu_time_alone_ends_a_worker_too() -> None:
    async def story() -> None:
        async with pool(1, odd=True, timeout_s=100, cpu_s=1) as decoder:
            began = time.monotonic()
            with pytest.raises(PictureTooHard):
                await decoder.fingerprint(b"SPIN")
            assert time.monotonic() - began < 90
            assert await decoder.fingerprint(b"fine") == odd_worker.REPORT

    asyncio.run(story())


def test_kill_9_in_the_middle_of_a_real_upload_is_told_and_repaired() -> None:
    large, small = png(draw(Recipe("", 4, 2500, 2000))), png(draw(Recipe("", 3, 100, 100)))

    async def story() -> None:
        async with pool(2) as decoder:
            before = set(decoder.worker_pids())
            upload = asyncio.create_task(decoder.fingerprint(large))
            await until(lambda: decoder.status().pixels_in_flight == 5_000_000)
            victim = decoder.busy_pids()
            assert len(victim) == 1
            others = [asyncio.create_task(decoder.fingerprint(small)) for _ in range(8)]
            os.kill(victim[0], signal.SIGKILL)
            with pytest.raises(DecoderDied) as caught:
                await upload
            assert not caught.value.permanent
            for other in others:
                assert (await other).quality == 100
            await until(lambda: decoder.status().workers_alive == 2)
            assert decoder.status().replaced == 1
            assert decoder.status().pixels_in_flight == 0
            assert len(before & set(decoder.worker_pids())) == 1
            assert (await decoder.fingerprint(large)).quality == 100

    asyncio.run(story())


def test_a_caller_that_goes_away_leaves_no_worker_stuck() -> None:
    async def story() -> None:
        async with pool(1, odd=True, pixels_in_flight=1_000_000) as decoder:
            for _ in range(3):
                upload = asyncio.create_task(decoder.fingerprint(b"SLEEP"))
                await until(lambda: decoder.status().pixels_in_flight == 1_000_000)
                upload.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await upload
                assert await asyncio.wait_for(decoder.fingerprint(b"fine"), 60) == odd_worker.REPORT
            assert decoder.status().pixels_in_flight == 0

    asyncio.run(story())


def test_pixels_in_flight_stay_within_their_budget_and_a_picture_larger_than_it_goes_alone() -> None:
    async def story(budget: int, unasked: int) -> int:
        most = 0
        async with pool(3, odd=True, pixels_in_flight=budget, pixels_unasked=unasked) as decoder:
            uploads = [asyncio.create_task(decoder.fingerprint(b"SLOW")) for _ in range(6)]
            while not all(upload.done() for upload in uploads):
                most = max(most, decoder.status().pixels_in_flight)
                await asyncio.sleep(0.01)
            assert [await upload for upload in uploads] == [odd_worker.REPORT] * 6
        return most

    # The odd pictures have a million pixels each: asked about, or not, or only where so many more are not free.
    for unasked in (0, 999_999, 1_000_000):
        assert asyncio.run(story(2_000_000, unasked)) == 2_000_000
        assert asyncio.run(story(600_000, unasked)) == 600_000
        assert asyncio.run(story(10_000_000, unasked)) == 3_000_000
    assert asyncio.run(story(7_000_000, 4_000_000)) == 6_000_000


def test_past_the_queue_bound_an_upload_is_told_to_come_back() -> None:
    async def story() -> None:
        async with pool(1, odd=True, max_waiting=2) as decoder:
            uploads = [asyncio.create_task(decoder.fingerprint(b"SLOW")) for _ in range(3)]
            await until(lambda: decoder.status().waiting == 2)
            with pytest.raises(NoRoom) as caught:
                await decoder.fingerprint(b"SLOW")
            assert not caught.value.permanent
            assert [await upload for upload in uploads] == [odd_worker.REPORT] * 3

    asyncio.run(story())


def test_a_worker_is_replaced_after_its_share_of_pictures() -> None:
    async def story() -> list[int]:
        async with pool(1, odd=True, pictures_per_worker=3) as decoder:
            return [number(await decoder.fingerprint(b"PID")) for _ in range(7)]

    pids = asyncio.run(story())
    assert pids[0] == pids[1] == pids[2] != pids[3] == pids[4] == pids[5] != pids[6]


def test_a_pool_that_is_not_running_says_so() -> None:
    async def story() -> None:
        decoder = DecoderPool(1)
        with pytest.raises(DecoderUnavailable):
            await decoder.fingerprint(b"x")
        assert not decoder.status().ready
        await decoder.start()
        assert decoder.status().ready
        await decoder.close()
        assert decoder.status().workers_alive == 0
        with pytest.raises(DecoderUnavailable):
            await decoder.fingerprint(b"x")
        broken = DecoderPool(1, worker_command=(sys.executable, "-c", "raise SystemExit(1)"))
        with pytest.raises(DecoderUnavailable):
            await broken.start()

    asyncio.run(story())


def test_a_worker_whose_pipe_is_closed_before_it_is_widened_is_no_other_fault() -> None:
    async def story() -> None:
        pipe = asyncio.subprocess.PIPE
        ended = await asyncio.create_subprocess_exec(sys.executable, "-c", "", stdin=pipe, stdout=pipe)
        assert ended.stdin is not None
        ended.stdin.close()
        await ended.wait()
        await ended.stdin.wait_closed()
        worker = WorkerProcess(ended)
        worker._widen_pipe()
        with pytest.raises(Broken):
            await worker.read()

    asyncio.run(story())


def test_uploads_that_wait_when_the_pool_closes_are_told() -> None:
    async def story() -> None:
        decoder = DecoderPool(1, worker_command=ODD)
        await decoder.start()
        uploads = [asyncio.create_task(decoder.fingerprint(b"SLEEP")) for _ in range(3)]
        await until(lambda: decoder.status().waiting == 2)
        await decoder.close()
        for outcome in await asyncio.wait_for(asyncio.gather(*uploads, return_exceptions=True), 60):
            assert isinstance(outcome, DecoderDied | DecoderUnavailable)

    asyncio.run(story())


@LINUX
def test_workers_end_when_the_process_that_owns_them_is_killed() -> None:
    code = (
        "import asyncio\n"
        "from notcontent.fingerprint.pool import DecoderPool\n"
        "async def main():\n"
        f"    pool = DecoderPool(2, worker_command={ODD!r})\n"
        "    await pool.start()\n"
        "    print(*pool.worker_pids(), flush=True)\n"
        "    await pool.fingerprint(b'SPIN')\n"
        "asyncio.run(main())\n"
    )
    owner = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    pids = [int(pid) for pid in owner.stdout.readline().split()]
    assert len(pids) == 2
    time.sleep(0.2)
    owner.kill()
    owner.wait()
    owner.stdout.close()
    deadline = time.monotonic() + 60
    while any(running(pid) for pid in pids):
        assert time.monotonic() < deadline, "a worker outlived its owner"
        time.sleep(0.05)


def running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in ("Z", "X")
    except (FileNotFoundError, ProcessLookupError):
        return False
