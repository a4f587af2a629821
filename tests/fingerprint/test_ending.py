"""Ending child processes, also those that end at that very moment."""

from __future__ import annotations

import asyncio
import signal
import time

import pytest

from notcontent.fingerprint.ending import end_process


def test_a_child_that_ends_by_itself_meanwhile_keeps_its_status(caplog: pytest.LogCaptureFixture) -> None:
    async def ended(number: int) -> int:
        process = await asyncio.create_subprocess_exec("true")
        # The loop hears of nothing while the child ends, now earlier and now later.
        time.sleep(number % 5 / 1000)
        end_process(process)
        end_process(process, signal.SIGTERM)
        return await process.wait()

    async def all_of_them() -> set[int]:
        return {await ended(number) for number in range(100)}

    assert asyncio.run(all_of_them()) <= {0, -signal.SIGKILL}
    assert not caplog.records
