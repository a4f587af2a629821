"""What a follower of a stream checks before it believes anything. Pure: it keeps no list, opens nothing, asks no clock.

The order is always the same: keys (root's word), head (an online key's word), deltas or snapshot (which the head
vouches for). Each refusal has a code of docs/spec/feed.md §5.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from notcontent.feed.delta import Delta, delta_hash, parse_delta
from notcontent.feed.head import Head, parse_head
from notcontent.feed.keys import FeedKeys, parse_feed_keys
from notcontent.feed.signature import BadSignature, MalformedKey, PublicKey, Signed
from notcontent.feed.snapshot import Snapshot
from notcontent.feed.text import NO_HASH, FeedError, MalformedText

CLOCK_SKEW = timedelta(minutes=5)


class Refusal(StrEnum):
    """Why something was refused."""

    BAD_SIGNATURE = "bad_signature"
    REVOKED_KEY = "revoked_key"
    KEYS_ROLLED_BACK = "keys_rolled_back"
    WRONG_FEED = "wrong_feed"
    HEAD_EXPIRED = "head_expired"
    ROLLED_BACK = "rolled_back"
    FORK = "fork"
    GAP = "gap"
    WRONG_COUNT = "wrong_count"
    BAD_SNAPSHOT = "bad_snapshot"
    MALFORMED = "malformed"


_TEXTS = {
    Refusal.BAD_SIGNATURE: "The signature does not belong to this exchange's keys. Check the pinned root key.",
    Refusal.REVOKED_KEY: "The signing key was revoked by the exchange's root key. Ask the exchange.",
    Refusal.KEYS_ROLLED_BACK: "The exchange offers an older list of its keys than before. Ask the exchange.",
    Refusal.WRONG_FEED: "This belongs to another partner's stream. Check the token.",
    Refusal.HEAD_EXPIRED: "The head has expired or lies in the future. Check the clocks on both sides.",
    Refusal.ROLLED_BACK: "The exchange offers an older list than before. Ask the exchange.",
    Refusal.FORK: "The exchange showed two different histories. Tell the exchange at once.",
    Refusal.GAP: "Deltas are missing between this list and the head. They will be asked for again.",
    Refusal.WRONG_COUNT: "After the changes the list is not as long as the head says. It will be fetched again.",
    Refusal.BAD_SNAPSHOT: "The snapshot does not fit the head. It will be fetched again.",
    Refusal.MALFORMED: "The exchange sent something that does not follow the format. Ask the exchange.",
}


class FollowError(FeedError):
    """A head, delta, snapshot or list of keys was refused; `code` says why."""

    permanent = False

    def __init__(self, code: Refusal) -> None:
        super().__init__(f"{_TEXTS[code]} The last good list stays in use.")
        self.code = code


@dataclass(frozen=True, slots=True)
class FollowState:
    """How far a follower is. `feed` is None until the first head; `delta` is the hash of delta `number`."""

    root: PublicKey
    keys_sequence: int = 0
    feed: str | None = None
    epoch: int = 0
    number: int = 0
    delta: str = NO_HASH


def check_keys(state: FollowState, untrusted: Signed) -> tuple[FeedKeys, FollowState]:
    """The exchange's online keys, and the state that remembers their sequence. Raises `FollowError`."""
    try:
        keys = parse_feed_keys(state.root.verify(untrusted))
    except BadSignature as error:
        raise FollowError(Refusal.BAD_SIGNATURE) from error
    except (MalformedText, MalformedKey) as error:
        raise FollowError(Refusal.MALFORMED) from error
    if keys.sequence < state.keys_sequence:
        raise FollowError(Refusal.KEYS_ROLLED_BACK)
    return keys, replace(state, keys_sequence=keys.sequence)


def check_head(state: FollowState, untrusted: Signed, keys: FeedKeys, now: datetime) -> Head:
    """A head that is authentic, fresh, of this stream and not older than what is held. Raises `FollowError`."""
    try:
        head = parse_head(_verify(untrusted, keys))
    except MalformedText as error:
        raise FollowError(Refusal.MALFORMED) from error
    if state.feed not in (None, head.feed):
        raise FollowError(Refusal.WRONG_FEED)
    if now >= head.expires or head.time > now + CLOCK_SKEW:
        raise FollowError(Refusal.HEAD_EXPIRED)
    if (head.epoch, head.number) < (state.epoch, state.number):
        raise FollowError(Refusal.ROLLED_BACK)
    if (head.epoch, head.number) == (state.epoch, state.number) and head.delta != state.delta:
        raise FollowError(Refusal.FORK)
    return head


def needs_snapshot(state: FollowState, head: Head) -> bool:
    """Whether the deltas that lead from the state to the head are gone, or belong to another epoch."""
    if state.feed is not None and state.epoch != head.epoch:
        return True
    return state.number < head.oldest - 1


def check_deltas(
    state: FollowState, head: Head, untrusted: Sequence[Signed], keys: FeedKeys
) -> list[tuple[Delta, FollowState]]:
    """Each delta with the state after it, from the state towards the head, as far as these deltas reach.

    Raises `FollowError`: `fork` when the chain of hashes breaks, `gap` when a number is missing or none came.
    """
    if not untrusted and state.number < head.number:
        raise FollowError(Refusal.GAP)
    if state.feed is None:
        state = replace(state, feed=head.feed, epoch=head.epoch)
    steps = []
    for signed in untrusted:
        text = _verify(signed, keys)
        try:
            delta = parse_delta(text)
        except MalformedText as error:
            raise FollowError(Refusal.MALFORMED) from error
        if delta.feed != head.feed:
            raise FollowError(Refusal.WRONG_FEED)
        if (delta.epoch, delta.number) != (state.epoch, state.number + 1) or delta.number > head.number:
            raise FollowError(Refusal.GAP)
        if delta.previous != state.delta:
            raise FollowError(Refusal.FORK)
        state = replace(state, number=delta.number, delta=delta_hash(text))
        if delta.number == head.number and state.delta != head.delta:
            raise FollowError(Refusal.FORK)
        steps.append((delta, state))
    return steps


def check_snapshot(state: FollowState, head: Head, snapshot: Snapshot, sha256: str, length: int) -> FollowState:
    """The state after taking the snapshot that the head names. Raises `FollowError`."""
    if (sha256, length) != (head.snapshot_sha256, head.snapshot_bytes):
        raise FollowError(Refusal.BAD_SNAPSHOT)
    if snapshot.feed != head.feed:
        raise FollowError(Refusal.WRONG_FEED)
    if (snapshot.epoch, snapshot.number) != (head.epoch, head.snapshot):
        raise FollowError(Refusal.BAD_SNAPSHOT)
    if snapshot.number == head.number and snapshot.delta != head.delta:
        raise FollowError(Refusal.FORK)
    return replace(state, feed=head.feed, epoch=head.epoch, number=snapshot.number, delta=snapshot.delta)


def check_count(live_entries: int, head: Head) -> None:
    """Raises `FollowError` unless a list that has reached the head is as long as the head says."""
    if live_entries != head.count:
        raise FollowError(Refusal.WRONG_COUNT)


def _verify(untrusted: Signed, keys: FeedKeys) -> str:
    try:
        key_id = untrusted.untrusted_key_id
        if key_id in keys.revoked:
            raise FollowError(Refusal.REVOKED_KEY)
        for key in keys.keys:
            if key.key_id == key_id:
                return key.verify(untrusted)
    except BadSignature as error:
        raise FollowError(Refusal.BAD_SIGNATURE) from error
    raise FollowError(Refusal.BAD_SIGNATURE)
