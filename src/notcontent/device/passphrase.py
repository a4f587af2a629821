"""The six words, and the values made from them (docs/spec/person.md §1).

WARNING: the words open the case. They are never sent, logged, stored or put into an error text.
"""

from __future__ import annotations

import hashlib
import secrets
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

WORDS_IN_A_PASSPHRASE = 6
ROUNDS = 600_000
SALT = b"notcontent/passphrase/1"
#: Hiragana for katakana, 0 to 9 for Arabic and Persian digits.
_PLAIN_FORMS = (
    {kana: kana - 0x60 for kana in range(0x30A1, 0x30F7)}
    | {0x660 + digit: 0x30 + digit for digit in range(10)}
    | {0x6F0 + digit: 0x30 + digit for digit in range(10)}
)


@dataclass(frozen=True, slots=True, repr=False)
class CaseKeys:
    """What is made from the words, in hex: 16 bytes, then 32 each.

    The exchange is told the first three and `reply_to`, to which the helpline seals its answers. `read_key` opens them
    and never leaves the device.
    """

    locator: str
    look_key: str
    withdraw_key: str
    read_key: str
    reply_to: str


@cache
def english_words() -> tuple[str, ...]:
    """The EFF long list of 7,776 words, as the package diceware ships it."""
    lines = files("diceware").joinpath("wordlists/wordlist_en_eff.txt").read_text().splitlines()
    words = tuple(parts[1] for line in lines if len(parts := line.split()) == 2 and parts[0].isdigit())
    if len(set(words)) != 6**5:
        raise ValueError("The word list of the package diceware is not the EFF long list. Install diceware again.")
    return words


def choose_passphrase(words: Sequence[str] = (), count: int = WORDS_IN_A_PASSPHRASE) -> str:
    """`count` of `words` from the system's random numbers; without a list six English ones, 77.5 bits."""
    return " ".join(secrets.choice(words or english_words()) for _ in range(count))


def choose_digits() -> str:
    """24 digits in groups of four: 79.7 bits."""
    return " ".join(f"{secrets.randbelow(10_000):04}" for _ in range(6))


def normalise_passphrase(typed: str) -> str:
    """What is left when case, accents, spaces, signs, katakana and the digits of Arabic keyboards don't matter."""
    decomposed = unicodedata.normalize("NFKD", typed)
    kept = "".join(c for c in decomposed.lower() if unicodedata.category(c)[0] in "LN")
    return kept.translate(_PLAIN_FORMS)


def derive_keys(typed: str) -> CaseKeys:
    """Stretch the words (about half a second) and derive the locator and the keys."""
    return expand_keys(hashlib.pbkdf2_hmac("sha256", normalise_passphrase(typed).encode(), SALT, ROUNDS, 32))


def expand_keys(master: bytes) -> CaseKeys:
    """The locator and the keys from the stretched words, 32 bytes."""

    def expand(label: str, length: int) -> str:
        hkdf = HKDF(algorithm=hashes.SHA256(), length=length, salt=b"", info=f"notcontent/{label}/1".encode())
        return hkdf.derive(master).hex()

    read_key = expand("read", 32)
    reply_to = X25519PrivateKey.from_private_bytes(bytes.fromhex(read_key)).public_key().public_bytes_raw().hex()
    return CaseKeys(expand("locator", 16), expand("look", 32), expand("withdraw", 32), read_key, reply_to)
