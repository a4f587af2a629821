"""The printed pages of a folder of evidence speak the languages of notices: whole, and with no English left."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from notcontent.evidence.labels import NoSuchLanguage, languages, read_labels
from notcontent.evidence.manifest import Manifest, Touch, format_custody, format_manifest
from notcontent.evidence.package import Package
from notcontent.evidence.record import make_record
from notcontent.evidence.report import Opened, write_form, write_report
from notcontent.exchange.notices.wording.rendering import read_wordings

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
FILES = r"verify\.py|READ-ME\.txt|record\.txt|SHA256SUMS|SHA-256|\{\w+\}"


def test_there_are_labels_in_every_language_of_a_notice() -> None:
    assert {language for _law, language in read_wordings()} <= set(languages())
    with pytest.raises(NoSuchLanguage, match="de, en, es"):
        read_labels("tlh")


@pytest.mark.parametrize("language", languages())
def test_each_label_is_there_keeps_its_gaps_and_is_its_own(language: str) -> None:
    english, texts = read_labels("en").texts, read_labels(language).texts
    assert list(texts) == list(english)
    for name, text in texts.items():
        kept = [sorted(re.findall(FILES, one)) for one in (text, english[name])]
        assert kept[0] == kept[1] or name == "as_in_files", name
        assert (text.strip() or language == "en") and "  " not in text, name
    same = {name for name, text in texts.items() if text == english[name]}
    # A form in French asks for a "Signature" too, and this row of custody has no words of its own.
    assert language == "en" or same <= {"signature", "touch"}, same


@pytest.mark.parametrize("language", languages())
def test_report_and_form_are_whole_in_each_language_and_say_that_no_lawyer_has_read_them(language: str) -> None:
    record = make_record([("note", "what <b>she</b> saw")], lambda: "ab" * 16)
    manifest = Manifest("1" * 32, record.sha256, NOW, "iris", "notcontent 1")
    touch = Touch("1" * 32, 1, NOW, "iris", "kept", "0" * 64)
    files = {
        f"evidence/{manifest.evidence}/manifest.txt": format_manifest(manifest).encode(),
        "custody.txt": format_custody([touch]).encode(),
    }
    package = Package(files, {manifest.evidence: b""})
    say = read_labels(language)
    told = {"who": "Iris", "tool_version": "notcontent 1", "clock": "2 s behind"}
    for title, page in (
        ("report", write_report([Opened(manifest, record, {})], [manifest], package, NOW, say)),
        ("form", write_form(package, told, NOW, say)),
    ):
        assert f'<html lang="{language}">' in page and f"<h1>{say(title)}</h1>" in page
        assert say("unreviewed") in page and not re.search(r"\{\w+\}", page) and "iris" in page
    assert "&lt;b&gt;she" in write_report([Opened(manifest, record, {})], [], package, NOW, say)
