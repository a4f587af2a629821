"""One case as the desk sees it: its entries and who confirmed them, what sites did, what is said against it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Max, Q
from django.utils.translation import gettext as _

from notcontent.exchange.cases.looking import SiteState, SiteStatus, sites_of
from notcontent.exchange.cases.models import Case, Notices
from notcontent.exchange.desk.before_desk import (
    Alarm,
    ContestedClaim,
    OpenDispute,
    alarms_of,
    contested_claims,
    disputes_of,
)
from notcontent.exchange.desk.case_events import DESK, HERS, SITES, Event, events_of, names_of_lanes, names_of_tiers
from notcontent.exchange.desk.drawing import Mark, Words, draw_timeline, first_and_last
from notcontent.exchange.desk.models import DangerMark
from notcontent.exchange.disputes.deciding import misuses_of
from notcontent.exchange.disputes.models import Answer, Dispute, Kind
from notcontent.exchange.letters.models import Sender
from notcontent.exchange.lists.models import Contest, Entry, TierChange
from notcontent.exchange.lists.tier_rule import Why
from notcontent.exchange.partners.models import Receipt, Report
from notcontent.feed.entry import VIDEO
from notcontent.feed.receipt import ReceiptState

ENTRIES_SHOWN = 200
EVENTS_SHOWN = 200
#: A timeline is drawn for events in these lanes.
LANES = (HERS, DESK, SITES)


@dataclass(frozen=True, slots=True)
class EntryLine:
    """One picture or video. `why` says what its tier rests on and `risen` since when, if it ever rose."""

    id: str
    is_video: bool
    tier: str
    why: str
    risen: date | None
    made: date
    contest: str
    stopped: int


@dataclass(frozen=True, slots=True)
class SiteLine:
    """One site's part: how far it is, what its guard reported, what people there decided, what it signed."""

    status: SiteStatus
    state: str
    shape: str
    stopped: int
    passed: int
    before: int
    kept: int
    released: int
    newest: date | None
    receipts_stopped: int
    receipts_erased: int


@dataclass(frozen=True, slots=True)
class Answered:
    """Disputes of one kind at one site that were answered."""

    kind: str
    site: str
    uploads: int
    answer: str
    day: date


@dataclass(frozen=True, slots=True)
class Letters:
    """How many letters there are, and of those that wait how many were not read."""

    hers: int
    answers: int
    waiting: int
    unread: int
    newest: date | None
    has_contact: bool


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """Everything on a case's page, read at one moment."""

    case: Case
    danger: DangerMark | None
    stated: date | None
    misuses: int
    letters: Letters
    entries: tuple[EntryLine, ...]
    entries_in_all: int
    sites: tuple[SiteLine, ...]
    contested: tuple[ContestedClaim, ...]
    disputes: tuple[OpenDispute, ...]
    answered: tuple[Answered, ...]
    alarms: tuple[Alarm, ...]
    events: tuple[Event, ...]
    events_in_all: int

    @property
    def has_work(self) -> bool:
        """Whether somebody has to do something here."""
        return bool(self.letters.waiting or self.contested or self.disputes or self.alarms or self.danger)


def read_case(case: Case, today: date) -> CaseFacts:
    """The facts of one case; a fixed number of queries."""
    stated = case.statements.exclude(notices=Notices.REVOKED).order_by("day").first()
    events = events_of(case)
    return CaseFacts(
        case=case,
        danger=DangerMark.objects.filter(case_id=case.id).first(),
        stated=stated.day if stated else None,
        misuses=misuses_of(case),
        letters=_letters(case),
        entries=tuple(_entries(case)),
        entries_in_all=case.entries.count(),
        sites=tuple(_sites(case, today)),
        contested=contested_claims(case),
        disputes=tuple(disputes_of(case)),
        answered=tuple(_answered(case)),
        alarms=tuple(alarms_of(case, today)),
        events=events[:EVENTS_SHOWN],
        events_in_all=len(events),
    )


def draw_case(facts: CaseFacts, today: date, *, first: str, last: str, right_to_left: bool) -> str:
    """The case's timeline as SVG. `first` and `last` are its ends as the page's language writes days."""
    ends = first_and_last([event.day for event in facts.events], today)
    words = Words(_("What happened, day by day"), names_of_lanes(), first, last)
    marks = [Mark(event.lane, event.day, event.many) for event in facts.events]
    return draw_timeline(marks, *ends, words, right_to_left=right_to_left)


