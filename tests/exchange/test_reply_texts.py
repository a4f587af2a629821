"""Reply texts: every language has every one of them, and none promises what nobody can keep."""

from __future__ import annotations

import re
from typing import Any

import pytest

#: Nobody can promise that a picture is gone everywhere, in any language.
PROMISES = {
    "en": r"guarantee|we promise|will be (removed|deleted|gone)|never appear again|for good|completely safe",
    "zh-Hans": r"保证|承诺|一定(会|能)|彻底|永远不会再|全部删除",
    "zh-Hant": r"保證|承諾|一定(會|能)|徹底|永遠不會再|全部刪除",
    "ko": r"보장|약속드|반드시|완전히 (삭제|사라)|다시는 (올라오지|나타나지)|모두 삭제",
    "ja": r"保証|約束し|必ず(消|削除)|完全に(消|削除)|二度と",
    "es": r"garantiz|prometemos|será (eliminad|borrad)|desaparecerá|para siempre",
    "ar": r"نضمن|نعدك|سوف تُحذف|ستُحذف|إلى الأبد|نهائي",
    "de": r"garantier|versprechen wir|wird (gelöscht|entfernt)|für immer|verschwindet",
}  # fmt: skip
#: The page tells her that nobody asks for these; a text that does would undo it.
ASKS = r"(send|give|tell) us (the picture|your six words|your name)"


@pytest.fixture
def languages(tables: Any) -> dict[str, Any]:
    from notcontent.exchange.desk.replies import reply_texts

    return {language.tag: language for language in reply_texts()}


@pytest.mark.on_sqlite
def test_every_language_of_the_page_has_every_reply_and_no_promise(languages: dict[str, Any]) -> None:
    from notcontent.exchange.desk.replies import REPLIES
    from notcontent.page.languages import LANGUAGES

    assert set(LANGUAGES) <= set(languages) == set(PROMISES)
    english = {reply.name: reply.text for reply in languages["en"].replies}
    for tag, language in languages.items():
        assert tuple(reply.name for reply in language.replies) == REPLIES
        assert language.right_to_left == (tag == "ar")
        for reply in language.replies:
            where = f"{tag} {reply.name}"
            assert 0 < len(reply.title) <= 60 and 0 < len(reply.text) <= 1500, where
            assert reply.text == reply.text.strip() and reply.text.count("\n\n") == english[reply.name].count("\n\n"), (
                where
            )
            assert not re.search(PROMISES[tag], reply.text, re.IGNORECASE), where
            assert not re.search(ASKS, reply.text) and "http" not in reply.text, where
            assert tag == "en" or reply.text != english[reply.name], where


@pytest.mark.on_sqlite
def test_nobody_is_said_to_have_read_what_nobody_has(languages: dict[str, Any]) -> None:
    assert {tag for tag, language in languages.items() if language.reviewed_by} == {"en"}


@pytest.mark.on_sqlite
def test_a_damaged_file_is_refused() -> None:
    from notcontent.exchange.desk.errors import ReplyTextsUnreadable
    from notcontent.exchange.desk.replies import _read

    for text in ("", "[]", "{}", '{"language": "en", "replies": {}}'):
        with pytest.raises(ReplyTextsUnreadable):
            _read("xx.json", text)
