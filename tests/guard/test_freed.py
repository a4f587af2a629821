"""A long-lived process does not keep what its threads have freed."""

from __future__ import annotations

import ctypes
import threading
from pathlib import Path

import pytest

from notcontent.guard.freed import give_back_freed

MIB = 1 << 20


def resident_bytes() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmRSS"))


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="another C library, which keeps less")
def test_what_another_thread_has_freed_goes_back_to_the_machine() -> None:
    kept = []

    def work() -> None:
        blocks = [bytearray(64 << 10) for _ in range(3200)]
        # What is still in use lies among the rest, as it does in a process with other things to do.
        kept.extend(blocks[::32])

    before = resident_bytes()
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    held = resident_bytes() - before
    give_back_freed()
    assert held > 150 * MIB, "otherwise there was nothing to give back"
    assert resident_bytes() - before < 40 * MIB
    assert len(kept) == 100
