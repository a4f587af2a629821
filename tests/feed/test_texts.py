"""Every text of the feed: written and read in exactly one way."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notcontent.feed.delta import Delta, format_delta, parse_delta
from notcontent.feed.entry import Add, Pause, Resume, SetTier, Tier, Unknown, Withdraw
from notcontent.feed.head import Head, format_head, parse_head
from notcontent.feed.keys import FeedKeys, format_feed_keys, parse_feed_keys
from notcontent.feed.receipt import Receipt, ReceiptState, format_receipt, parse_receipt
from notcontent.feed.signature import SigningKey
from notcontent.feed.snapshot import BadSnapshot, SnapshotEntry, read_snapshot, write_snapshot
from notcontent.feed.text import NO_HASH, MalformedText


def hex_of(digits: int) -> st.SearchStrategy[str]:
    return st.text("0123456789abcdef", min_size=digits, max_size=digits)


numbers = st.integers(0, (1 << 63) - 1)
days = st.dates(min_value=date(1000, 1, 1))
times = st.datetimes(min_value=datetime(1000, 1, 1), timezones=st.just(UTC)).map(lambda t: t.replace(microsecond=0))
tiers = st.sampled_from(Tier)
entries = hex_of(32)
operations = st.one_of(
    st.builds(Add, entries, st.just("pdq"), hex_of(64), tiers),
    st.builds(SetTier, entries, tiers),
    st.builds(Pause, entries),
    st.builds(Resume, entries),
    st.builds(Withdraw, entries),
    st.sampled_from([Unknown("note something"), Unknown("")]),
    entries.map(lambda entry: Unknown(f"add {entry} vpdq anything at all", entry)),
)
deltas = st.builds(
    Delta,
    hex_of(32),
    numbers,
    st.integers(1, (1 << 63) - 1),
    hex_of(64),
    days,
    st.lists(operations, max_size=8).map(tuple),
)


@given(deltas)
def test_a_delta_survives_the_journey(delta: Delta) -> None:
    text = format_delta(delta)
    assert parse_delta(text) == delta
    assert format_delta(parse_delta(text)) == text


@given(
    st.builds(Receipt, hex_of(32), entries, st.sampled_from(ReceiptState), numbers, numbers, times),
)
def test_a_receipt_survives_the_journey(receipt: Receipt) -> None:
    assert parse_receipt(format_receipt(receipt)) == receipt


HEAD = Head(
    "ab" * 16, 2, 17, "cd" * 32, 42, 12, 11, "ef" * 32, 2134,
    datetime(2026, 11, 22, 15, 3, tzinfo=UTC), datetime(2026, 11, 22, 15, 13, tzinfo=UTC),
)  # fmt: skip


def test_a_head_survives_the_journey() -> None:
    assert parse_head(format_head(HEAD)) == HEAD


def test_feed_keys_survive_the_journey() -> None:
    keys = FeedKeys(3, date(2026, 11, 22), (SigningKey.generate().public, SigningKey.generate().public), ("00" * 8,))
    assert parse_feed_keys(format_feed_keys(keys)) == keys


@given(deltas, st.data())
def test_a_damaged_delta_is_refused_or_is_another_valid_text(delta: Delta, data: st.DataObject) -> None:
    text = format_delta(delta)
    place = data.draw(st.integers(0, len(text) - 1))
    damaged = text[:place] + data.draw(st.characters()) + text[place + 1 :]
    try:
        assert format_delta(parse_delta(damaged)) == damaged
    except MalformedText:
        assert damaged != text


GOOD = format_delta(
    Delta(
        "ab" * 16,
        1,
        1,
        NO_HASH,
        date(2026, 11, 22),
        (Add("01" * 16, "pdq", "23" * 32, Tier.CLAIMED), Withdraw("45" * 16)),
    )
)


@pytest.mark.parametrize(
    ("change", "into"),
    [
        ("notcontent-delta/1", "notcontent-delta/2"),
        ("number: 1\n", "number: 01\n"),
        ("number: 1\n", "number: 0\n"),
        ("number: 1\n", "number: 9223372036854775808\n"),
        ("2026-11-22", "2026-02-30"),
        ("operations: 2", "operations: 3"),
        ("operations: 2", "operations: 1"),
        ("operations: 2", "operations: 50001"),
        ("claimed", "certain"),
        ("ab" * 16, "AB" * 16),
        ("ab" * 16, "ab" * 15),
        ("epoch: 1\n", ""),
        ("\n\nadd", "\nadd"),
        ("withdraw ", "withdraw  "),
        ("\n", "\r\n"),
    ],
)
def test_each_bad_delta_has_one_failure(change: str, into: str) -> None:
    assert change in GOOD
    with pytest.raises(MalformedText):
        parse_delta(GOOD.replace(change, into))


def test_a_head_whose_numbers_contradict_one_another_is_refused() -> None:
    for change, into in [("oldest: 12", "oldest: 19"), ("snapshot: 11", "snapshot: 18"), ("number: 17", "number: 0")]:
        with pytest.raises(MalformedText):
            parse_head(format_head(HEAD).replace(change, into))


def snapshot_file(folder: Path, count: int = 40) -> Path:
    path = folder / "snapshot"
    write_snapshot(
        path,
        feed="ab" * 16,
        epoch=1,
        number=9,
        delta="cd" * 32,
        day=date(2026, 11, 22),
        entries=[
            SnapshotEntry(i.to_bytes(16, "big"), i.to_bytes(32, "big"), list(Tier)[i % 3], i % 5 == 0)
            for i in range(count)
        ],
        unknown=[Unknown(f"add {'77' * 16} vpdq frames", "77" * 16)],
    )
    return path


def test_a_snapshot_survives_the_journey_in_another_order(tmp_path: Path) -> None:
    snapshot = read_snapshot(snapshot_file(tmp_path))
    assert (snapshot.feed, snapshot.epoch, snapshot.number, snapshot.delta, snapshot.count) == (
        "ab" * 16, 1, 9, "cd" * 32, 41,
    )  # fmt: skip
    order = [int.from_bytes(bytes(record["entry"]), "big") for record in snapshot.records]
    assert sorted(order) == list(range(40))
    assert order != list(range(40))
    for record, i in zip(snapshot.records, order, strict=True):
        assert int.from_bytes(bytes(record["value"]), "big") == i
        assert record["tier"] == 1 + i % 3
        assert bool(record["paused"]) == (i % 5 == 0)


def test_a_snapshot_cut_short_anywhere_is_refused(tmp_path: Path) -> None:
    path = snapshot_file(tmp_path, 3)
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(BadSnapshot):
            read_snapshot(path)


def test_a_snapshot_record_that_holds_what_it_may_not_is_refused(tmp_path: Path) -> None:
    path = snapshot_file(tmp_path, 2)
    whole = bytearray(path.read_bytes())
    for place, value in [(96 + 16, 2), (96 + 17, 0), (96 + 17, 4), (96 + 18, 2), (96 + 19, 1)]:
        damaged = bytearray(whole)
        damaged[place] = value
        path.write_bytes(damaged)
        with pytest.raises(BadSnapshot):
            read_snapshot(path)
    doubled = bytearray(whole)
    doubled[96 + 52 : 96 + 52 + 16] = whole[96 : 96 + 16]
    path.write_bytes(doubled)
    with pytest.raises(BadSnapshot):
        read_snapshot(path)
