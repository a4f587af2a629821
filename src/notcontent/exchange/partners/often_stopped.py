"""Listings that stopped many uploads lately, noted as reports come, so that nobody has to count all reports for them.

What is noted says only where to count: the reports themselves are the truth.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

from django.db.models import Count, QuerySet

from notcontent.exchange.partners.models import OftenStopped, Report

#: Reports of today and so many days before say how it is now.
LATELY_DAYS = 2
#: As many copies as she would be told of as "many times".
MANY = 10
#: Verdicts by which an upload did not go through.
STOPPED = ("hold", "block")


def lately(today: date) -> list[date]:
    """Each day for itself: of a range, a planner would think that it is most of the table."""
    return [today - timedelta(days=back) for back in range(LATELY_DAYS + 1)]


def note_often_stopped(listings: Collection[str], today: date) -> None:
    """Note those of these listings that stopped many uploads lately; call it when reports came. In a transaction."""
    noted = set(OftenStopped.objects.filter(listing__in=listings, day=today).values_list("listing_id", flat=True))
    reports = Report.objects.filter(listing__in=set(listings) - noted, verdict__in=STOPPED, day__in=lately(today))
    counted = reports.values("listing_id").annotate(uploads=Count("*")).filter(uploads__gte=MANY)
    many = [OftenStopped(listing_id=row["listing_id"], day=today) for row in counted.order_by("listing_id")]
    OftenStopped.objects.bulk_create(many, update_conflicts=True, unique_fields=["listing"], update_fields=["day"])


def reports_of_often_stopped(today: date) -> QuerySet[Report]:
    """What stopped uploads lately at those listings that may have stopped many; the others need not be counted."""
    may_be = OftenStopped.objects.filter(day__in=lately(today)).values("listing_id")
    return Report.objects.filter(listing__in=may_be, verdict__in=STOPPED, day__in=lately(today))
