"""A guard that keeps matches by place: what comes in, what is told, what two people do, and what is forgotten."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from notcontent.feed.entry import SetTier, Tier
from notcontent.fingerprint.orientations import Orientation
from notcontent.fingerprint.views.view import ViewKind
from notcontent.guard.database import Database
from notcontent.guard.lists import Found
from notcontent.guard.spinoffs import intake, ledger
from notcontent.guard.spinoffs.keeping import Spinoffs
from notcontent.guard.spinoffs.naming import entry_number
from notcontent.guard.spinoffs.observation import WARNING_TEXT, Observation, Rule
from notcontent.guard.spinoffs.two_people import Act, Ground, NotAgreed
from notcontent.guard.uploads import Uploads
from notcontent.guard.verdict import FoundEntry, Verdict, VerdictKind
from tests.guard.small_exchange import SmallExchange
from tests.guard.test_refresh import Follower

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
OLD, NEW = "the old group", "the new group"
ENTRIES = [f"{number:016x}{number:016x}" for number in range(1, 31)]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A guard's tables: every entry is verified, on days of its own, and elsewhere much was met."""
    made = Database(tmp_path)
    with made.write() as connection:
        connection.execute(
            "INSERT INTO lists (id, name, url, token, root_key, delta) VALUES (1, 'a', 'u', 't', 'k', '')"
        )
        for days, entry in enumerate(ENTRIES):
            intake.verified(connection, [entry], NOW - timedelta(days=100 + days))
        crowd = [Observation(n, 1_000_000 + n, n, n, intake.hour_of(NOW) - 900) for n in range(1, 3_000)]
        ledger.take(connection, crowd, Rule())
    yield made
    made.close()


@pytest.fixture
def spinoffs(database: Database) -> Spinoffs:
    return Spinoffs(database, 90, tells=True)


def upload(
    spinoffs: Spinoffs,
    database: Database,
    place: str,
    account: str,
    entry: str,
    at: datetime,
    tier: Tier = Tier.VERIFIED,
) -> None:
    found = FoundEntry(entry, "a", tier, 0, Orientation.UPRIGHT, ViewKind.WHOLE)
    verdict = Verdict(VerdictKind.BLOCK, secrets.token_hex(16), matches=(found,))
    where = spinoffs.where(place, account)
    Uploads(database).record(verdict, [Found(1, found)], at, where=where)


def move_house(spinoffs: Spinoffs, database: Database, tier: Tier = Tier.VERIFIED) -> None:
    """An archive is filled by many, its place closed, and half of it turns up elsewhere by many."""
    for number, entry in enumerate(ENTRIES):
        upload(spinoffs, database, OLD, f"filler {number % 12}", entry, NOW - timedelta(days=20), tier)
    spinoffs.take_noted(NOW)
    spinoffs.close(OLD, NOW - timedelta(days=3), NOW)
    for number, entry in enumerate(ENTRIES[:16]):
        upload(spinoffs, database, NEW, f"member {number % 8}", entry, NOW - timedelta(days=2), tier)


def told(database: Database) -> list[dict[str, object]]:
    bodies = [json.loads(body) for (body,) in database.rows("SELECT body FROM events")]
    return [body["data"] for body in bodies if body["type"] == "spinoff.suspected"]


@pytest.mark.parametrize("entry", ["7fffffffffffffff" + "0" * 16, "f" * 32, "0" * 32, "8" + "0" * 31])
def test_an_entry_is_found_again_by_its_number(database: Database, entry: str) -> None:
    with database.write() as connection:
        connection.executemany(
            "INSERT INTO entries VALUES (1, ?, ?, 'verified', 0)", [(entry, 1), ("5" * 32, 2), ("d" * 32, 3)]
        )
        assert intake.live_entries(connection, entry_number(entry)) == [(1, entry, True)]


def test_an_archive_that_moves_raises_one_alarm_that_explains_itself(spinoffs: Spinoffs, database: Database) -> None:
    move_house(spinoffs, database)
    assert spinoffs.take_noted(NOW) == 1
    assert spinoffs.take_noted(NOW) == 0
    [alarm] = told(database)
    assert (alarm["entries"], alarm["known"]) == (16, 30)
    assert WARNING_TEXT in str(alarm["text"]) and "16 of its 30 known entries" in str(alarm["text"])
    number = spinoffs.find(NEW)
    assert number is not None and spinoffs.names().show(number) == alarm["place"]
    [cluster] = spinoffs.clusters()[0]
    assert cluster.places == (spinoffs.find(OLD), number)


def test_what_nobody_has_verified_is_not_kept(spinoffs: Spinoffs, database: Database) -> None:
    move_house(spinoffs, database, Tier.SEEN)
    assert spinoffs.take_noted(NOW) == 0
    assert spinoffs.find(NEW) is None


