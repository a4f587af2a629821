"""The page's frame in one language: index.html with its texts and what the helpline says about itself. Pure."""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from string import Template
from typing import Any

from notcontent.page.languages import LANGUAGES, Language, Texts, read_text, read_texts

#: Texts that index.html shows itself, and those of pages without script: no module asks for them.
ELSEWHERE = ("practice", "leave", "unreviewed", "plain", "script", "numbers", "rootKey")
#: Texts of what most ways through the page never come to; the page asks for them when one does.
_LATER = (
    *("oneMoment", "threat", "stop", "inApp", "refused", "notTaken"),
    *("help", "hand", "comeBack", "status", "withdraw"),
)
_NOT_AT_FIRST = (*ELSEWHERE, "kit", *_LATER)
_PLURALS = {form for language in LANGUAGES.values() for form in language.plurals}


def render_page(language: Language, site: dict[str, Any], left_out: tuple[str, ...] = _NOT_AT_FIRST) -> str:
    """The page as it is served, without the texts in `left_out`. `site` as in docs/spec/person.md §7."""
    return _frame().substitute(
        lang=language.tag,
        dir="rtl" if language.right_to_left else "ltr",
        elsewhere=html.escape(language.elsewhere),
        texts=_text_block(language, [name for name in read_texts(language.tag) if name not in left_out]),
        site=data_block(site),
        languages=data_block({tag: each.own_name for tag, each in LANGUAGES.items()}),
        practice_hidden="" if site.get("practice") else "hidden",
        unreviewed_hidden="hidden" if language.reviewed else "",
        **{
            name: html.escape(read_text(language.tag, key))
            for name, key in {
                "practice": "practice",
                "leave": "leave.button",
                "leave_label": "leave.label",
                "leave_keys": "leave.keys",
                "leave_hint": "leave.hint",
                "unreviewed": "unreviewed",
                "script_heading": "script.heading",
                "script_text": "script.text",
                "script_other": "script.other",
                "plain_look": "plain.look",
                "plain_withdraw": "plain.withdraw",
                "plain_send": "plain.send",
            }.items()
        },
    )


@cache
def render_later_texts(language: Language) -> str:
    """The texts that the page is served without, as JSON."""
    return _text_block(language, _LATER)


def _text_block(language: Language, names: Sequence[str]) -> str:
    texts = read_texts(language.tag)
    return data_block({name: _lean(texts[name]) for name in names})


def _lean(text: Texts) -> Texts:
    """Of a plural's forms those that differ from its form `other`, which stands in for the rest."""
    if isinstance(text, dict) and "other" in text and text.keys() <= _PLURALS:
        forms = {name: form for name, form in text.items() if name == "other" or form != text["other"]}
        return forms if len(forms) > 1 else text["other"]
    return {name: _lean(part) for name, part in text.items()} if isinstance(text, dict) else text


@cache
def _frame() -> Template:
    return Template(files("notcontent.page").joinpath("index.html").read_text("utf-8"))


def data_block(value: Any) -> str:
    """JSON that may stand in a script element: nothing in it ends one."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
