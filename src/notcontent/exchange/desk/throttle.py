"""Slows down guessing at the sign-in: by name and over all, in the database, without keeping any address.

Nobody is locked out for good. A browser that this account has signed in with before waits only for its own wrong tries,
whatever strangers do to the name; and an invitation is a way in that no number of wrong tries closes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils.translation import ngettext

from notcontent.exchange.desk.errors import TooManyTries
from notcontent.exchange.desk.keyed import keyed_hash
from notcontent.exchange.desk.models import Tries

FORGET_AFTER = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Limit:
    """So many tries are free, then each has to wait twice as long as the one before, up to the longest."""

    free_tries: int
    first_wait_s: float
    longest_wait_s: float

    def wait_s(self, failed: int) -> float:
        """How long after the last of so many wrong tries the next one may come."""
        if failed < self.free_tries:
            return 0.0
        return min(self.longest_wait_s, self.first_wait_s * 2.0 ** min(20, failed - self.free_tries))


BY_NAME = Limit(free_tries=5, first_wait_s=15.0, longest_wait_s=300.0)
#: For all strangers together: short, because whoever guesses at one name must not keep everybody else waiting.
OVERALL = Limit(free_tries=100, first_wait_s=0.5, longest_wait_s=5.0)
OVERALL_NAME = "all"


@dataclass(frozen=True, slots=True)
class Try:
    """One try, counted as wrong until `forgive` hears that it was right."""

    own: str
    overall: bool


def begin_try(what: str, name: str, known_device: str | None, now: datetime) -> Try:
    """Count a try of this kind ("password", "code") before it is looked at, so that a hundred at once are a hundred.

    Raises `TooManyTries` while it has to wait; waiting isn't counted.
    """
    own = keyed_hash("tries", f"{what}:{known_device}" if known_device else f"{what} {name.casefold()}")
    limits = [(own, BY_NAME)]
    if known_device is None:
        limits.insert(0, (keyed_hash("tries", OVERALL_NAME), OVERALL))
    with transaction.atomic():
        rows = []
        for key, limit in limits:
            row, _ = Tries.objects.select_for_update().get_or_create(keyed_hash=key, defaults={"last": now})
            if now - row.last > FORGET_AFTER:
                row.failed = 0
            # A clock that was set back must not make the wait longer than it ever is.
            wait_s = limit.wait_s(row.failed) - max(0.0, (now - row.last).total_seconds())
            if wait_s > 0:
                raise TooManyTries(
                    ngettext(
                        "Too many wrong tries. Wait %(n)s second, then try again.",
                        "Too many wrong tries. Wait %(n)s seconds, then try again.",
                        int(wait_s) + 1,
                    )
                    % {"n": int(wait_s) + 1}
                )
            rows.append(row)
        for row in rows:
            row.failed, row.last = row.failed + 1, now
            row.save()
        Tries.objects.filter(last__lt=now - FORGET_AFTER).delete()
    return Try(own, overall=known_device is None)


def forgive(right: Try) -> None:
    """The try was right: its own waiting ends, and it does not count among the wrong ones of all."""
    Tries.objects.filter(keyed_hash=right.own).delete()
    if right.overall:
        Tries.objects.filter(keyed_hash=keyed_hash("tries", OVERALL_NAME), failed__gt=0).update(failed=F("failed") - 1)
