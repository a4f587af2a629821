"""Entries and what can happen to them: the lines of a delta."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from notcontent.feed.text import MalformedText, check_hex

#: Kinds of fingerprint this version knows, and the hex digits of their value.
KNOWN_KINDS = {"pdq": 64}


class Tier(StrEnum):
    """How far people have confirmed an entry. Rises only by human decisions."""

    CLAIMED = "claimed"
    SEEN = "seen"
    VERIFIED = "verified"


@dataclass(frozen=True, slots=True)
class Add:
    """A new entry. `entry` is 32 hex digits, `value` hex of the length its kind asks for."""

    entry: str
    kind: str
    value: str
    tier: Tier


@dataclass(frozen=True, slots=True)
class SetTier:
    """An entry's tier from now on."""

    entry: str
    tier: Tier


@dataclass(frozen=True, slots=True)
class Pause:
    """Match nothing until resumed."""

    entry: str


@dataclass(frozen=True, slots=True)
class Resume:
    """Match again."""

    entry: str


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Stop matching, erase, send both receipts."""

    entry: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """A line that a newer exchange wrote. `entry` is set when it adds an entry of an unknown kind: that one is live."""

    line: str
    entry: str | None = None


Operation = Add | SetTier | Pause | Resume | Withdraw | Unknown


def format_operation(operation: Operation) -> str:
    """The operation as one line, without its line end."""
    match operation:
        case Add(entry, kind, value, tier):
            return f"add {entry} {kind} {value} {tier}"
        case SetTier(entry, tier):
            return f"tier {entry} {tier}"
        case Pause(entry):
            return f"pause {entry}"
        case Resume(entry):
            return f"resume {entry}"
        case Withdraw(entry):
            return f"withdraw {entry}"
        case Unknown(line):
            return line


def parse_operation(untrusted_line: str) -> Operation:
    """One line of a delta. Raises `MalformedText` where a known word is used wrongly; unknown words are passed on."""
    match untrusted_line.split(" "):
        case ["add", entry, kind, value, tier] if kind in KNOWN_KINDS:
            return Add(check_hex(entry, 32), kind, check_hex(value, KNOWN_KINDS[kind]), _tier(tier))
        case ["add", entry, kind, *_] if kind and kind not in KNOWN_KINDS:
            return Unknown(untrusted_line, check_hex(entry, 32))
        case ["tier", entry, tier]:
            return SetTier(check_hex(entry, 32), _tier(tier))
        case ["pause", entry]:
            return Pause(check_hex(entry, 32))
        case ["resume", entry]:
            return Resume(check_hex(entry, 32))
        case ["withdraw", entry]:
            return Withdraw(check_hex(entry, 32))
        case ["add" | "tier" | "pause" | "resume" | "withdraw", *_]:
            raise MalformedText("An operation has the wrong parts.")
        case _:
            return Unknown(untrusted_line)


def _tier(untrusted: str) -> Tier:
    try:
        return Tier(untrusted)
    except ValueError:
        raise MalformedText("A tier is none of claimed, seen, verified.") from None
