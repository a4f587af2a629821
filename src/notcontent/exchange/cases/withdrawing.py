"""Withdrawing a case: one transaction that wins over everything else that happens to its entries.

The last thing it does before it commits is to write the ledger. Dying before that, nothing has happened; dying between
the two, the publisher carries out what the ledger says (`replaying`).
"""

from __future__ import annotations

from datetime import date, timedelta

from django.conf import settings
from django.db import transaction

from notcontent.exchange.cases.looking import NO_KEY, key_opens
from notcontent.exchange.cases.models import Case, Forget, LegalHold
from notcontent.exchange.ledger import Word
from notcontent.exchange.lists.models import Entry, Listing, ListingState
from notcontent.exchange.notices.stopping import forget_notices, stop_notices
from notcontent.exchange.partners.again import forget_again
from notcontent.exchange.today import utc_now


def withdraw_case(locator_sha256: str, withdraw_sha256: str, forget: Forget, today: date) -> Case | None:
    """The case, withdrawn now or long ago, or waiting for it; None for a wrong key and an unknown case alike.

    Where she chose that a withdrawal waits, the first time it is asked for sets the day, and the last one what it
    forgets. A case that only stopped matching can still be forgotten, at once.
    """
    with transaction.atomic():
        case = _find(locator_sha256, withdraw_sha256)
        if case is None:
            return None
        if case.withdrawn is None and case.wait_days:
            case.withdraws_on = case.withdraws_on or today + timedelta(days=case.wait_days)
            case.forget = forget
            case.save(update_fields=["withdraws_on", "forget"])
        else:
            carry_out(case, forget, today)
        return case


def stop_withdrawal(locator_sha256: str, withdraw_sha256: str) -> Case | None:
    """The case, with no withdrawal waiting; None for a wrong key and an unknown case alike."""
    with transaction.atomic():
        case = _find(locator_sha256, withdraw_sha256)
        if case is not None and case.withdraws_on is not None:
            case.withdraws_on, case.forget = None, ""
            case.save(update_fields=["withdraws_on", "forget"])
        return case


def withdraw_what_is_due(today: date) -> int:
    """Carry out every waiting withdrawal whose day has come, each in a transaction of its own. Returns how many."""
    done = 0
    for case_id in list(Case.objects.filter(withdraws_on__lte=today).values_list("id", flat=True)):
        with transaction.atomic():
            # Looked for again under its lock: she may have stopped it a moment ago.
            case = Case.objects.select_for_update().filter(id=case_id, withdraws_on__lte=today).first()
            if case is not None:
                carry_out(case, Forget(case.forget), today)
                done += 1
    return done


def _find(locator_sha256: str, withdraw_sha256: str) -> Case | None:
    case = Case.objects.select_for_update().filter(locator_sha256=locator_sha256).first()
    opens = key_opens(case.withdraw_sha256 if case else NO_KEY, withdraw_sha256)
    return case if opens else None


def carry_out(case: Case, forget: Forget, today: date, *, noted: bool = False) -> None:
    """Withdraw the locked case, and note it in the ledger unless it is `noted` there. Raises as `Ledger.append`."""
    if case.is_forgotten or (case.withdrawn is not None and forget == Forget.MATCHING):
        return
    withdrawn: list[str] = []
    if case.withdrawn is None:
        withdrawn = _stop_matching(case)
        forget_again(case)
        case.withdrawn = today
        case.closed = case.closed or today
        stop_notices(case, utc_now())
    if forget == Forget.EVERYTHING:
        forget_notices(case)
        case.letters.all().delete()
        case.statements.all().delete()
        # What is hers goes when she says so, whoever wanted it kept (THREAT-MODEL.md).
        LegalHold.objects.filter(case=case).delete()
        case.circumstance = case.reply_to = ""
        case.later_sites, case.spoken = False, None
    # Erased before or not: there are bytes to erase now.
    case.withdraws_on, case.forget, case.erased_here = None, forget, None
    case.save()
    if not noted:
        said = [(Word.FORGOTTEN, case.id)] if forget == Forget.EVERYTHING else []
        settings.LEDGER.append([*said, *((Word.WITHDRAWN, entry) for entry in withdrawn)], today)


def _stop_matching(case: Case) -> list[str]:
    """Delete the fingerprints' bytes. What was never sent to a partner is cancelled and nobody hears of it; the rest
    is owed a `withdraw`. Touches no other case's entries. Returns the ids of the case's.
    """
    entries = list(case.entries.values_list("id", flat=True))
    listings = Listing.objects.filter(entry_id__in=entries)
    # Locked before they are told apart: the publisher may be sending one of them at this very moment.
    list(listings.select_for_update().values_list("id", flat=True))
    listings.filter(state=ListingState.WAITING).update(state=ListingState.CANCELLED, due=False)
    listings.filter(state=ListingState.LIVE).update(state=ListingState.LEAVING, due=True)
    Entry.objects.filter(case=case).update(fingerprints=b"")
    return entries
