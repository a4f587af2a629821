"""What people at the desk have to look at: claims that were contested or are near famous pictures, disputes, alarms.

Never a picture, a fingerprint or a name. Everything is of open cases, what is oldest first. What is read for all cases
is read by an index and bounded; what is read for one case is whole.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Min, QuerySet

from notcontent.exchange.cases.models import Case
from notcontent.exchange.disputes.models import Answer, Dispute, HerWord, Kind
from notcontent.exchange.lists.models import Contest, Entry, Listing
from notcontent.exchange.lists.ruling import decisions_of
from notcontent.exchange.partners.models import Report
from notcontent.exchange.partners.often_stopped import MANY, STOPPED, lately, reports_of_often_stopped

#: What withdrawn cases have left is passed over in steps. Whoever floods fills no more than the last step.
_READ_AT_ONCE, _READ_AT_MOST = 500, 10_000
#: How much of a step may be of withdrawn cases before there has to be another.
_ROOM_FOR_WITHDRAWN = 1.5


@dataclass(frozen=True, slots=True)
class ContestedLine:
    """An entry that waits for two people, and since when."""

    entry: str
    case: str
    famous: bool
    since: date


@dataclass(frozen=True, slots=True)
class ContestedClaim:
    """An entry that people at sites called not intimate or of public interest, or one near a famous picture.

    `intimate` and `against` count what people decided that the desk has not dealt with; `sites` those who said no.
    """

    entry: str
    tier: str
    listed: date
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
    """An entry that stopped many uploads at one site lately, or one whose holds the site's brake let pass."""

    entry: str
    case: str
    site: str
    uploads: int
    since: date
    brake: bool


def contested_lately(limit: int, first: Collection[str] = ()) -> list[ContestedLine]:
    """At most `limit` that two people have to decide about; those of the cases in `first` in any case."""
    found: dict[str, tuple[str, bool, date]] = {}
    for entries in (Entry.objects.exclude(contest=Contest.NONE), Entry.objects.filter(famous=True)):
        waiting = entries.exclude(contest=Contest.OUT).order_by("made", "id")
        rows = waiting.values_list("id", "case_id", "famous", "made")
        for some, enough in ((rows.filter(case_id__in=first), limit), (rows, limit)):
            found |= {entry: (case, famous, made) for entry, case, famous, made in _of_open_cases(some, enough)}
    against = Report.objects.filter(listing__entry_id__in=found, decision="release", weighed=False)
    since = dict(against.values("listing__entry_id").values_list("listing__entry_id", Min("decided")))
    lines = [
        ContestedLine(entry, case, famous, since.get(entry) or made) for entry, (case, famous, made) in found.items()
    ]
    return sorted(lines, key=lambda line: (line.since, line.entry))


def _of_open_cases(
    rows: QuerySet[Entry, tuple[str, str, bool, date]], limit: int
) -> Iterator[tuple[str, str, bool, date]]:
    """The first of these rows whose cases are open. Joined here: in SQL a planner would begin with the cases."""
    given, step = 0, min(_READ_AT_ONCE, int(limit * _ROOM_FOR_WITHDRAWN))
    for start in range(0, _READ_AT_MOST, step):
        some = list(rows[start : start + step])
        ids = {case for _entry, case, _famous, _made in some}
        # Which are withdrawn is sorted out here too: asked for, a planner would read all cases that are not.
        withdrawn = dict(Case.objects.filter(id__in=ids).values_list("id", "withdrawn"))
        for row in some:
            if withdrawn[row[1]] is None and given < limit:
                given += 1
                yield row
        if given >= limit or len(some) < step:
            return


def contested_claims(case: Case) -> tuple[ContestedClaim, ...]:
    """Those of one case, whole."""
    if case.withdrawn is not None:
        return ()
    entries = [entry for entry in case.entries.defer("fingerprints").order_by("made", "id") if _waits(entry)]
    decided = decisions_of([entry.id for entry in entries])
    claims = []
    for entry in entries:
        decisions = decided.get(entry.id, [])
        against = [decision for decision in decisions if not decision.intimate and not decision.weighed]
        claims.append(
            ContestedClaim(
                entry=entry.id,
                tier=entry.tier,
                listed=entry.made,
                rests=str(Contest(entry.contest).label),
                famous=entry.famous,
                intimate=sum(decision.intimate for decision in decisions),
                against=len(against),
                sites=len({decision.partner for decision in against}),
            )
        )
    return tuple(claims)


