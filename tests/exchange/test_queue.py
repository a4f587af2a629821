"""What waits for a human at the desk: each kind once, the most pressing first, and at the same cost for any number."""

from __future__ import annotations

import re
import secrets
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tests.exchange.desk_people import SignIn
from tests.exchange.test_publisher import Desk
from tests.exchange.test_tiers import Site, listed


@pytest.fixture
def today() -> date:
    from notcontent.exchange.today import utc_today

    return utc_today()


def case_with_letter(day: date, **more: Any) -> str:
    """A case with one letter of hers that waits; the case's id."""
    from notcontent.exchange.cases.models import Case
    from notcontent.exchange.letters.models import Letter

    case = Case.objects.create(locator_sha256=secrets.token_hex(32), circumstance="online", opened=day)
    Letter.objects.create(case=case, number=1, sender="you", sealed=b"sealed", day=day, waits=True, **more)
    return str(case.id)


def links_of(page: str) -> list[str]:
    """Where the rows lead, in their order."""
    return re.findall(r'<td>(?:<span[^>]*>[^<]*</span> )?<a href="([^"]+)"', page)


def test_each_kind_stands_once_and_danger_comes_first(tables: Any, desk: SignIn, today: date) -> None:
    from notcontent.exchange.desk.roles import Role
    from notcontent.exchange.desk.sealed_contact import ask_to_read, mark_danger, read_alone
    from notcontent.exchange.lists.publisher import read_online_key
    from notcontent.exchange.partners.models import CanarySeen, Stream, Vetting

    mira, noor = desk("mira", Role.DESK), desk("noor", Role.DESK, Role.LEAD)
    streams = Desk(tables, "", "", read_online_key(tables))
    one = Site(streams, "One")
    hers, spread, braked = listed(streams, one), listed(streams, one), listed(streams, one)
    for _ in range(2):
        one.decides(hers.at[one.feed], "not_intimate")
    for _ in range(11):
        stopped = one.holds(spread.at[one.feed], day=today.isoformat())
    one.disputes(stopped)
    one.holds(braked.at[one.feed], "flag", day=today.isoformat())
    endangered, calm = case_with_letter(today), case_with_letter(today - timedelta(days=5), about="contact", stale=True)
    mark_danger(endangered, actor="mira", reason="he has her address", today=today)
    read_alone(endangered, actor="mira", reason="she does not answer", today=today - timedelta(days=3))
    ask_to_read(calm, actor="mira", reason="she asked to be called", today=today)
    Stream.objects.update(heard=datetime.now(UTC) - timedelta(hours=5))
    Vetting.objects.update(review_again=today)
    stream = Stream.objects.get()
    Vetting.objects.create(
        partner=stream.partner, review_again=today, reviewers=1, longest_hold_hours=24, run_by="a firm", runs_in="ZZ",
        reviewers_are="moderators", appeal="by letter", token_holder="an operator", why_scope="a board",
    )  # fmt: skip
    CanarySeen.objects.create(canary=stream.canaries.create(fingerprints=b""), report="1" * 32, day=today)

    page = noor.get("/").text
    links = links_of(page)
    assert links[:3] == ["/proposals#read-alone", f"/cases/{endangered}", f"/cases/{endangered}/letters"]
    assert "overdue for 2 days" in page and page.count('class="late"') == 3
    assert links[3].endswith("#disputes") and links[4] == f"/cases/{calm}/letters", "overdue for less long"
    assert any(link.endswith(f"#contested-{hers.entry}") for link in links)
    assert len(links) == 13 and links.count(f"/partners/{one.partner}") == 3
    for text in (
        "said how to reach her", "people at sites contest", "It is not intimate", "Stopped again and again",
        "A brake at", "read sealed contact", "has not asked for its list", "time to vet it again",
        "may have leaked", "sealed anew",
    ):  # fmt: skip
        assert text in page, text
    own = mira.get("/").text
    assert "read sealed contact" not in own and "#read-alone" not in links_of(own), "she can't decide her own acts"
    assert set(links_of(noor.get("/?only=letter").text)) == {f"/cases/{one}/letters" for one in (endangered, calm)}
    assert links_of(noor.get("/?only=nonsense").text) == links


