"""The lists that passphrases are chosen from."""

from __future__ import annotations

import itertools
import json
import math
import unicodedata
from pathlib import Path

import pytest

from notcontent.device.passphrase import normalise_passphrase
from notcontent.exchange.person.word_lists import WORD_LISTS, word_file, words_of

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "passphrase.json").read_text())["passphrases"]


@pytest.mark.parametrize("language", WORD_LISTS)
def test_joined_words_stay_apart_and_hold_77_bits(language: str) -> None:
    """No word begins another, so two rows of words that differ are two texts: nothing is lost by dropping spaces."""
    shown = words_of(language)
    assert len(shown) == len(set(shown))
    assert not any(len(word.split()) != 1 or word != unicodedata.normalize("NFC", word) for word in shown)
    kept = sorted({normalise_passphrase(word) for word in shown})
    assert len(kept) == (7775 if language == "en" else len(shown)), "only yo-yo and yoyo become one"
    assert "" not in kept
    assert not any(later.startswith(word) for word, later in itertools.pairwise(kept))
    assert WORD_LISTS[language].words * math.log2(len(kept)) >= 77


def test_six_words_come_from_a_long_list_and_seven_from_a_short_one() -> None:
    for language, chosen in WORD_LISTS.items():
        assert (chosen.words, len(words_of(language)) >= 7776) in ((6, True), (7, False))
    assert 24 * math.log2(10) >= 77


def test_no_spanish_word_hurts() -> None:
    words = set(words_of("es"))
    hurting = {
        "violada",
        "porno",
        "matarla",
        "muertos",
        "golpes",
        "putas",
        "culpas",
        "incesto",
        "hitler",
        "drogas",
        "sangre",
    }
    assert not hurting & words
    assert {"abanico", "azucena", "zafra", "amiga", "calma", "mariposa"} & words >= {
        "abanico",
        "azucena",
        "zafra",
        "amiga",
    }


@pytest.mark.parametrize(
    "row", [row for row in VECTORS if row["language"] in WORD_LISTS], ids=lambda row: row["language"]
)
def test_the_vectors_are_of_words_that_are_on_the_list(row: dict[str, list[str]]) -> None:
    words = row["typed"][0].split()
    assert set(words) <= set(words_of(row["language"]))  # type: ignore[arg-type]
    assert len(words) == WORD_LISTS[row["language"]].words  # type: ignore[index]


def test_a_language_without_a_list_has_no_file() -> None:
    assert word_file("ar") is None and word_file("") is None and word_file("../en") is None
    file = word_file("ja")
    assert file is not None and file.content.decode().splitlines() == list(words_of("ja"))
