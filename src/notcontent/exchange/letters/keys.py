"""The helpline's public keys: what letters are sealed to."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import transaction

from notcontent.exchange.letters.models import HelplineKey

#: How long a page that was opened before a change may go on sealing to the keys of before.
PAGES_STAY_OPEN = timedelta(days=1)


def sealing_keys() -> list[str]:
    """The public keys in use, 64 hex digits each, in no order that tells anything."""
    return sorted(HelplineKey.objects.filter(taken_out=None).values_list("public", flat=True))


def offline_keys() -> list[str]:
    """Those of them that are kept offline: what only they open, no device of the desk can."""
    return sorted(HelplineKey.objects.filter(taken_out=None, is_recovery=True).values_list("public", flat=True))


def changed_lately(today: date) -> bool:
    """Whether a letter that comes in now may be sealed to keys that no longer hold, or not yet to all."""
    since = today - PAGES_STAY_OPEN
    changed = HelplineKey.objects.filter(taken_out__gte=since) | HelplineKey.objects.filter(added__gte=since)
    return HelplineKey.objects.exists() and changed.exists()


def give_first_keys(devices: list[str], recovery: list[str], today: date) -> None:
    """The keys of a new exchange, where it has none yet. No letter is there that they could not open."""
    with transaction.atomic():
        if HelplineKey.objects.exists():
            return
        for number, public in enumerate(dict.fromkeys(devices), start=1):
            HelplineKey.objects.create(public=public, name=f"key {number}", added=today - 2 * PAGES_STAY_OPEN)
        for public in dict.fromkeys(recovery):
            HelplineKey.objects.create(
                public=public, name="recovery key", is_recovery=True, added=today - 2 * PAGES_STAY_OPEN
            )
