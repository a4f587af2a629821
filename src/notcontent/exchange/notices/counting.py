"""Numbers of notices, by site and law: what became of them, and how long it took. No case is in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from statistics import median

from notcontent.exchange.cases.models import Case
from notcontent.exchange.notices.directory.reading import read_directory
from notcontent.exchange.notices.models import Notice, Step
from notcontent.exchange.notices.regimes.known import REGIMES
from notcontent.exchange.notices.states import WENT_OUT, Refusal, State

#: Below so many sent notices a row at the desk says nothing but that there are fewer.
SMALLEST_TOLD = 5
#: Outside of the desk a count below it is not told: a single notice would tell of a single person.
SMALLEST_TOLD_OUTSIDE = 10
OTHER_SITES = "other sites"


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of some notices. `hours`: from sending to the site's word "removed", the median of `timed`."""

    sent: int
    acknowledged: int
    removed: int
    refused: int
    overdue: int
    refused_for: tuple[tuple[str, int], ...]
    timed: int
    hours: float | None


@dataclass(frozen=True, slots=True)
class Withheld:
    """A tally as others may have it: None for a count below `SMALLEST_TOLD_OUTSIDE`, nought neither.

    Reasons are told only where none of them is small, since the last could be worked out from the others.
    """

    sent: int
    acknowledged: int | None
    removed: int | None
    refused: int | None
    overdue: int | None
    refused_for: tuple[tuple[str, int], ...]
    hours: float | None


@dataclass(frozen=True, slots=True)
class Row:
    """One site under one law at the desk. A row of fewer than `SMALLEST_TOLD` has `few` set and no tally."""

    site: str
    law: str
    tally: Tally | None

    @property
    def few(self) -> bool:
        """Whether there are too few to tell of."""
        return self.tally is None


def tally(notices: Iterable[Notice]) -> Tally:
    """What became of these; each with its steps fetched before."""
    notices = list(notices)
    been = [{step.state for step in notice.steps.all()} for notice in notices]
    reasons = Counter(
        step.reason
        for notice in notices
        for step in notice.steps.all()
        if step.state == State.REFUSED.value and step.reason != Refusal.NONE.value
    )
    took = [
        (step.at - notice.sent).total_seconds() / 3600
        for notice in notices
        for step in notice.steps.all()
        if step.state == State.REMOVED.value
    ]
    return Tally(
        len(notices), _having(been, State.ACKNOWLEDGED), _having(been, State.REMOVED), _having(been, State.REFUSED),
        _having(been, State.SILENT), tuple(sorted(reasons.items())), len(took),
        round(median(took), 1) if took else None,
    )  # fmt: skip


def withhold(one: Tally) -> Withheld | None:
    """The tally with its small counts left out; None where there are too few notices to tell of at all."""

    def coarse(count: int) -> int | None:
        return count if count >= SMALLEST_TOLD_OUTSIDE else None

    if one.sent < SMALLEST_TOLD_OUTSIDE:
        return None
    reasons = one.refused_for if all(coarse(count) for _, count in one.refused_for) else ()
    return Withheld(
        one.sent, coarse(one.acknowledged), coarse(one.removed), coarse(one.refused), coarse(one.overdue), reasons,
        one.hours if coarse(one.timed) else None,
    )  # fmt: skip


def group_sent(first: date | None = None, last: date | None = None) -> dict[tuple[str, str], list[Notice]]:
    """Notices that went out and did not come back, without letters, by the key of their site and of their law."""
    went = Notice.objects.exclude(sent=None).filter(state__in=[state.value for state in WENT_OUT], rung="")
    if first and last:
        went = went.filter(sent__date__range=(first, last))
    grouped: dict[tuple[str, str], list[Notice]] = {}
    for notice in went.prefetch_related("steps"):
        grouped.setdefault((notice.service, notice.law), []).append(notice)
    return grouped


def name_of(service: str) -> str:
    """The site's name; sites that the directory does not know have one together."""
    found = read_directory().get(service)
    return found.name if found else OTHER_SITES


def count_notices() -> tuple[Row, ...]:
    """Rows for the desk, by site and law. WARNING: before they are given to others, `withhold` each tally."""
    rows = [
        Row(name_of(service), REGIMES[law].law, tally(notices) if len(notices) >= SMALLEST_TOLD else None)
        for (service, law), notices in group_sent().items()
    ]
    return tuple(sorted(rows, key=lambda row: (row.site.casefold(), row.law)))


@dataclass(frozen=True, slots=True)
class Hers:
    """One notice or letter of a case, as a lawyer has use for it. `steps` in their order; `hours` until removed."""

    notice: Notice
    site: str
    law: str
    step: str
    steps: tuple[Step, ...]
    hours: float | None


def record_of(case: Case) -> tuple[Hers, ...]:
    """What was sent in her case, to the minute, and what came of it, oldest first. Nothing is withheld: it is hers."""
    sent = case.notices.exclude(sent=None).select_related("partner").prefetch_related("steps").order_by("sent", "id")
    return tuple(_hers(notice) for notice in sent)


def _hers(notice: Notice) -> Hers:
    rung = REGIMES[notice.law].rung(notice.rung) if notice.rung else None
    site = notice.partner.name if notice.partner else name_of(notice.service) if notice.service else ""
    before = {State.DRAFT.value, State.COMPLETE.value, State.APPROVED.value}
    steps = tuple(sorted((one for one in notice.steps.all() if one.state not in before), key=lambda one: one.id))
    removed = next((step.at for step in steps if step.state == State.REMOVED.value), None)
    hours = round((removed - notice.sent).total_seconds() / 3600, 1) if removed and notice.sent else None
    return Hers(
        notice,
        rung.name if rung and rung.name else site,
        REGIMES[notice.law].law,
        rung.to if rung else "",
        steps,
        hours,
    )


def records_of_sites(record: Iterable[Hers]) -> tuple[tuple[str, str, Withheld | None], ...]:
    """What the sites and laws of her record did with everybody's notices, small counts withheld."""
    grouped = group_sent()
    keys = sorted({(one.notice.service, one.notice.law) for one in record if not one.notice.rung})
    return tuple(
        (name_of(service), REGIMES[law].law, withhold(tally(grouped.get((service, law), [])))) for service, law in keys
    )


def _having(been: Iterable[set[str]], state: State) -> int:
    return sum(state.value in states for states in been)
