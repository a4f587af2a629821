"""Counting a month that is over, and what of it is told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median

from notcontent.exchange.cases.models import Case
from notcontent.exchange.disputes.models import Dispute
from notcontent.exchange.lists.models import Entry
from notcontent.exchange.lists.tier_rule import NEGATIVE
from notcontent.exchange.partners.models import Report, SeenAgain
from notcontent.exchange.public.models import Demand, Month

#: A count below it is not told, nought neither: a small helpline's month could speak of one person.
SMALLEST_TOLD = 10
FEWER = f"fewer than {SMALLEST_TOLD}"
#: So far back months are counted that nobody has counted yet, and so many are told.
MOST_MONTHS = 36


@dataclass(frozen=True, slots=True)
class Demanded:
    """How many demands one country's state made in a month, and how many of them were obeyed. Told as they are."""

    country: str
    demands: int
    obeyed: int


@dataclass(frozen=True, slots=True)
class ToldMonth:
    """One month as it is told: numbers, or `FEWER`. The median is in days, None where it rests on fewer."""

    month: str
    listed: int | str
    held: int | str
    released_as_not_intimate: int | str
    disputed: int | str
    withdrawn: int | str
    seen_again: int | str
    median_hold_days: float | None
    demands_by_states: tuple[Demanded, ...]


def count_months(today: date) -> int:
    """Count every month that is over and was not counted yet; how many that were."""
    first = Case.objects.order_by("opened").values_list("opened", flat=True).first()
    if first is None:
        return 0
    this_month = today.replace(day=1)
    counted = set(Month.objects.values_list("first_day", flat=True))
    done = 0
    month = max(first.replace(day=1), (this_month - timedelta(days=31 * MOST_MONTHS)).replace(day=1))
    while month < this_month:
        if month not in counted:
            _count(month)
            done += 1
        month = _next(month)
    return done


def _count(first: date) -> None:
    """Read at leisure and written in a moment: reading goes over years of reports, and nobody waits for it."""
    within = (first, _next(first) - timedelta(days=1))
    decided = Report.objects.filter(verdict="hold", decision__isnull=False, decided__range=within)
    lengths = [max(0, (end - begin).days) for begin, end in decided.values_list("day", "decided").iterator()]
    counted = {
        "listed": Entry.objects.filter(made__range=within).count(),
        "held": Report.objects.filter(verdict="hold", day__range=within).count(),
        "released": Report.objects.filter(decision="release", reason__in=NEGATIVE, decided__range=within).count(),
        "disputed": Dispute.objects.filter(day__range=within).count(),
        "withdrawn": Case.objects.filter(withdrawn__range=within).count(),
        "seen_again": SeenAgain.objects.filter(told__range=within).count(),
        "decided": len(lengths),
        "median_hold_days": median(lengths) if lengths else None,
    }
    Month.objects.get_or_create(first_day=first, defaults=counted)


def told_months() -> list[ToldMonth]:
    """The months that were counted, newest first, small counts withheld."""
    months = list(Month.objects.order_by("-first_day")[:MOST_MONTHS])
    demands: dict[date, list[Demand]] = {}
    for demand in Demand.objects.filter(month__in=[month.first_day for month in months]):
        demands.setdefault(demand.month, []).append(demand)
    return [_tell(month, demands.get(month.first_day, ())) for month in months]


def _tell(month: Month, demands: Iterable[Demand]) -> ToldMonth:
    by_country: dict[str, list[Demand]] = {}
    for demand in demands:
        by_country.setdefault(demand.country, []).append(demand)
    return ToldMonth(
        month=f"{month.first_day:%Y-%m}",
        listed=_coarse(month.listed),
        held=_coarse(month.held),
        released_as_not_intimate=_coarse(month.released),
        disputed=_coarse(month.disputed),
        withdrawn=_coarse(month.withdrawn),
        seen_again=_coarse(month.seen_again),
        median_hold_days=month.median_hold_days if month.decided >= SMALLEST_TOLD else None,
        demands_by_states=tuple(
            Demanded(country, len(of_it), sum(demand.obeyed for demand in of_it))
            for country, of_it in sorted(by_country.items())
        ),
    )


def _coarse(count: int) -> int | str:
    return count if count >= SMALLEST_TOLD else FEWER


def _next(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1)
