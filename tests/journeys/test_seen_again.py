"""A group moves house with a picture of hers in it: a real guard tells a real exchange, and she reads it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from notcontent.guard.database import Database
from notcontent.guard.spinoffs import ledger
from notcontent.guard.spinoffs.intake import hour_of
from notcontent.guard.spinoffs.keeping import Spinoffs
from notcontent.guard.spinoffs.naming import entry_number
from notcontent.guard.spinoffs.observation import Observation, Rule
from notcontent.guard.spinoffs.telling import Telling
from tests.exchange.running import Person, Running, command, picture_code
from tests.guard.running_guard import RunningGuard, wait_until

pytestmark = [pytest.mark.journey, pytest.mark.peer]


def move_house(database: Database, spinoffs: Spinoffs, hers: int, now: datetime) -> date:
    """An archive with her picture in it moves to another place two weeks ago, and a person says that it did."""
    old, new = (spinoffs.names().place(name) for name in ("the old group", "the new group"))
    archive = [hers, *range(1, 30)]
    moved = now - timedelta(days=14)
    with database.write() as connection:
        crowd = [Observation(n, 1_000_000 + n, n, n, hour_of(now) - 900) for n in range(1, 3_000)]
        filled = [Observation(old, entry, n, n % 12, hour_of(moved) - 200) for n, entry in enumerate(archive)]
        ledger.take(connection, crowd + filled, Rule())
    spinoffs.close("the old group", moved - timedelta(days=1), now)
    with database.write() as connection:
        came = [Observation(new, entry, n, n % 8, hour_of(moved)) for n, entry in enumerate(archive[:16])]
        [pair] = ledger.take(connection, came, Rule())
    spinoffs.judge(pair.predecessor, pair.successor, is_right=True)
    return moved.date() - timedelta(days=moved.weekday())


def test_she_reads_the_site_and_the_week_and_a_withdrawal_erases_both(tmp_path: Path) -> None:
    exchange = Running.set_up(tmp_path / "exchange").settle(hit_delay_days=0).start()
    try:
        partner, mina = exchange.partner("A site that tells"), Person(exchange)
        root = partner.state.root.text
        told = SimpleNamespace(
            url=partner.url, token=partner.token, root=SimpleNamespace(public=SimpleNamespace(text=root))
        )
        guard = RunningGuard(tmp_path / "guard", cast(Any, told), {"spinoff_days": 90, "spinoffs_told": "on"})
        guard.start()
        assert mina.send([picture_code()], [partner.id]).status_code == 201
        entry = _verified(guard, exchange)
        assert guard.stop() == 0

        database, now = Database(guard.folder), datetime.now(UTC)
        spinoffs = Spinoffs(database, 90)
        monday = move_house(database, spinoffs, entry_number(entry), now)
        Telling(database, spinoffs, is_on=True).tell(now)
        with database.write() as connection:
            # The days that were drawn have passed.
            connection.execute("UPDATE spinoff_again SET due = ?", (now.date().toordinal(),))
        database.close()
        guard.start()

        def seen() -> list[Any]:
            return [site["seen_again"] for site in mina.look().json()["sites"]]

        wait_until(lambda: seen() == [monday.isoformat()], "her case to say it", 30)
        assert mina.withdraw().status_code == 200
        assert seen() == [None] and exchange.execute("SELECT count(*) FROM partners_seenagain") == [(0,)]
        wait_until(lambda: _rows(guard, entry) == 0, "the guard to forget it", 30)
        assert guard.stop() == 0
    finally:
        exchange.stop()


def _verified(guard: RunningGuard, exchange: Running) -> str:
    """The id of the one entry, once the guard reads that people verified it."""
    [(entry,)] = _until_rows(guard, "SELECT entry FROM entries")
    command(exchange.folder, "tier", entry, "verified", "--by", "Desk", "--reason", "a drill")
    _until_rows(guard, "SELECT entry FROM entries WHERE tier = 'verified'")
    return str(entry)


def _until_rows(guard: RunningGuard, query: str) -> list[tuple[Any, ...]]:
    wait_until(lambda: _ask(guard, query), "the list to arrive", 30)
    return _ask(guard, query)


def _rows(guard: RunningGuard, entry: str) -> int:
    number = entry_number(entry)
    return sum(len(_ask(guard, f"SELECT 1 FROM spinoff_{table} WHERE entry = {number}")) for table in ("again", "met"))


def _ask(guard: RunningGuard, query: str) -> list[tuple[Any, ...]]:
    database = Database(guard.folder, read_only=True)
    try:
        return database.rows(query)
    finally:
        database.close()
