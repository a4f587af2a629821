"""What takes two people: leaving a place out of scores, and handing out what is known of a cluster.

One asks, another agrees; both names stand in a record that nothing here changes or deletes. One person alone may close
an alarm as right or wrong.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from notcontent.guard.errors import GuardError

SCHEMA = """
CREATE TABLE spinoff_asked (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    place INTEGER NOT NULL,
    body TEXT NOT NULL,
    asked_by TEXT NOT NULL,
    asked REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE spinoff_record (
    number INTEGER PRIMARY KEY,
    day TEXT NOT NULL,
    kind TEXT NOT NULL,
    place INTEGER NOT NULL,
    body TEXT NOT NULL,
    asked_by TEXT NOT NULL,
    agreed_by TEXT NOT NULL
);
"""
#: So long a second person may agree.
OPEN_FOR = timedelta(days=3)
MOST_REFERENCE = 120


class NotAgreed(GuardError):
    """Nobody asked for this, or the one who asked can't be the one who agrees."""


class Act(StrEnum):
    """What two people do."""

    EXEMPT = "exempt"
    INCLUDE = "include"
    EXPORT = "export"


class Ground(StrEnum):
    """Why a cluster may be handed out."""

    #: A court or an authority ordered it.
    ORDER = "order"
    #: It goes beside a notice or an evidence record, to the helpline or a lawyer of somebody in the pictures.
    EVIDENCE = "evidence"
    #: Another platform or a regulator, under a law that asks for it.
    LAW = "law"


class Form(StrEnum):
    """How a cluster is handed out. Only the last names entries; two exports that do can be laid side by side."""

    ANNEX = "annex"
    JSON = "json"
    ENTRIES = "entries"


class Kind(StrEnum):
    """What a place that is left out is."""

    SUPPORT = "support"
    NEWSROOM = "newsroom"
    RESEARCH = "research"


@dataclass(frozen=True, slots=True)
class Asked:
    """What waits for a second person. `place`: the ledger's own number. `said`: a ground and a reference, or a kind."""

    id: str
    act: Act
    place: int
    said: Mapping[str, str]
    asked_by: str
    asked: datetime


def ask(connection: sqlite3.Connection, act: Act, place: int, said: Mapping[str, str], name: str, now: datetime) -> str:  # noqa: PLR0917
    """One person asks; the id that another agrees to. Asking twice changes nothing."""
    body = json.dumps(dict(sorted(said.items())))
    same = connection.execute(
        "SELECT id FROM spinoff_asked WHERE kind = ? AND place = ? AND body = ? AND asked_by = ?",
        (act, place, body, name),
    ).fetchone()
    if same:
        return str(same[0])
    made = secrets.token_hex(16)
    connection.execute(
        "INSERT INTO spinoff_asked VALUES (?, ?, ?, ?, ?, ?)", (made, act, place, body, name, now.timestamp())
    )
    return made


def waiting(connection: sqlite3.Connection, now: datetime) -> list[Asked]:
    """What waits for a second person, oldest first."""
    connection_rows = connection.execute(
        "SELECT id, kind, place, body, asked_by, asked FROM spinoff_asked WHERE asked > ? ORDER BY asked, id",
        ((now - OPEN_FOR).timestamp(),),
    ).fetchall()
    return [
        Asked(made, Act(act), place, json.loads(body), name, datetime.fromtimestamp(asked, UTC))
        for made, act, place, body, name, asked in connection_rows
    ]


def agree(connection: sqlite3.Connection, untrusted_id: str, name: str, now: datetime) -> Asked:
    """Another person agrees: it is on record, and the caller does it in the same transaction. Raises NotAgreed."""
    asked = next((each for each in waiting(connection, now) if each.id == untrusted_id), None)
    if asked is None:
        raise NotAgreed("Nobody asks for this any more. Ask again, and let another person agree within three days.")
    if asked.asked_by == name:
        raise NotAgreed("Whoever asked can't agree too. Let another person sign in and agree.")
    connection.execute("DELETE FROM spinoff_asked WHERE id = ?", (asked.id,))
    connection.execute(
        "INSERT INTO spinoff_record (day, kind, place, body, asked_by, agreed_by) VALUES (?, ?, ?, ?, ?, ?)",
        (now.date().isoformat(), asked.act, asked.place, json.dumps(dict(asked.said)), asked.asked_by, name),
    )
    return asked
