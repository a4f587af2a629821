"""Memory that is not needed any more goes back to the machine."""

from __future__ import annotations

import ctypes
from collections.abc import Callable


def _trim() -> Callable[[int], int]:
    try:
        trim: Callable[[int], int] = ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError, TypeError):
        return lambda _: 0
    return trim


_malloc_trim = _trim()


def give_back_freed() -> None:
    """Hand back what this process has freed, all threads of it; takes milliseconds.

    glibc keeps what a thread frees, for each thread apart. Whenever another thread of a guard had written the index of
    a long list anew, that was 55 MB more which nothing used, and after a snapshot of ten million entries hundreds.
    Other C libraries have no such function, and nothing happens. Source: malloc_trim(3).
    """
    _malloc_trim(0)
