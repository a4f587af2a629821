"""The six words, and the three values made from them (docs/spec/person.md §1).

WARNING: the words open the case. They are never sent, logged, stored or put into an error text.
"""

from __future__ import annotations

import hashlib
import secrets
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

WORDS_IN_A_PASSPHRASE = 6
ROUNDS = 600_000
SALT = b"notcontent/passphrase/1"


@dataclass(frozen=True, slots=True, repr=False)
class CaseKeys:
    """What the exchange is told instead of the words: hex of 16, 32 and 32 bytes."""

    locator: str
    look_key: str
    withdraw_key: str


@cache
def english_words() -> tuple[str, ...]:
    """The EFF long list of 7,776 words, as the package diceware ships it."""
    lines = files("diceware").joinpath("wordlists/wordlist_en_eff.txt").read_text().splitlines()
    words = tuple(parts[1] for line in lines if len(parts := line.split()) == 2 and parts[0].isdigit())
    if len(set(words)) != 6**5:
        raise ValueError("The word list of the package diceware is not the EFF long list. Install diceware again.")
    return words


def choose_passphrase() -> str:
    """Six words from the system's random numbers: 77.5 bits."""
    return " ".join(secrets.choice(english_words()) for _ in range(WORDS_IN_A_PASSPHRASE))


def normalise_passphrase(typed: str) -> str:
    """What is left when case, accents, spaces and signs no longer matter."""
    decomposed = unicodedata.normalize("NFKD", typed)
    return "".join(c for c in decomposed.lower() if unicodedata.category(c)[0] in "LN")


def derive_keys(typed: str) -> CaseKeys:
    """Stretch the words (about half a second) and derive the locator and the two keys."""
    master = hashlib.pbkdf2_hmac("sha256", normalise_passphrase(typed).encode(), SALT, ROUNDS, 32)

    def expand(label: str, length: int) -> str:
        hkdf = HKDF(algorithm=hashes.SHA256(), length=length, salt=b"", info=f"notcontent/{label}/1".encode())
        return hkdf.derive(master).hex()

    return CaseKeys(expand("locator", 16), expand("look", 32), expand("withdraw", 32))
