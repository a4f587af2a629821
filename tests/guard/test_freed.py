"""A long-lived process does not keep what its threads have freed."""

from __future__ import annotations

import ctypes
import subprocess
import sys

import pytest

#: Threads, one after the other, each of which fills five arrays of eight megabytes; what each leaves behind when it has
#: freed them and all was handed back that can be.
WORK = """
import sys, threading
from notcontent.guard.freed import give_back_freed, keep_freed_together
if sys.argv[1] == "together":
    keep_freed_together()
import numpy as np

def resident_mib():
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) >> 10 for line in lines if line.startswith("VmRSS"))

def work(begin, over):
    begin.wait()
    arrays = [np.ones(1_000_000) for _ in range(5)]
    del arrays
    over.set()
    end.wait()

# The C library learns that blocks so large come and go, and keeps them from then on.
np.ones(3_000_000)
end = threading.Event()
turns = [(threading.Event(), threading.Event()) for _ in range(4)]
threads = [threading.Thread(target=work, args=turn) for turn in turns]
for thread in threads:
    thread.start()
before = resident_mib()
for begin, over in turns:
    begin.set()
    over.wait()
    give_back_freed()
print(resident_mib() - before)
end.set()
"""


def left_behind_mib(word: str) -> int:
    told = subprocess.run([sys.executable, "-c", WORK, word], capture_output=True, text=True, check=True)
    return int(told.stdout)


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="another C library, which keeps less")
def test_what_threads_have_freed_goes_back_to_the_machine_once_it_is_kept_together() -> None:
    assert left_behind_mib("apart") > 80, "otherwise there was nothing to give back"
    assert left_behind_mib("together") < 20
