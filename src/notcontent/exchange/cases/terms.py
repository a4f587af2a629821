"""How long what she wrote is kept: terms that begin when a case is closed, and legal holds, which end by themselves.

Her codes have no term: they stay with the sites until she takes them back.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Q, QuerySet

from notcontent.exchange.cases.models import Case, LegalHold
from notcontent.exchange.letters.models import About, Letter
from notcontent.exchange.profile import Profile

#: The kinds of data that have a term, which are also what a hold can name.
CONTACT, LETTERS = "contact", "letters"
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Deleted:
    """How many letters a day's deleting took: those that say how to reach her, and all others."""

    contact: int
    letters: int


@dataclass(frozen=True, slots=True)
class HoldShown:
    """A legal hold as she and the desk see it. `keeps` are words of this module."""

    since: date
    until: date
    keeps: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Keeping:
    """Terms in days, and the days on which what she wrote is deleted: None while the case is open."""

    contact_days: int
    letters_days: int
    withdrawn: bool
    closed: date | None
    contact_deleted: date | None
    letters_deleted: date | None
    hold: HoldShown | None


def keeping_of(case: Case, profile: Profile, today: date) -> Keeping:
    """What is true for this case today. Once everything is forgotten there is nothing to keep, and no day."""
    terms = (profile.keep_contact_days, profile.keep_letters_days, case.withdrawn is not None)
    if case.is_forgotten:
        return Keeping(*terms, None, None, None, None)
    hold = LegalHold.objects.filter(case=case, until__gte=today).first()
    shown = None
    if hold is not None:
        shown = HoldShown(hold.since, hold.until, tuple(_named(hold)), hold.reason)
    return Keeping(
        *terms,
        case.closed,
        _deleted_on(case, profile.keep_contact_days, CONTACT, shown),
        _deleted_on(case, profile.keep_letters_days, LETTERS, shown),
        shown,
    )


def delete_what_is_due(profile: Profile, today: date, at_most: int) -> Deleted:
    """Delete letters whose term is over and that no hold names, so many of each kind, and holds that have ended."""
    LegalHold.objects.filter(until__lt=today).delete()
    contact = _due(Q(about=About.CONTACT), profile.keep_contact_days, today)
    contact = contact.exclude(case__in=LegalHold.objects.filter(contact=True).values("case"))
    letters = _due(~Q(about=About.CONTACT), profile.keep_letters_days, today)
    letters = letters.exclude(case__in=LegalHold.objects.filter(letters=True).values("case"))
    return Deleted(*(_delete(due.values_list("id", flat=True)[:at_most]) for due in (contact, letters)))


def _delete(ids: Iterable[str]) -> int:
    return Letter.objects.filter(id__in=list(ids)).delete()[0]


def _due(kind: Q, days: int, today: date) -> QuerySet[Letter]:
    return Letter.objects.filter(kind, case__closed__lte=today - timedelta(days=days))


def _named(hold: LegalHold) -> list[str]:
    return [word for word, named in ((CONTACT, hold.contact), (LETTERS, hold.letters)) if named]


def _deleted_on(case: Case, days: int, kind: str, hold: HoldShown | None) -> date | None:
    if case.closed is None:
        return None
    own: date = case.closed + timedelta(days=days)
    return max(own, hold.until + _ONE_DAY) if hold is not None and kind in hold.keeps else own
