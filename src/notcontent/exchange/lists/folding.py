"""Folding: deltas become one compact signed snapshot, and what is no longer needed is deleted."""

from __future__ import annotations

from datetime import datetime
from itertools import chain

import pyrage
from django.db import transaction

from notcontent.exchange.folder import Folder, sync_folder, write_durably
from notcontent.exchange.lists.cutting import add_canary, add_operation, cut_delta, write_head
from notcontent.exchange.lists.models import FINGERPRINT_BYTES, Listing, ListingState
from notcontent.exchange.partners.models import Canary, CanaryState, Client, Stream
from notcontent.feed.entry import VIDEO, Tier, Unknown, format_operation
from notcontent.feed.signature import SigningKey
from notcontent.feed.snapshot import Seal, SnapshotEntry, SnapshotVideo, write_snapshot

SNAPSHOT_COMMENT = "notcontent-snapshot"
#: Videos that are read at a time: each has 19 KB at most.
_READ_TOGETHER = 100


def fold_stream(folder: Folder, key: SigningKey, feed: str, now: datetime) -> None:
    """Send out what the stream is owed, write a snapshot of what is live, announce it, then delete every older file.

    When this returns no file of the stream holds an entry that was withdrawn before it began. Safe to die anywhere:
    what
    is left over is deleted by the next `tidy_stream`.
    """
    folder.stream(feed).mkdir(mode=0o700, parents=True, exist_ok=True)
    while not _fold_if_nothing_due(folder, key, feed, now):
        cut_delta(folder, key, feed, now)
    write_head(folder, key, feed, now)
    tidy_stream(folder, feed)


def _fold_if_nothing_due(folder: Folder, key: SigningKey, feed: str, now: datetime) -> bool:
    with transaction.atomic():
        stream = Stream.objects.select_for_update(no_key=True).get(feed=feed)
        if Listing.objects.filter(stream=stream, due=True).exists():
            return False
        folded = stream.snapshot == stream.number and stream.oldest == stream.number + 1
        if stream.number == 0 or (folded and stream.snapshot_age_key == stream.age_key):
            return True
        fold_now(folder, key, stream, now)
    return True


def fold_now(folder: Folder, key: SigningKey, stream: Stream, now: datetime) -> None:
    """Write the snapshot of what is live on the locked stream at its number. Call it in a transaction.

    The head that announces it still has to be written, and older files to be deleted.
    """
    live = Listing.objects.filter(stream=stream, state=ListingState.LIVE).select_related("entry")
    turned = live if stream.client == Client.TX else live.none()
    pictures = live.none() if stream.client == Client.TX else live.exclude(entry__kind=VIDEO)
    tiers = {tier.value: tier for tier in Tier}
    # Columns, not rows of models: this is most of what folding costs.
    entries = [
        SnapshotEntry(bytes.fromhex(listing), bytes(fingerprints[:FINGERPRINT_BYTES]), tiers[tier], paused)
        for listing, fingerprints, tier, paused in pictures.values_list(
            "id", "entry__fingerprints", "entry__tier", "paused"
        ).iterator()
    ]
    canaries = list(stream.canaries.filter(state=CanaryState.LIVE))
    if stream.client != Client.TX:
        entries += [_canary_entry(canary) for canary in canaries]
    videos = (
        SnapshotVideo(listing.id, listing.entry.listed, Tier(listing.entry.tier), paused=listing.paused)
        for listing in live.filter(entry__kind=VIDEO).order_by("id").iterator(_READ_TOGETHER)
    )
    path = folder.snapshot(stream.feed, stream.epoch, stream.number)
    written = write_snapshot(
        path,
        feed=stream.feed,
        epoch=stream.epoch,
        number=stream.number,
        delta=stream.delta_sha256,
        day=now.date(),
        entries=entries,
        videos=videos,
        seal=_seal_to(stream.age_key),
        unknown=(
            Unknown(format_operation(add), add.entry)
            for add in chain(
                (add_operation(stream, listing) for listing in turned.iterator(_READ_TOGETHER)),
                (add_canary(stream, canary) for canary in canaries if stream.client == Client.TX),
            )
        ),
    )
    with path.open("rb") as file:
        signature = key.sign_bytes(file, SNAPSHOT_COMMENT)
    write_durably(path.with_name(path.name + ".minisig"), signature.encode())
    stream.snapshot = stream.number
    stream.snapshot_sha256 = written.sha256
    stream.snapshot_bytes = written.bytes_length
    stream.oldest = stream.number + 1
    stream.snapshot_age_key = stream.age_key
    stream.save(update_fields=["snapshot", "snapshot_sha256", "snapshot_bytes", "oldest", "snapshot_age_key"])


def _seal_to(age_key: str) -> Seal | None:
    """Encrypts to the guard's age key, so that backups and copies of the file tell nothing; None where it has none."""
    if not age_key:
        return None
    recipient = pyrage.x25519.Recipient.from_str(age_key)
    return lambda plain, file: pyrage.encrypt_io(plain, file, [recipient])


def _canary_entry(canary: Canary) -> SnapshotEntry:
    value = bytes(canary.fingerprints)[:FINGERPRINT_BYTES]
    return SnapshotEntry(bytes.fromhex(canary.id), value, Tier(canary.tier), paused=False)


def tidy_stream(folder: Folder, feed: str) -> None:
    """Delete every file of the stream that the tables do not name: folded deltas, old snapshots, halves of both."""
    stream = Stream.objects.get(feed=feed)
    place = folder.stream(feed)
    if not place.is_dir():
        return
    keep = {folder.delta(feed, stream.epoch, number) for number in range(stream.oldest, stream.number + 1)}
    if stream.snapshot:
        snapshot = folder.snapshot(feed, stream.epoch, stream.snapshot)
        keep |= {snapshot, snapshot.with_name(snapshot.name + ".minisig")}
    gone = [path for path in place.iterdir() if path not in keep]
    for path in gone:
        path.unlink(missing_ok=True)
    if gone:
        sync_folder(place)
