"""Who may read how to reach her: with a second person's word, or alone when danger is marked, and never unseen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from tests.exchange.desk_people import SignIn


@pytest.fixture
def today() -> date:
    from notcontent.exchange.today import utc_today

    return utc_today()


@pytest.fixture
def case(tables: object) -> str:
    """The id of a case."""
    from notcontent.exchange.cases.models import Case

    return str(Case.objects.create(locator_sha256="0" * 64, circumstance="threatened").id)


@pytest.fixture
def people(desk: SignIn, case: str) -> Callable[[str], Any]:
    """Mira and Noor work at the desk, Iris audits; each with a browser of her own."""
    from notcontent.exchange.desk.roles import Role

    roles = {"mira": Role.DESK, "noor": Role.LEAD, "iris": Role.AUDITOR}
    return lambda name: desk(name, roles[name])


def may_read(case: str, name: str, today: date) -> bool:
    from notcontent.exchange.desk.sealed_contact import may_read

    return may_read(case, actor=name, today=today)


def test_a_second_person_lets_her_read_for_two_days(people: Any, case: str, today: date) -> None:
    from notcontent.exchange.desk.models import Proposal

    mira, noor = people("mira"), people("noor")
    assert not may_read(case, "mira", today)
    assert mira.post(f"/cases/{case}/contact/ask", {"reason": "she asked to be called"}).status_code == 302
    assert "somebody else has to agree" in mira.get(f"/cases/{case}/contact").text
    proposal = Proposal.objects.get()
    assert mira.post(f"/proposals/{proposal.id}/agree").status_code == 422 and not may_read(case, "mira", today)
    assert noor.post(f"/proposals/{proposal.id}/agree").status_code == 302
    assert may_read(case, "mira", today) and not may_read(case, "noor", today)
    assert may_read(case, "mira", today + timedelta(days=1)) and not may_read(case, "mira", today + timedelta(days=2))
    assert "You may read it today" in mira.get(f"/cases/{case}/contact").text


def test_nobody_reads_alone_unless_danger_is_marked(people: Any, case: str, today: date) -> None:
    mira = people("mira")
    answer = mira.post(f"/cases/{case}/contact/alone", {"reason": "it is urgent"})
    assert answer.status_code == 422 and "second person" in answer.text and not may_read(case, "mira", today)


def test_reading_alone_is_told_to_the_others_at_once_until_one_signs_it_off(
    people: Any, case: str, today: date
) -> None:
    from notcontent.exchange.desk.models import AuditRow, ContactPermit

    mira, noor, iris = people("mira"), people("noor"), people("iris")
    told = "read sealed contact alone"
    mira.post(f"/cases/{case}/contact/danger", {"reason": "he is at her door"})
    assert "Danger is marked" in mira.get(f"/cases/{case}/contact").text
    assert mira.post(f"/cases/{case}/contact/alone", {"reason": "  "}).status_code == 422, "a reason is needed"
    assert mira.post(f"/cases/{case}/contact/alone", {"reason": "nobody else is up"}).status_code == 302
    assert may_read(case, "mira", today)
    for other in (noor, iris):
        assert told in other.get("/proposals").text and told in other.get("/account").text
    assert told not in mira.get("/account").text
    permit = ContactPermit.objects.get()
    word = {"was_right": "yes", "reason": "I called them too"}
    assert mira.post(f"/read-alone/{permit.id}/sign-off", word).status_code == 422, "never by herself"
    assert iris.post(f"/read-alone/{permit.id}/sign-off", word).status_code == 403
    assert noor.post(f"/read-alone/{permit.id}/sign-off", word).status_code == 302
    assert told not in noor.get("/account").text
    assert noor.post(f"/read-alone/{permit.id}/sign-off", word).status_code == 422, "once is enough"
    rows = list(AuditRow.objects.filter(subject=permit.id).values_list("action", "reason"))
    assert rows == [("contact read alone", "nobody else is up"), ("read alone: was right", "I called them too")]
    assert not AuditRow.objects.filter(subject=case).exists() and case not in str(list(AuditRow.objects.values()))


def test_what_nobody_looked_at_within_a_day_is_overdue(people: Any, case: str, today: date) -> None:
    from notcontent.exchange.desk.models import ContactPermit
    from notcontent.exchange.desk.sealed_contact import mark_danger, read_alone

    noor = people("noor")
    people("mira")
    for days_ago, overdue in ((1, False), (2, True)):
        ContactPermit.objects.all().delete()
        then = today - timedelta(days=days_ago)
        mark_danger(case, actor="mira", reason="he is at her door", today=then)
        read_alone(case, actor="mira", reason="nobody else is up", today=then)
        page = noor.get("/").text
        assert "read sealed contact alone" in page and ("Overdue:" in page) == overdue


def test_what_is_forgotten_takes_marks_permits_and_proposals_with_it(people: Any, case: str, today: date) -> None:
    from notcontent.exchange.cases.models import Case
    from notcontent.exchange.desk.models import ContactPermit, DangerMark, Proposal
    from notcontent.exchange.desk.sealed_contact import (
        ask_to_read,
        forget_with_cases,
        mark_danger,
        read_alone,
        sign_off,
    )

    people("mira"), people("noor")
    mark_danger(case, actor="mira", reason="he is at her door", today=today)
    permit = read_alone(case, actor="mira", reason="nobody else is up", today=today)
    ask_to_read(case, actor="noor", reason="to call her back", today=today)
    forget_with_cases(today)
    assert DangerMark.objects.exists() and ContactPermit.objects.exists() and Proposal.objects.exists()
    Case.objects.update(withdrawn=today, forget="everything")
    forget_with_cases(today)
    assert not DangerMark.objects.exists() and not Proposal.objects.exists()
    assert ContactPermit.objects.exists(), "somebody still has to look at it"
    sign_off(permit.id, was_right=False, reason="she could have waited", actor="noor", today=today)
    forget_with_cases(today)
    assert not ContactPermit.objects.exists()
