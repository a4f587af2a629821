"""Every language of the page is whole, keeps its placeholders and plurals, and says nothing that README.md forbids."""

import re
import unicodedata
from gettext import c2py
from importlib.resources import files

import pytest
from babel import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from notcontent.page.languages import LANGUAGES, Language, choose_language, read_text, read_texts

TRANSLATED = [language for language in LANGUAGES.values() if language.tag != "en"]
each_language = pytest.mark.parametrize("language", LANGUAGES.values(), ids=lambda language: language.tag)
each_translation = pytest.mark.parametrize("language", TRANSLATED, ids=lambda language: language.tag)

FORBIDDEN = {
    "en": ["victim", "revenge", "hash", "fingerprint"],
    "zh-Hans": ["受害", "报复", "复仇", "哈希", "散列", "指纹"],
    "zh-Hant": ["受害", "報復", "復仇", "雜湊", "哈希", "指紋"],
    "ko": ["피해자", "복수", "보복", "리벤지", "해시", "지문"],
    "ja": ["被害", "復讐", "報復", "リベンジ", "ハッシュ", "指紋"],
    "es": ["víctima", "venganza", "hash", "huella"],
    "ar": ["ضحية", "ضحايا", "انتقام", "هاش", "تجزئة", "بصمة", "بصمات"],
}

#: Programs, sites, formats and addresses, which every language keeps.
NAMES = [
    *("Take It Down", "Find A Helpline", "findahelpline.com", "notcontent device", "notes.age", "https://"),
    *("Telegram", "WeChat", "Safari", "Chrome", "Firefox", "JavaScript", "HEIC", "JPEG", "MP4", "Esc", "kB"),
    *("“locator”", "“orientations”", "“frames”", "“letter”", "“work”"),
]
#: Words that Chinese readers write so.
BORROWED = ["App", "Cookie"]


def _catalog(name: str) -> Catalog:
    return read_po(files("notcontent.page").joinpath("locale", name).read_text("utf-8").splitlines())


def _messages(catalog: Catalog) -> dict[tuple[str, str], Message]:
    return {(message.context, str(message.id)): message for message in catalog if message.context}


SOURCE = _messages(_catalog("page.pot"))


def _forms(text: object) -> list[str]:
    """A text's plurals, or the text alone."""
    return [str(form) for form in text] if isinstance(text, (list, tuple)) else [str(text)]


def _written(language: Language) -> list[tuple[str, str]]:
    """Every text of a language with its key."""
    messages = SOURCE if language.tag == "en" else _messages(_catalog(f"{language.tag}.po"))
    return [
        (message.context, form)
        for message in messages.values()
        for form in _forms(message.id if language.tag == "en" else message.string)
    ]


@each_translation
def test_every_text_is_translated_and_none_is_left_over(language: Language) -> None:
    translated = _messages(_catalog(f"{language.tag}.po"))
    assert set(translated) == set(SOURCE)
    assert [message.context for message in translated.values() if message.fuzzy] == []
    assert [key for key, form in _written(language) if not form.strip()] == []


@each_translation
def test_every_text_keeps_the_words_in_braces(language: Language) -> None:
    for place, message in _messages(_catalog(f"{language.tag}.po")).items():
        asked = sorted(re.findall(r"\{[^}]*\}?", _forms(SOURCE[place].id)[-1]))
        for form in _forms(message.string):
            assert sorted(re.findall(r"\{[^}]*\}?", form)) == asked, place


@each_translation
def test_every_plural_that_the_language_has_is_there_in_the_order_of_its_header(language: Language) -> None:
    catalog = _catalog(f"{language.tag}.po")
    assert catalog.num_plurals == len(language.plurals)
    place, name = c2py(catalog.plural_expr), Locale.parse(language.tag, sep="-").plural_form
    assert [language.plurals[place(n)] for n in range(250)] == [name(n) for n in range(250)]
    for message in catalog:
        if message.context and message.pluralizable:
            assert len(_forms(message.string)) == len(language.plurals), message.context


@each_language
def test_no_text_uses_a_word_that_hurts_or_frightens(language: Language) -> None:
    for key, text in _written(language):
        plain = "".join(mark for mark in text.lower() if unicodedata.category(mark) != "Mn")
        assert [word for word in FORBIDDEN[language.tag] if word in plain] == [], key


@each_translation
def test_no_english_is_left_but_names(language: Language) -> None:
    if language.tag == "es":
        english = {form for message in SOURCE.values() for form in _forms(message.id)}
        same = {text for _, text in _written(language) if text in english}
        assert same <= {"No", "{n} byte", "{n} bytes", "{n} kB"}
        return
    for key, text in _written(language):
        rest = re.sub(r"\{\w+\}", "", text)
        for name in [*NAMES, *BORROWED]:
            rest = rest.replace(name.strip("“”"), "")
        assert re.findall("[A-Za-z]+", rest) == [], key


