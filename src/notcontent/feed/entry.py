"""Entries and what can happen to them: the lines of a delta."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from notcontent.feed.text import MalformedText, check_hex

PICTURE, VIDEO = "pdq", "video"
#: A picture in all eight orientations, upright first: for programs that look a picture up as it was uploaded and never
#: turn it. Guards read over it, as over any kind they do not know.
TURNED = "turned"
TURNS = 8
FINGERPRINT_DIGITS = 64
#: Kinds of entry this version knows, and how many fingerprints one may hold: a picture's, or a video's frames.
MOST_FINGERPRINTS = {PICTURE: 1, VIDEO: 600}


class Tier(StrEnum):
    """How far people have confirmed an entry. Rises only by human decisions."""

    CLAIMED = "claimed"
    SEEN = "seen"
    VERIFIED = "verified"


@dataclass(frozen=True, slots=True)
class Add:
    """A new entry. `entry` is 32 hex digits, `value` 64 for each fingerprint of its kind, one after the other."""

    entry: str
    kind: str
    value: str
    tier: Tier

    @property
    def fingerprints(self) -> list[bytes]:
        """Its PDQ fingerprints, 32 bytes each: one of a picture, its eight turns, or 1 to 600 frames of a video."""
        return split_fingerprints(bytes.fromhex(self.value))


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
        case ["add", entry, kind, value, tier] if kind in MOST_FINGERPRINTS:
            return Add(check_hex(entry, 32), kind, _value(kind, value), _tier(tier))
        case ["add", entry, kind, *_] if kind and kind not in MOST_FINGERPRINTS:
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


def parse_turned(untrusted_line: str) -> Add | None:
    """The entry of kind `turned` in a line that `parse_operation` does not know; None for any other line.

    Raises `MalformedText`.
    """
    match untrusted_line.split(" "):
        case ["add", entry, kind, value, tier] if kind == TURNED:
            return Add(check_hex(entry, 32), kind, check_hex(value, FINGERPRINT_DIGITS * TURNS), _tier(tier))
        case ["add", _, kind, *_] if kind == TURNED:
            raise MalformedText("An operation has the wrong parts.")
    return None


def split_fingerprints(value: bytes) -> list[bytes]:
    """The fingerprints that stand in these bytes one after the other."""
    return [value[start : start + 32] for start in range(0, len(value), 32)]


def _value(kind: str, untrusted: str) -> str:
    held = min(max(len(untrusted) // FINGERPRINT_DIGITS, 1), MOST_FINGERPRINTS[kind])
    return check_hex(untrusted, FINGERPRINT_DIGITS * held)


def _tier(untrusted: str) -> Tier:
    try:
        return Tier(untrusted)
    except ValueError:
        raise MalformedText("A tier is none of claimed, seen, verified.") from None
