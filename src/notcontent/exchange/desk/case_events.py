"""What happened in one case, by day: what its timeline and the table beside it tell. Never what a letter says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from notcontent.exchange.cases.models import Case, Notices
from notcontent.exchange.desk.models import ContactPermit, DangerMark
from notcontent.exchange.disputes.models import Dispute
from notcontent.exchange.letters.models import Letter, Sender
from notcontent.exchange.lists.models import Listing, TierChange
from notcontent.exchange.partners.models import Receipt, Report
from notcontent.feed.receipt import ReceiptState

#: The lanes of a timeline.
HERS, DESK, SITES = range(3)
#: So many lines of each kind are read, the newest first.
READ = 300


@dataclass(frozen=True, slots=True)
class Event:
    """One line: on which day, in whose lane, what."""

    day: date
    lane: int
    what: str
    many: int = 1


def names_of_lanes() -> tuple[str, str, str]:
    """Whose lane it is."""
    return _("She"), _("Desk"), _("Sites")


def names_of_tiers() -> dict[str, str]:
    """How far people have confirmed a code, in words."""
    return {"claimed": _("claimed"), "seen": _("seen"), "verified": _("verified")}


def events_of(case: Case) -> tuple[Event, ...]:
    """Newest first; of one day she comes before the desk and the desk before the sites."""
    found = [*_hers(case), *_of_the_desk(case), *_of_the_sites(case)]
    return tuple(sorted(found, key=lambda event: (-event.day.toordinal(), event.lane, event.what)))


def _hers(case: Case) -> Iterator[Event]:
    yield Event(case.opened, HERS, _("She opened the case"))
    sent = case.entries.values("made").annotate(many=Count("*")).order_by("-made")
    for day, many in sent.values_list("made", "many")[:READ]:
        yield Event(day, HERS, ngettext("She sent %(n)d code", "She sent %(n)d codes", many) % {"n": many}, many)
    for day, many in _letters(case, str(Sender.HER)):
        yield Event(day, HERS, ngettext("She wrote a letter", "She wrote %(n)d letters", many) % {"n": many}, many)
    for statement in case.statements.select_related("partner").order_by("-day", "id")[:READ]:
        text = _("She took her word for %(site)s back") if statement.notices == Notices.REVOKED else _(
            "She said for %(site)s that it was not agreed"
        )  # fmt: skip
        yield Event(statement.day, HERS, text % {"site": statement.partner.name})
    if case.withdrawn is not None:
        yield Event(case.withdrawn, HERS, _("She withdrew the case"))


def _of_the_desk(case: Case) -> Iterator[Event]:
    for day, many in _letters(case, str(Sender.HELPLINE)):
        yield Event(day, DESK, ngettext("An answer to her", "%(n)d answers to her", many) % {"n": many}, many)
    if case.spoken is not None:
        yield Event(case.spoken, DESK, _("Two of you said that you spoke with her"))
    for mark in DangerMark.objects.filter(case_id=case.id):
        yield Event(mark.day, DESK, _("Danger was marked"))
    for permit in ContactPermit.objects.filter(case_id=case.id).order_by("-begun", "id")[:READ]:
        alone = _("%(who)s read how to reach her, alone") if permit.alone else _("%(who)s may read how to reach her")
        yield Event(permit.begun, DESK, alone % {"who": permit.reader})
    about = Dispute.objects.filter(report__listing__entry__case=case, answered__isnull=False)
    answers = about.values("answered").annotate(many=Count("*")).order_by("-answered")
    for day, many in answers.values_list("answered", "many")[:READ]:
        text = ngettext("A dispute was answered", "%(n)d disputes were answered", many)
        yield Event(day, DESK, text % {"n": many}, many)
    if case.erased_here is not None:
        yield Event(case.erased_here, DESK, _("Erased on this machine"))


def _of_the_sites(case: Case) -> Iterator[Event]:
    listings = Listing.objects.filter(entry__case=case)
    listed = listings.exclude(listed_day=None).values("listed_day", "stream__partner__name")
    for day, site, many in (
        listed.annotate(many=Count("*"))
        .order_by("-listed_day")
        .values_list("listed_day", "stream__partner__name", "many")[:READ]
    ):
        text = ngettext("%(n)d code on the list of %(site)s", "%(n)d codes on the list of %(site)s", many)
        yield Event(day, SITES, text % {"n": many, "site": site}, many)
    tiers = names_of_tiers()
    for change in (
        TierChange.objects.filter(entry__case=case)
        .values("day", "tier")
        .annotate(many=Count("*"))
        .order_by("-day")[:READ]
    ):
        text = ngettext("%(n)d code is now %(tier)s", "%(n)d codes are now %(tier)s", change["many"])
        yield Event(
            change["day"],
            SITES,
            text % {"n": change["many"], "tier": tiers.get(change["tier"], change["tier"])},
            change["many"],
        )
    yield from _reports(case)
    for day, state, site, many in (
        Receipt.objects.filter(listing__entry__case=case)
        .values("day", "state", "listing__stream__partner__name")
        .annotate(many=Count("*"))
        .order_by("-day")
        .values_list("day", "state", "listing__stream__partner__name", "many")[:READ]
    ):
        text = (
            ngettext("%(site)s signed: %(n)d code erased", "%(site)s signed: %(n)d codes erased", many)
            if state == ReceiptState.ERASED.value
            else ngettext("%(site)s signed: %(n)d code stopped", "%(site)s signed: %(n)d codes stopped", many)
        )
        yield Event(day, SITES, text % {"site": site, "n": many}, many)


def _reports(case: Case) -> Iterator[Event]:
    reports = Report.objects.filter(listing__entry__case=case)
    for day, site, stopped, passed, before in (
        reports.values("day", "stream__partner__name")
        .annotate(
            stopped=Count("id", filter=Q(verdict__in=("hold", "block"))),
            passed=Count("id", filter=Q(verdict="flag")),
            before=Count("id", filter=Q(verdict="here")),
        )
        .order_by("-day")
        .values_list("day", "stream__partner__name", "stopped", "passed", "before")[:READ]
    ):
        for many, text in (
            (stopped, ngettext("%(site)s stopped %(n)d upload", "%(site)s stopped %(n)d uploads", stopped)),
            (passed, ngettext("A brake at %(site)s let %(n)d pass", "A brake at %(site)s let %(n)d pass", passed)),
            (before, ngettext("%(site)s found %(n)d older copy", "%(site)s found %(n)d older copies", before)),
        ):
            if many:
                yield Event(day, SITES, text % {"site": site, "n": many}, many)
    decided = reports.exclude(decided=None).values("decided", "decision", "stream__partner__name")
    for day, decision, site, many in (
        decided.annotate(many=Count("*"))
        .order_by("-decided")
        .values_list("decided", "decision", "stream__partner__name", "many")[:READ]
    ):
        text = (
            ngettext("%(site)s released %(n)d upload", "%(site)s released %(n)d uploads", many)
            if decision == "release"
            else ngettext("%(site)s kept %(n)d upload blocked", "%(site)s kept %(n)d uploads blocked", many)
        )
        yield Event(day, SITES, text % {"site": site, "n": many}, many)


def _letters(case: Case, sender: str) -> list[tuple[date, int]]:
    written = Letter.objects.filter(case=case, sender=sender).values("day").annotate(many=Count("*"))
    return list(written.order_by("-day").values_list("day", "many"))