def test_a_letter_waits_until_it_is_answered_or_set_aside(tables: Any, desk: SignIn, today: date) -> None:
    from notcontent.exchange.cases.models import Case
    from notcontent.exchange.desk.audit import find_fault
    from notcontent.exchange.desk.letters import answer_case, fetch_letter
    from notcontent.exchange.desk.roles import Role
    from notcontent.exchange.letters.models import Letter
    from tests.exchange.running import HELPLINE, seal

    mira = desk("mira", Role.DESK)
    first, second = case_with_letter(today), case_with_letter(today)
    assert mira.get("/").text.count("1 letter to read") == 2
    fetch_letter(Letter.objects.get(case_id=first).id, actor="mira", today=today)
    assert mira.get("/").text.count("not answered yet") == 1
    sealed = seal({"text": "we are here"}, HELPLINE.to_public())
    answer_case(first, sealed, actor="mira", today=today)
    assert links_of(mira.get("/").text) == [f"/cases/{second}/letters"]
    assert "needs no answer" in mira.get(f"/cases/{second}").text
    assert mira.post(f"/cases/{second}/no-answer").status_code == 302
    assert mira.post(f"/cases/{second}/no-answer").status_code == 422
    assert "Nothing waits." in mira.get("/").text and find_fault([]) is None
    assert Case.objects.count() == 2


def test_notices_wait_for_the_desk_and_not_while_she_or_the_site_has_time(
    tables: Any, desk: SignIn, today: date
) -> None:
    from notcontent.exchange.desk.roles import Role
    from notcontent.exchange.letters.models import Letter
    from notcontent.exchange.notices.models import HerWord, Notice
    from notcontent.exchange.notices.states import State

    mira, now = desk("mira", Role.DESK), datetime.now(UTC)
    case = case_with_letter(today)
    Letter.objects.update(sender="file", about="reply")

    def notice(state: State, hours: int | None = None, **more: Any) -> str:
        sent = None if hours is None else now - timedelta(hours=hours)
        made = Notice.objects.create(case_id=case, law="us", way="email", state=state.value, sent=sent, **more)
        return f"/notices/{made.id}"

    waiting = {
        notice(State.COMPLETE): "A notice waits for approval",
        notice(State.COMPLETE, her_word=HerWord.NO): "She said no to a notice",
        notice(State.APPROVED): "approved, and not sent yet",
        notice(State.APPROVED, handed=now): "Nobody knows whether",
        notice(State.BOUNCED, 3): "came back",
        notice(State.SENT, 46): "time is nearly over",
        notice(State.REFUSED, 10, decided=now): "take the next step",
        notice(State.PARTLY, 20, look_at=now + timedelta(hours=20)): "Only a part is gone",
        notice(State.SILENT, 200): "time is over",
    }
    for quiet in ((State.DRAFT,), (State.SENT, 1), (State.REMOVED, 60), (State.CLOSED, 60)):
        notice(*quiet)
    # Once the next step is a letter, or somebody writes again, it is that one that waits.
    for answered in (State.REFUSED, State.PARTLY):
        before = Notice.objects.get(id=notice(answered, 30).rpartition("/")[2])
        notice(State.DRAFT, previous=before, rung="us.remind" if answered is State.PARTLY else "")
    notice(State.COMPLETE, her_word=HerWord.ASKED)
    drafted_again = Notice.objects.get(state="bounced")
    notice(State.DRAFT, previous=Notice.objects.get(id=notice(State.BOUNCED, 9).rpartition("/")[2]))
    page = mira.get("/?only=notice").text
    assert set(links_of(page)) == set(waiting) and f"/notices/{drafted_again.id}" in waiting
    assert all(what in page for what in waiting.values()) and links_of(page)[0] == list(waiting)[-1], "overdue first"
    assert "1 letter to read; a site answered" in mira.get("/?only=letter").text
    assert mira.post(f"/letters/{Letter.objects.get().id}").status_code == 200
    assert links_of(mira.get("/?only=letter").text) == []


def test_all_cases_with_letters_are_counted_where_not_all_are_shown(tables: Any, desk: SignIn, today: date) -> None:
    from notcontent.exchange.desk.roles import Role
    from notcontent.exchange.desk.waiting import SHOWN

    cases = [case_with_letter(today - timedelta(days=number % 3)) for number in range(SHOWN + 2)]
    page = desk("mira", Role.DESK).get("/").text
    assert f'Letters <span class="number">{SHOWN + 2}</span>' in page and f"At most {SHOWN} rows" in page
    waits_for_two_days = [f"/cases/{case}/letters" for case in cases[2::3]]
    assert links_of(page)[: len(waits_for_two_days)] == sorted(waits_for_two_days) and len(links_of(page)) == SHOWN


