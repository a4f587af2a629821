"""A site in the directory, and the strict reading of its data file (TOML)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

#: Older facts are shown as stale: addresses of abuse desks change.
STALE_AFTER = timedelta(days=180)


class Does(StrEnum):
    """What a site mainly does; laws cover some of these and not others."""

    FORUM = "forum"
    MESSAGES = "messages"
    HOSTS_FILES = "hosts_files"
    PORNOGRAPHY = "pornography"
    SEARCH = "search"
    PUBLISHES = "publishes"
    EMAIL = "email"
    ACCESS = "access"


class Way(StrEnum):
    """How a notice gets there."""

    EMAIL = "email"
    FORM = "form"


class Proof(StrEnum):
    """How sure a fact is. An address that nobody has `read` at its source needs the word of whoever writes to it."""

    READ = "read"
    REPORTED = "reported"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Channel:
    """One way to hand a notice in: for which laws, and what it asks for that the law does not.

    `seen` is the day as of which its source says so, None where the source has no date.
    """

    way: Way
    to: str
    laws: tuple[str, ...]
    proof: Proof
    source: str
    asks: str = ""
    seen: date | None = None

    def is_stale(self, today: date) -> bool:
        """Whether its source is of more than half a year ago, or of nobody knows when."""
        return self.seen is None or today - self.seen > STALE_AFTER

    def is_sure(self, today: date) -> bool:
        """Whether somebody read it at its source not long ago, so that it may be written to without looking again."""
        return self.proof is Proof.READ and not self.is_stale(today)


@dataclass(frozen=True, slots=True)
class Covered:
    """Whether a law covers the site, as somebody found out."""

    answer: str
    why: str
    source: str


@dataclass(frozen=True, slots=True)
class Service:
    """One site. `hosts` are the names in links by which it is recognised; `identifiers` what it wants to be told."""

    key: str
    name: str
    country: str
    does: Does
    languages: tuple[str, ...]
    hosts: tuple[str, ...]
    identifiers: tuple[str, ...]
    checked: date
    channels: tuple[Channel, ...]
    covered: Mapping[str, Covered]
    notes: tuple[str, ...] = ()
    #: The country in the Union where it sits or is represented, where a source says so.
    union_seat: str = ""
    #: Whether a link to a host below one of `hosts` leads to this site too.
    subdomains: bool = True

    def is_stale(self, today: date) -> bool:
        """Whether nobody has looked at these facts for half a year."""
        return today - self.checked > STALE_AFTER

    def channels_for(self, law: str) -> tuple[Channel, ...]:
        """The ways that take notices under this law, surest first."""
        order = list(Proof)
        return tuple(sorted((c for c in self.channels if law in c.laws), key=lambda c: order.index(c.proof)))


_KEY = re.compile(r"[a-z][a-z0-9-]{0,30}", re.ASCII)
_LANGUAGE = re.compile(r"[a-z]{2}(-[A-Z][a-z]{3})?", re.ASCII)
_TOP = {"name", "country", "does", "languages", "hosts", "identifiers", "checked", "covered"}
_MAY_HAVE = {"notes", "channels", "union_seat", "subdomains"}


def parse_service(key: str, untrusted: Mapping[str, Any]) -> Service:
    """The site. Raises `ValueError` with the place that is wrong; a data file is public, so its words may be named."""
    if not _KEY.fullmatch(key):
        raise ValueError("the file's name must be small letters, digits and hyphens")
    if set(untrusted) - _TOP - _MAY_HAVE or _TOP - set(untrusted):
        raise ValueError(f"the names must be {', '.join(sorted(_TOP))}, and perhaps {', '.join(sorted(_MAY_HAVE))}")
    if not isinstance(untrusted["checked"], date):
        raise ValueError("checked must be a date")
    country = _text(untrusted, "country")
    if not re.fullmatch(r"[A-Z]{2}|unknown", country):
        raise ValueError("country must be two capital letters, or unknown")
    seat = untrusted.get("union_seat", "")
    if not re.fullmatch(r"([A-Z]{2})?", str(seat)):
        raise ValueError("union_seat must be two capital letters")
    languages = _texts(untrusted["languages"], "languages")
    if not languages or not all(_LANGUAGE.fullmatch(language) for language in languages):
        raise ValueError("languages must be tags like en or zh-Hans")
    hosts = _texts(untrusted["hosts"], "hosts")
    if not hosts or not all(re.fullmatch(r"[a-z0-9.-]+\.[a-z]+", host) for host in hosts):
        raise ValueError("hosts must be names as they stand in links")
    covered = {law: _parse_covered(law, said) for law, said in untrusted["covered"].items()}
    return Service(
        key,
        _text(untrusted, "name"),
        country,
        Does(untrusted["does"]),
        languages,
        hosts,
        _texts(untrusted["identifiers"], "identifiers"),
        untrusted["checked"],
        tuple(_parse_channel(channel) for channel in untrusted.get("channels", ())),
        covered,
        _texts(untrusted.get("notes", []), "notes"),
        seat,
        untrusted.get("subdomains", True) is not False,
    )


def _parse_channel(untrusted: Mapping[str, Any]) -> Channel:
    wanted = {"way", "to", "laws", "proof", "source"}
    if not wanted <= set(untrusted) <= wanted | {"asks", "seen"}:
        raise ValueError(f"a channel has {', '.join(sorted(wanted))}, and perhaps asks and seen")
    seen = untrusted.get("seen")
    if seen is not None and type(seen) is not date:
        raise ValueError("seen must be a date")
    way, to = Way(untrusted["way"]), _text(untrusted, "to")
    if (way is Way.EMAIL) != ("@" in to) or (way is Way.FORM and not to.startswith("https://")):
        raise ValueError("an e-mail channel goes to an address, a form to an https link")
    return Channel(
        way, to, _texts(untrusted["laws"], "laws"), Proof(untrusted["proof"]), _text(untrusted, "source"),
        str(untrusted.get("asks", "")), seen,
    )  # fmt: skip


def _parse_covered(law: str, untrusted: Mapping[str, Any]) -> Covered:
    if set(untrusted) != {"answer", "why", "source"} or untrusted["answer"] not in ("yes", "no", "unsure"):
        raise ValueError(f"covered.{law} has an answer (yes, no or unsure), why and source")
    return Covered(untrusted["answer"], _text(untrusted, "why"), _text(untrusted, "source"))


def _text(untrusted: Mapping[str, Any], name: str) -> str:
    text = untrusted[name]
    if not isinstance(text, str) or not text.strip() or not text.isprintable():
        raise ValueError(f"{name} must be one line of text")
    return text


def _texts(untrusted: object, name: str) -> tuple[str, ...]:
    if not isinstance(untrusted, list) or not all(isinstance(text, str) and text for text in untrusted):
        raise ValueError(f"{name} must be a list of texts")
    return tuple(untrusted)
