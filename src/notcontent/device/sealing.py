"""Seal letters and case files, and open what was sealed to her, in the age format (docs/spec/person.md §1 and §8).

What page/seal.js does, by the library pyrage. Keys are 64 hex digits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyrage

from notcontent.errors import NotContentError
from notcontent.letter import (
    MAX_SEALED_BYTES,
    format_identity,
    format_letter,
    format_recipient,
    looks_sealed,
    parse_letter,
)


class NotOpened(NotContentError):
    """Sealed bytes are damaged, or were not sealed to this key. Fetch them again, and check the words."""


class LetterTooLong(NotContentError):
    """The letter is longer than the helpline takes. Shorten it, or send two."""


def seal_letter(letter: Mapping[str, Any], keys: Sequence[str]) -> bytes:
    """The letter (without its version) sealed to every key. Raises `LetterTooLong`."""
    sealed = seal_to(format_letter(dict(letter)), keys)
    if len(sealed) > MAX_SEALED_BYTES:
        raise LetterTooLong("The letter is too long. Shorten it, or send two.")
    return sealed


def open_letter(untrusted: bytes, read_key: str) -> dict[str, Any]:
    """A letter that was sealed to her, without its version. Raises `NotOpened` and `NotALetter`."""
    if not looks_sealed(untrusted):
        raise NotOpened("This is no sealed letter. Fetch it again.")
    return parse_letter(open_with(untrusted, read_key))


def seal_to(plain: bytes, keys: Sequence[str]) -> bytes:
    """`plain` sealed to every one of the public keys: whoever has one private key can open it."""
    sealed: bytes = pyrage.encrypt(plain, [pyrage.x25519.Recipient.from_str(format_recipient(key)) for key in keys])
    return sealed


def open_with(untrusted: bytes, private_key: str) -> bytes:
    """What was sealed to the public key of `private_key`. Raises `NotOpened`."""
    identity = pyrage.x25519.Identity.from_str(format_identity(private_key))
    try:
        plain: bytes = pyrage.decrypt(untrusted, [identity])
    except pyrage.DecryptError:
        raise NotOpened(
            "This is damaged, or was sealed for somebody else. Fetch it again, and check the words."
        ) from None
    return plain