def _letters(case: Case) -> Letters:
    hers = Q(sender=Sender.HER)
    counted = case.letters.aggregate(
        hers=Count("id", filter=hers),
        answers=Count("id", filter=~hers),
        waiting=Count("id", filter=Q(waits=True)),
        unread=Count("id", filter=hers & Q(read=False)),
        newest=Max("day"),
        contact=Count("id", filter=Q(about="contact")),
    )
    return Letters(
        counted["hers"], counted["answers"], counted["waiting"], counted["unread"], counted["newest"],
        bool(counted["contact"]),
    )  # fmt: skip


def _entries(case: Case) -> Iterator[EntryLine]:
    names = {
        Why.NOBODY.value: _("nobody yet"),
        Why.ONE_SITE.value: _("a person at a site"),
        Why.TWO_OWNERS.value: _("people at two sites"),
        Why.SPOKEN.value: _("spoken with her"),
    }
    tiers = names_of_tiers()
    stopped = dict(
        # Not a condition on the verdict: SQLite would then go through the index of all sites' newest reports.
        Report.objects.filter(listing__entry__case=case)
        .values("listing__entry_id")
        .annotate(many=Count("id", filter=Q(verdict__in=("hold", "block"))))
        .values_list("listing__entry_id", "many")
    )
    rises = {change.entry_id: change for change in TierChange.objects.filter(entry__case=case).order_by("id")}
    for entry in case.entries.defer("fingerprints").order_by("made", "id")[:ENTRIES_SHOWN]:
        rise = rises.get(entry.id)
        why = names.get(rise.why, rise.why) if rise else names[Why.NOBODY.value] if entry.tier == "claimed" else ""
        yield EntryLine(
            id=entry.id,
            is_video=entry.kind == VIDEO,
            tier=tiers.get(entry.tier, entry.tier),
            why=why,
            risen=rise.day if rise else None,
            made=entry.made,
            contest=_contest(entry),
            stopped=stopped.get(entry.id, 0),
        )


def _contest(entry: Entry) -> str:
    if entry.contest == Contest.OUT:
        return _("taken out")
    if entry.contest:
        return _("contested")
    return _("near a famous picture") if entry.famous else ""


def _sites(case: Case, today: date) -> Iterator[SiteLine]:
    names = {
        SiteState.NONE: (_("no code was sent there"), "state-none"),
        SiteState.WAITING: (_("on its way"), "state-wait"),
        SiteState.LISTED: (_("on its list"), "state-good"),
        SiteState.STOPPING: (_("withdrawn, not answered yet"), "state-wait"),
        SiteState.STOPPED: (_("stopped matching"), "state-wait"),
        SiteState.ERASED: (_("erased"), "state-good"),
    }
    reports = Report.objects.filter(listing__entry__case=case).values("stream__partner_id")
    told = {
        row["stream__partner_id"]: row
        for row in reports.annotate(
            stopped=Count("id", filter=Q(verdict__in=("hold", "block"))),
            passed=Count("id", filter=Q(verdict="flag")),
            before=Count("id", filter=Q(verdict="here")),
            kept=Count("id", filter=Q(decision="block")),
            released=Count("id", filter=Q(decision="release")),
            newest=Max("day"),
        )
    }
    signed = {
        (partner, state): many
        for partner, state, many in Receipt.objects.filter(listing__entry__case=case)
        .values("listing__stream__partner_id", "state")
        .annotate(many=Count("*"))
        .values_list("listing__stream__partner_id", "state", "many")
    }
    for status in sites_of(case, 0, today):
        partner = status.partner.id
        row = told.get(partner, {})
        state, shape = names[status.state]
        yield SiteLine(
            status=status,
            state=state,
            shape=shape,
            stopped=row.get("stopped", 0),
            passed=row.get("passed", 0),
            before=row.get("before", 0),
            kept=row.get("kept", 0),
            released=row.get("released", 0),
            newest=row.get("newest"),
            receipts_stopped=signed.get((partner, ReceiptState.STOPPED.value), 0),
            receipts_erased=signed.get((partner, ReceiptState.ERASED.value), 0),
        )


def _answered(case: Case) -> Iterator[Answered]:
    rows = (
        Dispute.objects.filter(report__listing__entry__case=case)
        .exclude(answer=Answer.OPEN)
        .values("kind", "report__stream__partner__name", "answer", "answered")
        .annotate(many=Count("*"))
        .order_by("-answered", "kind", "report__stream__partner__name")
        .values_list("kind", "report__stream__partner__name", "many", "answer", "answered")[:EVENTS_SHOWN]
    )
    for kind, site, many, answer, day in rows:
        yield Answered(str(Kind(kind).label), site, many, str(Answer(answer).label), day)
