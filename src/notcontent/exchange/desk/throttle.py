"""Slows down guessing at the sign-in, by name and without keeping any address; for all of the desk's processes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from django.db import transaction

from notcontent.exchange.desk.models import FailedTries

FREE_TRIES = 5
FIRST_WAIT_S = 15.0
LONGEST_WAIT_S = 300.0
MAX_NAMES = 1_000
FORGET_AFTER_S = 3600.0


@dataclass(frozen=True, slots=True)
class Throttle:
    """Failed tries by name (hashed). Clocks only run forward, and are the same for all processes of a machine."""

    def wait_s(self, name: str, now_s: float) -> float:
        """Seconds until this name may try again; 0 when it may now."""
        tries = FailedTries.objects.filter(name_sha256=_hash(name)).first()
        if tries is None or tries.failed < FREE_TRIES or _is_old(tries, now_s):
            return 0.0
        wait_s = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(10, tries.failed - FREE_TRIES))
        return max(0.0, tries.last_s + wait_s - now_s)

    def count_failure(self, name: str, now_s: float) -> None:
        """One more wrong password for this name."""
        with transaction.atomic():
            tries, made = FailedTries.objects.select_for_update().get_or_create(name_sha256=_hash(name))
            if made and FailedTries.objects.count() > MAX_NAMES:
                # Somebody is trying many made-up names; the one that failed longest ago makes room.
                others = FailedTries.objects.exclude(name_sha256=tries.name_sha256)
                others.filter(name_sha256=others.order_by("last_s").values("name_sha256")[:1]).delete()
            tries.failed = 1 if _is_old(tries, now_s) else tries.failed + 1
            tries.last_s = now_s
            tries.save()

    def forget(self, name: str) -> None:
        """A right password ends the waiting."""
        FailedTries.objects.filter(name_sha256=_hash(name)).delete()


def _is_old(tries: FailedTries, now_s: float) -> bool:
    """From more than an hour ago, or from before the machine started anew and its clock with it."""
    return not 0 <= now_s - tries.last_s <= FORGET_AFTER_S


def _hash(name: str) -> str:
    return hashlib.sha256(name.casefold().encode("utf-8", "surrogatepass")).hexdigest()
