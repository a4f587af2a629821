"""A listed video is one entry with many fingerprints: they are found, paused, withdrawn and erased together."""

from __future__ import annotations

import random
import secrets
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from notcontent.feed.entry import Add, Pause, Resume, SetTier, Tier, Withdraw
from notcontent.guard.kept import Kept, read_already_here
from notcontent.guard.lists import InSlot
from notcontent.guard.one_writer import Accepted
from tests.guard.earlier_schema import WITHOUT_DOORS
from tests.guard.small_exchange import SmallExchange, utc_now
from tests.guard.test_refresh import Follower, value


def frames_of(count: int) -> list[bytes]:
    return [value() for _ in range(count)]


@pytest.fixture
def follower(tmp_path: Path, exchange: SmallExchange) -> Iterator[Follower]:
    made = Follower(tmp_path / "guard", exchange)
    yield made
    made.close()


def finds_all(follower: Follower, frames: list[bytes]) -> set[tuple[str, ...]]:
    """What each frame finds, each answer once."""
    return {tuple(follower.finds(frame)) for frame in frames}


def rows(follower: Follower, query: str) -> list[tuple[object, ...]]:
    with follower.database.read() as connection:
        return connection.execute(query).fetchall()


def indexed(follower: Follower) -> int:
    return sum(len(index) for index in follower.lists._folders.values())


@pytest.mark.parametrize("folded", [False, True], ids=["delta", "snapshot"])
@pytest.mark.parametrize("count", [1, 2, 600])
def test_every_frame_of_a_listed_video_finds_its_one_entry(
    exchange: SmallExchange, follower: Follower, folded: bool, count: int
) -> None:
    frames, picture = frames_of(count), value()
    video, other = exchange.add_video(frames, Tier.SEEN), exchange.add(picture)
    if folded:
        exchange.fold()
    follower.round(2)
    assert finds_all(follower, frames) == {(video,)} and follower.finds(picture) == [other]
    assert rows(follower, "SELECT live, passed_over FROM lists") == [(2, 0)]
    assert follower.lists.searchable == count + 1


@pytest.mark.parametrize("folded", [False, True], ids=["delta", "snapshot"])
def test_a_tier_and_a_pause_are_of_the_whole_video(exchange: SmallExchange, follower: Follower, folded: bool) -> None:
    frames = frames_of(5)
    video = exchange.add_video(frames)
    follower.round()
    exchange.cut(SetTier(video, Tier.VERIFIED), Pause(video))
    if folded:
        # It was away meanwhile: the snapshot alone tells it.
        exchange.fold()
    follower.round(2)
    assert finds_all(follower, frames) == {()}
    exchange.cut(Resume(video))
    if folded:
        exchange.fold()
    follower.round(2)
    assert finds_all(follower, frames) == {(video,)}
    slots = [row[0] for row in rows(follower, "SELECT slot FROM entries UNION ALL SELECT slot FROM frames")]
    found = follower.lists.entries_in(slots)  # type: ignore[arg-type]
    assert found == dict.fromkeys(slots, InSlot(1, video, Tier.VERIFIED, slots[0])) and len(slots) == 5


def test_a_paused_video_comes_paused_in_the_first_snapshot(exchange: SmallExchange, follower: Follower) -> None:
    frames = frames_of(3)
    video = exchange.add_video(frames, Tier.SEEN)
    exchange.cut(Pause(video))
    exchange.fold()
    follower.round(2)
    assert finds_all(follower, frames) == {()} and rows(follower, "SELECT live FROM lists") == [(1,)]
    exchange.cut(Resume(video))
    follower.round()
    assert finds_all(follower, frames) == {(video,)}


@pytest.mark.parametrize("folded", [False, True], ids=["delta", "snapshot"])
def test_a_withdrawn_video_leaves_no_frame_in_any_file_and_one_pair_of_receipts(
    exchange: SmallExchange, follower: Follower, folded: bool
) -> None:
    frames, kept, picture = frames_of(40), frames_of(3), value()
    video, other, third = exchange.add_video(frames), exchange.add_video(kept), exchange.add(picture)
    follower.round()
    assert all(follower.holds_bytes(frame) for frame in frames)
    exchange.withdraw(video)
    if folded:
        exchange.fold()
    follower.round(2)
    assert finds_all(follower, frames) == {()}
    assert not any(follower.holds_bytes(frame) for frame in frames)
    assert finds_all(follower, kept) == {(other,)} and follower.finds(picture) == [third]
    assert follower.outbox() == 2 and rows(follower, "SELECT count(*) FROM frames") == [(2,)]
    assert indexed(follower) == 4


