"""Codes to hand on (docs/spec/person.md §1): what opens a case for looking, or for withdrawing, without its words.

A code is a locator and one key, written so that it can be read out, copied from paper and typed where no script runs.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass

from notcontent.errors import NotContentError

#: Crockford's base 32: no I, L, O or U.
DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SIGNS = 80
GROUP = 5
_LOCATOR_BYTES, _KEY_BYTES, _CHECK_BYTES = 16, 32, 2
_HEX = re.compile(r"[0-9a-f]*", re.ASCII)
_LOOK_ALIKES = str.maketrans("OIL", "011")


class NotACode(NotContentError):
    """What was typed is no looking or withdrawing code. Compare it with the paper and type it again."""


@dataclass(frozen=True, slots=True, repr=False)
class HandOnCode:
    """A locator and a look or withdraw key, 32 and 64 hex digits. Which key it is, only the exchange can tell."""

    locator: str
    key: str


def format_code(code: HandOnCode) -> str:
    """80 signs in groups of five."""
    if not (_HEX.fullmatch(code.locator + code.key) and (len(code.locator), len(code.key)) == (32, 64)):
        raise ValueError("A code is made of a locator and a key.")
    body = bytes.fromhex(code.locator + code.key)
    number = int.from_bytes(body + _checksum(body))
    signs = "".join(DIGITS[number >> shift & 31] for shift in range(5 * (SIGNS - 1), -1, -5))
    return " ".join(signs[at : at + GROUP] for at in range(0, SIGNS, GROUP))


def parse_code(typed: str) -> HandOnCode:
    """The code, whatever its case, spaces and hyphens, with O for 0 and I or L for 1. Raises `NotACode`."""
    kept = (
        sign
        for sign in unicodedata.normalize("NFKD", typed[: 10 * SIGNS])
        if not sign.isspace() and unicodedata.category(sign) not in ("Cf", "Pd")
    )
    signs = "".join(kept).upper().translate(_LOOK_ALIKES)
    if len(signs) == SIGNS and set(signs) <= set(DIGITS):
        number = 0
        for sign in signs:
            number = number << 5 | DIGITS.index(sign)
        whole = number.to_bytes(_LOCATOR_BYTES + _KEY_BYTES + _CHECK_BYTES)
        body, check = whole[:-_CHECK_BYTES], whole[-_CHECK_BYTES:]
        if _checksum(body) == check:
            return HandOnCode(body[:_LOCATOR_BYTES].hex(), body[_LOCATOR_BYTES:].hex())
    raise NotACode("This is not a whole code. Compare it with the paper, group by group, and type it again.")


def _checksum(body: bytes) -> bytes:
    return hashlib.sha256(body).digest()[:_CHECK_BYTES]
