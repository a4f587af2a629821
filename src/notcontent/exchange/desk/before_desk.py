"""What people at the desk have to look at: claims that were contested or are near famous pictures, disputes, brakes.

Never a picture, a fingerprint or a name. Everything is of open cases, what is oldest first.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Min, Q

from notcontent.exchange.disputes.models import Answer, Dispute, HerWord, Kind
from notcontent.exchange.lists.models import Contest, Entry
from notcontent.exchange.lists.ruling import read_decisions
from notcontent.exchange.partners.models import Report

SHOWN = 200
#: So far back reports say how it is now.
LATELY = timedelta(days=2)
#: As many copies as she would be told of as "many times".
MANY = 10


@dataclass(frozen=True, slots=True)
class ContestedClaim:
    """An entry that people at sites called not intimate or of public interest, or one near a famous picture.

    `intimate` and `against` count what people decided that the desk has not dealt with; `sites` those who said no.
    """

    entry: str
    case: str
    tier: str
    since: date
    rests: str
    famous: bool
    intimate: int
    against: int
    sites: int


@dataclass(frozen=True, slots=True)
class OpenDispute:
    """What was said against one entry at one site, with how many uploads it was said of and what she says to it."""

    entry: str
    case: str
    kind: str
    kind_word: str
    site: str
    since: date
    uploads: int
    her_word: str


@dataclass(frozen=True, slots=True)
class Alarm:
    """An entry that stopped many uploads lately, or one whose holds a site's brake let pass."""

    entry: str
    case: str
    site: str
    uploads: int


def contested_claims() -> list[ContestedClaim]:
    """Those that two people have to decide about."""
    waiting = Q(contest__in=(Contest.SITE, Contest.ALL)) | Q(famous=True)
    entries = Entry.objects.filter(waiting, case__withdrawn=None).exclude(contest=Contest.OUT)
    return [_contested(entry) for entry in entries.order_by("made", "id")[:SHOWN]]


def _contested(entry: Entry) -> ContestedClaim:
    decisions = read_decisions(entry.id)
    against = [decision for decision in decisions if not decision.intimate and not decision.weighed]
    return ContestedClaim(
        entry=entry.id,
        case=entry.case_id,
        tier=entry.tier,
        since=entry.made,
        rests=Contest(entry.contest).label,
        famous=entry.famous,
        intimate=sum(decision.intimate for decision in decisions),
        against=len(against),
        sites=len({decision.partner for decision in against}),
    )


def open_disputes() -> list[OpenDispute]:
    """What is open, one line an entry, site and kind, however many uploads it was said of."""
    rows = (
        Dispute.objects.filter(answer=Answer.OPEN, report__listing__entry__case__withdrawn=None)
        .values("report__listing__entry_id", "report__listing__entry__case_id", "kind", "report__stream__partner__name")
        .annotate(
            since=Min("day"),
            uploads=Count("id"),
            yes=Count("id", filter=Q(her_word=HerWord.YES)),
            no=Count("id", filter=Q(her_word=HerWord.NO)),
        )
        .order_by("since", "report__listing__entry_id", "kind")[:SHOWN]
    )
    return [
        OpenDispute(
            entry=row["report__listing__entry_id"],
            case=row["report__listing__entry__case_id"],
            kind=row["kind"],
            kind_word=str(Kind(row["kind"]).label),
            site=row["report__stream__partner__name"],
            since=row["since"],
            uploads=row["uploads"],
            her_word="no" if row["no"] else "yes" if row["yes"] else "",
        )
        for row in rows
    ]


def brakes(today: date) -> list[Alarm]:
    """Entries whose uploads a site's brake let pass lately: they match pictures unlike each other, or a flood is on."""
    return _alarms(Report.objects.filter(verdict="flag", decision=None, day__gte=today - LATELY), 1)


def many_copies(today: date) -> list[Alarm]:
    """Entries that stopped many uploads at one site lately: somebody goes on spreading the picture."""
    return _alarms(Report.objects.filter(verdict__in=("hold", "block"), day__gte=today - LATELY), MANY)


def _alarms(reports: object, least: int) -> list[Alarm]:
    rows: Iterable[dict[str, object]] = (
        reports.filter(listing__entry__case__withdrawn=None)  # type: ignore[attr-defined]
        .values("listing__entry_id", "listing__entry__case_id", "stream__partner__name")
        .annotate(uploads=Count("id"))
        .filter(uploads__gte=least)
        .order_by("-uploads", "listing__entry_id")[:SHOWN]
    )
    return [
        Alarm(
            str(row["listing__entry_id"]), str(row["listing__entry__case_id"]), str(row["stream__partner__name"]),
            int(str(row["uploads"])),
        )
        for row in rows
    ]  # fmt: skip
