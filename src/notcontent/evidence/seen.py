"""What a helper may write down of what she saw: typed values, and the fields of a record that they become."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any, Union, get_args, get_origin, get_type_hints

from notcontent.evidence.record import MalformedRecord, Record
from notcontent.feed.text import FeedError, check_time, format_time

MAX_VALUE_CHARACTERS = 8_000


class How(StrEnum):
    """How whoever writes it down came to know it."""

    SEEN = "seen"
    SECOND_DEVICE = "second_device"
    TOLD_BY_HER = "told_by_her"
    TOLD_BY_OTHER = "told_by_other"


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkSeen:
    """An address, and facts about what stands there. Times are aware and in UTC."""

    url: str
    seen_at: datetime
    how: How
    page_title: str | None = None
    posted_by: str | None = None
    posted_at: datetime | None = None
    views: int | None = None
    what_it_shows: str | None = None
    her_name: str | None = None
    picture_code: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageSeen:
    """A message in a chat, channel or group. `chat_id` is the number that the service itself gives the chat."""

    url: str | None = None
    chat_title: str
    chat_id: int | None = None
    message_id: int | None = None
    members: int | None = None
    posted_at: datetime | None = None
    posted_by: str | None = None
    forwarded_from: str | None = None
    self_deleting: bool | None = None
    protected: bool | None = None
    seen_at: datetime
    how: How
    what_it_shows: str | None = None
    her_name: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessStatement:
    """What somebody says that she saw, in her own words. `witness` may be a name or a word for who it is."""

    witness: str
    said_at: datetime
    seen_at: datetime | None = None
    url: str | None = None
    statement: str
    her_name: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoSeen:
    """What is said of a photo of a screen, whose blackened picture is a file of its record.

    `original_sha256` is that of the photo as it was taken, which nobody here ever had.
    """

    chat_title: str | None = None
    url: str | None = None
    seen_at: datetime
    how: How
    her_name: str | None = None
    note: str | None = None
    original_sha256: str


Seen = LinkSeen | MessageSeen | WitnessStatement | PhotoSeen
KINDS: dict[str, type[Seen]] = {
    "link": LinkSeen,
    "message": MessageSeen,
    "witness": WitnessStatement,
    "photo": PhotoSeen,
}


def values_of(seen: Seen) -> Iterator[tuple[str, str]]:
    """Its kind, then each value that is known, by its name, as text."""
    yield "kind", next(kind for kind, held in KINDS.items() if type(seen) is held)
    for field in fields(seen):
        value = getattr(seen, field.name)
        if value is not None:
            yield field.name, _write(value)


def parse_seen(untrusted: Mapping[str, str]) -> Seen:
    """The typed value of texts by name, `kind` among them; empty ones are unknown. Raises `MalformedRecord`."""
    told = {name: text.strip() for name, text in untrusted.items() if text.strip()}
    held = KINDS.get(told.pop("kind", ""))
    if held is None:
        raise MalformedRecord("This kind of record is not known here. A newer version may know it.")
    hints = get_type_hints(held)
    if unknown := set(told) - set(hints):
        raise MalformedRecord(f"This kind of record has no {', '.join(sorted(unknown))}.")
    values: dict[str, Any] = {name: _read(name, text, hints[name]) for name, text in told.items()}
    try:
        return held(**values)
    except TypeError:
        missing = sorted(
            field.name for field in fields(held) if field.name not in told and _is_needed(held, field.name)
        )
        raise MalformedRecord(f"Something is missing: {', '.join(missing)}. Fill it in.") from None


def read_seen(record: Record) -> Seen:
    """The typed value in a record of these kinds. Raises `MalformedRecord`, also where a needed field is withheld."""
    hints = get_type_hints(KINDS.get("".join(record.values("kind")), LinkSeen))
    return parse_seen({part.name: part.value for part in record.fields if part.name in {"kind", *hints}})


def is_link(text: str) -> bool:
    """Whether this is an address of the web."""
    return text.startswith(("http://", "https://")) and " " not in text and len(text) <= 2_000


def _write(value: object) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case datetime():
            return format_time(value)
    return str(value)


def _read(name: str, text: str, hint: Any) -> object:
    wanted = next(each for each in get_args(hint) if each is not types.NoneType) if _is_union(hint) else hint
    try:
        if len(text) > MAX_VALUE_CHARACTERS:
            raise ValueError
        if wanted is bool:
            return {"yes": True, "no": False}[text]
        if wanted is datetime:
            return check_time(text)
        if wanted is int:
            # Chats of some services have negative numbers.
            return int(text) if text.lstrip("-").isascii() and text.removeprefix("-").isdigit() else int("no number")
        if name == "url" and not is_link(text):
            raise ValueError
        return wanted(text)
    except (ValueError, KeyError, FeedError):
        raise MalformedRecord(f"{name} is not written as it should be. Write it again.") from None


def _is_union(hint: Any) -> bool:
    return get_origin(hint) in (Union, types.UnionType)


def _is_needed(held: type[Seen], name: str) -> bool:
    return not _is_union(get_type_hints(held)[name])
