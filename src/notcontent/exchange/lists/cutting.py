"""Cutting deltas: from what the tables owe a stream to a numbered, signed file and a signed head.

The order that makes it safe to die anywhere: (1) the delta's file is durable, (2) the transaction that numbers it
commits, (3) the head that announces it is durable. A file that no head announces is never handed out and is
written anew; a head that was not written is signed again from the tables at the next start.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.db import connection, transaction
from django.db.models import Count, OuterRef, Subquery

from notcontent.exchange.folder import Folder, write_all_durably
from notcontent.exchange.heads import add_heads
from notcontent.exchange.lists.models import FINGERPRINT_BYTES, Listing, ListingState
from notcontent.exchange.lists.scoping import recall
from notcontent.exchange.partners.canaries import canaries_to_send, canaries_to_withdraw
from notcontent.exchange.partners.models import Canary, CanaryState, Client, Stream
from notcontent.feed.delta import Delta, delta_hash, format_delta
from notcontent.feed.entry import (
    PICTURE,
    TURNED,
    Add,
    Operation,
    Pause,
    Resume,
    SetTier,
    Tier,
    Withdraw,
    format_operation,
)
from notcontent.feed.head import Head, format_head
from notcontent.feed.signature import Signed, SigningKey

HEAD_VALID = timedelta(minutes=10)
#: What one transaction takes: below the format's 50,000 operations, so that an intake never waits long, and below its
#: 8 MiB, so that fifty deltas in one answer stay small also when they are full of videos.
MAX_OPERATIONS = 5_000
MAX_TEXT_BYTES = 2 << 20
#: Rows that are read at a time: a video has 19 KB.
_READ_TOGETHER = 100
#: Owed no more than that, a stream is read together with others.
_LITTLE = 20
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Cut:
    """What one cut did. `more` tells that the stream is owed further operations."""

    number: int
    operations: int
    withdrawals: int
    more: bool


def cut_delta(folder: Folder, key: SigningKey, feed: str, now: datetime) -> Cut | None:
    """Cut what the stream is owed into one delta, durable and numbered when this returns; None if it is owed nothing.

    The head still has to be written: `write_head`. Operations stand in random order.
    """
    return cut_deltas(folder, key, [feed], now).get(feed)


def cut_deltas(folder: Folder, key: SigningKey, feeds: Sequence[str], now: datetime) -> dict[str, Cut]:
    """The same for several streams in one transaction, by feed: the disk is waited for once."""
    cuts: dict[str, Cut] = {}
    files: dict[Path, bytes] = {}
    with transaction.atomic():
        # Nobody's key changes, so whoever lists an entry there meanwhile need not wait, and on PostgreSQL neither of
        # the two can come to wait for the other.
        streams = list(Stream.objects.select_for_update(no_key=True).filter(feed__in=feeds).order_by("feed"))
        moving = Canary.objects.filter(stream__in=feeds, state__in=(CanaryState.WAITING, CanaryState.LEAVING))
        with_canaries = set(moving.values_list("stream_id", flat=True).distinct())
        due = _due_of_several(feeds)
        changed: list[Stream] = []
        moved = _Moved([], [])
        for stream in streams:
            owed = due.get(stream.feed)
            made = _cut(stream, _due_of(stream) if owed is None else owed, now, moved, stream.feed in with_canaries)
            if made is not None:
                cuts[stream.feed], text = made
                signed = json.dumps(key.sign(text).to_json()).encode()
                files[folder.delta(stream.feed, stream.epoch, stream.number)] = signed
                changed.append(stream)
        with connection.cursor() as cursor:
            # By hand: Django's own way of it takes as long as all the rest of a delta.
            cursor.executemany(
                "UPDATE partners_stream SET number = %s, delta_sha256 = %s, count = %s WHERE feed = %s",
                [(stream.number, stream.delta_sha256, stream.count, stream.feed) for stream in changed],
            )
        number = Subquery(Stream.objects.filter(feed=OuterRef("stream_id")).values("number"))
        _update(moved.added, state=ListingState.LIVE, added_number=number, due=False)
        _update(moved.gone, state=ListingState.GONE, withdrawn_number=number, due=False)
        write_all_durably(files)
    return cuts


@dataclass(frozen=True, slots=True)
class _Moved:
    """Listings of several streams that get their stream's new number: those it adds, and those it withdraws."""

    added: list[str]
    gone: list[str]


