"""The views of an upload come from a worker stage by stage; nothing on the way leaves a worker or a caller stuck."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from notcontent.fingerprint import frames
from notcontent.fingerprint.compute import fingerprint_picture
from notcontent.fingerprint.picture import Purpose
from notcontent.fingerprint.pool import DecoderPool
from notcontent.fingerprint.refusals import DecoderDied, PictureTooHard, UnreadablePicture
from notcontent.fingerprint.views.view import MOST_STAGES, MOST_VIEWS, VIEW_BYTES, View, ViewKind
from tests.conftest import generated_picture

from .odd_worker import REPORT, TILES, WHOLE
from .test_pool import pool, until


async def look(decoder: DecoderPool, upload: bytes, most_stages: int = 99) -> list[tuple[View, ...]]:
    """The stages that a caller takes who leaves after so many."""
    taken: list[tuple[View, ...]] = []
    async with decoder.look(upload) as stages:
        async for views in stages:
            taken.append(views)
            if len(taken) == most_stages:
                break
    return taken


def test_stages_come_in_order_and_leaving_early_hands_the_worker_on() -> None:
    async def story() -> None:
        async with pool(1, odd=True) as decoder:
            for _ in range(3):
                assert await look(decoder, b"fine") == [(WHOLE,), TILES]
                assert await look(decoder, b"fine", 1) == [(WHOLE,)]
                assert await look(decoder, b"fine", 2) == [(WHOLE,), TILES]
                assert await decoder.fingerprint(b"fine") == REPORT
            status = decoder.status()
            assert (status.replaced, status.busy, status.pixels_in_flight) == (0, 0, 0)

    asyncio.run(story())


def test_a_stage_that_nobody_asks_for_is_never_made() -> None:
    async def story() -> None:
        async with pool(1, odd=True) as decoder:
            # Its second stage would end the worker.
            assert await look(decoder, b"CRASH", 1) == [(WHOLE,)]
            assert await decoder.fingerprint(b"fine") == REPORT
            assert decoder.status().replaced == 0

    asyncio.run(story())


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
        (b"REFUSE", UnreadablePicture),
        (b"NO WHOLE", DecoderDied),
        (b"TWO WHOLES", DecoderDied),
        (b"MANY", DecoderDied),
    ],
)
def test_a_worker_gone_wrong_between_stages_costs_its_own_upload(wish: bytes, refusal: type[Exception]) -> None:
    async def story() -> None:
        async with pool(2, odd=True, timeout_s=2.0, cpu_s=30, memory_bytes=200 << 20) as decoder:
            bad = asyncio.create_task(look(decoder, wish))
            others = [asyncio.create_task(look(decoder, b"SLOW")) for _ in range(4)]
            with pytest.raises(refusal):
                await asyncio.wait_for(bad, 60)
            for other in others:
                assert await asyncio.wait_for(other, 60) == [(WHOLE,), TILES]
            await until(lambda: decoder.status().workers_alive == 2)
            assert decoder.status().pixels_in_flight == 0

    asyncio.run(story())


def test_the_time_of_an_upload_is_that_of_all_its_stages_but_not_its_callers() -> None:
    async def story() -> None:
        async with pool(1, odd=True, timeout_s=1.5) as decoder:
            assert await look(decoder, b"SLOW") == [(WHOLE,), TILES]
            async with decoder.look(b"fine") as stages:
                async for _ in stages:
                    await asyncio.sleep(1.6)
            assert decoder.status().replaced == 0
        async with pool(1, odd=True, timeout_s=0.2) as decoder:
            with pytest.raises(PictureTooHard):
                await look(decoder, b"SLOW")
            await until(lambda: decoder.status().workers_alive == 1)

    asyncio.run(story())


@pytest.mark.parametrize("moment", ["searching", "waiting for a stage"])
def test_a_caller_that_goes_away_between_stages_leaves_no_worker_stuck(moment: str) -> None:
    async def story() -> None:
        reached = asyncio.Event()

        async def caller() -> None:
            async with decoder.look(b"SLEEP") as stages:
                async for _ in stages:
                    reached.set()
                    if moment == "searching":
                        await asyncio.sleep(3600)

        async with pool(1, odd=True, pixels_in_flight=1_000_000) as decoder:
            for _ in range(3):
                reached.clear()
                upload = asyncio.create_task(caller())
                await asyncio.wait_for(reached.wait(), 60)
                await asyncio.sleep(0.05)
                upload.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await upload
                assert await asyncio.wait_for(look(decoder, b"fine"), 60) == [(WHOLE,), TILES]
            assert decoder.status().replaced == (0 if moment == "searching" else 3)
            assert decoder.status().pixels_in_flight == 0

    asyncio.run(story())


def test_an_error_of_the_caller_is_the_callers_and_the_worker_goes_on() -> None:
    async def story() -> None:
        async with pool(1, odd=True) as decoder:
            for error in (TimeoutError, KeyError):
                with pytest.raises(error):
                    async with decoder.look(b"fine") as stages:
                        async for _ in stages:
                            raise error
            assert await decoder.fingerprint(b"fine") == REPORT
            assert decoder.status().replaced == 0

    asyncio.run(story())


def test_a_caller_that_goes_away_while_pixels_are_scarce_costs_no_worker() -> None:
    async def story() -> None:
        async with pool(2, odd=True, pixels_in_flight=1_000_000) as decoder, decoder.look(b"fine") as stages:
            assert await anext(stages) == (WHOLE,)
            upload = asyncio.create_task(look(decoder, b"fine"))
            await until(lambda: decoder.status().busy == 2)
            await asyncio.sleep(0.05)
            upload.cancel()
            with pytest.raises(asyncio.CancelledError):
                await upload
            assert [views async for views in stages] == [TILES]
            assert decoder.status().replaced == 0

    asyncio.run(story())


def test_kill_9_between_stages_is_told_once_and_repaired() -> None:
    async def story() -> None:
        async with pool(1, odd=True) as decoder:
            with pytest.raises(DecoderDied):
                async with decoder.look(b"fine") as stages:
                    async for _ in stages:
                        os.kill(decoder.busy_pids()[0], signal.SIGKILL)
            async with decoder.look(b"fine") as stages:
                async for _ in stages:
                    os.kill(decoder.busy_pids()[0], signal.SIGKILL)
                    await until(lambda: not decoder.worker_pids() or decoder.status().workers_alive == 1)
                    await asyncio.sleep(0.2)
                    break
            # Nobody else's upload is given to a worker that is known to be dead.
            assert await look(decoder, b"fine") == [(WHOLE,), TILES]
            assert decoder.status().replaced == 2

    asyncio.run(story())


def test_the_whole_picture_comes_first_as_it_is_looked_up_alone() -> None:
    picture = generated_picture(5)

    async def story() -> None:
        async with pool(1) as decoder:
            [whole, *others], *later = await look(decoder, picture)
            alone = await decoder.fingerprint(picture, Purpose.QUERY)
            assert alone == fingerprint_picture(picture, purpose=Purpose.QUERY)
            assert whole == View(ViewKind.WHOLE, alone.quality, b"".join(turn.value for turn in alone.orientations))
            assert 1 + len(others) + sum(len(views) for views in later) <= MOST_VIEWS
            assert later
            assert decoder.status().replaced == 0

    asyncio.run(story())


def test_after_the_last_stage_the_worker_takes_the_next_upload_without_a_word() -> None:
    async def story() -> None:
        async with pool(1, odd=True) as decoder:
            for _ in range(3):
                async with decoder.look(b"fine") as stages:
                    assert [await anext(stages) for _ in range(MOST_STAGES)] == [(WHOLE,), TILES]
                assert await decoder.fingerprint(b"fine") == REPORT
            assert decoder.status().replaced == 0

    asyncio.run(story())


def test_frames_keep_what_they_carry_and_refuse_what_no_worker_may_say() -> None:
    for views in ((), (WHOLE,), TILES):
        kind, count, body = (sent := frames.format_views(views))[:1], sent[1:2], sent[2:]
        assert kind == frames.VIEWS and len(body) == frames.views_length(count)
        assert frames.parse_views(body) == views
    turns = bytes(VIEW_BYTES)
    for broken in (b"\x00\x65" + turns, b"\x07\x64" + turns, b"\xff\x64" + turns, b"\x00\x64" + turns[1:], b"\x00"):
        with pytest.raises(frames.BrokenFrame):
            frames.parse_views(broken)
