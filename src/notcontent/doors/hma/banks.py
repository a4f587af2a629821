"""The lists as banks, which is HMA's word: one for each tier of each list, and names that clients gave to one of them.

A tier is a bank of its own, so that whoever uses banks chooses what each tier may do: a client that stops for good what
it finds should be given the bank of verified entries and no other. Banks are read-only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from notcontent.feed.entry import Tier
from notcontent.guard.database import Database
from notcontent.guard.door_errors import DoorError

NAME = re.compile("[A-Z_][A-Z0-9_]{0,254}")
#: What clients may name; a client gone wild fills no disk.
MOST_ATTACHED = 1000
#: An entry's number is its first 13 hex digits: 52 random bits, never given again, exact also where numbers are floats.
_ID_DIGITS = 13
_NOT_WORDS = re.compile("[^A-Z0-9]+")


@dataclass(frozen=True, slots=True)
class Bank:
    """One tier of one list. `attached`: a client gave it this name. `enabled_ratio`: the share of lookups it is in."""

    name: str
    list_name: str
    tier: Tier
    enabled_ratio: float = 1.0
    attached: bool = False


class Banks:
    """The banks of one guard."""

    def __init__(self, database: Database, names: Mapping[int, str]) -> None:
        """`names`: the lists that are followed, by their ids."""
        self._database, self._names = database, names
        self._of_lists = [
            Bank(f"{name}_{tier.name}", names[list_id], tier)
            for list_id, name in _names_of(names).items()
            for tier in Tier
        ]

    def read(self) -> list[Bank]:
        """Every bank, those that clients named last. Raises StorageUnavailable."""
        with self._database.read() as connection:
            rows = connection.execute("SELECT name, list, tier, enabled_ratio FROM banks ORDER BY rowid").fetchall()
        return self._of_lists + [
            Bank(name, self._names[list_id], Tier(tier), ratio, attached=True)
            for name, list_id, tier, ratio in rows
            if list_id in self._names
        ]

    def find(self, untrusted_name: str) -> Bank:
        """The bank of this name. Raises DoorError 404."""
        for bank in self.read():
            if bank.name == untrusted_name:
                return bank
        raise DoorError(404, "not_found", "There is no such bank.", "GET /c/banks names those there are.")

    def attach(self, untrusted_name: str, untrusted_list: object, untrusted_tier: object) -> Bank:
        """Give one tier of one list one more name. Raises DoorError 400 and 403."""
        if not NAME.fullmatch(untrusted_name):
            raise DoorError(
                400, "name", "A bank's name has capital letters, digits and _, and begins with no digit.", "Rename it."
            )
        list_id = next((number for number, name in self._names.items() if name == untrusted_list), None)
        if list_id is None or untrusted_tier not in tuple(Tier):
            raise DoorError(
                400, "list", "This guard follows no such list, or there is no such tier.", "See the schema's choices."
            )
        banks = self.read()
        if any(bank.name == untrusted_name for bank in banks):
            raise DoorError(403, "exists", "There is a bank of this name.", "Choose another name.")
        if len(banks) - len(self._of_lists) >= MOST_ATTACHED:
            raise DoorError(403, "many", "There are too many names.", "Delete some that nobody uses.")
        tier = Tier(str(untrusted_tier))
        with self._database.write() as connection:
            connection.execute("INSERT OR IGNORE INTO banks VALUES (?, ?, ?, 1.0)", (untrusted_name, list_id, tier))
        return Bank(untrusted_name, self._names[list_id], tier, attached=True)

    def change_ratio(self, bank: Bank, untrusted_ratio: object) -> None:
        """Let a bank that a client named take part in this share of lookups. Raises DoorError 400 and 403."""
        try:
            ratio = float(untrusted_ratio)  # type: ignore[arg-type]
        except (TypeError, ValueError, OverflowError) as error:
            raise DoorError(400, "ratio", "The share is not a number.", "Use 0 to 1.") from error
        if not 0 <= ratio <= 1:
            raise DoorError(400, "ratio", "The share is not between 0 and 1.", "Use 0 to 1.")
        with self._database.write() as connection:
            connection.execute("UPDATE banks SET enabled_ratio = ? WHERE name = ?", (ratio, bank.name))

    def rename(self, bank: Bank, untrusted_name: str) -> None:
        """Another name for a bank that a client named. Raises DoorError 400 and 403."""
        self.attach(untrusted_name, bank.list_name, bank.tier)
        self.change_ratio(Bank(untrusted_name, bank.list_name, bank.tier), bank.enabled_ratio)
        self.detach(bank.name)

    def detach(self, untrusted_name: str) -> None:
        """Forget a name that a client gave, if it is one. Nothing of any list changes."""
        with self._database.write() as connection:
            connection.execute("DELETE FROM banks WHERE name = ?", (untrusted_name,))

    def holds(self, bank: Bank, number: int) -> bool:
        """Whether a bank has a live entry of this number."""
        first = f"{number:0{_ID_DIGITS}x}"
        list_id = next(list_id for list_id, name in self._names.items() if name == bank.list_name)
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT 1 FROM entries WHERE list = ? AND entry >= ? AND entry < ? AND tier = ? AND paused = 0",
                (list_id, first, first + "g", bank.tier),
            ).fetchone()
        return len(first) == _ID_DIGITS and row is not None


def entry_number(entry: str) -> int:
    """The number that HMA's clients know an entry by."""
    return int(entry[:_ID_DIGITS], 16)


def _names_of(lists: Mapping[int, str]) -> dict[int, str]:
    """A name for each list in capital letters, digits and `_`, all different."""
    names: dict[int, str] = {}
    for list_id, name in sorted(lists.items()):
        made = _NOT_WORDS.sub("_", name.upper()).strip("_") or "LIST"
        made = f"_{made}" if made[0].isdigit() else made
        names[list_id] = f"{made}_{list_id}" if made in names.values() else made
    return names
