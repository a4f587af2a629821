"""The indexes follow the database, whatever was lost, damaged or half done."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from notcontent.feed.entry import Pause, SetTier, Tier
from notcontent.guard.database import Database
from notcontent.guard.slots import SlotFile
from notcontent.index.reader import IndexReader
from tests.guard.earlier_schema import WITHOUT_DOORS
from tests.guard.small_exchange import SmallExchange
from tests.guard.test_refresh import Follower, value


def lose_everything(folder: Path) -> None:
    shutil.rmtree(folder / "index")


def lose_one_file(folder: Path) -> None:
    next((folder / "index" / "claimed").glob("live-*")).unlink()


def cut_every_file(folder: Path) -> None:
    for path in (folder / "index").rglob("*"):
        if path.is_file() and path.stat().st_size > 100:
            with path.open("r+b") as file:
                file.truncate(path.stat().st_size // 2)


def scribble_over_the_manifest(folder: Path) -> None:
    for path in (folder / "index").rglob("manifest.json"):
        path.write_bytes(b"\xff" * 50)


@pytest.mark.parametrize("harm", [lose_everything, lose_one_file, cut_every_file, scribble_over_the_manifest])
def test_a_lost_or_damaged_index_is_made_again_at_the_next_start(
    tmp_path: Path, exchange: SmallExchange, harm: Callable[[Path], None]
) -> None:
    values = [value() for _ in range(30)]
    entries = [exchange.add(each) for each in values]
    exchange.cut(SetTier(entries[1], Tier.VERIFIED), Pause(entries[2]))
    exchange.withdraw(entries[3])
    follower = Follower(tmp_path / "guard", exchange)
    follower.round()
    follower.close()
    harm(tmp_path / "guard")
    again = Follower(tmp_path / "guard", exchange)
    assert again.finds(values[0]) == [entries[0]] and again.finds(values[1]) == [entries[1]]
    assert again.finds(values[2]) == [] and again.finds(values[3]) == []
    again.close()


@pytest.mark.parametrize("folded", [False, True], ids=["deltas", "snapshot"])
@pytest.mark.parametrize("how_much", ["all", "half"])
def test_lost_fingerprints_are_fetched_from_the_feed_again(
    tmp_path: Path, exchange: SmallExchange, folded: bool, how_much: str
) -> None:
    values = [value() for _ in range(20)]
    entries = [exchange.add(each) for each in values]
    gone = value()
    exchange.withdraw(exchange.add(gone))
    if folded:
        exchange.fold()
    follower = Follower(tmp_path / "guard", exchange)
    follower.round(2)
    follower.close()
    path = tmp_path / "guard" / "fingerprints.bin"
    path.write_bytes(path.read_bytes()[: 0 if how_much == "all" else path.stat().st_size // 2])
    again = Follower(tmp_path / "guard", exchange)
    with again.database.read() as connection:
        assert connection.execute("SELECT fresh_at FROM lists").fetchone() == (None,)
    again.round(2)
    assert [again.finds(each) for each in values] == [[entry] for entry in entries]
    assert again.finds(gone) == [] and not again.holds_bytes(gone)
    again.close()


def test_a_reader_in_another_place_sees_every_change(tmp_path: Path, exchange: SmallExchange) -> None:
    follower = Follower(tmp_path / "guard", exchange)
    with IndexReader.open(tmp_path / "guard" / "index" / "claimed", b"s" * 32) as reader:
        listed = value()
        entry = exchange.add(listed)
        follower.round()
        query = np.frombuffer(listed, np.uint8)[None]
        assert reader.search(query, 31).totals.tolist() == [1]
        exchange.cut(SetTier(entry, Tier.VERIFIED))
        follower.round()
        assert reader.search(query, 31).totals.tolist() == [0] and follower.finds(listed) == [entry]
        exchange.withdraw(entry)
        follower.round()
        assert follower.finds(listed) == []
    follower.close()


def test_a_crowd_of_claims_leaves_a_verified_entry_in_sight(tmp_path: Path, exchange: SmallExchange) -> None:
    listed = value()
    for _ in range(150):
        exchange.add(listed)
    near = bytearray(listed)
    near[0] ^= 0x1F
    verified = exchange.add(bytes(near), Tier.VERIFIED)
    follower = Follower(tmp_path / "guard", exchange)
    follower.round(4)
    [nearest] = follower.lists.find_upright(np.frombuffer(listed, np.uint8)[None])
    assert nearest.total == 151 and len(nearest.found) == 101 and nearest.found[-1].shown.entry == verified
    follower.close()


def test_what_could_not_be_put_into_the_index_is_put_there_in_the_next_round(
    tmp_path: Path, exchange: SmallExchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    follower = Follower(tmp_path / "guard", exchange)
    follower.round()
    listed = value()
    entry = exchange.add(listed)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(SlotFile, "read", full)
        with pytest.raises(OSError, match="space"):
            follower.round()
    assert follower.lists.behind and follower.finds(listed) == []
    follower.round()
    assert not follower.lists.behind and follower.finds(listed) == [entry]
    follower.close()


def test_a_slot_that_was_given_back_rests_before_it_is_used_again(tmp_path: Path) -> None:
    slots = SlotFile(tmp_path / "slots")
    [first] = slots.write([bytes(range(32))])
    slots.zero([first])
    slots.free([first])
    assert slots.write([bytes(range(32))]) != [first]
    slots.close()
    # After a start no search is under way that could still hold the old number.
    slots = SlotFile(tmp_path / "slots")
    slots.settle(np.array([1]))
    assert slots.write([bytes(range(32))]) == [first]
    slots.close()


def test_many_rows_are_written_in_one_piece_and_read_back(tmp_path: Path) -> None:
    slots = SlotFile(tmp_path / "slots")
    rows = np.random.default_rng(1).integers(1, 256, (5000, 32), np.uint8)
    places = slots.write_rows(rows)
    assert np.array_equal(slots.read(places[::-1]), rows[::-1])
    assert not slots.read(np.array([5000, 9999])).any()
    slots.close()


def test_the_database_of_the_first_version_is_brought_up_to_date(tmp_path: Path, exchange: SmallExchange) -> None:
    values = [value() for _ in range(5)]
    entries = [exchange.add(each) for each in values]
    follower = Follower(tmp_path / "guard", exchange)
    follower.round()
    follower.close()
    shutil.rmtree(tmp_path / "guard" / "index")
    with sqlite3.connect(tmp_path / "guard" / "guard.db", isolation_level=None) as old:
        old.executescript(
            f"{WITHOUT_DOORS}"
            "ALTER TABLE entries RENAME TO new_entries; DROP INDEX entries_by_name;"
            "CREATE TABLE entries (list INTEGER NOT NULL REFERENCES lists, entry TEXT NOT NULL, slot INTEGER,"
            " tier TEXT, paused INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (list, entry)) WITHOUT ROWID;"
            "INSERT INTO entries SELECT list, entry, slot, tier, paused FROM new_entries;"
            "INSERT INTO entries VALUES (1, 'ffffffffffffffffffffffffffffffff', NULL, NULL, 0);"
            "DROP TABLE new_entries; ALTER TABLE lists DROP COLUMN live; DROP INDEX withdrawn_listed_again;"
            "DROP INDEX withdrawn_slots; DROP TABLE kept; DROP TABLE unsearched; DROP TABLE already_here;"
            "DROP TABLE frames; DROP TABLE pending; PRAGMA user_version = 1;"
        )
    old.close()
    again = Follower(tmp_path / "guard", exchange)
    assert [again.finds(each) for each in values] == [[entry] for entry in entries]
    with again.database.read() as connection:
        assert connection.execute("SELECT live, number FROM lists").fetchone() == (5, 0)
    again.close()


def test_a_database_that_is_only_read_refuses_every_change(tmp_path: Path) -> None:
    from notcontent.guard.errors import StorageUnavailable

    with pytest.raises(StorageUnavailable, match="no guard"):
        Database(tmp_path / "nowhere", read_only=True)
    Database(tmp_path).close()
    database = Database(tmp_path, read_only=True)
    with pytest.raises(StorageUnavailable), database.write() as connection:
        connection.execute("INSERT INTO tokens (name, sha256) VALUES ('a', 'b')")
    database.close()
