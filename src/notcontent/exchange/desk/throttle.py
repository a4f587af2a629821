"""Slows down guessing at the sign-in, by name and without keeping any address."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

FREE_TRIES = 5
FIRST_WAIT_S = 15.0
LONGEST_WAIT_S = 300.0
MAX_NAMES = 1_000
FORGET_AFTER_S = 3600.0


@dataclass(slots=True)
class _Tries:
    failed: int = 0
    last_s: float = 0.0


@dataclass(slots=True)
class Throttle:
    """Failed tries by name (hashed), in this process only. Clocks only run forward."""

    _by_name: dict[bytes, _Tries] = field(default_factory=dict)

    def wait_s(self, name: str, now_s: float) -> float:
        """Seconds until this name may try again; 0 when it may now."""
        tries = self._by_name.get(_hash(name))
        if tries is None or tries.failed < FREE_TRIES:
            return 0.0
        wait_s = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(10, tries.failed - FREE_TRIES))
        return max(0.0, tries.last_s + wait_s - now_s)

    def count_failure(self, name: str, now_s: float) -> None:
        """One more wrong password for this name."""
        if len(self._by_name) >= MAX_NAMES:
            self._by_name = {
                key: tries for key, tries in self._by_name.items() if now_s - tries.last_s < FORGET_AFTER_S
            }
            if len(self._by_name) >= MAX_NAMES:
                # Somebody is trying many made-up names; the one that failed longest ago makes room.
                del self._by_name[min(self._by_name, key=lambda key: self._by_name[key].last_s)]
        tries = self._by_name.setdefault(_hash(name), _Tries())
        if now_s - tries.last_s > FORGET_AFTER_S:
            tries.failed = 0
        tries.failed += 1
        tries.last_s = now_s

    def forget(self, name: str) -> None:
        """A right password ends the waiting."""
        self._by_name.pop(_hash(name), None)


def _hash(name: str) -> bytes:
    return hashlib.sha256(name.casefold().encode("utf-8", "surrogatepass")).digest()
