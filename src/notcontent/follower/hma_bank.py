"""A bank of a stock HMA that holds what the list holds: filled and emptied through HMA's own routes.

For every fingerprint that it adds it remembers the id that HMA gave it, so that a withdrawal, which names the entry
alone, deletes exactly what the entry brought. What it remembers holds no fingerprint.
"""

from __future__ import annotations

import json
import re
import secrets
import sqlite3
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from notcontent.follower.asking import Exchange
from notcontent.follower.catching_up import Kept, Step, catch_up
from notcontent.follower.errors import BadState, HmaAway

_BANK = re.compile(r"[A-Z_][A-Z0-9_]{0,99}", re.ASCII)
#: What is written beside each fingerprint in HMA, so that one whose id got lost is found again.
_NOTE = "notcontent"
_TABLES = """
CREATE TABLE IF NOT EXISTS kept (one INTEGER PRIMARY KEY CHECK (one = 1), state TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS contents (entry TEXT NOT NULL, content INTEGER) STRICT;
CREATE INDEX IF NOT EXISTS by_entry ON contents (entry);
"""


class HmaBank:
    """One bank of one HMA. The bank belongs to this alone: nobody else should add to it."""

    def __init__(self, exchange: Exchange, hma_url: str, bank: str, file: Path) -> None:
        """Open the file and see that the bank is there. Raises `HmaAway`, `BadState`."""
        if not _BANK.fullmatch(bank):
            raise BadState("HMA wants bank names of capital letters, digits and underscores. Choose such a name.")
        self._exchange = exchange
        self._bank = bank
        self._http = httpx.Client(base_url=hma_url, timeout=60.0, trust_env=False)
        try:
            self._file = sqlite3.connect(file, isolation_level=None)
            self._file.executescript(f"PRAGMA synchronous=FULL; {_TABLES}")
            self._kept = self._read_kept()
        except (sqlite3.Error, ValueError, TypeError, KeyError) as error:
            raise BadState(
                "The file that says what is in HMA's bank can't be read. Delete it and the bank, then start again."
            ) from error
        if bank not in [each["name"] for each in self._ask("GET", "/c/banks")]:
            self._ask("POST", "/c/banks", {"name": bank})

    def turn(self, now: datetime, wait_s: int = 0) -> int:
        """Bring the bank to where the list is; returns how many entries came or went.

        Waits up to `wait_s` seconds for news. Safe to die anywhere: what was begun is taken back and done again.
        Raises `HmaAway`, and what `catch_up` raises.
        """
        self._mend()
        changes = 0
        for step in catch_up(self._exchange, self._kept, now, wait_s):
            changes += self._take(step)
        return changes

    def _take(self, step: Step) -> int:
        for entry in step.gone:
            self._remove(entry)
        for entry, values in step.added.items():
            self._remove(entry)
            for value in dict.fromkeys(values):
                self._add(entry, value)
        self._file.execute("INSERT OR REPLACE INTO kept VALUES (1, ?)", (_format_kept(step.kept),))
        self._kept = step.kept
        return len(step.gone) + len(step.added)

    def _add(self, entry: str, value: str) -> None:
        row = self._file.execute("INSERT INTO contents VALUES (?, NULL)", (entry,)).lastrowid
        content = self._list(value)
        self._file.execute("UPDATE contents SET content = ? WHERE rowid = ?", (content, row))

    def _list(self, value: str) -> int:
        made = self._ask("POST", f"/c/bank/{self._bank}/signal", {"pdq": value, "note": _NOTE})
        if not isinstance(made, dict) or not isinstance(made.get("id"), int):
            raise HmaAway("HMA did not say under which id it lists a fingerprint. It is asked again.")
        return int(made["id"])

    def _remove(self, entry: str) -> None:
        for (content,) in self._file.execute("SELECT content FROM contents WHERE entry = ?", (entry,)).fetchall():
            self._delete(content)
        self._file.execute("DELETE FROM contents WHERE entry = ?", (entry,))

    def _delete(self, content: int) -> None:
        self._ask("DELETE", f"/c/bank/{self._bank}/content/{content}")

    def _mend(self) -> None:
        """Take back what was added when this was cut off before it learned the id.

        HMA counts ids upwards, so it lies between the last one known and the next one given.
        """
        if not self._file.execute("SELECT 1 FROM contents WHERE content IS NULL").fetchone():
            return
        known = {content for (content,) in self._file.execute("SELECT content FROM contents") if content is not None}
        following = self._list(secrets.token_hex(32))
        self._delete(following)
        for content in range(max(known, default=0) + 1, following):
            if self._note_of(content) == _NOTE:
                self._delete(content)
        self._file.execute("DELETE FROM contents WHERE content IS NULL")

    def _note_of(self, content: int) -> object:
        item = self._ask("GET", f"/c/bank/{self._bank}/content/{content}", missing_is_none=True)
        belongs = isinstance(item, dict) and (item.get("bank") or {}).get("name") == self._bank
        return item.get("note") if belongs else None

    def _ask(self, method: str, path: str, body: object = None, *, missing_is_none: bool = False) -> Any:
        try:
            answer = self._http.request(method, path, json=body)
            if missing_is_none and answer.status_code == 404:
                return None
            if answer.status_code >= 300:
                raise HmaAway(f"HMA answered with status {answer.status_code}. It is asked again.")
            return answer.json()
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise HmaAway("HMA could not be reached, or did not answer in JSON. It is asked again.") from error

    def _read_kept(self) -> Kept:
        row = self._file.execute("SELECT state FROM kept").fetchone()
        if row is None:
            return Kept()
        stored = json.loads(row[0])
        return Kept(**(stored | {"held": Kept.unpack(stored["held"])}))


def _format_kept(kept: Kept) -> str:
    return json.dumps(asdict(kept) | {"held": kept.packed})
