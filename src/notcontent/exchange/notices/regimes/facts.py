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
    helpline's addresses, never hers. `ready_consent` and `grounds` are ids of sentences that every text of the law has
    in its own language; `offence` is the id of a crime (`regimes.offences`).
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
    ready_consent: tuple[str, ...] = ()
    grounds: tuple[str, ...] = ()
    offence: str = ""

    @property
    def says_why_not_agreed(self) -> bool:
        """Whether it says what shows that she did not agree."""
        return bool(self.consent_facts.strip() or self.ready_consent)

    @property
    def names_a_ground(self) -> bool:
        """Whether it names a law that the publication breaks."""
        return bool(self.legal_explanation.strip() or self.grounds or self.offence)


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
        ready_consent=tuple(told.pop("ready_consent", ())),
        grounds=tuple(told.pop("grounds", ())),
        **told,
    )


_NEWER = frozenset({"ready_consent", "grounds", "offence"})


def _only(told: object, of: type) -> dict[str, Any]:
    known = {field.name for field in fields(of)}
    # What was sealed before a field was known lacks it.
    if not isinstance(told, dict) or not known - _NEWER <= set(told) <= known:
        raise ValueError(f"not the fields of {of.__name__}")
    return dict(told)
