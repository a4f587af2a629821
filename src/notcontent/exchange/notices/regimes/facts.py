"""What a notice says, as fields that every law's elements are checked on."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, fields
from datetime import date
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What is shown. It need not be naked: a law or a culture may call other pictures intimate."""

    PHOTO = "photo"
    VIDEO = "video"
    FORGERY = "forgery"
    THREAT = "threat"
    OTHER = "other"


class Capacity(StrEnum):
    """Who speaks: the person shown, or somebody whom she has asked to."""

    SELF = "self"
    REPRESENTATIVE = "representative"


class Minor(StrEnum):
    """Whether the person was under 18 when it was made. Anything but `no` leaves these routes."""

    NO = "no"
    UNKNOWN = "unknown"
    YES = "yes"


@dataclass(frozen=True, slots=True)
class Item:
    """One picture or video: what it is in a few words, where it is, and what the site itself calls it."""

    kind: Kind
    description: str
    links: tuple[str, ...] = ()
    native_id: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a notice may say. Empty is "not said". `her_name` stays empty unless she said yes to it for this notice.

    `authorised` is the day of her statement, or of her yes to this very text. `contact` and `sender_email` are the
    helpline's addresses, never hers.
    """

    items: tuple[Item, ...]
    consent_facts: str = ""
    legal_explanation: str = ""
    no_consent: bool = False
    good_faith: bool = False
    accurate_complete: bool = False
    true_to_best_knowledge: bool = False
    is_intimate: bool = False
    capacity: Capacity = Capacity.REPRESENTATIVE
    authorised: date | None = None
    signature: str = ""
    sender_name: str = ""
    sender_email: str = ""
    contact: str = ""
    language: str = "en"
    minor: Minor = Minor.UNKNOWN
    her_name: str = ""
    criminal_reference: str = ""
    preserve: bool = False


_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z0-9-]{2,63}", re.ASCII)


def is_address(text: str) -> bool:
    """Whether this has the form of an e-mail address (RFC 5321, without quoted and internationalised ones)."""
    return _ADDRESS.fullmatch(text) is not None


def format_facts(facts: Facts) -> str:
    """The facts as JSON."""
    return json.dumps(asdict(facts), default=date.isoformat, ensure_ascii=False, separators=(",", ":"))


def parse_facts(text: str) -> Facts:
    """What `format_facts` wrote. Raises `ValueError` for anything else."""
    told = _only(json.loads(text), Facts)
    items = tuple(
        Item(**_only(item, Item) | {"kind": Kind(item["kind"]), "links": tuple(item["links"])})
        for item in told.pop("items")
    )
    authorised = told.pop("authorised")
    return Facts(
        items,
        authorised=authorised and date.fromisoformat(authorised),
        capacity=Capacity(told.pop("capacity")),
        minor=Minor(told.pop("minor")),
        **told,
    )


def _only(told: object, of: type) -> dict[str, Any]:
    if not isinstance(told, dict) or set(told) != {field.name for field in fields(of)}:
        raise ValueError(f"not the fields of {of.__name__}")
    return dict(told)
