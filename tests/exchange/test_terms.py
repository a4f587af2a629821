"""How long what she wrote is kept: terms that run from closing, legal holds of two people, and her word above both."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import transaction

from tests.exchange.desk_people import SignIn, face

TODAY = date(2026, 11, 22)
HER_KEY = "a" * 64


def days(count: int) -> date:
    return TODAY + timedelta(days=count)


@pytest.fixture(autouse=True)
def folder(tables: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.conf import settings

    monkeypatch.setattr(settings, "FOLDER", tables)


@pytest.fixture
def case(tables: object) -> Any:
    """Her case, with a code, how to reach her, a message of hers, and an answer."""
    from notcontent.exchange.cases.models import Case
    from notcontent.exchange.letters.keeping import keep_letter
    from notcontent.exchange.lists.models import Entry

    case = Case.objects.create(locator_sha256="0" * 64, look_sha256=HER_KEY, circumstance="online", opened=TODAY)
    Entry.objects.create(case=case, kind="pdq", fingerprints=b"1" * 256, made=TODAY)
    keep_letter(case, "you", b"where I am", TODAY, "contact")
    keep_letter(case, "you", b"what happened", TODAY)
    keep_letter(case, "helpline", b"an answer", TODAY)
    return case


def left(case: Any) -> list[str]:
    """The letters that are there, by the order in which they came."""
    return [bytes(sealed).decode() for sealed in case.letters.order_by("number").values_list("sealed", flat=True)]


def close(case: Any, day: date) -> None:
    case.closed = day
    case.save()


def run(day: date) -> list[str]:
    from notcontent.exchange.daily import run_what_is_due

    return run_what_is_due(day)


def hold(case: Any, until: date, *keeps: str, day: date = TODAY, reason: str = "a lawsuit of hers") -> None:
    """Mira asks, Noor agrees."""
    from notcontent.exchange.desk.keeping import ask_to_hold
    from notcontent.exchange.desk.two_people import agree

    kinds = frozenset(keeps or ("contact", "letters"))
    until_text = until.isoformat()
    asked = ask_to_hold(case.id, untrusted_until=until_text, keeps=kinds, actor="mira", reason=reason, today=day)
    agree(asked.id, actor="noor", today=day)


@pytest.fixture
def people(desk: SignIn) -> dict[str, Any]:
    """Mira works at the desk, Noor leads it, Iris audits."""
    from notcontent.exchange.desk.roles import Role

    return {name: desk(name, role) for name, role in (("mira", Role.DESK), ("noor", Role.LEAD), ("iris", Role.AUDITOR))}


def test_each_kind_is_deleted_when_its_own_term_is_over_and_not_a_day_before(case: Any) -> None:
    from notcontent.exchange.desk.models import AuditRow

    run(days(1_000))
    assert left(case) == ["where I am", "what happened", "an answer"], "of an open case nothing is deleted"
    close(case, TODAY)
    for after, expected in (
        (29, ["where I am", "what happened", "an answer"]),
        (30, ["what happened", "an answer"]),
        (89, ["what happened", "an answer"]),
        (90, []),
        (91, []),
    ):
        run(days(after))
        assert left(case) == expected, after
    assert case.entries.get().fingerprints, "her codes have no term"
    told = list(AuditRow.objects.values_list("action", "reason"))
    assert told == [
        ("term over, deleted", "ways to reach somebody: 1; links and messages: 0"),
        ("term over, deleted", "ways to reach somebody: 0; links and messages: 2"),
    ]
    assert case.id not in str(list(AuditRow.objects.values()))


def test_deleting_and_its_note_happen_together_or_not_at_all(case: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from notcontent.exchange.desk import keeping
    from notcontent.exchange.desk.models import AuditRow

    def die(**_words: object) -> None:
        raise SystemExit

    close(case, TODAY)
    with monkeypatch.context() as killed, pytest.raises(SystemExit):
        killed.setattr(keeping, "write_audit", die)
        run(days(90))
    assert len(left(case)) == 3 and not AuditRow.objects.exists()
    assert "what was kept long enough deleted" in run(days(90)) and left(case) == []
    assert "what was kept long enough deleted" not in run(days(90)) and AuditRow.objects.count() == 1


def test_what_a_term_deleted_is_wiped_from_the_files_too(case: Any, tables: Any) -> None:
    from datetime import UTC, datetime

    from notcontent.exchange.lists.erasing import erase_everywhere
    from notcontent.exchange.lists.publisher import read_online_key

    assert not tables.erase_request.exists()
    close(case, TODAY)
    run(days(90))
    assert tables.erase_request.exists(), "the publisher rebuilds the database when it sees this"
    erase_everywhere(tables, read_online_key(tables), datetime.now(UTC))
    if tables.database.exists():
        assert b"what happened" not in tables.database.read_bytes()


def test_a_new_letter_opens_a_closed_case_again_and_letters_keep_their_places(case: Any) -> None:
    from notcontent.exchange.letters.keeping import keep_letter

    close(case, TODAY)
    run(days(30))
    keep_letter(case, "you", b"it is there again", days(40))
    case.refresh_from_db()
    assert case.closed is None
    assert [letter.number for letter in case.letters.order_by("number")] == [2, 3, 4]
    run(days(1_000))
    assert len(left(case)) == 3


def test_a_withdrawn_case_is_closed_and_a_letter_to_it_begins_the_terms_anew(case: Any) -> None:
    from notcontent.exchange.cases.models import Forget
    from notcontent.exchange.cases.withdrawing import carry_out
    from notcontent.exchange.letters.keeping import keep_letter

    with transaction.atomic():
        carry_out(case, Forget.MATCHING, TODAY)
    assert case.closed == TODAY and len(left(case)) == 3
    keep_letter(case, "you", b"please revoke it", days(10))
    assert case.closed == days(10)
    run(days(95))
    assert "please revoke it" in left(case)
    run(days(100))
    assert left(case) == []


def test_a_hold_keeps_what_it_names_until_it_ends_by_itself(case: Any, people: object) -> None:
    from notcontent.exchange.cases.models import LegalHold

    close(case, TODAY)
    hold(case, days(120), "letters")
    run(days(100))
    assert left(case) == ["what happened", "an answer"], "how to reach her was not named"
    run(days(120))
    assert LegalHold.objects.exists() and len(left(case)) == 2, "until the end of that day"
    run(days(121))
    assert not LegalHold.objects.exists() and left(case) == []


def test_a_hold_needs_two_people_a_reason_what_it_keeps_and_an_end_within_a_year(
    case: Any, people: dict[str, Any]
) -> None:
    from notcontent.exchange.cases.models import LegalHold
    from notcontent.exchange.desk.models import Proposal
    from notcontent.exchange.today import utc_today

    mira, noor, iris = people["mira"], people["noor"], people["iris"]
    address, last = f"/cases/{case.id}/keeping", utc_today() + timedelta(days=365)
    good = {"keeps": ["letters"], "until": last.isoformat(), "reason": "a lawsuit of hers"}
    for wrong in (
        {"keeps": []},
        {"keeps": ["codes"]},
        {"until": "soon"},
        {"until": (utc_today() - timedelta(days=1)).isoformat()},
        {"until": (last + timedelta(days=1)).isoformat()},
        {"reason": " "},
    ):
        assert mira.post(address, good | wrong).status_code == 422, wrong
    assert iris.post(address, good).status_code == 403 and not Proposal.objects.exists()
    assert mira.post(address, good).status_code == 302
    asked = Proposal.objects.get()
    assert mira.post(f"/proposals/{asked.id}/agree").status_code == 422 and not LegalHold.objects.exists()
    assert "a lawsuit of hers" in noor.get("/proposals").text
    assert noor.post(f"/proposals/{asked.id}/agree").status_code == 302
    assert LegalHold.objects.get().until == last
    assert "a lawsuit of hers" in mira.get(address).text


def test_a_hold_is_made_longer_or_ended_early_only_by_two_people_again(case: Any, people: object) -> None:
    from notcontent.exchange.cases.models import LegalHold
    from notcontent.exchange.desk.errors import NotAHold

    hold(case, days(300))
    hold(case, days(600), day=days(290), reason="the lawsuit goes on")
    assert LegalHold.objects.get().until == days(600)
    with pytest.raises(NotAHold):
        hold(case, days(656), day=days(290))
    hold(case, days(291), day=days(291), reason="it is over")
    run(days(292))
    assert not LegalHold.objects.exists()


def test_she_sees_the_terms_and_the_hold_with_its_reason(case: Any, people: object) -> None:
    from notcontent.exchange.cases.terms import keeping_of
    from notcontent.exchange.person.plain import _pages, _tell
    from notcontent.exchange.person.plain_pages import Asked
    from notcontent.exchange.profile import Profile

    profile = Profile("Test helpline", "ZZ")
    assert keeping_of(case, profile, TODAY).letters_deleted is None
    close(case, TODAY)
    hold(case, days(60), "contact", reason="a lawsuit <of> hers")
    kept = keeping_of(case, profile, TODAY)
    assert (kept.contact_deleted, kept.letters_deleted) == (days(61), days(90))
    assert kept.hold is not None and kept.hold.keeps == ("contact",)
    assert keeping_of(case, profile, days(61)).hold is None
    with face("person"):
        from django.test import RequestFactory

        request = RequestFactory().get("/plain/look?lang=en")
        page = _tell(_pages(request), case, Asked()).text
    assert "a lawsuit &lt;of&gt; hers" in page and "how to reach you" in page and "closed your case" in page


def test_her_forget_everything_wins_over_a_hold_and_every_term_at_once(case: Any, people: object) -> None:
    from notcontent.exchange.cases.models import Forget, LegalHold
    from notcontent.exchange.cases.terms import keeping_of
    from notcontent.exchange.cases.withdrawing import carry_out
    from notcontent.exchange.desk.keeping import ask_to_hold
    from notcontent.exchange.desk.models import Proposal
    from notcontent.exchange.desk.two_people import agree
    from notcontent.exchange.errors import UnknownName
    from notcontent.exchange.profile import Profile

    hold(case, days(300))
    asked = ask_to_hold(
        case.id, untrusted_until=days(301).isoformat(), keeps=frozenset({"letters"}), actor="mira",
        reason="the lawsuit goes on", today=TODAY,
    )  # fmt: skip
    with transaction.atomic():
        carry_out(case, Forget.EVERYTHING, TODAY)
    assert left(case) == [] and not LegalHold.objects.exists() and case.entries.get().fingerprints == b""
    assert keeping_of(case, Profile("Test helpline", "ZZ"), TODAY).hold is None
    with pytest.raises(UnknownName):
        agree(asked.id, actor="noor", today=TODAY)
    run(days(1))
    assert not Proposal.objects.exists()


def test_withdrawing_the_codes_goes_on_under_a_hold(case: Any, people: object) -> None:
    from notcontent.exchange.cases.models import Forget
    from notcontent.exchange.cases.withdrawing import carry_out

    hold(case, days(300))
    with transaction.atomic():
        carry_out(case, Forget.MATCHING, TODAY)
    assert case.entries.get().fingerprints == b""
    run(days(200))
    assert len(left(case)) == 3


def test_the_desk_closes_a_case_once_with_a_reason(case: Any, people: dict[str, Any]) -> None:
    from notcontent.exchange.desk.models import AuditRow
    from notcontent.exchange.today import utc_today

    mira, iris = people["mira"], people["iris"]
    address = f"/cases/{case.id}/close"
    assert mira.post(address, {"reason": ""}).status_code == 422
    assert iris.post(address, {"reason": "all is done"}).status_code == 403
    assert mira.post(address, {"reason": "all is done"}).status_code == 302
    case.refresh_from_db()
    assert case.closed == utc_today() and "Close the case" not in mira.get(f"/cases/{case.id}/keeping").text
    mira.post(address, {"reason": "again"})
    assert [row.reason for row in AuditRow.objects.filter(action="case closed")] == ["all is done"]
