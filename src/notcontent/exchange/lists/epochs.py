"""A new epoch for every stream, after a restore: what was lost since the backup must never be taken for what is true.

A follower of an older epoch takes a whole signed snapshot and treats what it lacks as withdrawn. So the snapshot comes
first and holds everything that is meant for the stream, also what was still waiting in the backup: a guard may have got
it after the backup, and what a snapshot lacks a guard never takes again. Withdrawals follow in a delta of their own,
also those whose receipts the backup does not hold: who forgot them long ago answers with both receipts again.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from django.db import transaction
from django.db.models import Exists, F, Max, OuterRef

from notcontent.exchange.folder import Folder
from notcontent.exchange.lists.cutting import write_head
from notcontent.exchange.lists.folding import fold_now
from notcontent.exchange.lists.models import Listing, ListingState, ShapedHash
from notcontent.exchange.lists.shaping import day_of
from notcontent.exchange.partners.models import CanaryState, Client, Receipt, Stream
from notcontent.feed.delta import Delta, delta_hash, format_delta
from notcontent.feed.entry import Tier
from notcontent.feed.receipt import ReceiptState
from notcontent.feed.signature import SigningKey


def begin_epoch(folder: Folder, key: SigningKey, epoch: int, now: datetime) -> list[str]:
    """Let every stream go on in this epoch, which must be higher than any before, with a snapshot and a head.

    Returns the names of the partners whose clients know no epochs (StopNCII's shape): they hold what nobody here knows
    of any more, and have to fetch their list anew.
    """
    for feed in Stream.objects.exclude(client=Client.STOPNCII).values_list("feed", flat=True):
        folder.stream(feed).mkdir(mode=0o700, parents=True, exist_ok=True)
        with transaction.atomic():
            _restart(folder, key, Stream.objects.select_for_update().get(feed=feed), epoch, now)
        write_head(folder, key, feed, now)
    shaped = Stream.objects.filter(client=Client.STOPNCII)
    for feed in shaped.values_list("feed", flat=True):
        with transaction.atomic():
            _restart_shaped(Stream.objects.select_for_update().get(feed=feed), now)
    return list(shaped.order_by("partner__name").values_list("partner__name", flat=True))


def highest_epoch() -> int:
    """The highest epoch of any stream; 0 where there is none."""
    return Stream.objects.aggregate(highest=Max("epoch"))["highest"] or 0


def _restart(folder: Folder, key: SigningKey, stream: Stream, epoch: int, now: datetime) -> None:
    listings = Listing.objects.filter(stream=stream)
    listings.filter(state=ListingState.LEAVING).update(state=ListingState.GONE, due=True)
    erased = Receipt.objects.filter(listing=OuterRef("id"), state=ReceiptState.ERASED.value)
    listings.filter(~Exists(erased), state=ListingState.GONE).update(due=True)
    # An empty delta that nobody is handed: its number and hash are what the snapshot stands on.
    stream.epoch, stream.number = epoch, stream.number + 1
    text = format_delta(Delta(stream.feed, epoch, stream.number, stream.delta_sha256, now.date(), ()))
    stream.delta_sha256 = delta_hash(text)
    waiting = listings.filter(state=ListingState.WAITING, paused=False)
    if stream.verified_only:
        waiting = waiting.filter(entry__tier=Tier.VERIFIED.value)
    waiting.update(state=ListingState.LIVE, added_number=stream.number, due=False)
    listings.filter(state=ListingState.LIVE).update(due=False, paused_there=F("paused"))
    canaries = stream.canaries.filter(state=CanaryState.LIVE).count()
    stream.count = listings.filter(state=ListingState.LIVE).count() + canaries
    stream.save(update_fields=["epoch", "number", "delta_sha256", "count"])
    fold_now(folder, key, stream, now)


def _restart_shaped(stream: Stream, now: datetime) -> None:
    """All that is live goes out again under a number that the lost exchange never gave; older clients begin anew."""
    tomorrow = int(datetime.combine(now.date() + timedelta(days=1), time(), UTC).timestamp())
    stream.number = stream.oldest = max(stream.number + 1, tomorrow)
    held = ShapedHash.objects.filter(stream=stream)
    held.filter(withdrawn__isnull=False).delete()
    held.update(given=False, number=stream.number, day=day_of(stream.number))
    stream.save(update_fields=["number", "oldest"])