@each_translation
def test_names_stay_as_they_are(language: Language) -> None:
    for place, message in _messages(_catalog(f"{language.tag}.po")).items():
        source, *_ = _forms(SOURCE[place].id)
        kept = [name.strip("“”") for name in NAMES if name in source]
        for form in _forms(message.string):
            assert [name for name in kept if name not in form] == [], place


@each_language
def test_quotes_are_printers_quotes(language: Language) -> None:
    assert [key for key, text in _written(language) if re.search("[\"'`]", text)] == []


@pytest.mark.parametrize("tag", ["zh-Hans", "zh-Hant", "ja"])
def test_chinese_and_japanese_have_no_spaces_beside_their_signs_and_no_latin_stops(tag: str) -> None:
    sign = r"[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]"
    for key, text in _written(LANGUAGES[tag]):
        assert not re.search(rf"{sign} | (?={sign})|{sign}[,.?!:;]", text), key


def test_english_reads_at_grade_six_or_below() -> None:
    """Flesch-Kincaid over all texts of two sentences or more, taken together: 2.6 when this was written.

    Syllables are counted roughly, and rather too many (groups of vowels, a silent e off). The formula sees short words
    and short sentences, not whether they are kind or clear: that is for readers. The hardest text alone has 9.4.
    """
    texts = [text for _, text in _written(LANGUAGES["en"]) if len(_sentences(text)) > 1]
    sentences = [sentence for text in texts for sentence in _sentences(text)]
    words = [word for sentence in sentences for word in re.findall(r"[a-z’]+", sentence.lower())]
    grade = 0.39 * len(words) / len(sentences) + 11.8 * sum(map(_syllables, words)) / len(words) - 15.59
    assert len(texts) > 80
    assert grade <= 6, f"grade {grade:.1f}"


def _sentences(text: str) -> list[str]:
    return [part for part in re.split(r"[.?!…](?:\s|$)", re.sub(r"\{\w+\}", "", text)) if re.search("[a-zA-Z]", part)]


def _syllables(word: str) -> int:
    return max(1, len(re.findall("[aeiouy]+", re.sub(r"(?<=[^aeioul])e$", "", word))))


@each_language
def test_every_list_is_read_whole_and_in_order(language: Language) -> None:
    lists: dict[str, dict[int, str]] = {}
    for key, text in _written(language):
        name, _, number = key.rpartition(".")
        if number.isdigit():
            lists.setdefault(name, {})[int(number)] = text
    assert len(lists) > 15
    for name, parts in lists.items():
        found = read_texts(language.tag)
        for step in name.split("."):
            found = found[step]
        assert found == [parts[number] for number in range(1, len(parts) + 1)], name


@each_language
def test_every_text_is_read_as_it_is_written(language: Language) -> None:
    messages = SOURCE if language.tag == "en" else _messages(_catalog(f"{language.tag}.po"))
    for message in messages.values():
        text = message.id if language.tag == "en" else message.string
        if not message.pluralizable:
            assert read_text(language.tag, message.context) == text
            continue
        found = read_texts(language.tag)
        for step in message.context.split("."):
            found = found[step]
        assert found == dict(zip(language.plurals, text, strict=True)), message.context


@pytest.mark.parametrize(
    ("header", "tag"),
    [
        ("en-US,en;q=0.5", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-Hans"),
        ("zh-SG,zh;q=0.9", "zh-Hans"),
        ("zh-Hans-CN", "zh-Hans"),
        ("zh-TW,zh;q=0.8,en-US;q=0.5,en;q=0.3", "zh-Hant"),
        ("zh-HK,zh;q=0.9,en;q=0.8", "zh-Hant"),
        ("zh-Hant-HK", "zh-Hant"),
        ("ko-KR,ko;q=0.9,en-US;q=0.8,en;q=0.7", "ko"),
        ("ja,en-US;q=0.7,en;q=0.3", "ja"),
        ("es-419,es;q=0.9", "es"),
        ("es-MX,es;q=0.9,en;q=0.8", "es"),
        ("ar-EG,ar;q=0.9,en-US;q=0.8", "ar"),
        ("fr-FR,fr;q=0.9,ar;q=0.8,en;q=0.7", "ar"),
        ("en;q=0.3,ko;q=0.8", "ko"),
        ("fr-FR,fr;q=0.9", "en"),
        ("*", "en"),
        ("", "en"),
        ("es;q=much", "en"),
    ],
)
def test_the_language_is_the_first_of_ours_that_the_browser_asks_for(header: str, tag: str) -> None:
    assert choose_language(header).tag == tag
