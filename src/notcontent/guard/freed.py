"""Memory that is not needed any more goes back to the machine."""

from __future__ import annotations

import ctypes
from collections.abc import Callable

#: mallopt's parameter. Source: glibc, malloc.h.
_M_ARENA_MAX = -8


def _libc(name: str) -> Callable[..., int]:
    """A function of glibc; with another C library one that does nothing."""
    try:
        found: Callable[..., int] = getattr(ctypes.CDLL(None), name)
    except (OSError, AttributeError, TypeError):
        return lambda *_: 0
    return found


_mallopt, _malloc_trim = _libc("mallopt"), _libc("malloc_trim")


def keep_freed_together() -> None:
    """What one thread frees, any other takes next, from now on. To be called before there are threads.

    glibc keeps what a thread frees for that thread, and of this `give_back_freed` can give back only what lies between
    things in use: its free end, 55 MB once the index of a long list was written anew, stayed with each thread that
    ever did so. Our threads take turns anyway. Source: mallopt(3).
    """
    _mallopt(_M_ARENA_MAX, 1)


def give_back_freed() -> None:
    """Hand back what this process has freed, if it was `keep_freed_together`; takes milliseconds.

    Other C libraries have no such function, and nothing happens. Source: malloc_trim(3).
    """
    _malloc_trim(0)