def test_a_video_that_is_added_and_withdrawn_in_one_delta_leaves_nothing(
    exchange: SmallExchange, follower: Follower
) -> None:
    one, two = secrets.token_hex(16), secrets.token_hex(16)
    first, second = frames_of(3), frames_of(4)
    exchange.cut(
        Add(one, "video", b"".join(first).hex(), Tier.CLAIMED), Withdraw(one),
        Withdraw(two), Add(two, "video", b"".join(second).hex(), Tier.CLAIMED),
    )  # fmt: skip
    exchange.live.pop(two)
    follower.round()
    assert not any(follower.holds_bytes(frame) for frame in first + second) and follower.outbox() == 4
    assert rows(follower, "SELECT slot FROM frames") == []


def test_a_video_is_found_once_by_its_nearest_frame(exchange: SmallExchange, follower: Follower) -> None:
    frame = value()
    near, nearer = bytearray(frame), bytearray(frame)
    near[3] ^= 0xFF
    nearer[3] ^= 0x07
    video = exchange.add_video([bytes(near), value(), bytes(nearer)])
    follower.round()
    [found] = follower.lists.find_upright(np.frombuffer(frame, np.uint8)[None])
    assert [(each.shown.entry, each.shown.distance_bits) for each in found.found] == [(video, 3)]


@pytest.mark.parametrize("folded", [False, True], ids=["deltas", "snapshot"])
@pytest.mark.parametrize("lost", ["all", "one frame"])
def test_a_video_of_which_a_frame_is_lost_is_fetched_again_whole(
    tmp_path: Path, exchange: SmallExchange, folded: bool, lost: str
) -> None:
    frames, picture = frames_of(7), value()
    video, other = exchange.add_video(frames), exchange.add(picture)
    if folded:
        exchange.fold()
    follower = Follower(tmp_path / "guard", exchange)
    follower.round(2)
    follower.close()
    path = tmp_path / "guard" / "fingerprints.bin"
    data = path.read_bytes()
    path.write_bytes(b"" if lost == "all" else data.replace(frames[4], bytes(32)))
    again = Follower(tmp_path / "guard", exchange)
    # What is asked for again is on the disk nowhere meanwhile, whatever happens to it then.
    assert not any(again.holds_bytes(frame) for frame in frames)
    again.round(2)
    assert finds_all(again, frames) == {(video,)} and again.finds(picture) == [other]
    assert rows(again, "SELECT count(*) FROM frames") == [(6,)]
    again.close()


def test_many_videos_at_once_are_written_found_and_erased(exchange: SmallExchange, follower: Follower) -> None:
    videos = [frames_of(600) for _ in range(8)]
    entries = [exchange.add_video(frames) for frames in videos]
    exchange.fold()
    follower.round(2)
    assert follower.lists.searchable == 4_800
    for frames, entry in zip(videos, entries, strict=True):
        assert finds_all(follower, frames[::100]) == {(entry,)}
    exchange.withdraw(*entries[1:])
    follower.round()
    assert follower.lists.searchable == 600 and finds_all(follower, videos[0][::50]) == {(entries[0],)}
    data = b"".join(path.read_bytes() for path in follower.folder.rglob("*") if path.is_file())
    assert not any(frame in data for frames in videos[1:] for frame in frames)


