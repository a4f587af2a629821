"""One person asks, another agrees; nobody agrees to her own act, whatever roles she holds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from tests.exchange.desk_people import TODAY, SignIn, open_account

done: list[tuple[dict[str, Any], str]] = []


@pytest.fixture
def act(tables: object) -> Iterator[str]:
    """An act that leads ask for and agree to; what was carried out stands in `done`."""
    from notcontent.exchange.desk.roles import Role
    from notcontent.exchange.desk.two_people import Act, _acts, register

    done.clear()
    register(Act("paint the door", frozenset({Role.LEAD}), frozenset({Role.LEAD, Role.AUDITOR}), carry_out))
    open_account("mira", *Role)
    open_account("noor", Role.LEAD)
    open_account("ines", Role.DESK)
    yield "paint the door"
    del _acts["paint the door"]


def carry_out(payload: dict[str, Any], actor: str, today: object) -> None:
    if payload["colour"] == "no such colour":
        raise ValueError("the shop has none")
    done.append((payload, actor))


def ask(act: str, actor: str = "mira", colour: str = "green", reason: str = "it is old", today: date = TODAY) -> Any:
    from notcontent.exchange.desk.two_people import ask

    return ask(act, subject="d" * 16, payload={"colour": colour}, actor=actor, reason=reason, today=today)


def audit() -> list[tuple[str, str]]:
    from notcontent.exchange.desk.models import AuditRow

    rows = AuditRow.objects.filter(action__endswith=": paint the door").order_by("number")
    return list(rows.values_list("action", "reason"))


def test_another_person_agrees_and_it_is_carried_out_once(act: str) -> None:
    from notcontent.exchange.desk.two_people import NothingToDecide, agree

    proposal = ask(act)
    assert done == []
    agree(proposal.id, actor="noor", today=TODAY)
    assert done == [({"colour": "green"}, "noor")]
    with pytest.raises(NothingToDecide):
        agree(proposal.id, actor="noor", today=TODAY)
    assert [action for action, _ in audit()] == ["asked: paint the door", "agreed: paint the door"]
    assert "d" * 16 not in str(audit()), "rows that are never erased don't name what it is about"
    proposal.refresh_from_db()
    assert proposal.agreed and proposal.payload == "{}", "what was asked for in detail is kept no longer than needed"


def test_nobody_agrees_to_her_own_act_whatever_roles_she_holds(act: str) -> None:
    from notcontent.exchange.desk.two_people import NeedsSecondPerson, agree

    with pytest.raises(NeedsSecondPerson):
        agree(ask(act).id, actor="mira", today=TODAY)
    assert done == []


def test_who_may_not_ask_or_agree_is_refused(act: str) -> None:
    from notcontent.exchange.desk.errors import NotAllowed
    from notcontent.exchange.desk.roles import COMMAND_LINE
    from notcontent.exchange.desk.two_people import NeedsSecondPerson, agree

    with pytest.raises(NotAllowed):
        ask(act, actor="ines")
    with pytest.raises(NotAllowed):
        ask(act, actor="nobody")
    for who, refusal in (("ines", NotAllowed), ("nobody", NotAllowed), (COMMAND_LINE, NeedsSecondPerson)):
        with pytest.raises(refusal):
            agree(ask(act).id, actor=who, today=TODAY)
    assert done == []


def test_a_closed_account_neither_agrees_nor_is_agreed_with(act: str) -> None:
    from django.contrib.auth.models import User

    from notcontent.exchange.desk.roles import NotAllowed
    from notcontent.exchange.desk.two_people import NothingToDecide, agree

    hers = ask(act, actor="noor")
    mine = ask(act)
    User.objects.filter(username="noor").update(is_active=False)
    with pytest.raises(NothingToDecide):
        agree(hers.id, actor="mira", today=TODAY)
    with pytest.raises(NotAllowed):
        agree(mine.id, actor="noor", today=TODAY)


def test_what_fails_leaves_the_proposal_open_and_no_row(act: str) -> None:
    from notcontent.exchange.desk.two_people import agree

    proposal = ask(act, colour="no such colour")
    with pytest.raises(ValueError, match="the shop has none"):
        agree(proposal.id, actor="noor", today=TODAY)
    proposal.refresh_from_db()
    assert proposal.decided is None and [action for action, _ in audit()] == ["asked: paint the door"]


def test_a_proposal_is_turned_down_with_a_reason_or_taken_back(act: str) -> None:
    from notcontent.exchange.desk.two_people import NothingToDecide, ReasonMissing, agree, turn_down

    proposal = ask(act)
    with pytest.raises(ReasonMissing):
        turn_down(proposal.id, actor="noor", reason="  ", today=TODAY)
    turn_down(proposal.id, actor="noor", reason="green is wrong", today=TODAY)
    with pytest.raises(NothingToDecide):
        agree(proposal.id, actor="noor", today=TODAY)
    turn_down(ask(act).id, actor="mira", reason="a mistake of mine", today=TODAY)
    assert done == []
    assert [reason.split(" (")[0] for action, reason in audit() if "turned" in action] == [
        "green is wrong",
        "a mistake of mine",
    ]


def test_after_two_weeks_nobody_may_agree_any_more(act: str) -> None:
    from notcontent.exchange.desk.two_people import OPEN_DAYS, NothingToDecide, agree

    proposal = ask(act)
    with pytest.raises(NothingToDecide):
        agree(proposal.id, actor="noor", today=TODAY + timedelta(days=OPEN_DAYS + 1))
    agree(proposal.id, actor="noor", today=TODAY + timedelta(days=OPEN_DAYS))


def test_asking_twice_makes_one_proposal(act: str) -> None:
    assert ask(act).id == ask(act).id != ask(act, colour="blue").id
    with pytest.raises(ValueError, match="two acts"):
        from notcontent.exchange.desk.roles import Role
        from notcontent.exchange.desk.two_people import Act, register

        register(Act(act, frozenset({Role.DESK}), frozenset({Role.DESK}), carry_out))


def test_the_page_shows_what_is_asked_and_takes_the_answer(act: str, desk: SignIn) -> None:
    from notcontent.exchange.desk.roles import Role
    from notcontent.exchange.today import utc_today

    proposal = ask(act, today=utc_today())
    mira, noor, ines = desk("mira"), desk("noor"), desk("ines")
    hers, others = mira.get("/proposals").text, noor.get("/proposals").text
    assert "Paint the door" in others and "green" in others and "it is old" in others
    assert "Agree, and do it" in others and "Agree, and do it" not in hers + ines.get("/proposals").text
    assert "somebody else at the helpline" in mira.post(f"/proposals/{proposal.id}/agree").text
    assert ines.post(f"/proposals/{proposal.id}/agree").status_code == 422 and done == []
    assert noor.post(f"/proposals/{proposal.id}/agree").status_code == 302 and len(done) == 1
    assert noor.post(f"/proposals/{proposal.id}/agree").status_code == 422, "decided already"
    second = ask(act, today=utc_today())
    assert noor.post(f"/proposals/{second.id}/turn-down", {"reason": "once is enough"}).status_code == 302
    assert len(done) == 1 and "turned down" in desk("iris", Role.AUDITOR).get("/proposals").text
