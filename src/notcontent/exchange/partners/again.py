"""That a site saw an entry again in a new place: heard once, told to her alone if she asks, forgotten after 90 days.

It is no report of a match: nothing counts it, no decision rests on it, and nobody at the desk is shown it.
"""

from __future__ import annotations

from datetime import date, timedelta

from django.db.models import Max, Q

from notcontent.exchange.cases.models import Case
from notcontent.exchange.lists.models import Contest, Listing, ListingState
from notcontent.exchange.partners.models import SeenAgain
from notcontent.feed.entry import Tier

#: What a report of it is called.
AGAIN = "again"
#: So long it is kept, from the day on which it was told.
KEPT = timedelta(days=90)


def hear_again(listing: Listing, day: date, today: date) -> None:
    """Note it for this live listing, the first time; of the day no more than its week. Only verified entries count."""
    if listing.entry.tier != Tier.VERIFIED or listing.entry.contest != Contest.NONE:
        return
    day = min(day, today)
    if day > today - KEPT:
        week = day - timedelta(days=day.weekday())
        SeenAgain.objects.get_or_create(listing=listing, defaults={"week": week, "told": today})


def weeks_of(case: Case, delay_days: int, today: date) -> dict[str, date]:
    """For each partner's id the Monday of the newest week told, without what is younger than the delay or too old."""
    told = SeenAgain.objects.filter(
        listing__entry__case=case,
        listing__entry__contest=Contest.NONE,
        listing__state=ListingState.LIVE,
        told__lte=today - timedelta(days=delay_days),
        told__gt=today - KEPT,
    )
    rows = told.values("listing__stream__partner_id").annotate(newest=Max("week"))
    return dict(rows.values_list("listing__stream__partner_id", "newest"))


def forget_again(case: Case) -> None:
    """She took the case back."""
    SeenAgain.objects.filter(listing__entry__case=case).delete()


def forget_old(today: date) -> None:
    """Forget what is too old, and what was told of a listing that is no more."""
    SeenAgain.objects.filter(Q(told__lte=today - KEPT) | ~Q(listing__state=ListingState.LIVE)).delete()
