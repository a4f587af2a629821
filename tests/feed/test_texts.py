"""Every text of the feed: written and read in exactly one way."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notcontent.feed.delta import Delta, format_delta, parse_delta
from notcontent.feed.entry import (
    Add,
    Pause,
    Resume,
    SetTier,
    Tier,
    Unknown,
    Withdraw,
    format_operation,
    parse_operation,
    parse_turned,
)
from notcontent.feed.head import Head, format_head, parse_head
from notcontent.feed.keys import FeedKeys, format_feed_keys, parse_feed_keys
from notcontent.feed.receipt import Receipt, ReceiptState, format_receipt, parse_receipt
from notcontent.feed.signature import SigningKey
from notcontent.feed.snapshot import (
    HEADER,
    BadSnapshot,
    SnapshotEntry,
    SnapshotVideo,
    read_snapshot,
    write_snapshot,
)
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
    st.builds(Add, entries, st.just("video"), st.lists(hex_of(64), min_size=1, max_size=4).map("".join), tiers),
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


@pytest.mark.parametrize(
    "value",
    ["", "0" * 63, "0" * 65, "0" * 100, "0" * 127, "g" * 128, "A" * 128, "0" * 64 * 601],
    ids=lambda value: f"{len(value)} {value[:1]}",
)
def test_a_video_holds_1_to_600_whole_fingerprints(value: str) -> None:
    assert parse_operation(f"add {'01' * 16} video {'ab' * 32 * 600} seen") == Add(
        "01" * 16, "video", "ab" * 32 * 600, Tier.SEEN
    )
    with pytest.raises(MalformedText):
        parse_operation(f"add {'01' * 16} video {value} seen")


def test_a_video_gives_its_frames_in_their_order() -> None:
    frames = [bytes([number]) * 32 for number in range(5)]
    assert Add("01" * 16, "video", b"".join(frames).hex(), Tier.SEEN).fingerprints == frames


def test_a_delta_says_nothing_of_a_pause_in_the_line_that_adds_a_video() -> None:
    with pytest.raises(MalformedText):
        parse_operation(f"add {'01' * 16} video {'ab' * 32} seen paused")


def test_a_head_whose_numbers_contradict_one_another_is_refused() -> None:
    for change, into in [("oldest: 12", "oldest: 19"), ("snapshot: 11", "snapshot: 18"), ("number: 17", "number: 0")]:
        with pytest.raises(MalformedText):
            parse_head(format_head(HEAD).replace(change, into))


VIDEOS = (
    SnapshotVideo("11" * 16, bytes(range(32)), Tier.CLAIMED, False),
    SnapshotVideo("55" * 16, bytes(range(96)), Tier.SEEN, True),
    SnapshotVideo("99" * 16, bytes(range(64)) * 300, Tier.VERIFIED, False),
)


def snapshot_file(
    folder: Path,
    count: int = 40,
    videos: Sequence[SnapshotVideo] = VIDEOS,
    unknown: Sequence[Unknown] = (Unknown(f"add {'77' * 16} vpdq frames", "77" * 16),),
) -> Path:
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
        videos=videos,
        unknown=unknown,
    )
    return path


def test_a_snapshot_survives_the_journey_in_another_order(tmp_path: Path) -> None:
    snapshot = read_snapshot(snapshot_file(tmp_path))
    assert (snapshot.feed, snapshot.epoch, snapshot.number, snapshot.delta, snapshot.count) == (
        "ab" * 16, 1, 9, "cd" * 32, 44,
    )  # fmt: skip
    order = [int.from_bytes(bytes(record["entry"]), "big") for record in snapshot.records]
    assert sorted(order) == list(range(40))
    assert order != list(range(40))
    for record, i in zip(snapshot.records, order, strict=True):
        assert int.from_bytes(bytes(record["value"]), "big") == i
        assert record["tier"] == 1 + i % 3
        assert bool(record["paused"]) == (i % 5 == 0)


def test_what_is_said_of_a_snapshot_is_true_of_its_file(tmp_path: Path) -> None:
    path = tmp_path / "snapshot"
    written = write_snapshot(
        path, feed="ab" * 16, epoch=1, number=9, delta="cd" * 32, day=date(2026, 11, 22), entries=[], videos=VIDEOS
    )
    data = path.read_bytes()
    assert (written.bytes_length, written.sha256) == (len(data), hashlib.sha256(data).hexdigest())


videos_of_a_list = st.lists(
    st.builds(
        SnapshotVideo,
        entries,
        st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=3).map(b"".join),
        tiers,
        st.booleans(),
    ),
    unique_by=lambda video: video.entry,
    max_size=4,
).map(lambda videos: sorted(videos, key=lambda video: video.entry))


@given(videos_of_a_list)
def test_videos_survive_a_snapshot_with_their_tier_and_their_pause(videos: list[SnapshotVideo]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        snapshot = read_snapshot(snapshot_file(Path(folder), 2, videos))
    assert snapshot.videos == tuple(videos) and snapshot.count == 2 + len(videos) + 1


def test_videos_out_of_the_order_of_their_ids_are_not_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="order"):
        snapshot_file(tmp_path, 2, VIDEOS[::-1])


def read_as_before_videos(path: Path) -> list[str]:
    """The last lines' entries as a guard took them that knew pictures only: `add`, an id, another kind, anything."""
    data = path.read_bytes()
    count, tail = HEADER.unpack_from(data)[4], HEADER.unpack_from(data)[7]
    lines = data[HEADER.size + 52 * count :].decode().split("\n")[:-1]
    assert len(data) == HEADER.size + 52 * count + tail
    found = [line.split(" ") for line in lines]
    assert all(word == "add" and len(entry) == 32 and kind != "pdq" for word, entry, kind, *_ in found)
    return [entry for _, entry, *_ in found]