def test_many_copies_are_shown_for_as_long_as_they_came_lately(tables: Any, today: date) -> None:
    from notcontent.exchange.desk.before_desk import copies_and_brakes
    from notcontent.exchange.lists.publisher import read_online_key
    from notcontent.exchange.partners.models import OftenStopped
    from notcontent.exchange.partners.often_stopped import LATELY_DAYS, MANY

    streams = Desk(tables, "", "", read_online_key(tables))
    one = Site(streams, "One")
    spread, slow = listed(streams, one), listed(streams, one)
    before, first = (today - timedelta(days=back) for back in (LATELY_DAYS + 1, LATELY_DAYS))
    for number in range(MANY):
        one.holds(spread.at[one.feed], "block", day=(today if number else first).isoformat())
        one.holds(slow.at[one.feed], day=(today if number else before).isoformat())
    (alarm,) = copies_and_brakes(today, 100)
    assert (alarm.entry, alarm.uploads, alarm.since, alarm.brake) == (spread.entry, MANY, first, False)
    assert copies_and_brakes(today + timedelta(days=1), 100) == [], "nine of the last days are no longer many"
    one.holds(slow.at[one.feed], day=today.isoformat())
    for later in range(LATELY_DAYS + 1):
        assert [alarm.entry for alarm in copies_and_brakes(today + timedelta(days=later), 100)].count(slow.entry) == 1
    assert copies_and_brakes(today + timedelta(days=LATELY_DAYS + 1), 100) == []
    assert OftenStopped.objects.count() == 2


def test_queue_and_case_ask_the_tables_as_often_for_many_rows_as_for_few(
    tables: Any, desk: SignIn, today: date
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from notcontent.exchange.desk.roles import Role
    from notcontent.exchange.lists.models import Entry
    from notcontent.exchange.lists.publisher import read_online_key

    mira = desk("mira", Role.DESK)
    streams = Desk(tables, "", "", read_online_key(tables))
    one = Site(streams, "One")

    def fill(times: int) -> None:
        for _ in range(times):
            hers = listed(streams, one)
            one.decides(hers.at[one.feed], "not_intimate")
            one.disputes(one.decides(hers.at[one.feed], "not_intimate"))
            case_with_letter(today)
        # All of it in one case, so that the case's page has the work of all.
        Entry.objects.update(case=Entry.objects.order_by("id").first().case_id)

    def asked(address: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert mira.get(address).status_code == 200
        return len(queries)

    fill(1)
    case = f"/cases/{Entry.objects.get().case_id}"
    few = asked("/"), asked(case)
    fill(4)
    assert asked("/") <= few[0] < 34 and asked(case) <= few[1] < 60


@pytest.mark.on_sqlite
def test_what_is_on_the_queue_is_found_by_indexes(tables: Any, today: date) -> None:
    """Not one of these may read a table of millions from end to end, or be joined to the cases in one go."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from notcontent.exchange.desk.before_desk import contested_lately, copies_and_brakes, open_disputes
    from notcontent.exchange.letters.models import Letter
    from notcontent.exchange.notices.models import Notice

    with CaptureQueriesContext(connection) as queries:
        contested_lately(100)
        open_disputes(100)
        copies_and_brakes(today, 100)
        list(Notice.objects.filter(state="sent", later=None).order_by("drafted", "id")[:100])
        list(Letter.objects.filter(waits=True).order_by("day", "id").values_list("case_id", "read")[:100])
    asked = [query["sql"] for query in queries.captured_queries]
    plans = []
    with connection.cursor() as cursor:
        for sql in asked:
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}".replace("%", "%%"))
            plans.append(" ".join(str(row[-1]) for row in cursor.fetchall()))
    assert any("report_lately (day=? AND verdict=? AND listing_id=?)" in plan for plan in plans), "not all reports"
    for index in ("letter_waits", "entry_contested", "entry_famous", "dispute_open", "report_lately", "notice_state"):
        assert any(index in plan for plan in plans), index
    assert not [sql for sql in asked if "cases_case" in sql and "ORDER BY" in sql]
