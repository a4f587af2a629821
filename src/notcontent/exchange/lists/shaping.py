"""Streams in StopNCII's shape: what their client is owed becomes live or withdrawn fingerprints, in numbered steps."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet

from notcontent.exchange.lists.models import FINGERPRINT_BYTES, Listing, ListingState, ShapedHash
from notcontent.exchange.lists.scoping import recall
from notcontent.exchange.partners.canaries import canaries_to_send, canaries_to_withdraw
from notcontent.exchange.partners.models import CanaryState, Stream

#: Few enough that an intake never waits long for the tables.
MAX_LISTINGS = 200
#: How long a withdrawn fingerprint is kept for a client that does not ask.
KEPT = timedelta(days=30)
_DAY_S = 86_400


def take_step(feed: str, today: date) -> bool:
    """List and withdraw what the stream is owed, under one new number; whether it is owed more.

    Numbers look like Unix seconds, as the shape asks, and tell no time of day: the first step of a day is its midnight
    (UTC), each further one a second more.
    """
    with transaction.atomic():
        stream = Stream.objects.select_for_update().get(feed=feed)
        due = Listing.objects.select_for_update(of=("self",)).filter(stream=stream, due=True)
        listings = list(due.select_related("entry__case").order_by("id")[: MAX_LISTINGS + 1])
        if not listings:
            return False
        midnight = int(datetime.combine(today, time(), UTC).timestamp())
        stream.number = max(stream.number + 1, midnight)
        new = 0
        for listing in listings[:MAX_LISTINGS]:
            kept_back = stream.keeps_back(listing.entry.tier)
            rests = listing.paused and listing.state == ListingState.WAITING
            if kept_back and listing.state == ListingState.LIVE:
                recall(listing)
            match ListingState(listing.state):
                case ListingState.WAITING if not (kept_back or rests):
                    _list(stream, listing)
                    new += 1
                case ListingState.LEAVING:
                    _withdraw(stream, listing, today)
                case ListingState.LIVE if listing.paused and not listing.paused_there:
                    _rest(stream, listing, today)
                case ListingState.LIVE if listing.paused_there and not listing.paused:
                    _list(stream, listing)
            # The shape has no word for a tier, so a new one is owed to nobody here.
            listing.due, listing.paused_there = False, listing.paused
            listing.save(update_fields=["state", "due", "added_number", "paused_there", "recalled"])
        _move_canaries(stream, new, today)
        stream.count = ShapedHash.objects.filter(stream=stream, withdrawn=None).count()
        stream.save(update_fields=["number", "count"])
    return len(listings) > MAX_LISTINGS


def day_of(number: int) -> int:
    """The midnight of its day: what a client is told of a number."""
    return number - number % _DAY_S


def _list(stream: Stream, listing: Listing) -> None:
    """All of its orientations, once each. One that is live already stays as it was: nobody hears of another case."""
    values = _values_of(bytes(listing.entry.fingerprints))
    known = {row.value: row for row in ShapedHash.objects.filter(stream=stream, value__in=values)}
    when = {"number": stream.number, "day": day_of(stream.number)}
    new = [ShapedHash(stream=stream, value=value, **when) for value in values - set(known)]
    # Stored in an order of their own, so that no row number tells which is the upright one.
    ShapedHash.objects.bulk_create(sorted(new, key=lambda row: row.id))
    if back := [row.id for row in known.values() if row.withdrawn is not None]:
        ShapedHash.objects.filter(id__in=back).update(withdrawn=None, **when)
    held_by = ShapedHash.listings.through
    # One that rested may hold some of them still.
    links = [held_by(shapedhash=row, listing=listing) for row in [*new, *known.values()]]
    held_by.objects.bulk_create(links, ignore_conflicts=True)
    listing.state, listing.added_number = str(ListingState.LIVE), stream.number


def _move_canaries(stream: Stream, new_entries: int, today: date) -> None:
    """List canaries beside new entries, and withdraw those that leave, each in all its turns."""
    for canary in canaries_to_send(stream, new_entries):
        when = {"number": stream.number, "day": day_of(stream.number)}
        rows = [ShapedHash(stream=stream, value=value, **when) for value in _values_of(bytes(canary.fingerprints))]
        ShapedHash.objects.bulk_create(sorted(rows, key=lambda row: row.id))
        stream.canaries.filter(id=canary.id).update(state=CanaryState.LIVE, sent_number=stream.number)
    for canary in canaries_to_withdraw(stream):
        rows_of = ShapedHash.objects.filter(stream=stream, value__in=_values_of(bytes(canary.fingerprints)))
        rows_of.filter(given=False).delete()
        rows_of.update(withdrawn=today, number=stream.number, day=day_of(stream.number))
        stream.canaries.filter(id=canary.id).update(state=CanaryState.GONE, withdrawn_number=stream.number)


def _values_of(held: bytes) -> set[str]:
    return {held[start : start + FINGERPRINT_BYTES].hex() for start in range(0, len(held), FINGERPRINT_BYTES)}


def _withdraw(stream: Stream, listing: Listing, today: date) -> None:
    """Say withdrawn of those that no other listing holds and that were sent; of the rest there is nothing to say.

    Whether the listing counts as sent is a question of when the client asked, not of what it holds: else whoever has a
    picture could see by a case of his own whether another case holds it.
    """
    held = list(listing.shaped.values_list("id", flat=True))
    listing.shaped.clear()
    alone = _not_live(held)
    alone.filter(given=False).delete()
    alone.update(withdrawn=listing.entry.case.withdrawn or today, number=stream.number, day=day_of(stream.number))
    asked_since = listing.added_number is not None and listing.added_number <= stream.given_number
    listing.state = str(ListingState.GONE if asked_since else ListingState.CANCELLED)
    # No number of this step is kept beside the case: it would say whose the fingerprints are that now wait.


def _rest(stream: Stream, listing: Listing, today: date) -> None:
    """The shape knows no pause: say withdrawn of those that nothing else holds, and keep to whom they belong."""
    alone = _not_live(list(listing.shaped.values_list("id", flat=True)))
    alone.filter(given=False).delete()
    alone.update(withdrawn=today, number=stream.number, day=day_of(stream.number))


def _not_live(ids: list[str]) -> QuerySet[ShapedHash]:
    """Those of these that no listing holds, but ones that rest."""
    live = ShapedHash.listings.through.objects.filter(shapedhash=OuterRef("pk"), listing__paused=False)
    return ShapedHash.objects.filter(~Exists(live), id__in=ids)


def forget_told(today: date) -> int:
    """Delete withdrawn fingerprints that their client has taken note of, or was given 30 days for. Returns how many."""
    withdrawn = ShapedHash.objects.filter(withdrawn__isnull=False)
    told, _ = withdrawn.filter(number__lte=F("stream__acked_number")).delete()
    late, _ = withdrawn.filter(withdrawn__lte=today - KEPT).delete()
    return int(told) + int(late)
