"""Withdrawing a case: one transaction that wins over everything else that happens to its entries."""

from __future__ import annotations

from datetime import date

from django.db import transaction

from notcontent.exchange.cases.looking import NO_KEY, key_opens
from notcontent.exchange.cases.models import Case
from notcontent.exchange.lists.models import Entry, Listing, ListingState


def withdraw_case(locator_sha256: str, withdraw_sha256: str, today: date) -> Case | None:
    """The case, withdrawn now or long ago; None for a wrong key and an unknown case alike.

    Deletes its fingerprints' bytes. What was never sent to a partner is cancelled and nobody hears of it; the rest is
    owed a `withdraw`. Touches no other case's entries.
    """
    with transaction.atomic():
        case = Case.objects.select_for_update().filter(locator_sha256=locator_sha256).first()
        if not key_opens(case.withdraw_sha256 if case else NO_KEY, withdraw_sha256) or case is None:
            return None
        if case.withdrawn is None:
            case.withdrawn = today
            case.save(update_fields=["withdrawn"])
            entries = list(case.entries.values_list("id", flat=True))
            listings = Listing.objects.filter(entry_id__in=entries)
            # Locked before they are told apart: the publisher may be sending one of them at this very moment.
            list(listings.select_for_update().values_list("id", flat=True))
            listings.filter(state=ListingState.WAITING).update(state=ListingState.CANCELLED, due=False)
            listings.filter(state=ListingState.LIVE).update(state=ListingState.LEAVING, due=True)
            Entry.objects.filter(case=case).update(fingerprints=b"")
        return case
