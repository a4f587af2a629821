"""Catching up with a list: what was added and what is gone, step by step, for a program that keeps the rest.

The follower keeps no file. All that it must remember is one value, `Kept`, which the program stores together with what
it took, so that neither is ever ahead of the other.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from notcontent.feed.entry import Add, Operation, Pause, Unknown, Withdraw, parse_turned
from notcontent.feed.follow import (
    FollowError,
    FollowState,
    Refusal,
    check_count,
    check_deltas,
    check_head,
    check_keys,
    check_snapshot,
    needs_snapshot,
)
from notcontent.feed.head import Head
from notcontent.feed.keys import FeedKeys
from notcontent.feed.signature import Signed
from notcontent.feed.text import NO_HASH, MalformedText
from notcontent.follower.asking import Exchange


@dataclass(frozen=True, slots=True)
class Kept:
    """How far a program is, and the ids of the entries it holds (those it cannot use among them)."""

    keys_sequence: int = 0
    feed: str = ""
    epoch: int = 0
    number: int = 0
    delta: str = NO_HASH
    held: frozenset[str] = frozenset()

    @property
    def packed(self) -> str:
        """The ids as one text: base64 of 16 bytes each, in their order."""
        return base64.b64encode(bytes.fromhex("".join(sorted(self.held)))).decode()

    @staticmethod
    def unpack(text: str) -> frozenset[str]:
        """The ids in such a text. Raises ValueError."""
        data = base64.b64decode(text, validate=True)
        if len(data) % 16:
            raise ValueError("ids have 16 bytes each")
        return frozenset(data[at : at + 16].hex() for at in range(0, len(data), 16))


@dataclass(frozen=True, slots=True)
class Step:
    """What one step brings: entries with their fingerprints (64 hex digits each), ids that are gone, and what to keep.

    Gone comes first: an id that is gone never comes back.
    """

    added: dict[str, tuple[str, ...]]
    gone: frozenset[str]
    kept: Kept


def catch_up(exchange: Exchange, kept: Kept, now: datetime, wait_s: int = 0) -> Iterator[Step]:
    """Each step from what is kept to the exchange's head, checked as a guard would. Ends when the head is reached.

    Raises `FollowError` where something is refused, `ExchangeAway`, `ExchangeRefuses`.
    """
    state = FollowState(exchange.root, kept.keys_sequence, kept.feed or None, kept.epoch, kept.number, kept.delta)
    keys, state = check_keys(state, exchange.keys())
    while True:
        untrusted_head, untrusted_deltas = exchange.poll(state.epoch, state.number, wait_s)
        head = check_head(state, untrusted_head, keys, now)
        if state.feed is None:
            # Only now is the epoch known in which its deltas can be asked for.
            state = replace(state, feed=head.feed, epoch=head.epoch)
            if head.number and not needs_snapshot(state, head):
                continue
        if needs_snapshot(state, head):
            step = _take_snapshot(exchange, state, head, kept)
        else:
            step = _take_deltas(state, head, keys, kept, untrusted_deltas)
        kept = step.kept
        state = replace(state, epoch=kept.epoch, number=kept.number, delta=kept.delta)
        if state.number == head.number:
            check_count(len(kept.held), head)
        yield step
        if state.number == head.number:
            return
        wait_s = 0


def _take_deltas(state: FollowState, head: Head, keys: FeedKeys, kept: Kept, untrusted_deltas: list[Signed]) -> Step:
    added: dict[str, tuple[str, ...]] = {}
    gone: set[str] = set()
    held = set(kept.held)
    for delta, reached in check_deltas(state, head, untrusted_deltas, keys):
        state = reached
        for operation in delta.operations:
            match operation:
                case Withdraw(entry):
                    gone.add(entry)
                    held.discard(entry)
                    added.pop(entry, None)
                case Pause(entry):
                    # Still counted, no longer looked for. One that is resumed comes back with a list fetched anew.
                    gone.add(entry)
                    added.pop(entry, None)
                case Add(entry=str(entry)) | Unknown(entry=str(entry)) if entry not in held and entry not in gone:
                    held.add(entry)
                    if values := _values(operation):
                        added[entry] = values
    return Step(added, frozenset(gone), _keep(state, frozenset(held)))


def _take_snapshot(exchange: Exchange, state: FollowState, head: Head, kept: Kept) -> Step:
    snapshot, sha256, length = exchange.snapshot(head)
    state = check_snapshot(state, head, snapshot, sha256, length)
    added: dict[str, tuple[str, ...]] = {}
    held = {row["entry"].tobytes().hex() for row in snapshot.records} | {video.entry for video in snapshot.videos}
    for operation in snapshot.unknown:
        if operation.entry is not None:
            held.add(operation.entry)
            if operation.entry not in kept.held and (values := _values(operation)):
                added[operation.entry] = values
    return Step(added, kept.held - held, _keep(state, frozenset(held)))


def _values(operation: Operation) -> tuple[str, ...]:
    """The fingerprints to look pictures up with; none of a kind that only a guard can use."""
    if not isinstance(operation, Unknown):
        return ()
    try:
        turned = parse_turned(operation.line)
    except MalformedText as error:
        raise FollowError(Refusal.MALFORMED) from error
    return tuple(value.hex() for value in turned.fingerprints) if turned else ()


def _keep(state: FollowState, held: frozenset[str]) -> Kept:
    return Kept(state.keys_sequence, state.feed or "", state.epoch, state.number, state.delta, held)
