"""What her device may say, checked: from an untrusted body to typed values (docs/spec/person.md)."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from notcontent.exchange.answers import (
    MAX_SAFE_INTEGER,
    check_hex,
    check_list,
    check_number,
    check_object,
    check_version,
    check_word,
    malformed,
)
from notcontent.exchange.cases.models import Circumstance, Forget, Notices
from notcontent.exchange.disputes.models import HerWord
from notcontent.exchange.errors import Refused
from notcontent.feed.entry import MOST_FINGERPRINTS, VIDEO
from notcontent.fingerprint.orientations import LEAST_ONES, MOST_ONES, why_implausible
from notcontent.fingerprint.value import Fingerprint
from notcontent.letter import MAX_SEALED_BYTES, looks_sealed

ORIENTATIONS = 8
MAX_FRAMES_OF_A_VIDEO = MOST_FINGERPRINTS[VIDEO]
MAX_PARTNERS = 500
#: How long a withdrawal may wait.
WAIT_DAYS = (0, 3)
LATER_SITES = ("yes", "ask")
#: Of a notice's id, where what she answers is no site's question.
NOTICE_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Key:
    """One of her case's keys with its locator, as SHA-256 (64 hex digits each): all the exchange ever compares."""

    locator_sha256: str
    key_sha256: str


@dataclass(frozen=True, slots=True)
class OfferedPicture:
    """A picture's eight fingerprints, upright first. `quality` 0 to 100."""

    quality: int
    codes: tuple[Fingerprint, ...]
    kind: str = "pdq"

    @property
    def stored(self) -> bytes:
        """The 256 bytes that the table keeps."""
        return b"".join(code.value for code in self.codes)

    @property
    def is_plausible(self) -> bool:
        """Whether a picture that is worth listing may give these."""
        return why_implausible(self.codes, self.quality) is None


@dataclass(frozen=True, slots=True)
class OfferedVideo:
    """The upright fingerprints of a video's frames. Her device has left out those with too little in them."""

    codes: tuple[Fingerprint, ...]
    kind: str = VIDEO
    quality: None = None

    @property
    def stored(self) -> bytes:
        """The 32 bytes of each frame that the table keeps."""
        return b"".join(code.value for code in self.codes)

    @property
    def is_plausible(self) -> bool:
        """Whether each of these may be a frame's: none is blank or out of balance."""
        return all(LEAST_ONES <= code.ones <= MOST_ONES for code in self.codes)


OfferedEntry = OfferedPicture | OfferedVideo


NAMES_OF_A_CASE = {
    *("v", "locator", "look_key", "withdraw_key", "reply_to", "circumstance", "entries", "partners", "later_sites"),
    *("statements", "wait_days", "letter", "work"),
}


@dataclass(frozen=True, slots=True)
class OfferedCase:
    """A case as her device offers it: well-formed, but neither its work nor its fingerprints are checked yet."""

    locator: str
    look_sha256: str
    withdraw_sha256: str
    circumstance: Circumstance
    entries: tuple[OfferedEntry, ...]
    partners: tuple[str, ...]
    reply_to: str
    later_sites: bool
    statements: dict[str, Notices]
    wait_days: int
    letter: bytes | None
    contact: bytes | None
    untrusted_challenge: object
    nonces: tuple[int, ...]

    @property
    def locator_sha256(self) -> str:
        """SHA-256 of the locator, 64 hex digits."""
        return hash_of_hex(self.locator)


def hash_of_hex(text: str) -> str:
    """SHA-256 of the bytes that the hex digits stand for, 64 hex digits."""
    return hashlib.sha256(bytes.fromhex(text)).hexdigest()


def parse_case(untrusted: object, max_entries: int) -> OfferedCase:
    """The offered case. Raises `Refused` 400."""
    # Kits and case files of before say how to reach her within the letter.
    body = check_object(untrusted, NAMES_OF_A_CASE, frozenset({"contact"}))
    check_version(body)
    work = check_object(body["work"], {"challenge", "nonces"})
    partners = [
        check_hex(partner, 16, "a partner") for partner in check_list(body["partners"], 0, MAX_PARTNERS, "partners")
    ]
    if body["wait_days"] not in WAIT_DAYS:
        raise malformed("wait_days must be 0 or 3.")
    return OfferedCase(
        locator=check_hex(body["locator"], 32, "locator"),
        look_sha256=hash_of_hex(check_hex(body["look_key"], 64, "look_key")),
        withdraw_sha256=hash_of_hex(check_hex(body["withdraw_key"], 64, "withdraw_key")),
        circumstance=Circumstance(check_word(body["circumstance"], Circumstance.values, "circumstance")),
        entries=tuple(map(_parse_entry, check_list(body["entries"], 0, max_entries, "entries"))),
        partners=tuple(dict.fromkeys(partners)),
        reply_to=check_hex(body["reply_to"], 64, "reply_to"),
        later_sites=check_word(body["later_sites"], LATER_SITES, "later_sites") == "yes",
        statements=_parse_statements(check_list(body["statements"], 0, MAX_PARTNERS, "statements")),
        wait_days=check_number(body["wait_days"], 0, max(WAIT_DAYS), "wait_days"),
        letter=_parse_letter(body["letter"]),
        contact=_parse_letter(body.get("contact")),
        untrusted_challenge=work["challenge"],
        nonces=tuple(
            check_number(nonce, 0, MAX_SAFE_INTEGER, "a nonce") for nonce in check_list(work["nonces"], 0, 64, "nonces")
        ),
    )