def _cut(
    stream: Stream, due: Iterable[Listing], now: datetime, moved: _Moved, has_canaries: bool
) -> tuple[Cut, str] | None:
    """The stream's next delta and its text. The stream is changed and not stored; what has `moved` still has to be."""
    listings, operations, more = _take_due(stream, due)
    if not listings:
        return None
    number = stream.number + 1
    added = _of_state(listings, str(ListingState.WAITING))
    withdrawn = _of_state(listings, str(ListingState.LEAVING))
    planted = _move_canaries(stream, number, len(added)) if has_canaries else _Planted([], 0)
    operations += planted.operations
    secrets.SystemRandom().shuffle(operations)
    text = format_delta(Delta(stream.feed, stream.epoch, number, stream.delta_sha256, now.date(), tuple(operations)))
    # After a restore: said once more, so that the receipts that were lost come again. Not live, so not counted.
    said_again = _of_state(listings, str(ListingState.GONE))
    _update([listing.id for listing in listings if listing.recalled], recalled=True)
    moved.added.extend(added)
    moved.gone.extend([*withdrawn, *said_again])
    live = [listing for listing in listings if listing.state == ListingState.LIVE]
    _update([listing.id for listing in live if listing.paused], due=False, paused_there=True)
    _update([listing.id for listing in live if not listing.paused], due=False, paused_there=False)
    stream.number = number
    stream.delta_sha256 = delta_hash(text)
    stream.count += len(added) - len(withdrawn) + planted.more
    return Cut(number, len(operations), len(withdrawn), more), text


def _due_of_several(feeds: Sequence[str]) -> dict[str, list[Listing]]:
    """What streams are owed that are owed little, which is the rule; those that are owed more are left out."""
    if len(feeds) < 2:
        return {}
    counted = Listing.objects.filter(stream__in=feeds, due=True).values("stream_id").annotate(owed=Count("*"))
    owed_little: dict[str, list[Listing]] = {row["stream_id"]: [] for row in counted if row["owed"] <= _LITTLE}
    some = Listing.objects.select_for_update(of=("self",), no_key=True).filter(stream__in=list(owed_little), due=True)
    for listing in some.select_related("entry").order_by("id").iterator(_READ_TOGETHER):
        owed_little[listing.stream_id].append(listing)
    return owed_little


def _due_of(stream: Stream) -> Iterator[Listing]:
    due = (
        Listing.objects.select_for_update(of=("self",), no_key=True)
        .filter(stream=stream, due=True)
        .select_related("entry")
    )
    return due.order_by("id").iterator(_READ_TOGETHER)


def _take_due(stream: Stream, due: Iterable[Listing]) -> tuple[list[Listing], list[Operation], bool]:
    """What the stream is owed, as far as one delta goes, and whether it is owed more."""
    listings: list[Listing] = []
    operations: list[Operation] = []
    room_bytes = MAX_TEXT_BYTES
    kept_back: list[str] = []
    for listing in due:
        # What rests is not sent at all before the desk has decided.
        if listing.state == ListingState.WAITING and (listing.paused or stream.keeps_back(listing.entry.tier)):
            kept_back.append(listing.id)
            continue
        if listing.state == ListingState.LIVE and stream.keeps_back(listing.entry.tier):
            recall(listing)
        owed = _operations_for(stream, listing)
        room_bytes -= sum(len(format_operation(operation)) + 1 for operation in owed)
        if room_bytes < 0 or len(operations) + len(owed) > MAX_OPERATIONS:
            return listings, operations, True
        listings.append(listing)
        operations += owed
    _update(kept_back, due=False)
    return listings, operations, False


