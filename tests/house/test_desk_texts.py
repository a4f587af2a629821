"""Nobody at the desk meets a text that is in one language only."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from tests.house.desk_texts import DESK, EXCHANGE, LOCALE, collect, rooms, templates

TAGS = ("ko", "zh-Hans", "zh-Hant")
#: What must be in a translation as it is in the text: values to fill in, marks, commands.
KEPT = re.compile(r"%\(\w+\)s|\{\d\}|<[^>]+>|`[^`]+`|(?<=<code>)[^<]+(?=</code>)")
#: Texts for programs and commands, which are English.
FOR_PROGRAMS = {
    "malformed",
    "Http404",
    "TypeError",
    "ValueError",
    "OnlyForPractice",
    "MalformedText",
    "BadSignature",
} | {"AuditIsAppendOnly", "ReplyTextsUnreadable"}
COMMANDS_ONLY = {"tiers.py"}


def read(name: str) -> Catalog:
    with (LOCALE / name).open("rb") as file:
        return read_po(file)


class Unmarked(HTMLParser):
    """What stands in a template outside of gettext, but for commands and codes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.inside: list[bool] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self.found += [
            told[name] or ""
            for name in ("aria-label", "title", "placeholder", "alt")
            if re.search(r"[^\W\d_]", told.get(name) or "")
        ]
        if tag not in {"meta", "link", "input", "br", "hr"}:
            self.inside.append(tag in {"code", "kbd", "script", "style"} or "code" in (told.get("class") or "").split())

    def handle_endtag(self, tag: str) -> None:
        if self.inside:
            self.inside.pop()

    def handle_data(self, data: str) -> None:
        if not any(self.inside) and re.search(r"[^\W\d_]", data.replace("UTC", "")):
            self.found.append(data.strip())


def unmarked(source: str) -> list[str]:
    source = re.sub(r"{% blocktranslate.*?{% endblocktranslate %}", "", source, flags=re.S)
    parser = Unmarked()
    parser.feed(re.sub(r"{%.*?%}|{{.*?}}|{#.*?#}", "", source))
    return parser.found


def test_no_template_of_the_desk_has_a_text_outside_gettext() -> None:
    assert unmarked('<p>{% translate "Yes" %}</p> <b title="no">x</b>') == ["no", "x"], "the check itself can fail"
    assert {path.name: found for path in templates() if (found := unmarked(path.read_text()))} == {}


def test_days_and_numbers_are_left_to_the_readers_language() -> None:
    for path in templates():
        formats = re.findall(r"\|date:(?:'|\")([^'\"]+)", path.read_text())
        assert set(formats) <= {"Y-m-d", "Y-m", "c"}, f"{path.name}: write |day, |short_day or |moment"
        assert not re.search(r'class="number">{{ [\w.]+ }}', path.read_text().replace("row.number", "")), path.name


def raised(path: Path) -> Iterator[str]:
    """Texts that are raised as they are written, for people, without gettext."""
    for node in ast.walk(ast.parse(path.read_text())):
        if not (isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)):
            continue
        if getattr(node.exc.func, "id", getattr(node.exc.func, "attr", "")) in FOR_PROGRAMS:
            continue
        for given in node.exc.args:
            text = given.value if isinstance(given, ast.Constant) else "f" if isinstance(given, ast.JoinedStr) else ""
            if isinstance(given, ast.JoinedStr) or (isinstance(text, str) and " " in text):
                yield f"{path.name}:{given.lineno}"


def test_no_error_that_is_shown_at_the_desk_is_raised_outside_gettext() -> None:
    files = [path for path in rooms() if path.parent == DESK and path.name not in COMMANDS_ONLY]
    assert len(files) > 20
    assert [where for path in files for where in raised(path)] == []


def test_the_catalogue_of_the_desk_has_every_text_and_no_other() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "django.conf.global_settings")
    now, kept = ({str(message.id) for message in catalog if message.id} for catalog in (collect(), read("desk.pot")))
    assert len(now) > 300
    assert now == kept, "run: python -m tests.house.desk_texts, and translate what is new"


@pytest.mark.parametrize("tag", TAGS)
def test_every_text_of_the_desk_is_translated_with_what_it_has_to_keep(tag: str) -> None:
    source, translated = read("desk.pot"), read(f"{tag}.po")
    assert {str(message.id) for message in translated} == {str(message.id) for message in source}
    for message in translated:
        if not message.id:
            continue
        texts = [message.string] if isinstance(message.string, str) else list(message.string)
        assert all(texts), message.id
        assert not message.fuzzy, message.id
        meant = message.id if isinstance(message.id, str) else message.id[-1]
        for text in texts:
            assert sorted(KEPT.findall(text)) == sorted(KEPT.findall(meant)), (meant, text)
            assert text.strip(" ") == text or meant.strip() != meant, meant


def test_what_a_capture_or_a_timestamp_fails_of_stands_in_the_catalogues_word_for_word() -> None:
    source = EXCHANGE.parent
    said = {text for path in sorted((source / "capture").glob("*.py")) for text in sentences_of(path)}
    said |= {text for text in sentences_of(source / "evidence" / "timestamp.py") if "openssl" in text}
    # Read and not loaded: gettext would settle here which settings this process has.
    listed = ast.walk(ast.parse((EXCHANGE / "evidence" / "words_below.py").read_text()))
    kept = {
        call.args[0].value for call in listed if isinstance(call, ast.Call) and isinstance(call.args[0], ast.Constant)
    }
    assert len(said) > 10 and said == kept


def sentences_of(path: Path) -> Iterator[str]:
    """What a file raises with: texts in the call itself, and those of the file's own constants."""
    tree = ast.parse(path.read_text())
    named = {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for raised in (node.exc for node in ast.walk(tree) if isinstance(node, ast.Raise)):
        for part in ast.walk(raised) if raised is not None else ():
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                yield part.value
            elif isinstance(part, ast.Name) and isinstance(named.get(part.id), str):
                yield named[part.id]
