"""From a link to a notice that was really sent, and all that keeps it from going."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import Any

import pytest

from notcontent.device.sealing import open_letter
from tests.exchange.desk_people import TODAY
from tests.exchange.notices.conftest import LINK, NOW, Her, draft_of, evidence_of, whole_facts
from tests.exchange.notices.peers import SENDER, Mailbox


def prepare(mina: Her, law: str = "us", **changed: Any) -> Any:
    """A complete notice whose evidence is kept."""
    from notcontent.exchange.notices.drafting import complete_notice, draft_notice, record_evidence

    notice = draft_notice(mina.case.id, draft_of(mina, law, **changed), actor="desk", today=TODAY)
    record_evidence(notice.id, record=evidence_of(mina), reason="", actor="desk", today=TODAY)
    return complete_notice(notice.id, actor="desk", today=TODAY, now=NOW)


def send(notice: Any) -> Any:
    from notcontent.exchange.notices.approving import approve_notice
    from notcontent.exchange.notices.sending import send_by_mail

    approve_notice(notice.id, actor="desk", today=TODAY, now=NOW)
    return send_by_mail(notice.id, actor="desk", now=NOW)


@pytest.mark.parametrize("law", ["us", "uk", "eu"])
def test_from_a_link_to_a_notice_that_the_site_has_with_a_clock_that_is_true(
    mina: Her, mailbox: Mailbox, law: str
) -> None:
    from notcontent.exchange.notices.approving import approve_notice
    from notcontent.exchange.notices.drafting import complete_notice, draft_notice, record_evidence
    from notcontent.exchange.notices.errors import EvidenceFirst, NotComplete
    from notcontent.exchange.notices.sending import send_by_mail
    from notcontent.exchange.notices.telling import Word, notices_of
    from notcontent.exchange.notices.timing import standing_of

    without_link = whole_facts(items=())
    notice = draft_notice(mina.case.id, draft_of(mina, law, facts=without_link), actor="desk", today=TODAY)
    with pytest.raises(NotComplete) as refused:
        complete_notice(notice.id, actor="desk", today=TODAY, now=NOW)
    missing = {"us": "us.locate", "uk": "uk.identify", "eu": "eu.location"}[law]
    assert missing in {element.id for element in refused.value.missing} and missing in str(refused.value)

    from notcontent.exchange.notices.drafting import change_draft

    change_draft(notice.id, draft_of(mina, law), actor="desk", today=TODAY, now=NOW)
    complete_notice(notice.id, actor="desk", today=TODAY, now=NOW)
    with pytest.raises(EvidenceFirst):
        approve_notice(notice.id, actor="desk", today=TODAY, now=NOW)
    record_evidence(notice.id, record="", reason="the page shows her name", actor="desk", today=TODAY)
    approve_notice(notice.id, actor="desk", today=TODAY, now=NOW)
    assert [told.word for told in notices_of(mina.case, NOW)] == [Word.READY] and not mailbox.mails
    sent = send_by_mail(notice.id, actor="desk", now=NOW)

    [(envelope, mail)] = mailbox.mails
    assert envelope.rcpt_tos == ["abuse@board.example"] and envelope.mail_from == mail["Reply-To"]
    assert mail["Reply-To"].startswith("notices+") and mail["From"] == f"Test helpline <{SENDER}>"
    assert mail["Message-ID"] == sent.proof and mailbox.greeted_as == ["helpline.example"]
    part = mail.get_body(("plain",))
    body = part.get_content()
    assert part["Content-Language"] == "en" and LINK in body and sent.id in mail["Subject"]
    # What went out is, to the byte, what was approved.
    text = f"{mail['Subject']}\n\n{body}".replace("\r\n", "\n")
    assert hashlib.sha256(text.rstrip("\n").encode() + b"\n").hexdigest() == sent.text_sha256
    [attached] = mail.iter_attachments()
    structured = json.loads(attached.get_content())
    assert structured["reference"] == sent.id and structured["items"][0]["links"] == [LINK]
    assert all(element.startswith(law) for element in structured["elements"])

    standing = standing_of(sent, NOW)
    assert standing is not None and standing.due == NOW + timedelta(hours=24 if law == "eu" else 48)
    [told] = notices_of(mina.case, NOW)
    # The Union's law names no hours, so no clock is shown for it.
    assert (told.word, told.due) == ((Word.SENT, None) if law == "eu" else (Word.SENT_WITH_CLOCK, standing.due))
    # She can read it, with her words alone.
    letter = open_letter(bytes(sent.letter.sealed), mina.read_key)
    assert body.replace("\r\n", "\n").strip() in letter["text"]


def test_nothing_goes_while_she_says_ask_me_or_no(mina: Her, mailbox: Mailbox) -> None:
    from notcontent.exchange.cases.models import Notices
    from notcontent.exchange.cases.stating import state
    from notcontent.exchange.notices.approving import approve_notice, ask_her
    from notcontent.exchange.notices.errors import HerWordFirst
    from notcontent.exchange.notices.hearing_her import hear_of_notice
    from notcontent.exchange.notices.sending import send_by_mail
    from notcontent.exchange.notices.telling import Word, notices_of

    state(mina.case, {mina.partner.id: Notices.ASK}, TODAY)
    notice = prepare(mina)
    with pytest.raises(HerWordFirst):
        approve_notice(notice.id, actor="desk", today=TODAY, now=NOW)
    assert [told.word for told in notices_of(mina.case, NOW)] == [Word.WAITING]
    assert not hear_of_notice(mina.case, "0" * 16, may_go=True, today=TODAY)
    asked = ask_her(notice.id, actor="desk", today=TODAY)
    assert LINK in open_letter(bytes(asked.letter.sealed), mina.read_key)["text"]
    [told] = notices_of(mina.case, NOW)
    assert told.word is Word.ASKS and told.asks and told.letter == asked.letter_id
    assert hear_of_notice(mina.case, notice.id, may_go=False, today=TODAY)
    with pytest.raises(HerWordFirst):
        approve_notice(notice.id, actor="desk", today=TODAY, now=NOW)
    hear_of_notice(mina.case, notice.id, may_go=True, today=TODAY)
    approve_notice(notice.id, actor="desk", today=TODAY, now=NOW)
    send_by_mail(notice.id, actor="desk", now=NOW)
    assert len(mailbox.mails) == 1


def test_a_site_she_said_nothing_about_needs_her_word_and_her_yes_is_her_authorisation(
    mina: Her, mailbox: Mailbox
) -> None:
    from notcontent.exchange.notices.approving import ask_her
    from notcontent.exchange.notices.errors import HerWordFirst
    from notcontent.exchange.notices.hearing_her import hear_of_notice

    notice = prepare(mina, partner="")
    with pytest.raises(HerWordFirst):
        send(notice)
    ask_her(notice.id, actor="desk", today=TODAY)
    hear_of_notice(mina.case, notice.id, may_go=True, today=TODAY)
    send(notice)
    assert len(mailbox.mails) == 1


def test_her_no_counts_also_where_she_had_said_that_nobody_need_ask(mina: Her, mailbox: Mailbox) -> None:
    from notcontent.exchange.notices.approving import ask_her
    from notcontent.exchange.notices.errors import HerWordFirst
    from notcontent.exchange.notices.hearing_her import hear_of_notice

    notice = prepare(mina)
    ask_her(notice.id, actor="desk", today=TODAY)
    hear_of_notice(mina.case, notice.id, may_go=False, today=TODAY)
    with pytest.raises(HerWordFirst):
        send(notice)
    assert not mailbox.mails


def test_her_name_goes_only_with_her_yes_and_with_a_second_person(mina: Her, mailbox: Mailbox) -> None:
    from notcontent.exchange.notices.approving import approve_notice, ask_her
    from notcontent.exchange.notices.errors import HerWordFirst, SecondPersonFirst
    from notcontent.exchange.notices.hearing_her import hear_of_notice
    from notcontent.exchange.notices.sending import send_by_mail

    notice = prepare(mina, facts=whole_facts(her_name="Mina Example"))
    with pytest.raises(HerWordFirst):
        approve_notice(notice.id, actor="another", today=TODAY, now=NOW)
    ask_her(notice.id, actor="desk", today=TODAY)
    hear_of_notice(mina.case, notice.id, may_go=True, today=TODAY)
    with pytest.raises(SecondPersonFirst):
        approve_notice(notice.id, actor="desk", today=TODAY, now=NOW)
    approve_notice(notice.id, actor="another", today=TODAY, now=NOW)
    send_by_mail(notice.id, actor="desk", now=NOW)
    assert "Mina Example" in mailbox.mails[0][1].get_body(("plain",)).get_content()


def test_what_she_takes_back_stops_drafts_and_clocks_and_nothing_is_left_to_read(mina: Her, mailbox: Mailbox) -> None:
    from django.conf import settings

    from notcontent.exchange.cases.models import Forget
    from notcontent.exchange.cases.withdrawing import withdraw_case
    from notcontent.exchange.notices.errors import NotNow
    from notcontent.exchange.notices.models import Notice
    from notcontent.exchange.notices.sending import send_by_mail
    from notcontent.exchange.notices.telling import Word, notices_of
    from notcontent.exchange.notices.timing import standing_of

    sent, draft = send(prepare(mina)), prepare(mina)
    assert len(list(settings.FOLDER.notice_keys.iterdir())) == 2
    withdraw_case(mina.case.locator_sha256, mina.case.withdraw_sha256, Forget.MATCHING, TODAY)
    assert {told.id: told.word for told in notices_of(mina.case, NOW)} == {
        sent.id: Word.STOPPED_AFTER_SENDING,
        draft.id: Word.STOPPED,
    }
    assert standing_of(Notice.objects.get(id=sent.id), NOW) is None
    assert list(settings.FOLDER.notice_keys.iterdir()) == []
    assert {bytes(work) for work in Notice.objects.values_list("work", flat=True)} == {b""}
    with pytest.raises(NotNow):
        send_by_mail(draft.id, actor="desk", now=NOW)
    assert len(mailbox.mails) == 1
    withdraw_case(mina.case.locator_sha256, mina.case.withdraw_sha256, Forget.EVERYTHING, TODAY)
    assert not Notice.objects.exists()


def test_a_statement_taken_back_stops_the_notices_to_that_site(mina: Her, mailbox: Mailbox) -> None:
    from notcontent.exchange.cases.models import Notices
    from notcontent.exchange.cases.stating import state
    from notcontent.exchange.notices.models import Notice
    from notcontent.exchange.notices.states import State

    there, elsewhere = prepare(mina), prepare(mina, partner="")
    state(mina.case, {mina.partner.id: Notices.REVOKED}, TODAY)
    assert Notice.objects.get(id=there.id).stands is State.WITHDRAWN
    assert Notice.objects.get(id=elsewhere.id).stands is State.COMPLETE


def test_a_changed_text_needs_her_word_and_a_human_again(mina: Her, mailbox: Mailbox) -> None:
    from notcontent.exchange.notices.approving import approve_notice
    from notcontent.exchange.notices.drafting import change_draft
    from notcontent.exchange.notices.errors import NotNow
    from notcontent.exchange.notices.sending import send_by_mail

    notice = prepare(mina)
    approve_notice(notice.id, actor="desk", today=TODAY, now=NOW)
    changed = change_draft(
        notice.id, draft_of(mina, facts=whole_facts(consent_facts="Other.")), actor="x", today=TODAY, now=NOW
    )
    assert (changed.approved_by, changed.her_word, changed.letter) == ("", "", None)
    with pytest.raises(NotNow):
        send_by_mail(notice.id, actor="desk", now=NOW)


def test_a_relay_that_says_no_leaves_the_notice_to_be_sent_again(mina: Her, mailbox: Mailbox) -> None:
    from notcontent.exchange.notices.errors import MailRefused
    from notcontent.exchange.notices.models import Notice
    from notcontent.exchange.notices.sending import send_by_mail
    from notcontent.exchange.notices.states import State

    notice = prepare(mina)
    mailbox.unknown = {"abuse@board.example"}
    with pytest.raises(MailRefused):
        send(notice)
    stored = Notice.objects.get(id=notice.id)
    assert (stored.stands, stored.handed, stored.sent) == (State.APPROVED, None, None)
    mailbox.unknown = set()
    assert send_by_mail(notice.id, actor="desk", now=NOW).stands is State.SENT


def test_where_the_relay_hangs_up_in_the_middle_nothing_is_sent_twice(mina: Her, mailbox: Mailbox) -> None:
    from notcontent.exchange.notices.errors import NotNow
    from notcontent.exchange.notices.models import Notice
    from notcontent.exchange.notices.sending import send_by_mail, settle_handed
    from notcontent.exchange.notices.states import State

    notice = prepare(mina)
    mailbox.hangs_up = True
    for _ in range(2):
        with pytest.raises(NotNow):
            send(notice) if not mailbox.mails else send_by_mail(notice.id, actor="desk", now=NOW)
    assert len(mailbox.mails) == 1 and Notice.objects.get(id=notice.id).stands is State.APPROVED
    settle_handed(notice.id, went=True, actor="desk", now=NOW + timedelta(hours=1))
    settled = Notice.objects.get(id=notice.id)
    assert (settled.stands, settled.sent) == (State.SENT, NOW)


@pytest.mark.on_sqlite
def test_she_takes_it_back_while_the_relay_takes_it_and_the_truth_is_told(mina: Her, mailbox: Mailbox) -> None:
    from notcontent.exchange.cases.models import Forget
    from notcontent.exchange.cases.withdrawing import withdraw_case
    from notcontent.exchange.notices.states import State

    notice = prepare(mina)

    def take_back() -> None:
        from django.db import connections

        withdraw_case(mina.case.locator_sha256, mina.case.withdraw_sha256, Forget.MATCHING, TODAY)
        connections.close_all()

    mailbox.on_data = take_back
    sent = send(notice)
    assert (sent.stands, sent.sent) == (State.WITHDRAWN, NOW)


def test_evidence_of_another_case_is_none_of_this_one(mina: Her) -> None:
    from notcontent.exchange.cases.models import Case
    from notcontent.exchange.evidence.models import Evidence
    from notcontent.exchange.notices.drafting import draft_notice, record_evidence
    from notcontent.exchange.notices.errors import BadFacts

    other = Case.objects.create(
        locator_sha256=b"1" * 32, look_sha256="2" * 64, withdraw_sha256="3" * 64, circumstance="online", opened=TODAY
    )
    kept = evidence_of(mina)
    Evidence.objects.filter(id=kept).update(case_id=other.id)
    notice = draft_notice(mina.case.id, draft_of(mina), actor="desk", today=TODAY)
    with pytest.raises(BadFacts, match="No evidence of this case"):
        record_evidence(notice.id, record=kept, reason="", actor="desk", today=TODAY)
