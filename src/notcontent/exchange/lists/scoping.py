"""What a stream may carry: everything, or verified entries only. The publisher holds to it; here it is owed the change.

Whatever else marks a listing as due, a claimed entry never goes out on a stream of verified ones: the publisher keeps
it back (it waits and is not due), and takes back what stands there and is not verified any more.
"""

from __future__ import annotations

from collections.abc import Sequence

from notcontent.exchange.lists.models import Contest, Entry, Listing, ListingState
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
    told += mine.filter(state=ListingState.WAITING, paused=False).update(due=True)
    for stream in Stream.objects.filter(listings__entry=entry, listings__recalled=True).distinct():
        told += _list_again(stream, [entry.id])
    return int(told)


def owe_scope(stream: Stream) -> None:
    """After `verified_only` was changed: owe the stream what has to leave it, or what it may have from now on."""
    mine = Listing.objects.filter(stream=stream)
    if stream.verified_only:
        mine.filter(state=ListingState.LIVE).exclude(entry__tier=Tier.VERIFIED).update(due=True)
        return
    mine.filter(state=ListingState.WAITING, paused=False).update(due=True)
    recalled = mine.filter(recalled=True, entry__case__withdrawn=None)
    _list_again(stream, list(recalled.values_list("entry_id", flat=True).distinct()))


def new_listing(entry: Entry, stream_id: str) -> Listing:
    """An entry for one more stream: it rests there too if it rests everywhere."""
    rests = entry.contest == Contest.ALL
    return Listing(entry=entry, stream_id=stream_id, paused=rests, due=not rests)


def _list_again(stream: Stream, entry_ids: Sequence[str]) -> int:
    """List these entries under new ids, where they may stand there and do not. Returns how many."""
    count = 0
    for start in range(0, len(entry_ids), _CHUNK):
        some = entry_ids[start : start + _CHUNK]
        here = Listing.objects.filter(stream=stream, recalled=False, entry_id__in=some)
        missing = set(some) - set(here.values_list("entry_id", flat=True))
        entries = Entry.objects.filter(id__in=missing, case__withdrawn=None).exclude(contest=Contest.OUT)
        some_of_each = entries.only("id", "tier", "contest")
        new = [new_listing(entry, stream.feed) for entry in some_of_each if not stream.keeps_back(entry.tier)]
        # Stored in an order of their own, so that no row number tells which codes belong together.
        Listing.objects.bulk_create(sorted(new, key=lambda listing: listing.id))
        count += len(new)
    return count
