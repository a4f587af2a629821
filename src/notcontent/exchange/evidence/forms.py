"""What the desk's page asks for, by kind of record; the browser makes the record of it and seals it there."""

from __future__ import annotations

import types
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, get_args, get_type_hints

from django.utils.translation import gettext as _

from notcontent.evidence.seen import KINDS, How

_LONG = frozenset({"what_it_shows", "statement", "note"})


@dataclass(frozen=True, slots=True)
class Asked:
    """One field of a form. `kind` is text, long, number, time or choice; `choices` are values with words."""

    name: str
    label: str
    kind: str
    needed: bool
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Form:
    """One form."""

    kind: str
    title: str
    asked: tuple[Asked, ...]


def forms() -> list[Form]:
    """A form for each kind of record that a person only writes."""
    titles = {
        "link": _("A link, with facts"),
        "message": _("A message in a chat, channel or group"),
        "witness": _("What somebody saw"),
    }
    return [Form(kind, title, tuple(_asked(KINDS[kind]))) for kind, title in titles.items()]


def photo_form() -> Form:
    """What is asked beside a photo of a screen. The rest is said by the page's script, which has the photo."""
    told = tuple(asked for asked in _asked(KINDS["photo"]) if not asked.name.startswith("original"))
    return Form("photo", _("A photo of a screen"), told)


def written_there() -> dict[str, str]:
    """What a window in a photo shows, by the word that the record has for it."""
    return {
        "other": _("other text"),
        "title": _("title of the chat or page"),
        "members": _("how many members or views"),
        "time": _("date or time"),
        "message": _("number of the message, or its link"),
        "address": _("address"),
        "author": _("who posted it"),
        "text": _("words of a message"),
    }


def photo_words() -> dict[str, str]:
    """What the page's script says."""
    return {
        "opened": _("It is black now. Open windows where there is text. Nothing has been sent."),
        "not_opened": _(
            "This browser can't open it as a picture, or it is larger than 64 MB. Make a screenshot of it, as PNG or "
            "JPEG."
        ),
        "window": _("Window {0}"),
        "close_window": _("Close it"),
        "too_tall": _("A window is as high as a few lines of text. Open another one below it if there is more."),
        "too_much": _("So much can't be open: at most half of the picture, in 40 windows. Open only what is needed."),
        "changed": _(
            "This browser changes what a page reads of a picture, so it can't be blackened for certain. Nothing was "
            "sent. Use another browser, or turn its protection against fingerprinting off for the desk."
        ),
        "not_sent": _("It could not be kept. The picture is still here: try again."),
        "not_right": _("Something is missing or not written as it should be."),
        "no_keys": _("There is no key to seal to. Add a device's key on the page of keys first."),
    }


def words() -> dict[str, str]:
    """What the page's script says, and the names of a record's fields."""
    return _labels() | {
        "kept": _("Kept. It was sealed in this browser."),
        "not_sent": _("It could not be kept. What you wrote is still there: try again."),
        "not_right": _("Something is missing or not written as it should be."),
        "no_keys": _("There is no key to seal to. Add a device's key on the page of keys first."),
        "open_here": _("Open here"),
        "no_own_key": _("This browser has no key. Choose a key file, or make a key on the page of keys."),
        "not_for_this": _("This key does not open it. It was sealed to another one."),
        "not_fetched": _("It could not be fetched. Load the page again."),
        "chosen": _("The key of that file is used while this page is open. It is not sent or kept."),
        "no_key": _("That file holds no key of the age format."),
        "other_record": _("WARNING: this record is not the one that was kept. Don't use it, and tell who leads."),
    }


def _labels() -> dict[str, str]:
    return {
        "kind": _("Kind of record"),
        "case": _("Case"),
        "collector": _("Written down by"),
        "sealed_at": _("Sealed at (your device's clock)"),
        "reason": _("Why"),
        "url": _("Address"),
        "seen_at": _("When you saw it (your device's clock)"),
        "how": _("How you know"),
        "page_title": _("Title of the page"),
        "posted_by": _("Posted by"),
        "posted_at": _("Posted at"),
        "views": _("Views"),
        "what_it_shows": _("What it shows, in words that hurt nobody"),
        "her_name": _("Her name, if it stands there"),
        "picture_code": _("Code of the picture"),
        "note": _("Note"),
        "chat_title": _("Title of the chat"),
        "chat_id": _("Number of the chat"),
        "message_id": _("Number of the message"),
        "members": _("Members"),
        "forwarded_from": _("Forwarded from"),
        "self_deleting": _("Deletes itself"),
        "protected": _("Protected from saving and forwarding"),
        "original_sha256": _("SHA-256 of the photo as it was taken"),
        "original_bytes": _("Bytes of the photo as it was taken"),
        "original_type": _("Type of the photo as it was taken"),
        "original_pixels": _("Size of the photo as it was taken"),
        "kept_pixels": _("Size of the blackened picture"),
        "window": _("Window: what is written there, and its place"),
        "nobody_shows": _("Looked at: no person shows in it"),
        "file": _("File"),
        "witness": _("Who says so"),
        "said_at": _("When it was said"),
        "statement": _("What was said, word for word"),
    }


def _asked(held: Any) -> list[Asked]:
    hints, labels = get_type_hints(held), _labels()
    ways = {
        How.SEEN: _("I saw it myself"),
        How.SECOND_DEVICE: _("I saw it, on the screen of another device"),
        How.TOLD_BY_HER: _("She told us"),
        How.TOLD_BY_OTHER: _("Somebody else told us"),
    }
    found = []
    for field in fields(held):
        wanted = [each for each in get_args(hints[field.name]) if each is not types.NoneType]
        kind = wanted[0] if wanted else hints[field.name]
        choices: tuple[tuple[str, str], ...] = ()
        if kind is How:
            choices = tuple((str(way), word) for way, word in ways.items())
        elif kind is bool:
            choices = (("yes", _("yes")), ("no", _("no")))
        shape = "choice" if choices else {int: "number", datetime: "time"}.get(kind, "text")
        shape = "long" if field.name in _LONG else shape
        found.append(Asked(field.name, labels[field.name], shape, not wanted, choices))
    return found
