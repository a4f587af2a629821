"""What an exchange is told of entries that were met again in a new place: so little, so late, and only if agreed."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, date, datetime, timedelta

import pytest

from notcontent.guard import outbox
from notcontent.guard.database import Database
from notcontent.guard.errors import BadSettings
from notcontent.guard.schema import bring_up_to_date
from notcontent.guard.settings import Settings
from notcontent.guard.spinoffs import intake
from notcontent.guard.spinoffs.keeping import Spinoffs
from notcontent.guard.spinoffs.telling import QUIET_DAYS, SPREAD_DAYS, Telling
from tests.guard.earlier_schema import WITHOUT_AGAIN
from tests.guard.spinoffs.test_keeping import ENTRIES, NEW, NOW, OLD, database, move_house, spinoffs, upload

__all__ = ["database", "spinoffs"]

#: What came to the new place came on the Thursday of this week.
MONDAY = date(2026, 11, 23)
#: The first day on which anything is told, and one on which all of it was.
FIRST = datetime(2026, 12, 7, tzinfo=UTC)
LAST = FIRST + timedelta(days=SPREAD_DAYS, hours=12)


@pytest.fixture
def telling(database: Database, spinoffs: Spinoffs) -> Telling:
    """A guard whose list has all of these entries, and that found where a group went."""
    with database.write() as connection:
        connection.executemany(
            "INSERT INTO entries (list, entry, slot, tier) VALUES (1, ?, ?, 'verified')",
            ((entry, slot) for slot, entry in enumerate(ENTRIES)),
        )
    move_house(spinoffs, database)
    assert spinoffs.take_noted(NOW) == 1
    return Telling(database, spinoffs, is_on=True)


def judge(spinoffs: Spinoffs, *, is_right: bool = True) -> None:
    old, new = spinoffs.find(OLD), spinoffs.find(NEW)
    assert old and new
    spinoffs.judge(old, new, is_right=is_right)


def told(database: Database) -> list[dict[str, object]]:
    bodies = [json.loads(body) for (body,) in database.rows("SELECT body FROM outbox WHERE kind = 'report'")]
    return [body for body in bodies if body["verdict"] == "again"]


def test_nothing_is_told_before_a_person_said_that_the_alarm_is_right(
    telling: Telling, spinoffs: Spinoffs, database: Database
) -> None:
    assert not telling.tell(LAST)
    judge(spinoffs, is_right=False)
    assert not telling.tell(LAST) and told(database) == []
    judge(spinoffs)
    assert not telling.tell(NOW), "it is too early"
    assert telling.tell(LAST)


def test_each_entry_is_told_once_on_a_day_of_its_own_with_its_week_and_nothing_of_the_place(
    telling: Telling, spinoffs: Spinoffs, database: Database
) -> None:
    judge(spinoffs)
    telling.tell(NOW)
    assert not telling.tell(FIRST - timedelta(hours=1)), "a week after its own week"
    for days in range(SPREAD_DAYS):
        telling.tell(FIRST + timedelta(days=days))
    reports = told(database)
    assert sorted(str(report["entry"]) for report in reports) == ENTRIES[:16], "none that did not come to the new place"
    assert {report["day"] for report in reports} == {MONDAY.isoformat()}
    assert all(report.keys() == {"id", "entry", "verdict", "decision", "reason", "day"} for report in reports)
    days = {due for (due,) in database.rows("SELECT due FROM spinoff_again")}
    first = FIRST.date().toordinal()
    assert days <= set(range(first, first + SPREAD_DAYS))
    assert len(days) > 1, "sixteen draws of seven days are all alike once in 5e12 times"


def test_what_comes_again_is_no_news_for_90_days(telling: Telling, spinoffs: Spinoffs, database: Database) -> None:
    judge(spinoffs)
    telling.tell(NOW)
    telling.tell(LAST)
    upload(spinoffs, database, NEW, "another member", ENTRIES[0], LAST)
    spinoffs.take_noted(LAST)
    assert not telling.tell(LAST + timedelta(days=14)) and len(told(database)) == 16
    telling.tell(LAST + timedelta(days=QUIET_DAYS + 1))
    assert database.rows("SELECT * FROM spinoff_again") == []


def test_a_withdrawal_takes_what_waits_and_what_is_on_its_way(
    telling: Telling, spinoffs: Spinoffs, database: Database
) -> None:
    judge(spinoffs)
    telling.tell(NOW)
    with database.write() as connection:
        intake.forget(connection, ENTRIES[:2])
    telling.tell(LAST)
    with database.write() as connection:
        intake.forget(connection, ENTRIES[2:4])
    assert sorted(str(report["entry"]) for report in told(database)) == ENTRIES[4:16]
    assert len(database.rows("SELECT * FROM spinoff_again")) == 12


def test_what_an_exchange_from_before_refused_is_let_go(
    telling: Telling, spinoffs: Spinoffs, database: Database
) -> None:
    judge(spinoffs)
    telling.tell(NOW)
    telling.tell(LAST)
    [first, *_] = database.rows("SELECT id FROM outbox WHERE json_extract(body, '$.verdict') = 'again'")
    outbox.refused(database, *first)
    assert not telling.tell(LAST + timedelta(hours=1)) and len(told(database)) == 15


def test_what_is_verified_no_longer_or_rests_is_not_told(
    telling: Telling, spinoffs: Spinoffs, database: Database
) -> None:
    judge(spinoffs)
    telling.tell(NOW)
    with database.write() as connection:
        connection.execute("UPDATE entries SET tier = 'seen' WHERE entry = ?", (ENTRIES[0],))
        connection.execute("UPDATE entries SET paused = 1 WHERE entry = ?", (ENTRIES[1],))
    telling.tell(LAST)
    assert sorted(str(report["entry"]) for report in told(database)) == ENTRIES[2:16]


def test_switched_off_nothing_waits_any_more(telling: Telling, spinoffs: Spinoffs, database: Database) -> None:
    judge(spinoffs)
    telling.tell(NOW)
    telling.tell(LAST)
    assert not Telling(database, spinoffs, is_on=False).is_on
    assert told(database) == [] and database.rows("SELECT * FROM spinoff_again") == []
    assert not Telling(database, Spinoffs(database, 0), is_on=True).is_on


def test_it_is_off_until_the_platform_says_so() -> None:
    assert not Settings().tells_spinoffs
    assert Settings(spinoffs_told="on", spinoff_days=90).tells_spinoffs
    for settings in (Settings(spinoffs_told="on"), Settings(spinoffs_told="yes", spinoff_days=90)):
        with pytest.raises(BadSettings):
            _ = settings.tells_spinoffs


def test_a_guard_from_before_gets_the_table() -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    bring_up_to_date(connection)
    connection.executescript(f"{WITHOUT_AGAIN} PRAGMA user_version = 8;")
    bring_up_to_date(connection)
    assert connection.execute("SELECT count(*) FROM spinoff_again").fetchone() == (0,)
