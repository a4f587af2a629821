"""Pseudonyms of places and accounts that last long enough to see a move, and that are changed.

A place is found again under the former key until that key is destroyed; then whatever was not met since is forgotten
too. What is shown and exported is named with a key of its own, which is destroyed at each change: so two exports from
before and after it can't be laid side by side, while inside of the guard the clusters stay.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field

_BITS = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class Where:
    """A place under its pseudonym, under the former one if there still is one, and an account in it (0: not told)."""

    place: int
    former: int | None
    account: int


@dataclass(frozen=True, slots=True)
class Names:
    """The keys, 32 bytes each. `former`: None before the first change and once its time is over."""

    current: bytes = field(repr=False)
    shown: bytes = field(repr=False)
    former: bytes | None = field(default=None, repr=False)

    def place(self, untrusted_place: str) -> int:
        """63 bits, not 0."""
        return _number(self.current, b"place", untrusted_place)

    def former_place(self, untrusted_place: str) -> int | None:
        """What the place was called before the keys were changed."""
        return None if self.former is None else _number(self.former, b"place", untrusted_place)

    def account(self, untrusted_place: str, untrusted_account: str) -> int:
        """An account in one place: another number in every place, so that nobody is followed from one to the next."""
        return _number(self.current, b"account", untrusted_place + "\0" + untrusted_account)

    def where(self, untrusted_place: str, untrusted_account: str | None) -> Where:
        """All of it. Accounts that are not told count as one."""
        account = 0 if untrusted_account is None else self.account(untrusted_place, untrusted_account)
        return Where(self.place(untrusted_place), self.former_place(untrusted_place), account)

    def show(self, place: int) -> str:
        """What people read, by the ledger's own number of a place: `place-` and ten hex digits."""
        return "place-" + hmac.digest(self.shown, place.to_bytes(8, "big"), "sha256").hex()[:10]


def entry_number(entry: str) -> int:
    """The first 63 bits of an entry's random id (32 hex digits)."""
    return int(entry[:16], 16) & _BITS


def entry_beginnings(number: int) -> tuple[str, str]:
    """The two ways in which the id of an entry of this number can begin: 16 hex digits each."""
    return f"{number:016x}", f"{number | _BITS + 1:016x}"


def _number(key: bytes, kind: bytes, untrusted: str) -> int:
    own = hmac.digest(key, kind, "sha256")
    found = hmac.digest(own, untrusted.encode("utf-8", "surrogatepass"), "sha256")
    return int.from_bytes(found[:8], "big") & _BITS or 1
