"""Each way to lie to a follower, and the code with which it refuses."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from notcontent.feed.delta import Delta, delta_hash, format_delta
from notcontent.feed.entry import Operation, Pause
from notcontent.feed.follow import (
    FollowError,
    FollowState,
    check_count,
    check_deltas,
    check_head,
    check_keys,
    check_snapshot,
    needs_snapshot,
)
from notcontent.feed.head import Head, format_head
from notcontent.feed.keys import FeedKeys, format_feed_keys
from notcontent.feed.signature import Signed, SigningKey
from notcontent.feed.snapshot import read_snapshot, write_snapshot
from notcontent.feed.text import NO_HASH

NOW = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
DAY = date(2026, 11, 22)
FEED = "ab" * 16


@dataclass
class Stream:
    """An honest exchange in a few lines, signing with real keys."""

    root: SigningKey = field(default_factory=SigningKey.generate)
    key: SigningKey = field(default_factory=SigningKey.generate)
    deltas: list[Signed] = field(default_factory=list)

    def cut(self, *operations: Operation) -> Signed:
        previous = delta_hash(self.deltas[-1].text) if self.deltas else NO_HASH
        delta = Delta(FEED, 1, len(self.deltas) + 1, previous, DAY, operations or (Pause("01" * 16),))
        self.deltas.append(self.key.sign(format_delta(delta)))
        return self.deltas[-1]

    def head(self, **changes: object) -> Signed:
        number = len(self.deltas)
        head = Head(
            FEED, 1, number, delta_hash(self.deltas[-1].text) if number else NO_HASH, 0, 1, 0, NO_HASH, 0,
            NOW, NOW + timedelta(minutes=10),
        )  # fmt: skip
        return self.key.sign(format_head(replace(head, **changes)))  # type: ignore[arg-type]

    def keys(self, sequence: int = 1, revoked: tuple[str, ...] = ()) -> Signed:
        return self.root.sign(format_feed_keys(FeedKeys(sequence, DAY, (self.key.public,), revoked)))

    def start(self) -> tuple[FeedKeys, FollowState]:
        return check_keys(FollowState(self.root.public), self.keys())

    def followed(self, upto: int) -> tuple[FeedKeys, FollowState]:
        keys, state = self.start()
        head = check_head(state, self.head(), keys, NOW)
        return keys, check_deltas(state, head, self.deltas[:upto], keys)[-1][1]


@pytest.fixture
def stream() -> Stream:
    stream = Stream()
    for _ in range(3):
        stream.cut()
    return stream


def refused(code: str) -> pytest.RaisesExc[FollowError]:
    return pytest.RaisesExc(FollowError, check=lambda error: error.code == code)


def test_an_honest_stream_is_followed_to_its_head(stream: Stream) -> None:
    keys, state = stream.followed(2)
    stream.cut()
    head = check_head(state, stream.head(), keys, NOW)
    assert not needs_snapshot(state, head)
    steps = check_deltas(state, head, stream.deltas[2:], keys)
    assert [delta.number for delta, _ in steps] == [3, 4]
    assert steps[-1][1].delta == head.delta


def test_keys_signed_by_someone_else_are_refused(stream: Stream) -> None:
    with refused("bad_signature"):
        check_keys(FollowState(SigningKey.generate().public), stream.keys())


def test_an_older_list_of_keys_is_refused(stream: Stream) -> None:
    _, state = check_keys(FollowState(stream.root.public), stream.keys(sequence=5))
    with refused("keys_rolled_back"):
        check_keys(state, stream.keys(sequence=4))


def test_a_head_signed_by_a_key_that_is_not_listed_is_refused(stream: Stream) -> None:
    keys, state = stream.start()
    stream.key = SigningKey.generate()
    with refused("bad_signature"):
        check_head(state, stream.head(), keys, NOW)


def test_a_head_with_one_letter_changed_is_refused(stream: Stream) -> None:
    keys, state = stream.start()
    head = stream.head()
    with refused("bad_signature"):
        check_head(state, Signed(head.text.replace("count: 0", "count: 1"), head.signature), keys, NOW)


def test_a_receipts_signature_does_not_pass_for_a_heads(stream: Stream) -> None:
    keys, state = stream.start()
    text = stream.head().text
    with refused("bad_signature"):
        check_head(state, Signed(text, stream.key.sign_bytes(text.encode(), "notcontent-receipt")), keys, NOW)


def test_a_revoked_key_is_refused_whatever_it_signed(stream: Stream) -> None:
    keys, state = check_keys(FollowState(stream.root.public), stream.keys(revoked=(stream.key.public.key_id,)))
    with refused("revoked_key"):
        check_head(state, stream.head(), keys, NOW)


def test_another_partners_head_is_refused(stream: Stream) -> None:
    keys, state = stream.followed(3)
    with refused("wrong_feed"):
        check_head(state, stream.head(feed="cd" * 16), keys, NOW)


@pytest.mark.parametrize("off", [timedelta(minutes=10), timedelta(days=9), timedelta(minutes=-6)])
def test_an_expired_or_future_head_is_refused(stream: Stream, off: timedelta) -> None:
    keys, state = stream.start()
    with refused("head_expired"):
        check_head(state, stream.head(), keys, NOW + off)


def test_a_lower_number_or_epoch_is_refused(stream: Stream) -> None:
    keys, state = stream.followed(3)
    with refused("rolled_back"):
        check_head(state, stream.head(number=2, delta="00" * 31 + "01"), keys, NOW)
    with refused("rolled_back"):
        check_head(state, stream.head(epoch=0), keys, NOW)


def test_two_histories_with_one_number_are_refused(stream: Stream) -> None:
    keys, state = stream.followed(3)
    with refused("fork"):
        check_head(state, stream.head(delta="11" * 32), keys, NOW)


def test_a_delta_that_does_not_continue_ours_is_refused(stream: Stream) -> None:
    keys, state = stream.followed(2)
    other = Stream(stream.root, stream.key)
    for _ in range(4):
        other.cut(Pause("02" * 16))
    with refused("fork"):
        check_deltas(state, check_head(state, other.head(), keys, NOW), other.deltas[2:], keys)


def test_a_last_delta_that_is_not_the_heads_is_refused(stream: Stream) -> None:
    keys, state = stream.followed(2)
    head = check_head(state, stream.head(delta="22" * 32), keys, NOW)
    with refused("fork"):
        check_deltas(state, head, stream.deltas[2:], keys)


def test_a_missing_delta_is_a_gap(stream: Stream) -> None:
    keys, state = stream.start()
    head = check_head(state, stream.head(), keys, NOW)
    with refused("gap"):
        check_deltas(state, head, stream.deltas[1:], keys)
    with refused("gap"):
        check_deltas(state, head, [], keys)


def test_deltas_beyond_the_head_are_refused(stream: Stream) -> None:
    keys, state = stream.start()
    head = check_head(state, stream.head(), keys, NOW)
    stream.cut()
    with refused("fork"):  # the third already is not the head's own last word of it once a fourth hangs on
        check_deltas(state, replace(head, number=2, delta=delta_hash(stream.deltas[0].text)), stream.deltas[:3], keys)
    with refused("gap"):
        check_deltas(state, head, stream.deltas, keys)


def test_a_delta_in_a_foreign_hand_is_refused(stream: Stream) -> None:
    keys, state = stream.start()
    head = check_head(state, stream.head(), keys, NOW)
    with refused("bad_signature"):
        check_deltas(state, head, [SigningKey.generate().sign(stream.deltas[0].text)], keys)


def test_a_signed_text_that_does_not_parse_is_malformed(stream: Stream) -> None:
    keys, state = stream.start()
    with refused("malformed"):
        check_head(state, stream.key.sign("notcontent-head/1\nnothing\n"), keys, NOW)


def test_a_list_of_the_wrong_length_is_refused(stream: Stream) -> None:
    keys, state = stream.start()
    head = check_head(state, stream.head(count=7), keys, NOW)
    check_count(7, head)
    with refused("wrong_count"):
        check_count(6, head)


def test_one_who_was_away_too_long_or_meets_a_new_epoch_needs_a_snapshot(stream: Stream) -> None:
    keys, state = stream.followed(1)
    assert needs_snapshot(state, check_head(state, stream.head(oldest=3), keys, NOW))
    assert not needs_snapshot(state, check_head(state, stream.head(oldest=2), keys, NOW))
    assert needs_snapshot(state, check_head(state, stream.head(epoch=2), keys, NOW))


def test_a_snapshot_is_taken_only_if_it_is_the_heads(stream: Stream, tmp_path: Path) -> None:
    keys, state = stream.start()
    path = tmp_path / "snapshot"
    facts = {
        "feed": FEED,
        "epoch": 1,
        "number": 2,
        "delta": delta_hash(stream.deltas[1].text),
        "day": DAY,
        "entries": [],
    }
    written = write_snapshot(path, **facts)  # type: ignore[arg-type]
    named = {"snapshot": 2, "snapshot_sha256": written.sha256, "snapshot_bytes": written.bytes_length, "oldest": 3}
    head = check_head(state, stream.head(**named), keys, NOW)
    assert needs_snapshot(state, head)
    state = check_snapshot(state, head, read_snapshot(path), written.sha256, written.bytes_length)
    assert check_deltas(state, head, stream.deltas[2:], keys)[-1][1].number == 3

    with refused("bad_snapshot"):
        check_snapshot(state, head, read_snapshot(path), "00" * 32, written.bytes_length)
    write_snapshot(path, **{**facts, "feed": "cd" * 16})  # type: ignore[arg-type]
    with refused("wrong_feed"):
        check_snapshot(state, head, read_snapshot(path), written.sha256, written.bytes_length)
