"""A letter in transit (docs/spec/person.md §1): what is in it, what shows without a key, how public keys are written.

Sealed letters are files of the age format, age-encryption.org/v1. Sealing and opening is left to age's own libraries.
"""

from __future__ import annotations

import json
import re
from typing import Any

from notcontent.errors import NotContentError

MAX_SEALED_BYTES = 65_536
#: The shortest file that the format allows: one recipient, nothing inside.
MIN_SEALED_BYTES = 200
#: Letters are padded to multiples of this, so that their size says little of what they say.
PAD_BYTES = 1_024
FIRST_BYTES = b"age-encryption.org/v1\n"

_HEX = re.compile(r"[0-9a-f]{64}", re.ASCII)
_RECIPIENT = re.compile(r"age1([qpzry9x8gf2tvdw0s3jn54khce6mua7l]{58})", re.ASCII)
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATORS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)


class NotALetter(NotContentError):
    """What was inside of a sealed file is no letter of this version. Ask for it again."""


class NotAPublicKey(NotContentError):
    """A public key is neither 64 hex digits nor what age prints (age1…). Copy it again, whole."""


def looks_sealed(data: bytes) -> bool:
    """Whether this may be a sealed letter, by its first bytes and its size: all that can be told without a key."""
    return data.startswith(FIRST_BYTES) and MIN_SEALED_BYTES <= len(data) <= MAX_SEALED_BYTES


def format_letter(letter: dict[str, Any]) -> bytes:
    """The letter as UTF-8 JSON, padded with spaces to a multiple of 1,024 bytes, ready to be sealed."""
    text = json.dumps({"v": 1} | letter, ensure_ascii=False, separators=(",", ":")).encode()
    return text.ljust(-(-len(text) // PAD_BYTES) * PAD_BYTES)


def parse_letter(untrusted: bytes) -> dict[str, Any]:
    """The letter without its padding and version. Raises `NotALetter`."""
    try:
        letter = json.loads(untrusted.decode())
    except (ValueError, RecursionError):
        letter = None
    if not isinstance(letter, dict) or letter.pop("v", None) != 1:
        raise NotALetter("What was inside is no letter of this version. Ask for it again, or for a newer program.")
    return letter


def parse_key(untrusted: str) -> str:
    """An X25519 public key as 64 hex digits, from these or from age's `age1…`. Raises `NotAPublicKey`."""
    if _HEX.fullmatch(untrusted):
        return untrusted
    if found := _RECIPIENT.fullmatch(untrusted):
        number = 0
        for sign in found[1][:52]:
            number = number << 5 | _BECH32.index(sign)
        key = f"{number >> 4:064x}"
        # Writing it again checks the check sum and the four bits left over.
        if format_recipient(key) == untrusted:
            return key
    raise NotAPublicKey("This is neither 64 hex digits nor a key that begins with age1. Copy it again, whole.")


def format_recipient(key: str) -> str:
    """The public key as age writes it: `age1…`. `key`: 64 hex digits."""
    return _format_bech32("age", key)


def format_identity(private_key: str) -> str:
    """The private key as age writes it: `AGE-SECRET-KEY-1…`. `private_key`: 64 hex digits."""
    return _format_bech32("age-secret-key-", private_key).upper()


def _format_bech32(prefix: str, key: str) -> str:
    """BIP 173: the prefix, 1, the key in base 32, six signs of check sum."""
    number = int(key, 16) << 4
    signs = [number >> shift & 31 for shift in range(255, -1, -5)]
    ahead = [*(ord(sign) >> 5 for sign in prefix), 0, *(ord(sign) & 31 for sign in prefix)]
    check = _polymod([*ahead, *signs, *[0] * 6]) ^ 1
    signs += [check >> shift & 31 for shift in range(25, -1, -5)]
    return f"{prefix}1" + "".join(_BECH32[sign] for sign in signs)


def _polymod(signs: list[int]) -> int:
    check = 1
    for sign in signs:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ sign
        for bit, generator in enumerate(_GENERATORS):
            check ^= generator if top >> bit & 1 else 0
    return check