def _parse_statements(untrusted: list[Any]) -> dict[str, Notices]:
    said = {}
    for item in untrusted:
        statement = check_object(item, {"partner", "notices"})
        partner = check_hex(statement["partner"], 16, "a statement's partner")
        said[partner] = Notices(check_word(statement["notices"], Notices.values, "notices"))
    if len(said) != len(untrusted):
        raise malformed("statements must name each site once.")
    return said


def _parse_letter(untrusted: object) -> bytes | None:
    if untrusted is None:
        return None
    try:
        sealed = base64.b64decode(untrusted, validate=True) if isinstance(untrusted, str) else b""
    except ValueError:
        sealed = b""
    if not looks_sealed(sealed) or base64.b64encode(sealed).decode() != untrusted:
        raise malformed(f"A letter must be a file of the age format of at most {MAX_SEALED_BYTES} bytes, in base64.")
    return sealed


def _parse_entry(untrusted: object) -> OfferedEntry:
    if isinstance(untrusted, dict) and untrusted.get("kind") == VIDEO:
        video = check_object(untrusted, {"kind", "frames"})
        return OfferedVideo(_parse_codes(check_list(video["frames"], 1, MAX_FRAMES_OF_A_VIDEO, "frames")))
    entry = check_object(untrusted, {"kind", "quality", "orientations"})
    if entry["kind"] != "pdq":
        raise malformed("kind must be pdq or video.")
    turns = check_list(entry["orientations"], ORIENTATIONS, ORIENTATIONS, "orientations")
    return OfferedPicture(check_number(entry["quality"], 0, 100, "quality"), _parse_codes(turns))


def _parse_codes(untrusted: list[Any]) -> tuple[Fingerprint, ...]:
    return tuple(Fingerprint(bytes.fromhex(check_hex(code, 64, "a picture code"))) for code in untrusted)


def check_entries(entries: tuple[OfferedEntry, ...]) -> None:
    """Raises `Refused` 422 `entry` at the first fingerprint that no real picture gives."""
    for index, entry in enumerate(entries):
        if not entry.is_plausible:
            raise Refused(
                HTTPStatus.UNPROCESSABLE_ENTITY,
                "entry",
                "One code is not one that a photo or a video gives, or there is too little to see to recognise it by.",
                "Leave that picture or video out, or take a sharper copy of it, and send the others.",
                entry=index,
            )


def parse_key(untrusted: object, name: str) -> Key:
    """The locator and the key called `name`, hashed. Raises `Refused` 400."""
    body = check_object(untrusted, {"v", "locator", name})
    check_version(body)
    return Key(hash_of_hex(check_hex(body["locator"], 32, "locator")), hash_of_hex(check_hex(body[name], 64, name)))


def parse_word(untrusted: object) -> tuple[Key, str, HerWord]:
    """The locator and the withdraw key, hashed, the question's id, and what she says to it. Raises `Refused` 400."""
    body = check_object(untrusted, {"v", "locator", "withdraw_key", "question", "answer"})
    question = body.pop("question")
    is_notice = isinstance(question, str) and len(question) == NOTICE_DIGITS
    question = check_hex(question, NOTICE_DIGITS if is_notice else 32, "question")
    word = HerWord(check_word(body.pop("answer"), (str(HerWord.YES), str(HerWord.NO)), "answer"))
    return parse_key(body, "withdraw_key"), question, word


def parse_withdrawal(untrusted: object) -> tuple[Key, Forget]:
    """The locator and the withdraw key, hashed, and what she wants to be forgotten. Raises `Refused` 400."""
    body = check_object(untrusted, {"v", "locator", "withdraw_key", "forget"})
    forget = Forget(check_word(body.pop("forget"), Forget.values, "forget"))
    return parse_key(body, "withdraw_key"), forget
