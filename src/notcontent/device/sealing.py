"""Seal letters and case files, and open what was sealed to her, in the age format (docs/spec/person.md §1 and §8).

What page/seal.js does, by the library pyrage. Keys are 64 hex digits here; age writes them in Bech32 (BIP 173).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pyrage

from notcontent.errors import NotContentError

MAX_LETTER_BYTES = 65_536
LETTER_STEP_BYTES = 1_024
_BECH32_DIGITS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_BECH32_GENERATORS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)


class NotOpened(NotContentError):
    """Sealed bytes are damaged, or were not sealed to this key. Fetch them again, and check the words."""


class LetterTooLong(NotContentError):
    """The letter is longer than the helpline takes. Shorten it, or send two."""


def seal_letter(letter: Mapping[str, Any], keys: Sequence[str]) -> bytes:
    """The letter as JSON, padded so that its length tells little, sealed to every key. Raises `LetterTooLong`."""
    text = json.dumps(letter, ensure_ascii=False, separators=(",", ":")).encode()
    sealed = seal_to(text.ljust(-(-len(text) // LETTER_STEP_BYTES) * LETTER_STEP_BYTES), keys)
    if len(sealed) > MAX_LETTER_BYTES:
        raise LetterTooLong("The letter is too long. Shorten it, or send two.")
    return sealed


def open_letter(untrusted: bytes, read_key: str) -> Any:
    """The JSON of a letter that was sealed to her. Raises `NotOpened`."""
    if len(untrusted) > MAX_LETTER_BYTES:
        raise NotOpened("This is too long for a letter. Fetch it again.")
    try:
        return json.loads(open_with(untrusted, read_key))
    except (ValueError, RecursionError):
        raise NotOpened("This letter holds no JSON. Tell the helpline.") from None


def seal_to(plain: bytes, keys: Sequence[str]) -> bytes:
    """`plain` sealed to every one of the public keys: whoever has one private key can open it."""
    sealed: bytes = pyrage.encrypt(plain, [pyrage.x25519.Recipient.from_str(_bech32("age", key)) for key in keys])
    return sealed


def open_with(untrusted: bytes, private_key: str) -> bytes:
    """What was sealed to the public key of `private_key`. Raises `NotOpened`."""
    identity = pyrage.x25519.Identity.from_str(_bech32("age-secret-key-", private_key).upper())
    try:
        plain: bytes = pyrage.decrypt(untrusted, [identity])
    except pyrage.DecryptError:
        raise NotOpened(
            "This is damaged, or was sealed for somebody else. Fetch it again, and check the words."
        ) from None
    return plain


def _bech32(prefix: str, key: str) -> str:
    """A key of 64 hex digits as age writes it: `prefix`, 1, the key in base 32, six digits of checksum."""
    bits = int.from_bytes(bytes.fromhex(key)) << 4
    values = [bits >> shift & 31 for shift in range(255, -1, -5)]
    state = 1
    for value in [*(ord(sign) >> 5 for sign in prefix), 0, *(ord(sign) & 31 for sign in prefix), *values, *[0] * 6]:
        top = state >> 25
        state = (state & 0x1FFFFFF) << 5 ^ value
        for at, generator in enumerate(_BECH32_GENERATORS):
            state ^= generator if top >> at & 1 else 0
    values += [(state ^ 1) >> shift & 31 for shift in range(25, -1, -5)]
    return f"{prefix}1{''.join(_BECH32_DIGITS[value] for value in values)}"
