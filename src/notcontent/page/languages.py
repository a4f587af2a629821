"""What a person reads, in each language: one gettext catalogue for page, kit, the pages without script and Python.

`locale/page.pot` holds the English texts, each under the key (msgctxt) by which it is asked for; `locale/TAG.po` holds
another language's. A key that ends in a number is a part of a list.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TypeAlias

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

#: A text, a text for each plural (CLDR's names of them), a list of texts, or more of these by name.
Texts: TypeAlias = "str | list[str] | dict[str, Texts]"

SOURCE = "page.pot"


@dataclass(frozen=True, slots=True)
class Language:
    """A language of the page. `tag` as in BCP 47; `own_name` as its readers write it.

    `elsewhere` is where leaving leads: harmless, ordinary, and open in the countries where the language is read.
    `plurals`: CLDR's names of its plurals in the order of gettext. `reviewed`: whether a native reader has checked it.
    """

    tag: str
    own_name: str
    elsewhere: str
    plurals: tuple[str, ...]
    right_to_left: bool = False
    reviewed: bool = False


ENGLISH = Language("en", "English", "https://www.wikipedia.org/", ("one", "other"), reviewed=True)
LANGUAGES = {
    language.tag: language
    for language in (
        ENGLISH,
        Language("zh-Hans", "简体中文", "https://www.weather.com.cn/", ("other",)),
        Language("zh-Hant", "繁體中文", "https://www.cwa.gov.tw/", ("other",)),
        Language("ko", "한국어", "https://www.naver.com/", ("other",)),
        Language("ja", "日本語", "https://www.jma.go.jp/", ("other",)),
        Language("es", "Español", "https://es.wikipedia.org/", ("one", "other")),
        Language(
            "ar", "العربية", "https://ar.wikipedia.org/", ("zero", "one", "two", "few", "many", "other"), True
        ),
    )
}  # fmt: skip

_TRADITIONAL = re.compile(r"zh-(hant|tw|hk|mo)\b", re.IGNORECASE)


def choose_language(accept_language: str, among: Mapping[str, Language] = LANGUAGES) -> Language:
    """The language that a browser's Accept-Language header asks for first among these; English if none is."""
    asked = []
    for place, part in enumerate(accept_language.split(",")[:32]):
        tag, *parameters = (word.strip() for word in part.split(";"))
        weights = [word.removeprefix("q=") for word in parameters if word.startswith("q=")]
        try:
            weight = float(weights[0]) if weights else 1.0
        except ValueError:
            continue
        if weight > 0:
            asked.append((-weight, place, tag))
    for _, _, tag in sorted(asked):
        if tag.lower().startswith("zh"):
            return among["zh-Hant" if _TRADITIONAL.match(tag) else "zh-Hans"]
        if found := among.get(tag.split("-")[0].lower()):
            return found
    return ENGLISH


@cache
def read_texts(tag: str) -> dict[str, Texts]:
    """Every text of a language, as the page takes them. A text that nobody has translated yet is English."""
    language = LANGUAGES[tag]
    translated = None if language is ENGLISH else _read(f"{tag}.po")
    texts: dict[str, Texts] = {}
    for message in _read(SOURCE):
        if not message.context:
            continue
        found = translated.get(message.id, message.context) if translated else None
        _put(texts, message.context.split("."), _text(message.id, found.string if found else None, language))
    return texts


def read_text(tag: str, key: str) -> str:
    """One plain text by its key, such as `plain.look`. Raises KeyError."""
    found: Texts = read_texts(tag)
    for name in key.split("."):
        found = found[int(name) - 1] if isinstance(found, list) else found[name]  # type: ignore[index]
    if not isinstance(found, str):
        raise KeyError(key)
    return found


def _read(name: str) -> Catalog:
    with files("notcontent.page").joinpath("locale", name).open("rb") as file:
        return read_po(file)


def _text(source: object, translated: object, language: Language) -> Texts:
    if isinstance(source, str):
        return translated if isinstance(translated, str) and translated else source
    forms = tuple(map(str, translated)) if isinstance(translated, (list, tuple)) else ()
    if all(forms) and len(forms) == len(language.plurals):
        return dict(zip(language.plurals, forms, strict=True))
    one, other = map(str, source)  # type: ignore[call-overload]
    return {"one": one, "other": other}


def _put(texts: dict[str, Texts], path: list[str], text: Texts) -> None:
    *names, last = path
    if last.isdigit():
        *names, last = names
    here = texts
    for name in names:
        here = here.setdefault(name, {})  # type: ignore[assignment]
    if path[-1].isdigit():
        here.setdefault(last, []).append(text)  # type: ignore[union-attr, arg-type]
    else:
        here[last] = text
