"""Who may ask the guard: bearer tokens, of which only a hash is stored."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from enum import StrEnum

from notcontent.guard.database import Database
from notcontent.guard.errors import TokenExists


class HoldAnswer(StrEnum):
    """How a caller wants to hear of a hold."""

    ACCEPTED = "202"
    BLOCK = "block"
    ALLOW = "allow"


@dataclass(frozen=True, slots=True)
class Caller:
    """A known caller, and what its token says about holds (None: nothing, so a hold is answered like a block)."""

    name: str
    hold: HoldAnswer | None


def create_token(database: Database, name: str, hold: HoldAnswer | None) -> str:
    """A new token, which can't be shown again. Raises TokenExists."""
    token = "ncg_" + secrets.token_urlsafe(32)
    with database.write() as connection:
        if connection.execute("SELECT 1 FROM tokens WHERE name = ?", (name,)).fetchone():
            raise TokenExists("A token of this name exists already. Choose another name.")
        connection.execute("INSERT INTO tokens VALUES (?, ?, ?)", (name, _hashed(token), hold))
    return token


def find_caller(database: Database, untrusted_token: str) -> Caller | None:
    """Whose token this is. The token is 256 random bits, so that a plain hash of it is enough and gives no timing."""
    rows = database.rows("SELECT name, hold FROM tokens WHERE sha256 = ?", _hashed(untrusted_token))
    return Caller(rows[0][0], HoldAnswer(rows[0][1]) if rows[0][1] else None) if rows else None


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
