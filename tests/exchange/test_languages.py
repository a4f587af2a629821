"""The desk in its reader's language."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from tests.exchange.desk_people import SignIn

EXCHANGE = Path(__file__).parents[2] / "src" / "notcontent" / "exchange"


def test_the_desk_speaks_what_the_browser_asks_for_until_somebody_chooses(desk: SignIn) -> None:
    from notcontent.exchange.desk.roles import Role

    client = desk("mira", Role.DESK)
    german = client.get("/", headers={"Accept-Language": "de, en;q=0.5"})
    assert german["Content-Language"] == "en" and b"<h1>What waits for you</h1>" in german.content
    korean = client.get("/", headers={"Accept-Language": "ko-KR, en;q=0.5"})
    assert '<html lang="ko" dir="ltr">' in korean.content.decode() and "<h1>기다리는 일</h1>" in korean.content.decode()
    assert "이 번역은 아직 원어민이 확인하지 않았습니다" in korean.content.decode()
    chosen = client.post("/language", {"language": "zh-Hant", "next": "/proposals"})
    assert chosen["Location"] == "/proposals"
    kept = chosen.cookies["desk_language"]
    assert kept.value == "zh-Hant" and kept["httponly"] and kept["samesite"] == "Strict"
    assert "<h1>提議</h1>" in client.get("/proposals", headers={"Accept-Language": "ko"}).content.decode()
    client.post("/sign-out")
    assert "登入工作台" in client.get("/sign-in").content.decode(), "it stays with the browser"


@pytest.mark.parametrize("elsewhere", ["https://example.org/", "//example.org", "javascript:alert(1)"])
def test_choosing_a_language_leads_nowhere_else_and_to_no_language_that_is_not_ours(
    desk: SignIn, elsewhere: str
) -> None:
    answer = desk("mira").post("/language", {"language": "xx", "next": elsewhere})
    assert answer["Location"] == "/" and not answer.cookies


def test_what_is_refused_is_said_in_her_language(desk: SignIn) -> None:
    from notcontent.exchange.desk.roles import Role

    client = desk("mira", Role.LEAD)
    form = {"name": "Not A Name", "reason": "wir brauchen sie"}
    for tag, said in (("zh-CN", "账号名最多32个字符"), ("ko", "계정 이름은 소문자"), ("en", "at most 32 small")):
        assert said in client.post("/accounts/ask", form, headers={"Accept-Language": tag}).content.decode()


def test_days_and_numbers_are_written_as_each_language_writes_them(desk: SignIn) -> None:
    from django.utils import translation

    from notcontent.exchange.desk.templatetags.tongue import count, day, moment, said_in_parts, short_day

    then = datetime(2026, 11, 29, 17, 5, tzinfo=UTC)
    written = {
        "en": ("29 November 2026", "29 Nov 2026", "29 November 2026, 17:05 UTC", "12,345", "role given: lead"),
        "zh-hans": ("2026年11月29日", "2026年11月29日", "2026年11月29日, 17:05 UTC", "12,345", "给予角色: 负责人"),
        "ko": ("2026년 11월 29일", "2026. 11. 29.", "2026년 11월 29일, 17:05 UTC", "12,345", "역할 줌: 책임자"),
    }
    desk("mira").get("/sign-in")
    for tag, texts in written.items():
        with translation.override(tag):
            now = day(date(2026, 11, 29)), short_day(then), moment(then), count(12345)
            assert (*now, said_in_parts("role given: lead")) == texts


def test_every_word_that_is_kept_in_english_can_be_said_in_another_language(desk: SignIn) -> None:
    from notcontent.exchange.cases.models import Circumstance
    from notcontent.exchange.desk import stored_words, two_people
    from notcontent.exchange.desk.keeping import THE_TERMS
    from notcontent.exchange.desk.roles import COMMAND_LINE, Role
    from notcontent.exchange.desk.tiers import THE_RULE
    from notcontent.exchange.disputes.models import Answer, Kind
    from notcontent.exchange.lists.models import Contest
    from notcontent.exchange.partners.models import Client
    from notcontent.feed.entry import Tier

    assert set(Role) <= set(stored_words.ROLES)
    assert {COMMAND_LINE, THE_RULE, THE_TERMS} <= set(stored_words.OTHERS)
    assert set(two_people._acts) == set(stored_words.ACTS)
    assert set(Tier) <= set(stored_words.TIERS)
    for labels in (Answer.labels, Circumstance.labels, Contest.labels, Client.labels, Kind.labels):
        assert set(labels) <= set(stored_words.LABELS)
    assert {*Kind.values, str(Answer.UPHELD), str(Answer.RELEASED)} <= set(stored_words.DETAILS)
    written = set()
    for path in EXCHANGE.rglob("*.py"):
        if "write_audit(" not in (source := path.read_text()):
            continue
        written |= set(re.findall(r'action="([^"]+)"', source)) | set(re.findall(r'_write\(\w+, "([^"]+)"', source))
        written |= {word.partition(":")[0] for word in re.findall(r'action=f"([^"{]+:) \{', source)}
    assert len(written) > 20
    assert written - set(stored_words.ACTIONS) == set()
