"""After sending: what a site says, what a helper saw, what the clock says, and what she reads of each."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from typing import Any

import pytest

from notcontent.hand_on import HandOnCode, format_code
from notcontent.page.languages import LANGUAGES, read_text
from tests.exchange.desk_people import TODAY, face
from tests.exchange.notices.conftest import LINK, NOW, Her, draft_of
from tests.exchange.notices.peers import Mailbox
from tests.exchange.notices.test_sending import prepare, send

HOUR = timedelta(hours=1)


def note(notice: Any, to: str, origin: str, hours: float = 1, **more: Any) -> Any:
    from notcontent.exchange.notices.following import News, record_news
    from notcontent.exchange.notices.states import Origin, State

    at = NOW + hours * HOUR
    return record_news(notice.id, News(State(to), Origin(origin), at, **more), actor="desk", now=at)


def read(mina: Her, hours: float = 1) -> list[str]:
    """The sentences that she reads then."""
    from notcontent.exchange.desk.notice_words import say_as_to_her
    from notcontent.exchange.notices.telling import notices_of

    return [say_as_to_her(told, 3) for told in notices_of(mina.case, NOW + hours * HOUR)]


def post(path: str, body: Any, **how: Any) -> Any:
    """Ask her face in this process."""
    from django.test import AsyncClient

    return asyncio.run(AsyncClient().post(path, body, **how))


def test_what_she_reads_carries_who_says_so(mina: Her, mailbox: Mailbox) -> None:
    notice = send(prepare(mina))
    assert read(mina) == ["Sent on 22 November 2026. By law the site has until 24 November 2026, 09:30 UTC."]
    note(notice, "removed", "site", 5)
    assert read(mina, 6) == ["The site says it took this down (22 November 2026). We have not checked."]
    note(notice, "verified_gone", "helpline", 30)
    assert read(mina, 31) == ["A helper checked on 23 November 2026 and it was gone."]
    note(notice, "closed", "helpline", 32)
    assert read(mina, 33) == ["A helper checked on 23 November 2026 and it was gone."], "closing hides nothing"
    note(notice, "reappeared", "helpline", 100)
    assert read(mina, 101) == ["It was seen again on 26 November 2026. The helpline writes anew."]


def test_removed_is_said_by_nobody_but_the_site_and_gone_by_nobody_but_a_helper(mina: Her, mailbox: Mailbox) -> None:
    from notcontent.exchange.notices.errors import BadFacts

    notice = send(prepare(mina))
    for to, origin in (("removed", "header"), ("removed", "helpline"), ("verified_gone", "header"),
                       ("verified_gone", "site"), ("bounced", "helpline")):  # fmt: skip
        with pytest.raises(BadFacts):
            note(notice, to, origin)
    with pytest.raises(BadFacts):
        note(notice, "removed", "site", hours=-1)


def test_blocked_in_one_country_is_not_called_removed(mina: Her, mailbox: Mailbox) -> None:
    notice = send(prepare(mina))
    note(notice, "partly", "site", 5, country="fr")
    said = "It is blocked in one country only (FR, 22 November 2026). Elsewhere it may still be there."
    assert read(mina, 6) == [said]
    note(other := send(prepare(mina)), "partly", "site", 5)
    by_site = "The site says it took a part of this down (22 November 2026). We have not checked."
    assert sorted(read(mina, 6)) == sorted([said, by_site])
    note(seen := send(prepare(mina)), "partly", "helpline", 5)
    by_us = "A helper checked on 22 November 2026: a part of it was gone."
    assert sorted(read(mina, 6)) == sorted([said, by_site, by_us]) and other.id != seen.id


@pytest.mark.on_sqlite
@pytest.mark.parametrize("tag", LANGUAGES)
def test_every_word_of_a_notice_has_a_text_that_says_what_the_english_one_does(tag: str) -> None:
    from notcontent.exchange.notices.telling import Word

    for word in Word:
        english, text = (read_text(one, f"status.notices.{word}") for one in ("en", tag))
        assert set(re.findall(r"{\w+}", text)) == set(re.findall(r"{\w+}", english)), word
        assert tag == "en" or text != english


def test_pages_without_script_tell_of_notices_with_the_same_words_and_true_clocks(mina: Her, mailbox: Mailbox) -> None:
    from notcontent.exchange.notices.models import Notice
    from notcontent.exchange.today import utc_now

    prepare(mina, partner="")
    sent, now = send(prepare(mina)), utc_now()

    def page(tag: str) -> str:
        code = format_code(HandOnCode(mina.keys["locator"], mina.keys["look_key"]))
        with face("person"):
            return str(post(f"/plain/look?lang={tag}", {"code": code}).content.decode())

    Notice.objects.filter(id=sent.id).update(sent=now)
    due = now + 48 * HOUR
    english = page("en")
    assert (
        "Waiting for a person at the helpline, usually 3 days." in english and "a site that the letter names" in english
    )
    assert "To Board" in english and "By law the site has until <time" in english and f"{due:%H:%M} UTC" in english
    assert LINK not in english and "abuse@" not in english
    for tag in ("ar", "ko"):
        before, _, after = read_text(tag, "status.notices.sent_with_clock").partition("{due}")
        told = page(tag)
        assert f"{due:%H:%M} UTC{after}" in told and before.partition("{since}")[2] in told
    Notice.objects.filter(id=sent.id).update(sent=now - 49 * HOUR)
    assert "and it has not answered" in page("en") and "has until" not in page("en")


def test_the_clock_counts_from_the_earliest_receipt_that_can_be_shown(mina: Her, mailbox: Mailbox) -> None:
    from notcontent.exchange.notices.timing import standing_of

    notice = send(prepare(mina))
    later = note(notice, "acknowledged", "site", 7)
    standing = standing_of(later, NOW + 8 * HOUR)
    assert standing is not None and standing.due == NOW + 55 * HOUR


def test_silence_is_noted_when_the_time_is_over_and_not_a_moment_earlier(mina: Her, mailbox: Mailbox) -> None:
    from notcontent.exchange.notices.following import find_silent
    from notcontent.exchange.notices.models import Notice

    notice = send(prepare(mina))
    over = "The site’s time was over on 24 November 2026, and it has not answered. The helpline takes the next step."
    # She reads it from the moment on, whether or not the daily look at clocks has noted it yet.
    assert read(mina, 49) == [over]
    assert find_silent(NOW + 48 * HOUR) == 0
    assert find_silent(NOW + 48 * HOUR + timedelta(seconds=1)) == 1
    assert find_silent(NOW + 50 * HOUR) == 0
    assert Notice.objects.get(id=notice.id).steps.last().at == NOW + 48 * HOUR
    assert read(mina, 50) == [over]
    note(notice, "escalated", "helpline", 51, rung="us.ftc")
    # It may still answer, late.
    note(notice, "removed", "site", 60)


def test_without_a_law_that_surely_covers_the_site_she_sees_no_clock(mina: Her, mailbox: Mailbox) -> None:
    from notcontent.exchange.notices.regimes.contract import Answer

    send(prepare(mina, covered=Answer.UNSURE))
    assert read(mina) == ["Sent on 22 November 2026. No law sets this site a time that we could count for you."]
    assert read(mina, 49) == ["The site has not answered. The helpline takes the next step."]


def test_a_step_of_the_ladder_comes_after_silence_or_a_refusal_only(mina: Her, mailbox: Mailbox) -> None:
    from notcontent.exchange.notices.errors import BadFacts, NotNow
    from notcontent.exchange.notices.states import Refusal

    notice = send(prepare(mina))
    with pytest.raises(NotNow):
        note(notice, "escalated", "helpline", rung="us.ftc")
    note(notice, "refused", "site", 2, reason=Refusal.NOT_ENTITLED)
    assert read(mina, 3) == ["The site said no on 22 November 2026. The helpline looks at what can be done next."]
    with pytest.raises(BadFacts):
        note(notice, "escalated", "helpline", 4, rung="uk.ofcom")
    note(notice, "escalated", "helpline", 4, rung="us.ftc")


def test_before_anything_is_sent_she_waits_for_a_person_and_for_no_clock(mina: Her, mailbox: Mailbox) -> None:
    from notcontent.exchange.notices.drafting import draft_notice

    draft_notice(mina.case.id, draft_of(mina), actor="desk", today=TODAY)
    assert read(mina) == ["Waiting for a person at the helpline, usually 3 days."]
    prepare(mina)
    assert read(mina) == ["Waiting for a person at the helpline, usually 3 days."] * 2


def test_after_it_is_closed_nothing_can_be_read_and_its_record_stands(mina: Her, mailbox: Mailbox) -> None:
    from django.conf import settings

    from notcontent.exchange.notices.errors import WorkGone
    from notcontent.exchange.notices.keeping import read_work
    from notcontent.exchange.notices.models import Notice

    notice = send(prepare(mina))
    note(notice, "removed", "site", 5)
    note(notice, "closed", "helpline", 6)
    closed = Notice.objects.get(id=notice.id)
    with pytest.raises(WorkGone):
        read_work(closed)
    assert not list(settings.FOLDER.notice_keys.iterdir()) and closed.text_sha256 and closed.proof
    assert [step.state for step in closed.steps.order_by("id")] == ["complete", "approved", "sent", "removed", "closed"]


def test_what_was_copied_of_the_tables_before_a_notice_closed_cannot_be_read_afterwards(
    mina: Her, mailbox: Mailbox
) -> None:
    import pyrage
    from django.conf import settings

    notice = send(prepare(mina))
    copied = bytes(notice.work)
    [key] = settings.FOLDER.notice_keys.iterdir()
    identity = key.read_text().strip()
    assert LINK.encode() in pyrage.decrypt(copied, [pyrage.x25519.Identity.from_str(identity)])
    note(notice, "removed", "site", 5)
    note(notice, "closed", "helpline", 6)
    files = [path for path in settings.FOLDER.path.rglob("*") if path.is_file()]
    assert settings.FOLDER.online_key in files
    assert [path.name for path in files if identity.encode() in path.read_bytes()] == []


def test_a_key_that_a_sudden_end_left_behind_is_deleted_on_the_next_day(mina: Her, mailbox: Mailbox) -> None:
    from django.conf import settings

    from notcontent.exchange.notices.keeping import forget_old_keys
    from notcontent.exchange.notices.models import Notice

    over, goes_on = send(prepare(mina)), send(prepare(mina))
    key = settings.FOLDER.notice_keys / f"{over.id}.key"
    kept = key.read_bytes()
    note(over, "removed", "site", 5)
    note(over, "closed", "helpline", 6)
    key.write_bytes(kept)
    assert forget_old_keys(TODAY) == 1
    assert [path.stem for path in settings.FOLDER.notice_keys.iterdir()] == [goes_on.id]
    assert Notice.objects.get(id=goes_on.id).work


def test_her_case_asks_her_and_her_words_alone_answer(mina: Her, mailbox: Mailbox) -> None:
    import json

    from notcontent.exchange.notices.approving import ask_her
    from notcontent.exchange.notices.models import HerWord, Notice

    notice = prepare(mina, partner="")
    ask_her(notice.id, actor="desk", today=TODAY)

    def ask(path: str, **more: str) -> Any:
        keys = {name: mina.keys[name] for name in ("locator", "look_key" if path == "look" else "withdraw_key")}
        body = json.dumps({"v": 1, **keys, **more})
        return post(f"/v1/cases/{path}", body, content_type="application/json").json()

    with face("person"):
        [told] = ask("look")["notices"]
        assert told["asks"] and told["word"] == "asks" and told["answer"] is None and told["due"] is None
        [told] = ask("answer", question=notice.id, answer="yes")["notices"]
        assert told["answer"] == "yes"
        assert ask("answer", question="0" * 16, answer="no")["notices"] == [told]
    assert Notice.objects.get(id=notice.id).her_word == HerWord.YES


def test_what_bounced_or_reappeared_is_drafted_again_and_needs_everything_anew(mina: Her, mailbox: Mailbox) -> None:
    from notcontent.exchange.notices.drafting import draft_again
    from notcontent.exchange.notices.keeping import read_work
    from notcontent.exchange.notices.models import Notice
    from notcontent.exchange.notices.states import State

    notice = send(prepare(mina))
    note(notice, "bounced", "mail", 2)
    again = draft_again(notice.id, actor="desk", today=TODAY)
    before, after = read_work(Notice.objects.get(id=notice.id)), read_work(again)
    assert (again.stands, again.previous_id, again.evidence, again.sent) == (State.DRAFT, notice.id, "", None)
    assert after.facts.items == before.facts.items and after.token != before.token
    assert after.facts.contact == f"notices+{after.token}@helpline.example"


def test_a_refusal_under_the_unions_law_opens_six_months_for_a_complaint(mina: Her, mailbox: Mailbox) -> None:
    from notcontent.exchange.notices.timing import complaint_of

    refused = note(send(prepare(mina, law="eu")), "refused", "site", 2)
    complaint = complaint_of(refused, NOW + 3 * HOUR)
    # 22 May 2027 is a Saturday, so Monday is the last day.
    assert complaint is not None and complaint.due.isoformat() == "2027-05-25T00:00:00+00:00"


def test_numbers_tell_of_sites_and_never_of_a_few(mina: Her, mailbox: Mailbox) -> None:
    from notcontent.exchange.notices.counting import Row, Tally, count_notices
    from notcontent.exchange.notices.models import Notice
    from notcontent.exchange.notices.states import Refusal

    law = "TAKE IT DOWN Act (United States)"
    first = send(prepare(mina))
    note(first, "removed", "site", 10)
    assert count_notices() == (Row("other sites", law, None),)
    for hours in (20, 30):
        note(send(prepare(mina)), "removed", "site", hours)
    note(send(prepare(mina)), "refused", "site", 2, reason=Refusal.NOT_FOUND)
    send(prepare(mina))
    prepare(mina)
    assert count_notices() == (Row("other sites", law, Tally(5, 0, 3, 1, 0, (("not_found", 1),), 3, 20.0)),)
    Notice.objects.all().update(service="telegram")
    assert [row.site for row in count_notices()] == ["Telegram"]
