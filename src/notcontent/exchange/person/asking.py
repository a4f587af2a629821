"""What her device may say, checked: from an untrusted body to typed values (docs/spec/person.md)."""

from __future__ import annotations

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
    malformed,
)
from notcontent.exchange.cases.models import Circumstance
from notcontent.exchange.errors import Refused
from notcontent.feed.entry import MOST_FINGERPRINTS, VIDEO
from notcontent.fingerprint.orientations import LEAST_ONES, MOST_ONES, why_implausible
from notcontent.fingerprint.value import Fingerprint

ORIENTATIONS = 8
MAX_FRAMES_OF_A_VIDEO = MOST_FINGERPRINTS[VIDEO]
MAX_PARTNERS = 500


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


@dataclass(frozen=True, slots=True)
class OfferedCase:
    """A case as her device offers it: well-formed, but neither its work nor its fingerprints are checked yet."""

    locator: str
    look_sha256: str
    withdraw_sha256: str
    circumstance: Circumstance
    entries: tuple[OfferedEntry, ...]
    partners: tuple[str, ...]
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
    names = {"v", "locator", "look_key", "withdraw_key", "circumstance", "entries", "partners", "work"}
    body = check_object(untrusted, names)
    check_version(body)
    work = check_object(body["work"], {"challenge", "nonces"})
    circumstance = body["circumstance"]
    if not isinstance(circumstance, str) or circumstance not in Circumstance.values:
        raise malformed("circumstance must be one of online, threatened, worried.")
    partners = [
        check_hex(partner, 16, "a partner") for partner in check_list(body["partners"], 1, MAX_PARTNERS, "partners")
    ]
    return OfferedCase(
        locator=check_hex(body["locator"], 32, "locator"),
        look_sha256=hash_of_hex(check_hex(body["look_key"], 64, "look_key")),
        withdraw_sha256=hash_of_hex(check_hex(body["withdraw_key"], 64, "withdraw_key")),
        circumstance=Circumstance(circumstance),
        entries=tuple(map(_parse_entry, check_list(body["entries"], 1, max_entries, "entries"))),
        partners=tuple(dict.fromkeys(partners)),
        untrusted_challenge=work["challenge"],
        nonces=tuple(
            check_number(nonce, 0, MAX_SAFE_INTEGER, "a nonce") for nonce in check_list(work["nonces"], 0, 64, "nonces")
        ),
    )


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
