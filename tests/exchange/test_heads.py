"""The file of heads: what was added is read once, a torn line never, and nothing stays in it that no longer counts."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from notcontent.exchange.folder import Folder
from notcontent.exchange.heads import HeadsReader, add_heads, keep_newest_heads, parse_line, read_heads
from notcontent.feed.head import Head, format_head
from notcontent.feed.signature import Signed, SigningKey
from notcontent.feed.text import NO_HASH

ONE, TWO = "1" * 32, "2" * 32
KEY = SigningKey.generate()
NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)


def head(feed: str, number: int, now: datetime = NOON) -> Signed:
    delta = NO_HASH if number == 0 else f"{number:064x}"
    text = format_head(Head(feed, 1, number, delta, 0, 1, 0, NO_HASH, 0, now, now + timedelta(minutes=10)))
    return KEY.sign(text)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "heads"


def taken(reader: HeadsReader) -> dict[str, Signed]:
    return {feed: parse_line(line) for feed, line in reader.take_new().items()}


def test_what_was_added_is_read_once_and_the_last_of_a_stream_counts(path: Path) -> None:
    reader = HeadsReader(path)
    assert taken(reader) == {}
    first, second, third = head(ONE, 0), head(TWO, 0), head(ONE, 1)
    add_heads(path, {ONE: first, TWO: second})
    assert taken(reader) == {ONE: first, TWO: second} and taken(reader) == {}
    add_heads(path, {ONE: head(ONE, 0)})
    add_heads(path, {ONE: third})
    assert taken(reader) == {ONE: third}
    assert read_heads(path) == {ONE: third, TWO: second}
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("torn", [b"1", b"1" * 32, b"1" * 32 + b' {"text": "notcont'])
def test_a_torn_line_is_not_read_and_is_cut_off_by_the_next(path: Path, torn: bytes) -> None:
    reader = HeadsReader(path)
    first, second = head(ONE, 0), head(ONE, 1)
    add_heads(path, {ONE: first})
    with path.open("ab") as file:
        file.write(torn)
    assert taken(reader) == {ONE: first} == read_heads(path)
    add_heads(path, {ONE: second})
    assert taken(reader) == {ONE: second} == read_heads(path)


def test_a_first_line_that_was_torn_leaves_nothing(path: Path) -> None:
    path.write_bytes(b"1" * 20)
    assert read_heads(path) == {}
    add_heads(path, {TWO: head(TWO, 0)})
    assert list(read_heads(path)) == [TWO]


def test_written_anew_it_holds_what_counts_alone_and_is_read_from_its_start(path: Path) -> None:
    reader = HeadsReader(path)
    for number in range(5):
        add_heads(path, {ONE: head(ONE, number), TWO: head(TWO, number)})
    last = read_heads(path)
    taken(reader)
    keep_newest_heads(path, [ONE, "3" * 32])
    assert path.read_bytes().count(b"\n") == 1
    assert taken(reader) == {ONE: last[ONE]}
    # However often: also where the file that came last has the number on the disk of one before.
    for number in range(5, 25):
        keep_newest_heads(path, [ONE])
        keep_newest_heads(path, [ONE])
        newest = head(ONE, number)
        add_heads(path, {ONE: newest})
        assert taken(reader) == {ONE: newest}


def test_a_line_that_the_disk_spoilt_goes_with_the_next_head_of_its_stream(path: Path) -> None:
    add_heads(path, {ONE: head(ONE, 0), TWO: head(TWO, 0)})
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b'{"text"', b'\xff"text"', 1))
    newest = head(ONE, 1)
    add_heads(path, {ONE: newest})
    keep_newest_heads(path, [ONE, TWO])
    assert read_heads(path) == {ONE: newest, TWO: head(TWO, 0)}


def test_reading_leaves_no_file_open_but_the_present_one(path: Path) -> None:
    reader = HeadsReader(path)
    add_heads(path, {ONE: head(ONE, 0)})
    taken(reader)
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(20):
        keep_newest_heads(path, [ONE])
        taken(reader)
    assert len(os.listdir("/proc/self/fd")) == before


def test_who_waits_is_woken_by_news_and_not_by_a_head_that_says_the_same_again(tmp_path: Path) -> None:
    pytest.importorskip("django")
    from notcontent.exchange.partners.watching import HeadWatch

    folder = Folder(tmp_path)
    folder.feeds.mkdir()
    add_heads(folder.heads, {ONE: head(ONE, 1), TWO: head(TWO, 1)})
    asked = []

    def is_news(newest: Head) -> bool:
        asked.append(newest.number)
        return newest.number != 1

    async def wait() -> None:
        watch = HeadWatch(folder)
        waiting = asyncio.create_task(watch.wait_for_news(ONE, is_news, 50))
        await asyncio.sleep(0.3)
        add_heads(folder.heads, {ONE: head(ONE, 1, NOON + timedelta(seconds=30)), TWO: head(TWO, 2)})
        await asyncio.sleep(0.5)
        assert not waiting.done() and asked == [1]
        assert (seen := watch.now(ONE)) is not None
        assert seen.head.time == NOON + timedelta(seconds=30), "the newest is handed out all the same"
        add_heads(folder.heads, {ONE: head(ONE, 2)})
        await waiting
        assert asked == [1, 2]

    asyncio.run(wait())
