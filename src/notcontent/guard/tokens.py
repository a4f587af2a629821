"""Who may ask the guard, and for what: bearer tokens, of which only a hash is stored.

A token is for one thing, so that a scraper of metrics can ask nothing about uploads, and a server that sends uploads
can decide about none. What a caller of the route that says nothing but "pass" or "stop" meets when an upload is held,
or could not be checked, stands on its token: that route has no default.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from enum import StrEnum

from notcontent.guard.database import Database
from notcontent.guard.doorway import DoorRule, Outcome
from notcontent.guard.errors import NoSuchToken, TokenExists

#: What every token begins with.
TOKEN_PREFIX = "ncg_"  # noqa: S105 - what comes after it is secret


class HoldAnswer(StrEnum):
    """How a caller wants to hear of a hold."""

    ACCEPTED = "202"
    BLOCK = "block"
    ALLOW = "allow"


class Purpose(StrEnum):
    """What a token is for."""

    #: A server that sends uploads.
    CHECK = "check"
    #: A program that reads /metrics.
    METRICS = "metrics"
    #: A person who decides about held uploads.
    REVIEW = "review"


@dataclass(frozen=True, slots=True)
class Caller:
    """A known caller, and what its token says.

    `hold`: how it hears of a hold at /v1/check (None: nothing, so it is answered like a block). `rule`: what it meets
    where only "pass" and "stop" can be said (None: not stated, so that it can't ask there). `uploads_a_minute`: how
    many it may send (None: as many as there is room for).
    """

    name: str
    hold: HoldAnswer | None = None
    purpose: Purpose = Purpose.CHECK
    rule: DoorRule | None = None
    uploads_a_minute: int | None = None


def create_token(database: Database, caller: Caller) -> str:
    """A new token for this caller, which can't be shown again. Raises TokenExists."""
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)
    rule = (caller.rule.when_held, caller.rule.when_unchecked) if caller.rule else (None, None)
    with database.write() as connection:
        if connection.execute("SELECT 1 FROM tokens WHERE name = ?", (caller.name,)).fetchone():
            raise TokenExists("A token of this name exists already. Choose another name.")
        connection.execute(
            "INSERT INTO tokens (name, sha256, hold, purpose, when_held, when_unchecked, uploads_a_minute)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (caller.name, _hashed(token), caller.hold, caller.purpose, *rule, caller.uploads_a_minute),
        )
    return token


def revoke_token(database: Database, name: str) -> None:
    """The token of this name opens nothing any more; who signed in with it is signed out. Raises NoSuchToken."""
    with database.write() as connection:
        if not connection.execute("DELETE FROM tokens WHERE name = ?", (name,)).rowcount:
            raise NoSuchToken("There is no token of this name. Look for a slip of the pen.")


def find_caller(database: Database, untrusted_token: str) -> Caller | None:
    """Whose token this is. The token is 256 random bits, so that a plain hash of it is enough and gives no timing."""
    rows = database.rows(
        "SELECT name, hold, purpose, when_held, when_unchecked, uploads_a_minute FROM tokens WHERE sha256 = ?",
        _hashed(untrusted_token),
    )
    if not rows:
        return None
    name, hold, purpose, when_held, when_unchecked, uploads_a_minute = rows[0]
    rule = DoorRule(Outcome(when_held), Outcome(when_unchecked), "verdict") if when_held and when_unchecked else None
    return Caller(name, HoldAnswer(hold) if hold else None, Purpose(purpose), rule, uploads_a_minute)


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
