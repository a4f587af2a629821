"""The line grammar that every signed text of the feed shares (docs/spec/feed.md §2), and its one error family."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

from notcontent.errors import NotContentError

NO_HASH = "0" * 64


class FeedError(NotContentError):
    """Something in the feed cannot be used."""


class MalformedText(FeedError):
    """A text does not follow the grammar. Ask for it again; if it stays so, the sender is broken or not who it says."""


class TextReader:
    """Reads `name: value` lines in the one order they may come in.

    Raises `MalformedText` at the first line that is not what was asked for.
    """

    def __init__(self, untrusted_text: str, kind: str, *, max_bytes: int = 8 << 20) -> None:
        if len(untrusted_text) > max_bytes:
            raise MalformedText("The text is longer than the format allows.")
        if not untrusted_text.endswith("\n") or "\r" in untrusted_text or "\x00" in untrusted_text:
            raise MalformedText("The text does not end its lines with a single line feed.")
        self._lines = untrusted_text[:-1].split("\n")
        self._next = 0
        if self.line() != kind:
            raise MalformedText(f"The text is not a {kind}.")

    def line(self) -> str:
        """The next line, whatever it holds."""
        if self._next >= len(self._lines):
            raise MalformedText("The text ends too early.")
        line = self._lines[self._next]
        self._next += 1
        return line

    def has(self, name: str) -> bool:
        """Whether the next line carries this field (for fields that may repeat)."""
        return self._next < len(self._lines) and self._lines[self._next].startswith(f"{name}: ")

    def field(self, name: str) -> str:
        """The value of the next line, which must carry this field."""
        line = self.line()
        if not line.startswith(f"{name}: "):
            raise MalformedText(f"The field {name} is missing or out of order.")
        return line[len(name) + 2 :]

    def hex(self, name: str, digits: int) -> str:
        """A lower-case hex field of exactly this many digits."""
        return check_hex(self.field(name), digits)

    def number(self, name: str) -> int:
        """A decimal field, 0 to 2^63 - 1, without leading zeros."""
        return check_number(self.field(name))

    def day(self, name: str) -> date:
        """A `YYYY-MM-DD` field."""
        return check_day(self.field(name))

    def time(self, name: str) -> datetime:
        """A `YYYY-MM-DDTHH:MM:SSZ` field, aware, in UTC."""
        return check_time(self.field(name))

    def end(self) -> None:
        """Raise unless everything was read."""
        if self._next != len(self._lines):
            raise MalformedText("The text goes on after its end.")


_HEX = re.compile(r"[0-9a-f]*", re.ASCII)
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z", re.ASCII)


def check_hex(untrusted: str, digits: int) -> str:
    """The same text if it is lower-case hex of this length."""
    if len(untrusted) != digits or not _HEX.fullmatch(untrusted):
        raise MalformedText(f"A value is not {digits} lower-case hex digits.")
    return untrusted


def check_number(untrusted: str) -> int:
    """A decimal number below 2^63."""
    if not _NUMBER.fullmatch(untrusted) or (number := int(untrusted)) >= 1 << 63:
        raise MalformedText("A value is not a plain decimal number.")
    return number


def check_day(untrusted: str) -> date:
    """A calendar day."""
    try:
        if _DAY.fullmatch(untrusted):
            return date.fromisoformat(untrusted)
    except ValueError:
        pass
    raise MalformedText("A value is not a day of the form YYYY-MM-DD.")


def check_time(untrusted: str) -> datetime:
    """A moment in UTC, to the second."""
    try:
        if _TIME.fullmatch(untrusted):
            return datetime.strptime(untrusted, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        pass
    raise MalformedText("A value is not a time of the form YYYY-MM-DDTHH:MM:SSZ.")


def format_time(moment: datetime) -> str:
    """The same moment as the feed writes it. `moment` must be aware; parts of a second are dropped."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")
