"""What she sees: the status of one case (docs/spec/person.md §4)."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from django.db.models import Count, Q

from notcontent.exchange.cases.models import Case, Statement
from notcontent.exchange.letters.models import Letter, Sender
from notcontent.exchange.lists.models import Contest, Listing, ListingState
from notcontent.exchange.partners.again import weeks_of
from notcontent.exchange.partners.hearing import HERE
from notcontent.exchange.partners.models import Partner, Receipt, Report
from notcontent.feed.receipt import ReceiptState

#: Compared with when there is no such case, so that the comparison happens all the same. No SHA-256 of a key is known
#: to be this.
NO_KEY = "0" * 64
HITS_THAT_ARE_A_FEW = 9


class SiteState(StrEnum):
    """How far a site has come with a whole case. `none`: no code was ever sent to it, and she has a word for it."""

    NONE = "none"
    WAITING = "waiting"
    LISTED = "listed"
    STOPPING = "stopping"
    STOPPED = "stopped"
    ERASED = "erased"


class SiteNote(StrEnum):
    """It is suspended and hears nothing now; or it is sent only entries that the helpline has verified."""

    SUSPENDED = "suspended"
    VERIFIED_ONLY = "verified_only"


@dataclass(frozen=True, slots=True)
class SiteStatus:
    """One site's part of a status."""

    partner: Partner
    state: SiteState
    since: date
    hits: str
    #: Whether some of the hits are copies that were uploaded before she came.
    already_there: bool
    statement: Statement | None
    #: What she should know of the site itself while her case stands.
    note: SiteNote | None = None
    #: The Monday of the newest week in which it saw a picture of hers in a place that followed a closed one, if it says
    #: so. Worked out for her alone.
    seen_again: date | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """What a case looks like to the person who holds its words."""

    case: Case
    entries: int
    sites: tuple[SiteStatus, ...]
    #: Newest first.
    letters: tuple[Letter, ...]
    #: Entries that people at sites called not intimate or of public interest: before the desk now, and taken out by it.
    resting: int = 0
    taken_out: int = 0


def key_opens(stored_sha256: str, given_sha256: str) -> bool:
    """Whether the key is the one, in the same time whether or not it is."""
    return hmac.compare_digest(stored_sha256, given_sha256)


def find_case(locator_sha256: str, look_sha256: str) -> Case | None:
    """The case; None for a wrong key and an unknown case alike."""
    case = Case.objects.filter(locator_sha256=locator_sha256).first()
    opens = key_opens(case.look_sha256 if case else NO_KEY, look_sha256)
    return case if opens else None


def status_of(case: Case, hit_delay_days: int, today: date) -> Status:
    """The case's status as of today. Hits younger than the delay are not counted."""
    weeks = weeks_of(case, hit_delay_days, today)
    sites = tuple(
        replace(site, seen_again=weeks.get(site.partner.id)) for site in sites_of(case, hit_delay_days, today)
    )
    # Her own letters are never shown back, so their bytes are not even read.
    letters = [*case.letters.filter(sender=Sender.HER).defer("sealed"), *case.letters.filter(sender=Sender.HELPLINE)]
    letters.sort(key=lambda letter: -letter.number)
    contests = list(case.entries.exclude(contest=Contest.NONE).values_list("contest", flat=True))
    taken_out = sum(contest == Contest.OUT for contest in contests)
    resting = 0 if case.withdrawn else len(contests) - taken_out
    return Status(case, case.entries.count(), sites, tuple(letters), resting, taken_out)


