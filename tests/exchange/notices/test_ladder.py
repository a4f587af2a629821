"""The next step when a site does not act: from when it may be taken, and a letter that goes the way a notice goes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from notcontent.device.sealing import open_letter
from tests.exchange.desk_people import TODAY, SignIn
from tests.exchange.notices.conftest import LINK, NOW, Her, draft_of, whole_facts
from tests.exchange.notices.peers import Mailbox
from tests.exchange.notices.test_following import HOUR, note
from tests.exchange.notices.test_sending import prepare, send


def climb(notice: Any, rung: str, hours: float) -> Any:
    from notcontent.exchange.notices.ladder import draft_letter

    return draft_letter(notice.id, rung, actor="desk", today=TODAY, now=NOW + hours * HOUR)


def finish(letter: Any, hours: float) -> Any:
    """The letter completed, approved and sent."""
    from notcontent.exchange.notices.approving import approve_notice
    from notcontent.exchange.notices.drafting import complete_notice
    from notcontent.exchange.notices.sending import send_by_mail

    at = NOW + hours * HOUR
    complete_notice(letter.id, actor="desk", today=TODAY, now=at)
    approve_notice(letter.id, actor="desk", today=TODAY, now=at)
    return send_by_mail(letter.id, actor="desk", now=at)


def test_a_step_opens_when_what_its_letter_says_is_true(mina: Her, mailbox: Mailbox) -> None:
    from notcontent.exchange.notices.errors import BadFacts, NotNow

    opens = {"us": {"us.remind": 24, "us.ftc": 48}, "uk": {"uk.remind": 24, "uk.ofcom": 48}, "eu": {"eu.remind": 24}}
    for law, rungs in opens.items():
        notice = send(prepare(mina, law))
        for rung, hours in rungs.items():
            with pytest.raises(NotNow):
                climb(notice, rung, hours - 0.01)
            assert climb(notice, rung, hours).rung == rung
        for none in ("", "kr.kcsc", "zz.none"):
            with pytest.raises(BadFacts):
                climb(notice, none, 100)


def test_a_refusal_opens_the_complaint_and_six_months_close_it(mina: Her, mailbox: Mailbox) -> None:
    from notcontent.exchange.notices.errors import NotNow
    from notcontent.exchange.notices.timing import ladder_of

    notice = send(prepare(mina, "eu"))
    with pytest.raises(NotNow):
        climb(notice, "eu.complaint", 1000)
    refused = note(notice, "refused", "site", 2)
    at = {one.rung.id: one for one in ladder_of(refused, NOW)}
    assert at["eu.complaint"].begins == at["eu.coordinator"].begins == NOW + 2 * HOUR
    assert at["eu.complaint"].ends == datetime(2027, 5, 25, tzinfo=UTC) and at["eu.coordinator"].ends is None
    assert at["eu.body"].ends is None, "no law ends this one"
    note(refused, "escalated", "helpline", 3, rung="eu.coordinator")
    refused.refresh_from_db()
    with pytest.raises(NotNow):
        climb(refused, "eu.complaint", 24 * 200)


def test_a_reminder_goes_to_the_site_in_its_language_and_the_notice_waits_on(mina: Her, mailbox: Mailbox) -> None:
    notice = send(prepare(mina, "eu", facts=whole_facts(language="de")))
    mailbox.mails.clear()
    letter = finish(climb(notice, "eu.remind", 30), 30)
    [(envelope, mail)] = mailbox.mails
    part = mail.get_body(("plain",))
    body = part.get_content()
    assert envelope.rcpt_tos == ["abuse@board.example"] and part["Content-Language"] == "de"
    assert mail["Subject"].startswith("Erinnerung") and notice.id in body and LINK in body
    assert "2026-11-22 09:30 UTC" in body and not list(mail.iter_attachments())
    # An answer finds the letter, not the notice; both say the same reference.
    assert mail["Reply-To"] != letter.previous.proof and envelope.mail_from == mail["Reply-To"]
    notice.refresh_from_db()
    assert (notice.state, letter.state, letter.previous_id) == ("sent", "sent", notice.id)
    shown = open_letter(bytes(letter.letter.sealed), mina.read_key)["text"]
    assert "Erinnerung" in shown and "[English]" in shown and "Reminder" in shown


def test_an_authority_is_asked_only_with_her_word_and_the_notice_has_taken_the_step(
    mina: Her, mailbox: Mailbox
) -> None:
    from notcontent.exchange.notices.approving import ask_her
    from notcontent.exchange.notices.drafting import change_draft, complete_notice
    from notcontent.exchange.notices.errors import BadFacts, HerWordFirst
    from notcontent.exchange.notices.hearing_her import hear_of_notice
    from notcontent.exchange.notices.telling import Word, notices_of

    notice = send(prepare(mina, "uk"))
    letter = climb(notice, "uk.ofcom", 50)
    assert (letter.way, letter.partner, letter.evidence, letter.language) == ("form", None, notice.evidence, "en")
    with pytest.raises(BadFacts, match="form needs its link"):
        complete_notice(letter.id, actor="desk", today=TODAY, now=NOW + 50 * HOUR)
    draft = draft_of(mina, "uk", way="email", to="desk@authority.example", partner="")
    change_draft(letter.id, draft, actor="desk", today=TODAY, now=NOW + 50 * HOUR)
    with pytest.raises(HerWordFirst):
        finish(letter, 50)
    ask_her(letter.id, actor="desk", today=TODAY)
    hear_of_notice(mina.case, letter.id, may_go=True, today=TODAY)
    mailbox.mails.clear()
    from notcontent.exchange.notices.approving import approve_notice
    from notcontent.exchange.notices.sending import send_by_mail

    at = NOW + 51 * HOUR
    approve_notice(letter.id, actor="desk", today=TODAY, now=at)
    sent = send_by_mail(letter.id, actor="desk", now=at)
    [(envelope, mail)] = mailbox.mails
    assert envelope.rcpt_tos == ["desk@authority.example"]
    assert "ended on 2026-11-24 09:30 UTC" in mail.get_body(("plain",)).get_content()
    notice.refresh_from_db()
    assert [step.state for step in notice.steps.order_by("id")][-2:] == ["silent", "escalated"]
    assert notice.steps.order_by("-id")[0].rung == "uk.ofcom" and sent.state == "sent"
    told = {one.id: one for one in notices_of(mina.case, at)}
    assert (told[sent.id].site, told[sent.id].word, told[sent.id].due) == ("Ofcom", Word.SENT, None)
    assert told[notice.id].word is Word.NEXT_STEP


def test_the_time_for_an_answer_is_counted_in_days_of_work_where_the_recipient_is(mina: Her, mailbox: Mailbox) -> None:
    from notcontent.exchange.notices.models import Notice
    from notcontent.exchange.notices.timing import standing_of

    notice = send(prepare(mina, "uk"))
    letter = finish(climb(notice, "uk.complaint", 49), 49)
    # Tuesday, 24 November; two days of work later is Thursday, and it ends with the day in London.
    standing = standing_of(letter, NOW + 50 * HOUR)
    assert standing is not None and standing.due == datetime(2026, 11, 27, tzinfo=UTC)
    Notice.objects.filter(id=letter.id).update(sent=datetime(2026, 12, 24, 12, tzinfo=UTC))
    letter.refresh_from_db()
    standing = standing_of(letter, NOW)
    # Christmas Day, a weekend, and Boxing Day moved to Monday.
    assert standing is not None and standing.due == datetime(2026, 12, 31, tzinfo=UTC)


def test_the_last_day_for_a_complaint_is_one_on_which_somebody_works_here(mina: Her, mailbox: Mailbox) -> None:
    from dataclasses import replace

    from django.conf import settings

    from notcontent.exchange.notices.timing import complaint_of, last_day_here

    notice = note(send(prepare(mina, "eu")), "refused", "site", 2)
    standing = complaint_of(notice, NOW)
    assert standing is not None and str(last_day_here(standing)) == "2027-05-24"
    settings.PROFILE = replace(settings.PROFILE, country="BG")
    assert str(last_day_here(standing)) == "2027-05-21", "that Monday is the day of letters in Bulgaria"


def test_what_she_takes_back_stops_letters_too(mina: Her, mailbox: Mailbox) -> None:
    from notcontent.exchange.notices.models import Notice
    from notcontent.exchange.notices.stopping import stop_notices

    notice = send(prepare(mina, "us"))
    climb(notice, "us.ftc", 50)
    assert stop_notices(mina.case, NOW + 51 * HOUR, partner=mina.partner.id) == 2
    assert {one.state for one in Notice.objects.all()} == {"withdrawn"}


def test_a_letter_is_closed_by_itself_and_with_its_notice_and_nothing_of_it_can_be_read(
    mina: Her, mailbox: Mailbox
) -> None:
    from django.conf import settings

    notice = send(prepare(mina))
    letters = [climb(notice, "us.remind", 30), finish(climb(notice, "us.remind", 31), 31)]
    third = climb(notice, "us.remind", 32)
    note(third, "closed", "helpline", 33)
    note(notice, "removed", "site", 34)
    note(notice, "closed", "helpline", 35)
    for letter in letters:
        letter.refresh_from_db()
        assert (letter.state, bytes(letter.work)) == ("closed", b"")
    assert not list(settings.FOLDER.notice_keys.iterdir())


def test_at_the_desk_a_step_shows_its_dates_and_becomes_a_letter(desk: SignIn, mina: Her, mailbox: Mailbox) -> None:
    from notcontent.exchange.desk.roles import Role
    from notcontent.exchange.notices.models import Notice

    notice = prepare(mina, "eu", facts=whole_facts(language="fr"))
    noor = desk("noor", Role.DESK)
    page = noor.get(f"/notices/{notice.id}").text
    assert 'lang="fr">' in page and "Notification au titre" in page and "Notice under Article 16" in page
    assert "this is not sent" in page
    Notice.objects.filter(id=notice.id).update(state="silent", sent=NOW - timedelta(days=2))
    page = noor.get(f"/notices/{notice.id}").text
    assert "Draft this letter" in page and "Not yet: nothing has happened that opens it." in page
    assert "digital-strategy.ec.europa.eu" in page
    made = noor.post(f"/notices/{notice.id}/letter", {"rung": "eu.remind"})
    assert made.status_code == 302 and made["location"] != f"/notices/{notice.id}"
    letter = noor.get(made["location"]).text
    assert "Rappel" in letter and "Reminder" in letter and 'name="items"' not in letter
    told = {"service_name": "Board", "way": "email", "to": "abuse@board.example", "looked_up": "on", "her_name": "",
            "criminal_reference": "", "language": "en", "partner": mina.partner.id}  # fmt: skip
    assert noor.post(made["location"], told).status_code == 302
    kept = noor.get(made["location"]).text
    assert LINK in kept and "Rappel" not in kept
    assert "eu.remind" in noor.get(f"/notices/{notice.id}").text