def test_any_history_leaves_what_the_exchange_lists_and_nothing_else(tmp_path: Path, exchange: SmallExchange) -> None:
    choose = random.Random(20261123)
    values: dict[str, list[bytes]] = {}
    for _ in range(6):
        follower = Follower(tmp_path / "guard", exchange)
        for _ in range(choose.randrange(1, 4)):
            for _ in range(choose.randrange(8)):
                live = sorted(exchange.live)
                act = choose.choice(["video", "video", "picture", "withdraw", "tier", "pause", "resume"])
                if act in ("video", "picture") or not live:
                    frames = [choose.randbytes(32) for _ in range(choose.choice([1, 2, 9, 30]))]
                    entry = exchange.add_video(frames) if act == "video" else exchange.add(frames[0])
                    values[entry] = frames if act == "video" else frames[:1]
                    continue
                entry = choose.choice(live)
                exchange.cut(
                    {
                        "withdraw": Withdraw(entry),
                        "tier": SetTier(entry, choose.choice(list(Tier))),
                        "pause": Pause(entry),
                        "resume": Resume(entry),
                    }[act]
                )
            if choose.random() < 0.4:
                exchange.fold()
            follower.round(2)
        data = b"".join(path.read_bytes() for path in follower.folder.rglob("*") if path.is_file())
        for entry, frames in values.items():
            _, tier, paused = exchange.live.get(entry, ("", Tier.CLAIMED, True))
            found = follower.lists.find_upright(np.frombuffer(b"".join(frames), np.uint8).reshape(-1, 32))
            told = {(each.shown.entry, each.shown.tier) for nearest in found for each in nearest.found}
            assert told == (set() if paused else {(entry, tier)})
            assert entry in exchange.live or not any(frame in data for frame in frames)
        assert follower.lists.searchable >= indexed(follower) == sum(len(values[entry]) for entry in exchange.live)
        follower.close()
    assert len(values) > len(exchange.live) > 3


def test_a_guard_that_passed_videos_over_reads_its_list_again_once_it_knows_them(
    tmp_path: Path, exchange: SmallExchange
) -> None:
    frames, gone, picture = frames_of(3), frames_of(2), value()
    video, withdrawn, other = exchange.add_video(frames), exchange.add_video(gone), exchange.add(picture)
    follower = Follower(tmp_path / "guard", exchange)
    follower.round()
    follower.close()
    with sqlite3.connect(tmp_path / "guard" / "guard.db", isolation_level=None) as old:
        old.executescript(
            f"UPDATE entries SET slot = -1, tier = NULL WHERE entry = '{video}';"
            f"UPDATE entries SET slot = -2, tier = NULL WHERE entry = '{withdrawn}';"
            f"{WITHOUT_DOORS}"
            "UPDATE lists SET passed_over = 2; DROP TABLE frames; DROP TABLE pending; PRAGMA user_version = 2;"
        )
    old.close()
    exchange.withdraw(withdrawn)
    again = Follower(tmp_path / "guard", exchange)
    # Meanwhile it answers from what it held.
    assert again.finds(picture) == [other] and finds_all(again, frames) == {()}
    assert rows(again, "SELECT fresh_at IS NULL, live FROM lists") == [(0, 1)]
    again.round()
    assert again.finds(picture) == [other] and finds_all(again, frames) == {(video,)}
    assert finds_all(again, gone) == {()} and not any(again.holds_bytes(frame) for frame in gone)
    assert rows(again, "SELECT live, passed_over FROM lists") == [(2, 0)]
    again.close()


def test_the_frames_of_a_new_video_are_looked_for_among_accepted_uploads(
    exchange: SmallExchange, follower: Follower
) -> None:
    kept = Kept(follower.database, follower.folder, b"s" * 32, follower.lists, follower.slots)
    follower.refresh._look_back = lambda: None
    still, mirrored = value(), value()
    kept.keep([Accepted("object", still + mirrored, False), Accepted("other", value() + value(), False)], utc_now(), 9)
    near = bytearray(still)
    near[0] ^= 1
    # So many frames that they are looked for in two steps; the nearest is in the second one.
    video = exchange.add_video([*frames_of(598), bytes(near), value()])
    exchange.add_video([*frames_of(500), mirrored])
    follower.round()
    kept.look_back(utc_now())
    found = [each for each in read_already_here(follower.database, 0) if each.entry == video]
    assert [(each.object_id, each.distance_bits, each.orientation) for each in found] == [("object", 1, "upright")]
    assert {each.object_id for each in read_already_here(follower.database, 0)} == {"object"}
    assert rows(follower, "SELECT count(*) FROM already_here") == [(2,)]
    exchange.withdraw(video)
    follower.round()
    assert [each.entry == video for each in read_already_here(follower.database, 0)] == [False]
    # An upload that is kept only after the video came finds it by itself.
    late = exchange.add_video([value(), (frame := value())])
    follower.round()
    kept.keep([Accepted("late", value() + frame, False)], utc_now(), 9)
    found = [each for each in read_already_here(follower.database, 0) if each.entry == late]
    assert [(each.object_id, each.orientation) for each in found] == [("late", "mirrored")]
    kept.close()
