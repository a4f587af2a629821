"""What the desk's bare list shows: cases by day, counts and states; never a picture, a fingerprint or a key."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from django.db.models import Count, Q, Sum
from django.utils.translation import gettext as _

from notcontent.exchange.cases.models import Case, Circumstance
from notcontent.exchange.letters.models import Letter, Sender
from notcontent.exchange.lists.models import Entry, Listing, ListingState
from notcontent.exchange.partners.models import Canary, CanaryState, Client, Report, Stream
from notcontent.feed.entry import VIDEO

SHOWN = 200


@dataclass(frozen=True, slots=True)
class CaseLine:
    """One case as a line. `state` is a word, `shape` the class that gives it its shape and colour.

    `tiers` has the id, the kind (picture or video) and the tier of each entry.
    """

    id: str
    circumstance: str
    entries: int
    sites: int
    hits: int
    letters: int
    unread: int
    state: str
    shape: str
    tiers: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class DayOfCases:
    """The cases opened on one day, in no meaningful order."""

    day: date
    cases: tuple[CaseLine, ...]


def list_days(limit: int = SHOWN) -> list[DayOfCases]:
    """The newest cases by day, newest day first; inside a day by their random ids, so that nothing finer shows."""
    cases = list(Case.objects.order_by("-opened", "id")[:limit])
    lines = zip(cases, _lines(cases), strict=True)
    return [
        DayOfCases(day, tuple(line for _case, line in of_day))
        for day, of_day in groupby(lines, key=lambda pair: pair[0].opened)
    ]


def count_all() -> dict[str, int]:
    """Figures for the top of the screen."""
    return {
        "cases": Case.objects.filter(withdrawn=None).count(),
        "withdrawn": Case.objects.filter(withdrawn__isnull=False).count(),
        "waiting": Listing.objects.filter(due=True).count(),
        "unread": Letter.objects.filter(sender=Sender.HER, read=False).count(),
        "live": _count_live(),
    }


def _count_live() -> int:
    """Codes on the sites' lists: as each stream keeps count of them, which takes in its canaries.

    A client in StopNCII's shape counts each turn of a picture, so its listings are counted one by one.
    """
    feeds = list(Stream.objects.filter(client=Client.STOPNCII).values_list("feed", flat=True))
    shaped = Listing.objects.filter(stream__in=feeds, state=ListingState.LIVE).count()
    kept = Stream.objects.exclude(client=Client.STOPNCII).aggregate(live=Sum("count"))["live"] or 0
    canaries = Canary.objects.filter(state=CanaryState.LIVE).count()
    return int(kept) - canaries + shaped


def _lines(cases: list[Case]) -> Iterator[CaseLine]:
    ids = [case.id for case in cases]
    listings = Listing.objects.filter(entry__case_id__in=ids).values("entry__case_id")
    counted = listings.annotate(sites=Count("stream", distinct=True), waiting=Count("id", filter=Q(due=True)))
    facts = {row["entry__case_id"]: row for row in counted}
    reports = Report.objects.filter(listing__entry__case_id__in=ids).values_list("listing__entry__case_id")
    hits = dict(reports.annotate(Count("id")))
    entries: dict[str, list[tuple[str, str, str]]] = {}
    listed = Entry.objects.filter(case_id__in=ids).values_list("case_id", "id", "kind", "tier")
    for case_id, entry_id, kind, tier in listed:
        entries.setdefault(case_id, []).append((entry_id, "video" if kind == VIDEO else "picture", tier))
    written = Letter.objects.filter(case_id__in=ids).values("case_id")
    unread = Count("id", filter=Q(sender=Sender.HER, read=False))
    letters = {row["case_id"]: row for row in written.annotate(count=Count("id"), unread=unread)}
    for case in cases:
        wrote = letters.get(case.id, {"count": 0, "unread": 0})
        fact = facts.get(case.id, {"sites": 0, "waiting": 0})
        state, shape = _state(case, int(fact["waiting"]), int(fact["sites"]))
        yield CaseLine(
            id=case.id,
            circumstance=Circumstance(case.circumstance).label if case.circumstance else "forgotten",
            entries=len(entries.get(case.id, [])),
            sites=int(fact["sites"]),
            hits=hits.get(case.id, 0),
            letters=int(wrote["count"]),
            unread=int(wrote["unread"]),
            state=state,
            shape=shape,
            tiers=() if case.withdrawn else tuple(sorted(entries.get(case.id, []))),
        )


def _state(case: Case, waiting: int, sites: int) -> tuple[str, str]:
    if case.erased_here is not None:
        return _("withdrawn, erased here"), "state-none"
    if case.withdrawn is not None:
        return _("withdrawn, not erased yet"), "state-wait"
    if not sites:
        return _("no codes for a site"), "state-none"
    if waiting:
        return _("on its way to the sites"), "state-wait"
    return _("sent to the sites"), "state-good"