def _waits(entry: Entry) -> bool:
    return entry.contest in (Contest.SITE, Contest.ALL) or (entry.famous and entry.contest != Contest.OUT)


def open_disputes(limit: int, first: Collection[str] = ()) -> list[OpenDispute]:
    """At most `limit` lines of what is open, oldest first; those of the cases in `first` in any case."""
    opened = Dispute.objects.filter(answer=Answer.OPEN)
    lines = {_key(line): line for line in _joined(opened.filter(report__listing__entry__case_id__in=first))[:limit]}
    ids = opened.order_by("day", "id").values_list("id", flat=True)
    step = min(_READ_AT_ONCE, int(limit * _ROOM_FOR_WITHDRAWN))
    for start in range(0, _READ_AT_MOST, step):
        # Joined by their ids: a planner that sees all of it at once begins with the cases.
        some = list(ids[start : start + step])
        for line in _joined(Dispute.objects.filter(id__in=some)):
            lines.setdefault(_key(line), line)
        if len(lines) >= limit or len(some) < step:
            break
    return list(lines.values())[: limit + len(first)]


def _key(line: OpenDispute) -> tuple[str, str, str]:
    return line.entry, line.kind, line.site


def disputes_of(case: Case) -> list[OpenDispute]:
    """What is open about one case."""
    return (
        [] if case.withdrawn else _joined(Dispute.objects.filter(answer=Answer.OPEN, report__listing__entry__case=case))
    )


def _joined(disputes: QuerySet[Dispute]) -> list[OpenDispute]:
    """One line an entry of an open case, site and kind, however many uploads it was said of."""
    rows = disputes.order_by("day", "id").values_list(
        "report__listing__entry_id", "report__listing__entry__case_id", "kind", "report__stream__partner__name",
        "day", "her_word", "report__listing__entry__case__withdrawn",
    )[:_READ_AT_ONCE]  # fmt: skip
    lines: dict[tuple[str, str, str, str], list[tuple[date, str]]] = {}
    for *line, day, word, withdrawn in rows:
        # Sorted out here: asked for, a planner would begin with all cases that are not withdrawn.
        if withdrawn is None:
            lines.setdefault((line[0], line[1], line[2], line[3]), []).append((day, word))
    joined = []
    for (entry, case, kind, site), said in lines.items():
        words = {word for _day, word in said}
        her_word = next((str(word) for word in (HerWord.NO, HerWord.YES) if str(word) in words), "")
        label = str(Kind(kind).label)
        joined.append(OpenDispute(entry, case, kind, label, site, said[0][0], len(said), her_word))
    return joined


def copies_and_brakes(today: date, limit: int) -> list[Alarm]:
    """Entries that are spread widely, and those that a brake let pass: at most `limit` of each, the most uploads first.

    Many copies: somebody goes on spreading the picture. A brake: the claim matches pictures unlike each other, or a
    flood is on.
    """
    return _alarms(reports_of_often_stopped(today), Report.objects.filter(day__in=lately(today)), limit)


def alarms_of(case: Case, today: date) -> list[Alarm]:
    """Those of one case."""
    ids = list(Listing.objects.filter(entry__case=case).values_list("id", flat=True)) if not case.withdrawn else []
    reports = Report.objects.filter(day__in=lately(today), listing_id__in=ids)
    return _alarms(reports.filter(verdict__in=STOPPED), reports, len(ids))


def _alarms(stopped: QuerySet[Report], reports: QuerySet[Report], limit: int) -> list[Alarm]:
    # Counted by listing from the index alone, and only then joined: a listing is one entry at one site.
    counted = [(False, stopped, MANY), (True, reports.filter(verdict="flag", decision=None), 1)]
    found: list[tuple[bool, str, int, date]] = []
    for brake, some, least in counted:
        rows = some.values("listing_id").annotate(uploads=Count("*"), since=Min("day")).filter(uploads__gte=least)
        most = rows.order_by("-uploads", "listing_id").values_list("listing_id", "uploads", "since")[:limit]
        found += [(brake, listing, uploads, since) for listing, uploads, since in most]
    listings = Listing.objects.filter(id__in=[row[1] for row in found])
    rows = listings.values_list("id", "entry_id", "entry__case_id", "stream__partner__name", "entry__case__withdrawn")
    known = {listing: (entry, case, site) for listing, entry, case, site, withdrawn in rows if withdrawn is None}
    alarms = []
    for brake, listing, uploads, since in found:
        if listing in known:
            entry, case, site = known[listing]
            alarms.append(Alarm(entry, case, site, uploads, since, brake))
    return alarms