def test_a_guard_that_does_not_know_videos_counts_them_and_passes_them_over(tmp_path: Path) -> None:
    assert read_as_before_videos(snapshot_file(tmp_path)) == ["11" * 16, "55" * 16, "99" * 16, "77" * 16]


@pytest.mark.parametrize(
    "line",
    [
        f"pause {'11' * 16}",
        f"tier {'11' * 16} seen",
        f"add {'22' * 16} pdq {'ab' * 32} seen",
        f"add {'22' * 16} video {'ab' * 32} seen  paused",
        f"add {'22' * 16} video {'ab' * 32} seen paused paused",
        f"add {'22' * 16} video {'ab' * 31} seen",
        f"add {'22' * 16} video {'ab' * 32} certain",
        f"add {'22' * 16} video seen",
        f"add {'77' * 16} vpdq again",
        "add",
        "note something",
        "",
    ],
)
def test_last_lines_that_say_anything_else_are_refused(tmp_path: Path, line: str) -> None:
    good = (Unknown(f"add {'77' * 16} vpdq frames", "77" * 16), Unknown(f"add {'88' * 16} paused", "88" * 16))
    assert read_snapshot(snapshot_file(tmp_path, 1, unknown=good)).unknown == good
    with pytest.raises(BadSnapshot):
        read_snapshot(snapshot_file(tmp_path, 1, unknown=[*good, Unknown(line)]))


def test_a_snapshot_cut_short_anywhere_is_refused(tmp_path: Path) -> None:
    path = snapshot_file(tmp_path, 3, VIDEOS[:2])
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


def test_ids_may_begin_or_end_alike_but_none_may_stand_in_a_snapshot_twice(tmp_path: Path) -> None:
    one, other = bytes(range(8)), bytes(range(8, 16))
    alike = [one + other, other + one, one + one, one[:7] + b"\xff" + other]
    for ids, sound in [(alike, True), ([*alike, one + other], False), (alike[1:2] * 2, False), (alike[:1], True)]:
        path = tmp_path / "snapshot"
        write_snapshot(
            path, feed="ab" * 16, epoch=1, number=1, delta="0" * 64, day=date(2026, 11, 22),
            entries=[SnapshotEntry(each, bytes(32), Tier.SEEN, False) for each in ids],
        )  # fmt: skip
        if sound:
            assert sorted(bytes(each) for each in read_snapshot(path).records["entry"]) == sorted(ids)
        else:
            with pytest.raises(BadSnapshot):
                read_snapshot(path)


def test_a_turned_picture_is_an_unknown_kind_to_guards_and_eight_fingerprints_to_others() -> None:
    line = f"add {'1' * 32} turned {'ab' * 256} claimed"
    operation = parse_operation(line)
    assert operation == Unknown(line, "1" * 32)
    added = parse_turned(line)
    assert added is not None and format_operation(added) == line
    assert added.fingerprints == [b"\xab" * 32] * 8
    assert parse_turned(f"add {'1' * 32} pdq {'ab' * 32} claimed") is None
    for bad in (line[:-9] + "maybe", line.replace("ab" * 256, "ab" * 255), line + " x", line.replace("ab", "AB")):
        with pytest.raises(MalformedText):
            parse_turned(bad)
