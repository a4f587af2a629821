"""A platform's life at an exchange: a real guard renews its token, signs what it asks, is suspended and goes on."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.exchange.running import Person, Running, command, picture_code, until
from tests.guard.running_guard import RunningGuard

pytestmark = pytest.mark.journey


@dataclass
class Joined:
    """What the guard's helper asks of an exchange: where it is, and what opens it."""

    url: str
    token: str
    root: Any


@dataclass
class Root:
    """The root key as the guard's helper names it."""

    text: str

    @property
    def public(self) -> Root:
        return self


def at_the_desk(exchange: Running, change: str, *values: object) -> None:
    """As the desk does it: change a table, then say that something changed."""
    with sqlite3.connect(exchange.folder / "exchange.sqlite3", timeout=60) as tables:
        tables.execute(change, values)
    (exchange.folder / "partners-changed").touch()


@pytest.fixture
def exchange(tmp_path: Path) -> Iterator[Running]:
    running = Running.set_up(tmp_path / "exchange").start()
    yield running
    running.stop()


def test_a_guard_renews_its_token_signs_and_outlives_a_suspension(exchange: Running, tmp_path: Path) -> None:
    partner = exchange.partner()
    soon = datetime.now(UTC).date() + timedelta(days=5)
    at_the_desk(exchange, "UPDATE partners_token SET expires = ?", soon.isoformat())
    told = Joined(exchange.urls["partners"], partner.token, Root(partner.state.root.text))
    guard = RunningGuard(tmp_path / "guard", told).start()  # type: ignore[arg-type]

    def guards_token() -> str:
        with sqlite3.connect(guard.folder / "guard.db", timeout=60) as tables:
            return str(tables.execute("SELECT token FROM lists").fetchone()[0])

    def tokens() -> dict[str, tuple[str, int]]:
        with sqlite3.connect(exchange.folder / "exchange.sqlite3", timeout=60) as tables:
            rows = tables.execute("SELECT token_sha256, expires, taken FROM partners_token").fetchall()
        return {row[0]: row[1:] for row in rows}

    until(lambda: guards_token() != partner.token)
    renewed = hashlib.sha256(guards_token().encode()).hexdigest()
    until(lambda: tokens()[renewed][1] == 1)
    assert tokens()[renewed][0] > (soon + timedelta(days=80)).isoformat() and len(tokens()) == 2

    def signed() -> object:
        with sqlite3.connect(exchange.folder / "exchange.sqlite3", timeout=60) as tables:
            return tables.execute("SELECT signed, heard FROM partners_stream").fetchone()[0]

    until(signed)
    at_the_desk(exchange, "UPDATE partners_stream SET demands_signatures = 1")
    headers = {"Authorization": f"Bearer {guards_token()}"}
    stolen = httpx.get(f"{told.url}/v1/feed/keys", headers=headers)
    assert (stolen.status_code, stolen.json()["error"]["code"]) == (401, "unsigned")
    mina = Person(exchange)
    mina.send([picture_code()], [partner.id])
    until(lambda: guard.number() == 1)

    at_the_desk(exchange, "UPDATE partners_partner SET suspended = ?", soon.isoformat())
    state = until(lambda: (lists := guard.client.get("/readyz").json()["lists"])[0]["trouble"] and lists[0])
    assert state["trouble"] == "suspended" and state["ready"] and state["number"] == 1, "it goes on with what it has"
    at_the_desk(exchange, "UPDATE partners_partner SET suspended = NULL")
    mina.send([picture_code()], [partner.id])
    until(lambda: guard.number() == 2)
    mina.withdraw()
    until(lambda: mina.site_state() == "erased")
    assert guard.stop() == 0

    # A guard that lost its database, but not its keys, starts from a snapshot that lies encrypted.
    mina.locator = "0" * 32
    mina.send([picture_code()], [partner.id])
    command(exchange.folder, "erase")
    (snapshot,) = (exchange.folder / "feeds").rglob("*.snapshot")
    assert snapshot.read_bytes().startswith(b"age-encryption.org/v1\n")
    token = guards_token()
    for path in guard.folder.iterdir():
        if path.name not in ("guard.key", "guard.age", "guard.lock"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    anew = RunningGuard(guard.folder, Joined(told.url, token, told.root)).start()  # type: ignore[arg-type]
    assert anew.number() >= 3 and anew.stop() == 0
