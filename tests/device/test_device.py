"""The words and the work."""

from __future__ import annotations

import hashlib
import itertools
import json
import math
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from notcontent.device.passphrase import choose_passphrase, derive_keys, english_words, normalise_passphrase
from notcontent.device.work import do_work

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "passphrase.json").read_text())["passphrases"]


def test_no_word_begins_another_so_joined_words_stay_apart() -> None:
    """Only "yo-yo" and "yoyo" become one, which leaves 77.5 bits all the same."""
    words = sorted({normalise_passphrase(word) for word in english_words()})
    assert (len(english_words()), len(words)) == (7776, 7775)
    assert not any(later.startswith(word) for word, later in itertools.pairwise(words))
    assert 6 * math.log2(len(words)) > 77.5


def test_a_passphrase_has_six_words_and_is_never_the_same() -> None:
    phrases = {choose_passphrase() for _ in range(50)}
    assert len(phrases) == 50
    assert all(len(phrase.split(" ")) == 6 for phrase in phrases)


@pytest.mark.parametrize(
    "typed",
    [
        "drop-down yo-yo Café one two three",
        " DROP DOWN\nyo yo cafe\tone two, three. ",
        "ｄｒｏｐdownyoyocafeonetwothree",
    ],
)
def test_case_spaces_signs_and_accents_do_not_matter(typed: str) -> None:
    assert normalise_passphrase(typed) == "dropdownyoyocafeonetwothree"
    assert normalise_passphrase(unicodedata.normalize("NFC", typed)) == normalise_passphrase(typed)


@pytest.mark.parametrize("row", VECTORS, ids=lambda row: row["language"] or "other")
def test_the_words_become_the_values_that_the_vectors_name_however_they_are_typed(row: dict[str, Any]) -> None:
    for typed in row["typed"]:
        assert normalise_passphrase(typed) == row["normalised"]
    keys = derive_keys(row["typed"][-1])
    for name in ("locator", "look_key", "withdraw_key", "read_key", "reply_to"):
        assert getattr(keys, name) == row[name]
        assert row[name] not in repr(keys)


def test_work_meets_what_was_asked() -> None:
    for turn, nonce in enumerate(do_work("challenge", "ab" * 16, 4, 9)):
        digest = hashlib.sha256(f"challenge:{'ab' * 16}:{turn}:{nonce}".encode()).hexdigest()
        assert bin(int(digest, 16))[2:].zfill(256).startswith("0" * 9)