def test_no_name_of_a_place_or_an_account_is_in_the_file(
    spinoffs: Spinoffs, database: Database, tmp_path: Path
) -> None:
    move_house(spinoffs, database)
    spinoffs.take_noted(NOW)
    database.close()
    held = b"".join(path.read_bytes() for path in tmp_path.glob("guard.db*"))
    for name in (OLD, NEW, "filler 3", "member 3"):
        assert name.encode() not in held


def test_a_withdrawal_takes_the_alarm_with_it(spinoffs: Spinoffs, database: Database) -> None:
    move_house(spinoffs, database)
    spinoffs.take_noted(NOW)
    with database.write() as connection:
        intake.forget(connection, ENTRIES[:12])
    assert spinoffs.clusters()[0] == ()
    numbers = {entry_number(entry) for entry in ENTRIES[:12]}
    for table in ("met", "days", "noted"):
        assert not numbers & {row[0] for row in database.rows(f"SELECT entry FROM spinoff_{table}")}


def test_it_takes_two_people_to_leave_a_place_out_and_both_are_on_record(
    spinoffs: Spinoffs, database: Database
) -> None:
    move_house(spinoffs, database)
    spinoffs.take_noted(NOW)
    number = spinoffs.find(NEW)
    assert number is not None
    asked = spinoffs.ask(Act.EXEMPT, number, {"kind": "support"}, "Ana", NOW)
    with pytest.raises(NotAgreed):
        spinoffs.agree(asked, "Ana", NOW)
    assert spinoffs.clusters()[0] != ()
    spinoffs.agree(asked, "Bo", NOW)
    assert spinoffs.clusters()[0] == ()
    with pytest.raises(NotAgreed):
        spinoffs.agree(asked, "Bo", NOW)
    assert database.rows("SELECT kind, asked_by, agreed_by FROM spinoff_record") == [("exempt", "Ana", "Bo")]
    late = spinoffs.ask(Act.EXPORT, number, {"ground": Ground.ORDER, "reference": "7"}, "Ana", NOW)
    with pytest.raises(NotAgreed):
        spinoffs.agree(late, "Bo", NOW + timedelta(days=4))


def test_an_alarm_marked_wrong_is_shown_no_more(spinoffs: Spinoffs, database: Database) -> None:
    move_house(spinoffs, database)
    spinoffs.take_noted(NOW)
    old, new = spinoffs.find(OLD), spinoffs.find(NEW)
    assert old and new
    spinoffs.judge(old, new, is_right=False)
    assert spinoffs.clusters()[0] == ()


def test_the_keys_are_changed_in_time_and_everything_is_forgotten_in_the_end(
    spinoffs: Spinoffs, database: Database
) -> None:
    move_house(spinoffs, database)
    spinoffs.take_noted(NOW)
    spinoffs.keep_house(NOW)
    before, number = spinoffs.names(), spinoffs.find(NEW)
    assert number is not None
    later = NOW + timedelta(days=90)
    spinoffs.keep_house(later)
    after = spinoffs.names()
    assert after.former == before.current and after.show(number) != before.show(number)
    upload(spinoffs, database, NEW, "member 1", ENTRIES[20], later)
    spinoffs.take_noted(later)
    spinoffs.keep_house(later + timedelta(days=91))
    assert spinoffs.names().former == after.current
    assert database.rows("SELECT * FROM spinoff_met") == [] and database.rows("SELECT * FROM spinoff_moves") == []


def test_switched_off_nothing_is_kept_and_what_there_was_is_erased(spinoffs: Spinoffs, database: Database) -> None:
    move_house(spinoffs, database)
    spinoffs.take_noted(NOW)
    off = Spinoffs(database, 0)
    assert off.where(NEW, "member 1") is None
    off.erase()
    for table in ("places", "met", "moves", "days", "noted", "keys"):
        assert database.rows(f"SELECT count(*) FROM spinoff_{table}") == [(0,)]


@pytest.mark.parametrize("keeps", [True, False])
def test_when_an_entry_was_verified_is_kept_only_where_spin_offs_are_sought_and_told_by_no_snapshot(
    tmp_path: Path, keeps: bool
) -> None:
    (tmp_path / "exchange").mkdir()
    with SmallExchange(tmp_path / "exchange") as exchange:
        exchange.add(secrets.token_bytes(32), Tier.VERIFIED)
        exchange.fold()
        follower = Follower(tmp_path / "guard", exchange)
        follower.refresh._keeps_days = keeps
        follower.round(2)
        entry = exchange.add(secrets.token_bytes(32), Tier.VERIFIED)
        claimed = exchange.add(secrets.token_bytes(32))
        exchange.cut(SetTier(claimed, Tier.VERIFIED))
        follower.round(2)
        days = {row[0] for row in follower.database.rows("SELECT entry FROM spinoff_days")}
        follower.close()
        assert days == ({entry_number(entry), entry_number(claimed)} if keeps else set())
