"""She takes it back: from every state, at every moment, no mail leaves, no clock shows, and what she reads is true."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.exchange.desk_people import TODAY, SignIn, face
from tests.exchange.notices.conftest import NOW, Her, draft_of
from tests.exchange.notices.peers import Mailbox
from tests.exchange.notices.test_following import note
from tests.exchange.notices.test_sending import prepare, send

DAY = timedelta(days=1)


def withdraw(mina: Her, forget: str = "matching") -> None:
    from notcontent.exchange.cases.models import Forget
    from notcontent.exchange.cases.withdrawing import withdraw_case

    assert withdraw_case(mina.case.locator_sha256, mina.case.withdraw_sha256, Forget(forget), TODAY)


def approved(mina: Her, **more: Any) -> Any:
    from notcontent.exchange.notices.approving import approve_notice

    return approve_notice(prepare(mina, **more).id, actor="desk", today=TODAY, now=NOW)


def letter_after(notice: Any, *, is_approved: bool = False) -> Any:
    """The letter to the site itself, once its notice was refused."""
    from notcontent.exchange.notices.approving import approve_notice, ask_her
    from notcontent.exchange.notices.drafting import complete_notice
    from notcontent.exchange.notices.hearing_her import hear_of_notice
    from notcontent.exchange.notices.ladder import draft_letter

    note(notice, "refused", "site", 2)
    made = draft_letter(notice.id, "uk.complaint", actor="desk", today=TODAY, now=NOW + 3 * DAY)
    if is_approved:
        complete_notice(made.id, actor="desk", today=TODAY, now=NOW + 3 * DAY)
        ask_her(made.id, actor="desk", today=TODAY)
        hear_of_notice(made.case, made.id, may_go=True, today=TODAY)
        approve_notice(made.id, actor="desk", today=TODAY, now=NOW + 3 * DAY)
    return made


def in_every_state(mina: Her, mailbox: Mailbox) -> dict[str, Any]:
    """A notice in each state, and in each that the desk or she can be in the middle of."""
    from notcontent.exchange.notices.approving import ask_her
    from notcontent.exchange.notices.drafting import draft_notice
    from notcontent.exchange.notices.errors import NotNow
    from notcontent.exchange.notices.following import find_silent

    made = {"silent": send(prepare(mina))}
    find_silent(NOW + 3 * DAY)
    for state, ways in {
        "sent": (), "acknowledged": ("acknowledged",), "removed": ("removed",), "partly": ("partly",),
        "refused": ("refused",), "bounced": ("bounced",), "verified_gone": ("removed", "verified_gone"),
        "reappeared": ("removed", "verified_gone", "reappeared"), "escalated": ("refused", "escalated"),
        "closed": ("removed", "closed"),
    }.items():  # fmt: skip
        made[state] = send(prepare(mina))
        for hours, way in enumerate(ways, start=1):
            origin = {"bounced": "mail", "verified_gone": "helpline", "reappeared": "helpline", "closed": "helpline",
                      "escalated": "helpline"}.get(way, "site")  # fmt: skip
            note(made[state], way, origin, hours, **({"rung": "us.ftc"} if way == "escalated" else {}))
    made["draft"] = draft_notice(mina.case.id, draft_of(mina), actor="desk", today=TODAY)
    made["complete"] = prepare(mina)
    made["asked"] = prepare(mina)
    ask_her(made["asked"].id, actor="desk", today=TODAY)
    made["approved"] = approved(mina)
    made["drafted letter"] = letter_after(send(prepare(mina, law="uk")))
    made["approved letter"] = letter_after(send(prepare(mina, law="uk")), is_approved=True)
    made["unclear"] = prepare(mina)
    mailbox.hangs_up = True
    with pytest.raises(NotNow):
        send(made["unclear"])
    mailbox.hangs_up = False
    return made


def acts(notice: Any) -> list[Callable[[], Any]]:
    """All that somebody at the desk can do with a notice, but for saying what became of one that is unclear."""
    from notcontent.exchange.notices import approving, drafting, ladder, looking, sending

    who: dict[str, Any] = {"actor": "desk"}
    then = NOW + 4 * DAY
    return [
        lambda: drafting.change_draft(notice.id, draft_of_nobody(notice), today=TODAY, now=then, **who),
        lambda: drafting.complete_notice(notice.id, today=TODAY, now=then, **who),
        lambda: approving.ask_her(notice.id, today=TODAY, **who),
        lambda: approving.approve_notice(notice.id, today=TODAY, now=then, **who),
        lambda: sending.send_by_mail(notice.id, now=then, **who),
        lambda: sending.record_sent_by_form(notice.id, answer="1", now=then, **who),
        lambda: drafting.draft_again(notice.id, today=TODAY, **who),
        lambda: ladder.draft_letter(notice.id, "us.ftc", today=TODAY, now=then, **who),
        lambda: looking.ask_headers(notice.id, now=then, **who),
        lambda: looking.note_still_gone(notice.id, now=then, **who),
        lambda: note(notice, "removed", "site", 96),
        lambda: note(notice, "reappeared", "helpline", 96),
        lambda: note(notice, "escalated", "helpline", 96, rung="us.ftc"),
    ]


def draft_of_nobody(notice: Any) -> Any:
    """A whole draft for whatever case the notice is of."""
    from types import SimpleNamespace

    return draft_of(SimpleNamespace(partner=notice.partner), partner="")  # type: ignore[arg-type]


@pytest.mark.on_sqlite
def test_from_every_state_nothing_more_leaves_and_no_clock_shows(mina: Her, mailbox: Mailbox) -> None:
    from django.conf import settings

    from notcontent.exchange.desk.roles import Role
    from notcontent.exchange.desk.waiting import Kind, read_queue
    from notcontent.exchange.errors import ExchangeError
    from notcontent.exchange.notices.following import find_silent
    from notcontent.exchange.notices.looking import ask_all_due
    from notcontent.exchange.notices.models import Notice
    from notcontent.exchange.notices.states import State
    from notcontent.exchange.notices.telling import Word, notices_of
    from notcontent.exchange.notices.timing import complaint_of, standing_of

    made = in_every_state(mina, mailbox)
    states = {Notice.objects.get(id=one.id).state for one in made.values()}
    assert states == set(State) - {State.WITHDRAWN}, "a state that was added has to be tried here too"
    sent = len(mailbox.mails)
    withdraw(mina)
    later = NOW + 4 * DAY
    words = {one.id: one for one in notices_of(mina.case, later)}
    not_sent = {"draft", "complete", "asked", "approved", "drafted letter", "approved letter"}
    for name, before in made.items():
        notice, told = Notice.objects.get(id=before.id), words[before.id]
        wanted = Word.STOPPED if name in not_sent else Word.STOPPED_AFTER_SENDING
        wanted = {"closed": Word.SITE_SAYS_REMOVED, "unclear": Word.STOPPED_PERHAPS_SENT}.get(name, wanted)
        assert (notice.stands, told.word) == (State.CLOSED if name == "closed" else State.WITHDRAWN, wanted), name
        assert told.due is None and not told.asks and not told.answer, name
        assert standing_of(notice, later) is complaint_of(notice, later) is notice.look_at is None, name
        assert bytes(notice.work) == b"" and notice.reply_sha256 == "", name
        for act in acts(notice):
            with pytest.raises(ExchangeError):
                act()
    assert (find_silent(later), ask_all_due(later)) == (0, (0, 0, 0))
    assert list(settings.FOLDER.notice_keys.iterdir()) == [] and len(mailbox.mails) == sent
    with face("desk"):
        [row] = read_queue("desk", frozenset({Role.DESK}), later, Kind.NOTICE).rows
    assert made["unclear"].id in row.link, "what may have gone is looked up, so that she can be told"
    assert {one.word for one in notices_of(mina.case, later)} == {one.word for one in words.values()}

    withdraw(mina, "everything")
    assert not Notice.objects.exists() and not mina.case.letters.exists()


def test_she_takes_back_what_may_have_gone_and_learns_the_truth_once_somebody_looked(
    desk: SignIn, mina: Her, mailbox: Mailbox
) -> None:
    from notcontent.exchange.desk.roles import Role
    from notcontent.exchange.notices.errors import NotNow
    from notcontent.exchange.notices.telling import Word, notices_of

    went, stayed = prepare(mina), prepare(mina)
    mailbox.hangs_up = True
    for notice in (went, stayed):
        with pytest.raises(NotNow):
            send(notice)
    withdraw(mina)
    assert {one.word for one in notices_of(mina.case, NOW)} == {Word.STOPPED_PERHAPS_SENT}
    mira = desk("mira", Role.DESK)
    for notice, said in ((went, "yes"), (stayed, "no")):
        page = mira.get(f"/notices/{notice.id}").text
        assert "nobody knows whether it went" in page and "What happened" not in page
        assert mira.post(f"/notices/{notice.id}/settle", {"went": said}).status_code == 302
    words = {one.id: one.word for one in notices_of(mina.case, NOW + DAY)}
    assert words == {went.id: Word.STOPPED_AFTER_SENDING, stayed.id: Word.STOPPED}
    for notice in (went, stayed):
        assert mira.post(f"/notices/{notice.id}/settle", {"went": "yes"}).status_code == 422


@pytest.mark.on_sqlite
def test_while_a_withdrawal_waits_nothing_goes_and_she_can_still_change_her_mind(mina: Her, mailbox: Mailbox) -> None:
    from notcontent.exchange.cases.withdrawing import stop_withdrawal, withdraw_what_is_due
    from notcontent.exchange.notices.errors import HerWordFirst
    from notcontent.exchange.notices.models import Notice
    from notcontent.exchange.notices.sending import record_sent_by_form, send_by_mail
    from notcontent.exchange.notices.states import State

    type(mina.case).objects.update(wait_days=3)
    by_mail, by_form = approved(mina), approved(mina, way="form", to="https://board.example/report")
    letter = letter_after(send(prepare(mina, law="uk")), is_approved=True)
    mails = len(mailbox.mails)
    withdraw(mina)
    for act in (
        lambda: send_by_mail(by_mail.id, actor="desk", now=NOW),
        lambda: send_by_mail(letter.id, actor="desk", now=NOW + 3 * DAY),
        lambda: record_sent_by_form(by_form.id, answer="", actor="desk", now=NOW),
    ):
        with pytest.raises(HerWordFirst, match="taking her case back"):
            act()
    stop_withdrawal(mina.case.locator_sha256, mina.case.withdraw_sha256)
    assert send_by_mail(by_mail.id, actor="desk", now=NOW).stands is State.SENT
    withdraw(mina)
    assert withdraw_what_is_due(TODAY + 3 * DAY) == 1
    assert set(Notice.objects.values_list("state", flat=True)) == {State.WITHDRAWN} and len(mailbox.mails) == mails + 1


@pytest.mark.on_sqlite
def test_a_permission_taken_back_stops_all_that_is_for_that_site_at_every_moment(mina: Her, mailbox: Mailbox) -> None:
    from notcontent.exchange.cases.models import Notices
    from notcontent.exchange.cases.stating import state
    from notcontent.exchange.notices.errors import ExchangeError
    from notcontent.exchange.notices.models import Notice
    from notcontent.exchange.notices.sending import send_by_mail
    from notcontent.exchange.notices.states import State

    ready, sent, letter = approved(mina), send(prepare(mina)), letter_after(send(prepare(mina, law="uk")))
    again = letter_after(send(prepare(mina, law="uk")), is_approved=True)
    mails = len(mailbox.mails)
    state(mina.case, {mina.partner.id: Notices.REVOKED}, TODAY)
    assert set(Notice.objects.values_list("state", flat=True)) == {State.WITHDRAWN}
    for notice in (ready, sent, letter, again):
        with pytest.raises(ExchangeError):
            send_by_mail(notice.id, actor="desk", now=NOW)
    assert len(mailbox.mails) == mails
