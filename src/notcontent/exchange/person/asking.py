"""What her device may say, checked: from an untrusted body to typed values (docs/spec/person.md)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from http import HTTPStatus

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
from notcontent.fingerprint.orientations import why_implausible
from notcontent.fingerprint.value import Fingerprint

ORIENTATIONS = 8
MAX_PARTNERS = 500


@dataclass(frozen=True, slots=True)
class Key:
    """One of her case's keys with its locator, as SHA-256 (64 hex digits each): all the exchange ever compares."""

    locator_sha256: str
    key_sha256: str


@dataclass(frozen=True, slots=True)
class OfferedEntry:
    """One fingerprint, upright first, eight turns of 32 bytes. `quality` 0 to 100."""

    kind: str
    quality: int
    orientations: tuple[Fingerprint, ...]

    @property
    def stored(self) -> bytes:
        """The 256 bytes that the table keeps."""
        return b"".join(bytes.fromhex(turned.hex) for turned in self.orientations)


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
    entry = check_object(untrusted, {"kind", "quality", "orientations"})
    if entry["kind"] != "pdq":
        raise malformed("kind must be pdq.")
    turns = check_list(entry["orientations"], ORIENTATIONS, ORIENTATIONS, "orientations")
    return OfferedEntry(
        kind="pdq",
        quality=check_number(entry["quality"], 0, 100, "quality"),
        orientations=tuple(Fingerprint.from_hex(check_hex(turn, 64, "a picture code")) for turn in turns),
    )


def check_entries(entries: tuple[OfferedEntry, ...]) -> None:
    """Raises `Refused` 422 `entry` at the first fingerprint that no real picture gives."""
    for index, entry in enumerate(entries):
        if why_implausible(entry.orientations, entry.quality) is not None:
            raise Refused(
                HTTPStatus.UNPROCESSABLE_ENTITY,
                "entry",
                "One picture code is not one that a photo gives, or the picture is too plain to be recognised.",
                "Leave that picture out, or take a sharper copy of it, and send the others.",
                entry=index,
            )


def parse_key(untrusted: object, name: str) -> Key:
    """The locator and the key called `name`, hashed. Raises `Refused` 400."""
    body = check_object(untrusted, {"v", "locator", name})
    check_version(body)
    return Key(hash_of_hex(check_hex(body["locator"], 32, "locator")), hash_of_hex(check_hex(body[name], 64, name)))
