"""Counting the notices of a quarter, and what of it is told: by site and law, small counts withheld.

A quarter is counted once, 30 days after it is over, so that sites had their time. Counts of one quarter overlap with no
other's, so nothing can be worked out from their difference.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, timedelta

from django.db import transaction

from notcontent.exchange.notices.counting import OTHER_SITES, Tally, Withheld, group_sent, name_of, tally, withhold
from notcontent.exchange.notices.models import Notice
from notcontent.exchange.notices.regimes.known import REGIMES
from notcontent.exchange.public.models import NoticeQuarter

COUNTED_AFTER = timedelta(days=30)
#: So far back quarters are counted that nobody has counted yet, and so many are told.
MOST_QUARTERS = 12


@dataclass(frozen=True, slots=True)
class ToldNotices:
    """Notices to one site under one law that were sent in one quarter, written `2026-Q4`. None: fewer than 10."""

    quarter: str
    site: str
    law: str
    sent: int
    acknowledged: int | None
    removed: int | None
    refused: int | None
    overdue: int | None
    refused_for: tuple[tuple[str, int], ...]
    median_hours: float | None


def count_quarters(today: date) -> int:
    """Count every quarter that is long enough over and was not counted yet; how many that were."""
    first = Notice.objects.exclude(sent=None).order_by("sent").values_list("sent", flat=True).first()
    if first is None:
        return 0
    counted = set(NoticeQuarter.objects.values_list("first_day", flat=True))
    done, begin = 0, quarter_of(first.date())
    oldest = quarter_of(today - timedelta(days=92 * MOST_QUARTERS))
    begin = max(begin, oldest)
    while (end := _next(begin) - timedelta(days=1)) + COUNTED_AFTER < today:
        if begin not in counted:
            done += _count(begin, end)
        begin = _next(begin)
    return done


def _count(first: date, last: date) -> int:
    """Rows of sites with enough notices to tell of, the others of each law as one. Without any it is asked again."""
    rows: dict[tuple[str, str], list[Notice]] = {}
    for (service, law), notices in group_sent(first, last).items():
        known = service if withhold(tally(notices)) else ""
        rows.setdefault((known, law), []).extend(notices)
    with transaction.atomic():
        for (service, law), notices in rows.items():
            one = tally(notices)
            NoticeQuarter.objects.get_or_create(
                first_day=first, site=service, law=law,
                defaults={name: value for name, value in asdict(one).items() if name != "refused_for"}
                | {"refused_for": dict(one.refused_for)},
            )  # fmt: skip
    return bool(rows)


def told_notices() -> list[ToldNotices]:
    """The quarters that were counted, newest first, small counts withheld and rows of too few left out."""
    oldest = NoticeQuarter.objects.order_by("-first_day").values_list("first_day", flat=True).distinct()[:MOST_QUARTERS]
    rows = NoticeQuarter.objects.filter(first_day__in=list(oldest)).order_by("-first_day")
    told = [(row, one) for row in rows if row.law in REGIMES and (one := withhold(_tally_of(row)))]
    return sorted((_tell(row, one) for row, one in told), key=lambda one: (_newest(one), one.site.casefold(), one.law))


def _newest(one: ToldNotices) -> tuple[int, int]:
    year, _, quarter = one.quarter.partition("-Q")
    return -int(year), -int(quarter)


def _tally_of(row: NoticeQuarter) -> Tally:
    return Tally(
        row.sent, row.acknowledged, row.removed, row.refused, row.overdue, tuple(sorted(row.refused_for.items())),
        row.timed, row.hours,
    )  # fmt: skip


def _tell(row: NoticeQuarter, one: Withheld) -> ToldNotices:
    quarter = f"{row.first_day.year}-Q{(row.first_day.month + 2) // 3}"
    return ToldNotices(
        quarter, name_of(row.site) if row.site else OTHER_SITES, REGIMES[row.law].law, one.sent, one.acknowledged,
        one.removed, one.refused, one.overdue, one.refused_for, one.hours,
    )  # fmt: skip


def quarter_of(day: date) -> date:
    """The first day of its quarter."""
    return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)


def _next(first: date) -> date:
    return quarter_of(first + timedelta(days=95))
