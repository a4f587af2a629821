"""Notices that a platform received: recorded once, counted down, told before it is too late, and forgotten."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from notcontent.guard.database import Database
from notcontent.guard.errors import BadNotice, NoticeClosed, UnknownNotice
from notcontent.guard.notice_clock import Element, Regime, Standing
from notcontent.guard.notices import Notice, Notices, Refusal, Step, Subject, count

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def notices(database: Database) -> Notices:
    return Notices(database)


def recorded(notices: Notices, reference: str, *missing: Element, received: datetime = NOW) -> Notice:
    notice, new = notices.record(Subject(Regime.US, reference, object_id=f"of-{reference}"), received, missing, NOW)
    assert new
    return notice


def test_a_clock_starts_with_the_last_element_and_not_before(notices: Notices) -> None:
    notice = recorded(notices, "N-1", Element.SIGNATURE, Element.CONTACT)
    assert notice.clock.standing(NOW + 100 * HOUR) is Standing.INCOMPLETE
    notice = notices.note(notice.id, Step.ELEMENTS, NOW + HOUR, NOW + HOUR, missing=[Element.CONTACT])
    assert notice.missing == (Element.CONTACT,) and notice.started is None
    notice = notices.note(notice.id, Step.ELEMENTS, NOW + 5 * HOUR, NOW + 6 * HOUR)
    assert notice.started == NOW + 5 * HOUR and notice.clock.deadline == NOW + 53 * HOUR
    with pytest.raises(BadNotice, match="runs"):
        notices.note(notice.id, Step.ELEMENTS, NOW + 6 * HOUR, NOW + 6 * HOUR, missing=[Element.CONTACT])


def test_it_stops_when_the_copies_are_dealt_with_too(notices: Notices) -> None:
    notice = recorded(notices, "N-1")
    notice = notices.note(notice.id, Step.REMOVED, NOW + 2 * HOUR, NOW + 2 * HOUR)
    assert notice.clock.standing(NOW + 49 * HOUR) is Standing.LATE
    notice = notices.note(notice.id, Step.COPIES, NOW + 3 * HOUR, NOW + 4 * HOUR)
    assert notice.clock.stopped == NOW + 3 * HOUR and notices.look(notice.id) == notice
    assert notices.open() == ([], 0) and notices.closed() == [notice]
    with pytest.raises(NoticeClosed):
        notices.note(notice.id, Step.REFUSED, NOW + 5 * HOUR, NOW + 5 * HOUR, refusal=Refusal.NOT_FOUND)


def test_a_refusal_needs_its_reason_and_closes(notices: Notices) -> None:
    notice = recorded(notices, "N-1", Element.SIGNATURE)
    with pytest.raises(BadNotice, match="reason"):
        notices.note(notice.id, Step.REFUSED, NOW, NOW)
    notice = notices.note(notice.id, Step.REFUSED, NOW, NOW, refusal=Refusal.NOT_ENTITLED)
    assert notice.refusal is Refusal.NOT_ENTITLED and notice.clock.standing(NOW) is Standing.DONE


def test_the_same_reference_again_changes_nothing(notices: Notices) -> None:
    first = recorded(notices, "N-1")
    again = Subject(Regime.US, "N-1", object_id="another")
    assert notices.record(again, NOW - HOUR, [Element.CONTACT], NOW) == (first, False)
    _, new = notices.record(Subject(Regime.UK, "N-1", object_id="another"), NOW, [], NOW)
    assert new


def test_what_runs_out_first_comes_first_and_what_does_not_run_last(notices: Notices) -> None:
    recorded(notices, "waits", Element.FACTS, received=NOW - 40 * HOUR)
    recorded(notices, "young", received=NOW - HOUR)
    recorded(notices, "over", received=NOW - 50 * HOUR)
    recorded(notices, "near", received=NOW - 40 * HOUR)
    found, total = notices.open()
    assert [each.about.reference for each in found] == ["over", "near", "young", "waits"] and total == 4


def test_only_opaque_ids_and_times_that_can_be_are_taken(notices: Notices) -> None:
    for reference in ("", "https://example.org/x", "Mina M.", "a@b", "x" * 129):
        with pytest.raises(BadNotice):
            Subject(Regime.UK, reference, object_id="p-1")
    with pytest.raises(BadNotice, match="about"):
        Subject(Regime.UK, "N-1")
    with pytest.raises(BadNotice, match="32"):
        Subject(Regime.UK, "N-1", upload="p-1")
    about = Subject(Regime.UK, "N-1", object_id="p-1")
    for received in (NOW + HOUR, NOW - timedelta(days=31), NOW.replace(tzinfo=None)):
        with pytest.raises(BadNotice):
            notices.record(about, received, [], NOW)
    with pytest.raises(BadNotice, match="does not ask"):
        notices.record(about, NOW, [Element.SIGNATURE], NOW)
    notice, _ = notices.record(about, NOW, [], NOW)
    with pytest.raises(BadNotice):
        notices.note(notice.id, Step.REMOVED, NOW - HOUR, NOW)
    with pytest.raises(UnknownNotice):
        notices.look("0" * 32)


def test_each_notice_is_told_once_when_it_is_near_its_end_and_once_when_it_is_over(
    database: Database, notices: Notices
) -> None:
    recorded(notices, "N-1")
    recorded(notices, "waits", Element.FACTS)
    closed = recorded(notices, "done")
    notices.note(closed.id, Step.REFUSED, NOW, NOW, refusal=Refusal.NOT_FOUND)
    counts = [notices.warn(NOW + hours * HOUR) for hours in (0, 35, 36, 37, 48, 49, 50, 900)]
    assert counts == [0, 0, 1, 0, 0, 1, 0, 0]
    told = [json.loads(body) for (body,) in database.rows("SELECT body FROM events ORDER BY at")]
    assert [each["type"] for each in told] == ["notice.near", "notice.late"]
    assert {each["data"]["reference"] for each in told} == {"N-1"}
    assert told[0]["data"]["deadline"] == "2026-11-30T12:00:00+00:00"
    with database.read() as connection:
        assert count(connection, NOW + 49 * HOUR) == {
            Standing.INCOMPLETE: 1, Standing.RUNNING: 0, Standing.NEAR: 0, Standing.LATE: 1,
        }  # fmt: skip


def test_a_notice_is_forgotten_so_many_days_after_it_was_closed(database: Database, notices: Notices) -> None:
    closed, left = recorded(notices, "closed"), recorded(notices, "left")
    notices.note(closed.id, Step.REFUSED, NOW + 24 * HOUR, NOW + 24 * HOUR, refusal=Refusal.NOT_FOUND)
    notices.forget_before(NOW + timedelta(days=90), 90)
    assert notices.look(left.id)
    notices.forget_before(NOW + timedelta(days=90.5), 90)
    assert notices.closed() and notices.open() == ([], 0)
    notices.forget_before(NOW + timedelta(days=91.5), 90)
    assert not database.rows("SELECT * FROM notices")