def sites_of(case: Case, hit_delay_days: int, today: date) -> tuple[SiteStatus, ...]:
    """How far each site has come with the case, newest change first. Hits younger than the delay are not counted."""
    listings = list(
        Listing.objects.filter(entry__case=case).exclude(state=ListingState.CANCELLED).select_related("stream__partner")
    )
    receipts = {
        (receipt.listing_id, receipt.state): receipt.day
        for receipt in Receipt.objects.filter(listing__entry__case=case)
    }
    answered = {listing for listing, _ in receipts}
    by_partner: dict[str, list[Listing]] = {}
    contests = dict(case.entries.exclude(contest=Contest.NONE).values_list("id", "contest"))
    for listing in listings:
        if case.withdrawn is None and contests.get(listing.entry_id) == Contest.OUT:
            continue
        if listing.id in answered or not _never_reached(listing):
            by_partner.setdefault(listing.stream.partner_id, []).append(listing)
    told_until = today - timedelta(days=hit_delay_days)
    # Not conditions on day and verdict: SQLite would then go through the index of all sites' reports.
    told = Q(day__lte=told_until) & ~Q(decision="release")
    hits, before = Count("id", filter=told), Count("id", filter=told & Q(verdict=HERE))
    reports = Report.objects.filter(listing__entry__case=case).values("stream_id").annotate(hits=hits, before=before)
    counted = {row["stream_id"]: row for row in reports}
    said = {statement.partner_id: statement for statement in case.statements.select_related("partner")}
    sites = []
    for held in by_partner.values():
        partner = held[0].stream.partner
        state, since = _state_of(case, held, receipts)
        feed = held[0].stream_id
        statement = said.pop(partner.id, None)
        note = _note(partner, held[0].stream.verified_only, state)
        row = counted.get(feed, {"hits": 0, "before": 0})
        seen = name_hits(int(row["hits"]))
        sites.append(SiteStatus(partner, state, since, seen, int(row["before"]) > 0, statement, note))
    for statement in said.values():
        sites.append(SiteStatus(statement.partner, SiteState.NONE, statement.day, name_hits(0), False, statement))
    sites.sort(key=lambda site: (-site.since.toordinal(), site.partner.name))
    return tuple(sites)


def name_hits(count: int) -> str:
    """A number that tells little to somebody who only holds the picture."""
    if count > HITS_THAT_ARE_A_FEW:
        return "many times"
    return {0: "none", 1: "once"}.get(count, "a few times")


def _note(partner: Partner, verified_only: bool, state: SiteState) -> SiteNote | None:
    if partner.suspended is not None:
        return SiteNote.SUSPENDED
    return SiteNote.VERIFIED_ONLY if verified_only and state is SiteState.WAITING else None


def _never_reached(listing: Listing) -> bool:
    """Whether an entry came and went while the site's guard was away, so that no receipt will ever come.

    The guard took up a snapshot in which the entry was gone already: the deltas that named it are no longer held, and
    the guard is past them.
    """
    stream, number = listing.stream, listing.withdrawn_number
    return (
        listing.listed_day is None and number is not None and number < stream.oldest and number <= stream.acked_number
    )


def _state_of(case: Case, held: Sequence[Listing], receipts: dict[tuple[str, str], date]) -> tuple[SiteState, date]:
    if case.withdrawn is None:
        # What was taken back from a site that is sent verified entries only counts again once she has withdrawn: there
        # were bytes of hers.
        held = [listing for listing in held if not listing.recalled]
    else:
        erased = [receipts.get((listing.id, ReceiptState.ERASED.value)) for listing in held]
        # Who has erased an entry has also stopped matching it, even if the first receipt got lost.
        stopped = [
            receipts.get((listing.id, ReceiptState.STOPPED.value)) or other
            for listing, other in zip(held, erased, strict=True)
        ]
        for state, found in ((SiteState.ERASED, erased), (SiteState.STOPPED, stopped)):
            if days := _days_if_all(found):
                return state, max(days)
        return SiteState.STOPPING, case.withdrawn
    days = _days_if_all(listing.listed_day for listing in held)
    return (SiteState.LISTED, max(days)) if days else (SiteState.WAITING, case.opened)


def _days_if_all(days: Iterable[date | None]) -> list[date]:
    found = list(days)
    known = [day for day in found if day is not None]
    return known if len(known) == len(found) else []
