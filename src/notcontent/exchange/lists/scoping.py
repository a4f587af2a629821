"""What a stream may carry: everything, or verified entries only. The publisher holds to it; here it is owed the change.

Whatever else marks a listing as due, a claimed entry never goes out on a stream of verified ones: the publisher keeps
it back (it waits and is not due), and takes back what stands there and is not verified any more.
"""

from __future__ import annotations

from collections.abc import Sequence

from notcontent.exchange.lists.models import Entry, Listing, ListingState
from notcontent.exchange.partners.models import Stream
from notcontent.feed.entry import Tier

_CHUNK = 500


def recall(listing: Listing) -> None:
    """It leaves the stream though its case stands. Not stored: its publisher does that."""
    listing.state, listing.recalled = str(ListingState.LEAVING), True


def owe_tier(entry: Entry) -> int:
    """Owe every stream that has the entry, or waits for it, the news of its tier. Returns how many will hear of it."""
    mine = Listing.objects.filter(entry=entry)
    told = mine.filter(state=ListingState.LIVE).update(due=True)
    told += mine.filter(state=ListingState.WAITING).update(due=True)
    for stream in Stream.objects.filter(listings__entry=entry, listings__recalled=True).distinct():
        told += _list_again(stream, [entry.id])
    return int(told)


def owe_scope(stream: Stream) -> None:
    """After `verified_only` was changed: owe the stream what has to leave it, or what it may have from now on."""
    mine = Listing.objects.filter(stream=stream)
    if stream.verified_only:
        mine.filter(state=ListingState.LIVE).exclude(entry__tier=Tier.VERIFIED).update(due=True)
        return
    mine.filter(state=ListingState.WAITING).update(due=True)
    recalled = mine.filter(recalled=True, entry__case__withdrawn=None)
    _list_again(stream, list(recalled.values_list("entry_id", flat=True).distinct()))


def _list_again(stream: Stream, entry_ids: Sequence[str]) -> int:
    """List these entries under new ids, where they may stand there and do not. Returns how many."""
    count = 0
    for start in range(0, len(entry_ids), _CHUNK):
        some = entry_ids[start : start + _CHUNK]
        here = Listing.objects.filter(stream=stream, recalled=False, entry_id__in=some)
        missing = set(some) - set(here.values_list("entry_id", flat=True))
        entries = Entry.objects.filter(id__in=missing, case__withdrawn=None).values_list("id", "tier")
        new = [Listing(entry_id=entry, stream=stream) for entry, tier in entries if not stream.keeps_back(tier)]
        # Stored in an order of their own, so that no row number tells which codes belong together.
        Listing.objects.bulk_create(sorted(new, key=lambda listing: listing.id))
        count += len(new)
    return count
