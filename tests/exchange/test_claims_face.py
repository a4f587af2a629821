"""The desk's screen of claims and disputes: two people decide, nobody alone, and nothing there lists anything."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from notcontent.feed.entry import Add, Pause, Resume, Withdraw
from tests.exchange.desk_people import SignIn
from tests.exchange.test_publisher import Code, Desk
from tests.exchange.test_tiers import Listed, Site, listed, tier_of


@pytest.fixture
def streams(tables: Any) -> Desk:
    from notcontent.exchange.lists.publisher import read_online_key

    return Desk(tables, "", "", read_online_key(tables))


@pytest.fixture
def two_people(desk: SignIn) -> tuple[Any, Any]:
    """Mira and Noor, who work at the desk."""
    from notcontent.exchange.desk.roles import Role

    return desk("mira", Role.DESK, Role.LEAD), desk("noor", Role.DESK)


def case_of(hers: Listed) -> str:
    """The address of her case."""
    from notcontent.exchange.lists.models import Entry

    return f"/cases/{Entry.objects.get(id=hers.entry).case_id}"


Decide = Callable[..., None]


@pytest.fixture
def decide(two_people: tuple[Any, Any]) -> Decide:
    """One asks by a form, the other agrees."""
    mira, noor = two_people

    def together(address: str, **form: str) -> None:
        asked = mira.post(address, {"reason": "we looked into it"} | form)
        assert (asked.status_code, asked.headers.get("Location")) == (302, "/proposals"), asked.content
        (proposal,) = re.findall(r"/proposals/(\w+)/agree", noor.get("/proposals").text)
        refused = mira.post(f"/proposals/{proposal}/agree")
        assert refused.status_code == 422 and "somebody else" in refused.text
        assert noor.post(f"/proposals/{proposal}/agree").status_code == 302

    return together


def contested(streams: Desk) -> tuple[Site, Site, Listed]:
    one, two = Site(streams, "One"), Site(streams, "Two")
    hers = listed(streams, one, two)
    one.decides(hers.at[one.feed], "public_interest")
    two.decides(hers.at[two.feed], "not_intimate")
    assert Pause(hers.at[one.feed]) in one.cut()
    return one, two, hers


def test_two_people_let_a_contested_claim_stand(streams: Desk, decide: Decide, two_people: tuple[Any, Any]) -> None:
    one, _, hers = contested(streams)
    queue, page = two_people[0].get("/").text, two_people[0].get(case_of(hers)).text
    assert f"{case_of(hers)}#contested-{hers.entry}" in queue
    assert f'id="contested-{hers.entry}"' in page and "not intimate" in page
    decide(f"{case_of(hers)}/decide", entry=hers.entry, wish="stand")
    assert Resume(hers.at[one.feed]) in one.cut()
    assert f"contested-{hers.entry}" not in two_people[0].get("/").text + two_people[0].get(case_of(hers)).text


def test_two_people_take_a_contested_claim_out(streams: Desk, decide: Decide) -> None:
    one, two, hers = contested(streams)
    decide(f"{case_of(hers)}/decide", entry=hers.entry, wish="out")
    assert one.cut() == [Withdraw(hers.at[one.feed])] and Withdraw(hers.at[two.feed]) in two.cut()


@pytest.mark.parametrize("answer", ["upheld", "released"])
def test_two_people_answer_what_was_disputed_of_many_uploads_at_once(
    streams: Desk, decide: Decide, two_people: tuple[Any, Any], answer: str
) -> None:
    one = Site(streams, "One")
    hers = listed(streams, one)
    reports = [one.holds(hers.at[one.feed]) for _ in range(12)]
    assert set(one.disputes(*reports, kind="shown_and_agree")) == {"open"}
    assert two_people[0].get("/").text.count("I am shown and agree") == 1
    assert two_people[0].get(case_of(hers)).text.count("I am shown and agree") == 1
    decide(f"{case_of(hers)}/decide", entry=hers.entry, kind="shown_and_agree", wish=answer)
    assert set(one.disputes(*reports)) == {answer}
    assert one.cut() == [], "her entry stays on the list whatever is answered of these uploads"


def test_two_people_who_spoke_with_her_verify_what_she_listed(
    streams: Desk, decide: Decide, two_people: tuple[Any, Any]
) -> None:
    hers = listed(streams, Site(streams, "One"))
    case = case_of(hers)
    assert "Never ask for the picture, a selfie or papers" in two_people[0].get(case).text
    decide(f"{case}/spoken")
    assert tier_of(hers.entry) == "verified"
    page = two_people[0].get(case).text
    assert "spoken with her" in page and "After you spoke with her" not in page
    assert two_people[0].get("/cases/nothing").status_code == 404


def test_a_demand_is_published_by_two_people(decide: Decide, two_people: tuple[Any, Any]) -> None:
    from notcontent.exchange.public.models import Demand

    for wrong in ({"month": "2026-13"}, {"month": "2999-01"}, {"country": "Germany"}, {"reason": " "}):
        form = {"month": "2026-01", "country": "DE", "reason": "for the contents of a case"} | wrong
        assert two_people[0].post("/demands/new", form).status_code == 422
    decide("/demands/new", month="2026-01", country="de", obeyed="no")
    assert list(Demand.objects.values_list("country", "obeyed")) == [("DE", False)]


def test_no_form_and_no_act_lists_anything(streams: Desk, two_people: tuple[Any, Any]) -> None:
    """There is no way for desk or operator to list a fingerprint that did not come through a person's case."""
    from notcontent.exchange.desk.two_people import _acts
    from notcontent.exchange.lists.models import Entry

    one = Site(streams, "One")
    hers = listed(streams, one)
    for wish in ("stand", "out", "upheld", "list", ""):
        for entry in ("0" * 32, Code.new().upright, ""):
            form = {"entry": entry, "wish": wish, "kind": "not_intimate", "reason": "because of this"}
            assert two_people[0].post(f"{case_of(hers)}/decide", form).status_code == 422
    assert Entry.objects.count() == 1 and not [each for each in one.cut() if isinstance(each, Add)]
    assert {"answer a dispute", "take a claim out", "let a claim stand"} <= set(_acts)
    assert hers.entry


def test_many_copies_and_brakes_are_shown(streams: Desk, two_people: tuple[Any, Any]) -> None:
    from notcontent.exchange.today import utc_today

    one = Site(streams, "One")
    hers, planted, few = listed(streams, one), listed(streams, one), listed(streams, one)
    for _ in range(11):
        one.holds(hers.at[one.feed], day=utc_today().isoformat())
    one.holds(planted.at[one.feed], "flag", day=utc_today().isoformat())
    one.holds(few.at[one.feed], day=utc_today().isoformat())
    queue = two_people[0].get("/").text
    many, brake = queue.index("Stopped again and again"), queue.index("A brake at")
    assert queue.index(f"{case_of(hers)}#alarms") < many < queue.index(f"{case_of(planted)}#alarms") < brake
    assert case_of(few) not in queue
    assert "11 uploads" in two_people[0].get(case_of(hers)).text
    assert "unlike each other" in two_people[0].get(case_of(planted)).text
