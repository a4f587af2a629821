"""Ending a child process without taking its exit status from whoever waits for it."""

from __future__ import annotations

import contextlib
import os
import signal
from asyncio.subprocess import Process


def end_process(process: Process, how: signal.Signals = signal.SIGKILL) -> None:
    """Send a signal to a child that asyncio started; nothing happens to one that has ended.

    Process.kill() first asks how the child is and so takes the status of one that ended just now: asyncio then finds
    none, warns of an unknown child, and says 255 of it.
    """
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, how)
