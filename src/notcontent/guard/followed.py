"""The lists a guard follows: what it knows of each exchange, and how far it is."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit

from notcontent.feed.follow import FollowState
from notcontent.feed.signature import PublicKey
from notcontent.feed.text import NO_HASH
from notcontent.guard.database import Database
from notcontent.guard.errors import BadSettings, ListExists


@dataclass(frozen=True, slots=True)
class FollowedList:
    """One list: where it comes from and with which token (which is this partner's secret: never shown or logged)."""

    id: int
    name: str
    url: str
    token: str = field(repr=False)


def follow_list(database: Database, *, name: str, url: str, token: str, root_key: str) -> None:
    """Follow an exchange from the next start on; the same name again takes its new address and token.

    Raises MalformedKey, BadSettings for an address that is none, and ListExists when the name stands for another root
    key: that would be another exchange.
    """
    key = PublicKey.from_text(root_key).text
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise BadSettings("The exchange's address must begin with https:// (or http:// on a private network or onion).")
    with database.write() as connection:
        row = connection.execute("SELECT root_key FROM lists WHERE name = ?", (name,)).fetchone()
        if row and row[0] != key:
            raise ListExists("A list of this name is followed with another root key. Choose another name.")
        connection.execute(
            "INSERT INTO lists (name, url, token, root_key, delta) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (name) DO UPDATE SET url = excluded.url, token = excluded.token",
            (name, url.rstrip("/"), token, key, NO_HASH),
        )


def read_lists(database: Database) -> list[FollowedList]:
    """Every list, oldest first."""
    with database.read() as connection:
        return [FollowedList(*row) for row in connection.execute("SELECT id, name, url, token FROM lists ORDER BY id")]


def take_token(database: Database, list_id: int, token: str) -> None:
    """From now on this list is asked for with this token; it is on the disk when this returns."""
    with database.write() as connection:
        connection.execute("UPDATE lists SET token = ? WHERE id = ?", (token, list_id))


def read_state(connection: sqlite3.Connection, list_id: int) -> FollowState:
    """How far a list is."""
    row = connection.execute(
        "SELECT root_key, keys_sequence, feed, epoch, number, delta FROM lists WHERE id = ?", (list_id,)
    ).fetchone()
    return FollowState(PublicKey.from_text(row[0]), *row[1:])


def write_state(connection: sqlite3.Connection, list_id: int, state: FollowState) -> None:
    """Remember how far a list is, in the transaction that brought it there."""
    connection.execute(
        "UPDATE lists SET keys_sequence = ?, feed = ?, epoch = ?, number = ?, delta = ? WHERE id = ?",
        (state.keys_sequence, state.feed, state.epoch, state.number, state.delta, list_id),
    )


def mark_fresh(connection: sqlite3.Connection, list_id: int, now: datetime) -> None:
    """A valid head agreed with the list just now."""
    connection.execute("UPDATE lists SET fresh_at = ? WHERE id = ?", (now.timestamp(), list_id))


def read_fresh_at(connection: sqlite3.Connection, list_id: int) -> datetime | None:
    """When a valid head last agreed with the list; None before the first time."""
    seconds = connection.execute("SELECT fresh_at FROM lists WHERE id = ?", (list_id,)).fetchone()[0]
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def mark_changed(connection: sqlite3.Connection, list_id: int) -> None:
    """This list changes, in the transaction that changes it: no index has that yet."""
    connection.execute("UPDATE lists SET indexed = NULL WHERE id = ?", (list_id,))


def mark_indexed(connection: sqlite3.Connection, list_id: int | None = None) -> None:
    """Every index has what the database says of this list, or of all: what was found before may be another answer.

    Not named by epoch and number: a list that was found to be wrong is fetched again at the number it has.
    """
    connection.execute("UPDATE lists SET indexed = hex(randomblob(16)) WHERE id = coalesce(?, id)", (list_id,))


def read_version(database: Database) -> tuple[tuple[object, ...], ...] | None:
    """What stands for all lists as they are searched now: it never comes again after any of them has changed.

    None in the moment between a change in the database and the same change in the indexes.
    """
    rows = database.rows("SELECT id, indexed FROM lists ORDER BY id")
    return tuple(rows) if all(indexed is not None for _, indexed in rows) else None
