"""Texts for answers to her, by language, at hand beside the answer box. Data files: `reply_texts/TAG.json`.

They were written by hand and nothing of a letter goes to an outside translator. Whether somebody whose language it is
has read them stands in each file and is shown.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from notcontent.exchange.desk.errors import ReplyTextsUnreadable

#: In which order they are offered, with what each is for: whoever works here may not read the language it is in.
REPLIES = (
    "received", "how-it-works", "nothing-found", "found", "many-copies", "threatened", "danger", "we-call",
    "said-against", "confirmed", "withdrawn", "words-lost", "not-joined", "under-18", "not-opened",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reply:
    """One text. `title` says in its own language what it is for."""

    name: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Language:
    """All texts of one language. `reviewed_by`: empty while no native speaker has read them."""

    tag: str
    own_name: str
    right_to_left: bool
    reviewed_by: str
    replies: tuple[Reply, ...]


@cache
def reply_texts() -> tuple[Language, ...]:
    """Every language, English first. Raises `ReplyTextsUnreadable`."""
    folder = files("notcontent.exchange.desk").joinpath("reply_texts")
    found = [_read(file.name, file.read_text("utf-8")) for file in folder.iterdir() if file.name.endswith(".json")]
    return tuple(sorted(found, key=lambda language: (language.tag != "en", language.tag)))


def _read(name: str, text: str) -> Language:
    try:
        told = json.loads(text)
        replies = tuple(
            Reply(each, *(str(told["replies"][each][part]) for part in ("title", "text"))) for each in REPLIES
        )
        return Language(
            told["language"], told["own_name"], bool(told["right_to_left"]), str(told["reviewed_by"]), replies
        )
    except (ValueError, KeyError, TypeError):
        raise ReplyTextsUnreadable(
            f"{name} is not a whole file of reply texts. Put the one of the release back."
        ) from None