@dataclass(frozen=True, slots=True)
class _Planted:
    operations: list[Operation]
    #: By how many the stream's entries become more.
    more: int


def _move_canaries(stream: Stream, number: int, new_entries: int) -> _Planted:
    """The canaries that come and go with this delta."""
    come, go = canaries_to_send(stream, new_entries), canaries_to_withdraw(stream)
    ids = {canary.id for canary in come}
    stream.canaries.filter(id__in=ids).update(state=CanaryState.LIVE, sent_number=number)
    ids = {canary.id for canary in go}
    stream.canaries.filter(id__in=ids).update(state=CanaryState.GONE, withdrawn_number=number)
    adds: list[Operation] = [add_canary(stream, canary) for canary in come]
    return _Planted(adds + [Withdraw(canary.id) for canary in go], len(come) - len(go))


def add_canary(stream: Stream, canary: Canary) -> Add:
    """What adds the canary to this stream: just what an entry with its fingerprints would be."""
    value = bytes(canary.fingerprints)
    if stream.client == Client.TX:
        return Add(canary.id, TURNED, value.hex(), Tier(canary.tier))
    return Add(canary.id, PICTURE, value[:FINGERPRINT_BYTES].hex(), Tier(canary.tier))


def add_operation(stream: Stream, listing: Listing) -> Add:
    """What adds the entry to this stream, as its client needs it."""
    entry = listing.entry
    if stream.client == Client.TX:
        return Add(listing.id, TURNED, bytes(entry.fingerprints).hex(), Tier(entry.tier))
    return Add(listing.id, entry.kind, entry.listed.hex(), Tier(entry.tier))


def _operations_for(stream: Stream, listing: Listing) -> list[Operation]:
    """Whatever order they come to stand in, they mean the same."""
    match ListingState(listing.state):
        case ListingState.WAITING:
            return [add_operation(stream, listing)]
        case ListingState.LEAVING | ListingState.GONE:
            return [Withdraw(listing.id)]
    tier = SetTier(listing.id, Tier(listing.entry.tier))
    if listing.paused == listing.paused_there:
        return [tier]
    return [tier, Pause(listing.id) if listing.paused else Resume(listing.id)]


def _of_state(listings: Sequence[Listing], state: str) -> list[str]:
    return [listing.id for listing in listings if listing.state == state]


def _update(ids: Sequence[str], **values: object) -> None:
    for start in range(0, len(ids), _CHUNK):
        Listing.objects.filter(id__in=ids[start : start + _CHUNK]).update(**values)


def write_head(folder: Folder, key: SigningKey, feed: str, now: datetime) -> None:
    """Sign where the stream stands in the tables and add its head to those that are handed out."""
    write_heads(folder, key, [feed], now)


def write_heads(folder: Folder, key: SigningKey, feeds: Sequence[str], now: datetime) -> None:
    """The same for several streams; the disk is waited for once."""
    heads: dict[str, Signed] = {}
    for start in range(0, len(feeds), _CHUNK):
        for stream in Stream.objects.filter(feed__in=feeds[start : start + _CHUNK]):
            heads[stream.feed] = key.sign(format_head(_head_of(stream, now)))
    add_heads(folder.heads, heads)


def _head_of(stream: Stream, now: datetime) -> Head:
    return Head(
        feed=stream.feed,
        epoch=stream.epoch,
        number=stream.number,
        delta=stream.delta_sha256,
        count=stream.count,
        oldest=stream.oldest,
        snapshot=stream.snapshot,
        snapshot_sha256=stream.snapshot_sha256,
        snapshot_bytes=stream.snapshot_bytes,
        time=now,
        expires=now + HEAD_VALID,
    )
