"""What reviewers and uploaders read: every language whole, true to its placeholders, and kind."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from notcontent.guard.spinoffs.observation import WARNING_TEXT
from notcontent.guard.words import LANGUAGES, SOURCE, Words
from notcontent.guard_client import UNCHECKED_TEXT, UNREADABLE_TEXT
from notcontent.page import languages
from tests.guard.running_guard import UPLOADER_TEXT
from tests.page.test_languages import FORBIDDEN

ROOT = Path(__file__).parents[2]
TRANSLATED = [language for language in LANGUAGES.values() if language.tag != "en"]


def _texts(name: str) -> dict[str, tuple[str, str]]:
    with files("notcontent.guard").joinpath("locale", name).open("rb") as file:
        return {str(each.context): (str(each.id), str(each.string)) for each in read_po(file) if each.context}


ENGLISH = {key: source for key, (source, _) in _texts(SOURCE).items()}


def test_the_languages_are_those_of_the_page_and_german() -> None:
    assert set(LANGUAGES) == {*languages.LANGUAGES, "de"}
    assert ENGLISH["uploader.held"] == UPLOADER_TEXT
    assert ENGLISH["spinoffs.says"] == WARNING_TEXT
    # A client has these at hand for when no guard answers.
    assert (ENGLISH["uploader.unchecked"], ENGLISH["uploader.unreadable"]) == (UNCHECKED_TEXT, UNREADABLE_TEXT)


@pytest.mark.parametrize("language", TRANSLATED, ids=lambda language: language.tag)
def test_every_text_is_translated_with_its_words_in_braces(language: languages.Language) -> None:
    found = _texts(f"{language.tag}.po")
    assert {key: source for key, (source, _) in found.items()} == ENGLISH
    for key, (source, text) in found.items():
        assert text.strip() and sorted(re.findall(r"\{\w+\}", text)) == sorted(re.findall(r"\{\w+\}", source)), key
        assert not re.search("[\"'`]", text), key
        assert not [word for word in FORBIDDEN.get(language.tag, ["opfer", "racheporn"]) if word in text.lower()], key
    if language.tag in ("zh-Hans", "zh-Hant", "ja"):
        sign = r"[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]"
        assert [key for key, (_, text) in found.items() if re.search(rf"{sign} | (?={sign})|{sign}[,?!:;]", text)] == []


def test_no_page_asks_for_a_text_that_does_not_exist_and_none_is_left_over() -> None:
    sources = "".join(path.read_text() for path in (ROOT / "src/notcontent/doors/review").rglob("*.py"))
    sources += (ROOT / "src/notcontent/guard/answer.py").read_text()
    asked = set(re.findall(r'"([a-zA-Z]+(?:\.[a-zA-Z]+)*)"', sources)) | set(re.findall(r"'([a-zA-Z.]+)'", sources))
    families = {name + "." for name in re.findall(r"""f["'](\w+(?:\.\w+)*)\.\{""", sources)}
    assert len(families) > 8
    for family in families:
        assert any(key.startswith(family) for key in ENGLISH), family
    left = [key for key in ENGLISH if key not in asked and not any(key.startswith(each) for each in families)]
    assert left == []


@pytest.mark.parametrize(
    ("tag", "ago", "soon", "left", "moment"),
    [
        ("en", "3 days ago", "in 23 hours", "8 hrs 41 mins", "1 November 2026, 09:05 UTC"),
        ("de", "vor 3 Tagen", "in 23 Stunden", "8 Std. 41 Min.", "1. November 2026, 09:05 UTC"),
        ("zh-Hans", "3天前", "23小时后", "8小时 41分钟", "2026年11月1日, 09:05 UTC"),
        ("ko", "3일 전", "23시간 후", "8시간 41분", "2026년 11월 1일, 09:05 UTC"),
    ],
)
def test_times_are_told_as_the_language_tells_them(tag: str, ago: str, soon: str, left: str, moment: str) -> None:
    words = Words(LANGUAGES[tag])
    assert words.away(-timedelta(days=3, hours=23)) == ago
    assert words.away(timedelta(hours=23, minutes=59)) == soon
    assert words.exact_span(timedelta(hours=8, minutes=41, seconds=59)) == left
    assert words.moment(datetime(2026, 11, 1, 9, 5, tzinfo=UTC)) == moment
    assert words.away(timedelta(seconds=-3)) == words.away(timedelta(minutes=-1))
