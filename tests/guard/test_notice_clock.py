"""48 hours are 48 hours: over nights, weekends and changes of the clock, and to the second at both edges."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from notcontent.guard.notice_clock import ELEMENTS, Clock, Element, Regime, Standing

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)  # a Saturday
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("started", "deadline"),
    [
        (NOON, datetime(2026, 11, 30, 12, tzinfo=UTC)),
        # Through the hour that comes twice, and through the one that is left out.
        (datetime(2026, 10, 24, 12, tzinfo=ZoneInfo("Europe/London")), datetime(2026, 10, 26, 11, tzinfo=UTC)),
        (datetime(2026, 3, 28, 12, tzinfo=ZoneInfo("Europe/London")), datetime(2026, 3, 30, 12, tzinfo=UTC)),
        (datetime(2026, 3, 7, 12, tzinfo=ZoneInfo("America/New_York")), datetime(2026, 3, 9, 17, tzinfo=UTC)),
        (datetime(2026, 10, 31, 12, tzinfo=ZoneInfo("America/New_York")), datetime(2026, 11, 2, 16, tzinfo=UTC)),
        # The second time that clocks in New York show half past one.
        (
            datetime(2026, 11, 1, 1, 30, fold=1, tzinfo=ZoneInfo("America/New_York")),
            datetime(2026, 11, 3, 6, 30, tzinfo=UTC),
        ),
        (datetime(2026, 11, 28, 12, tzinfo=timezone(timedelta(hours=5, minutes=45))), NOON + timedelta(hours=42.25)),
        (datetime(2028, 2, 28, 23, 59, 59, tzinfo=UTC), datetime(2028, 3, 1, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_the_deadline_is_48_hours_later_as_they_pass(started: datetime, deadline: datetime) -> None:
    assert Clock(started).deadline == deadline
    assert Clock(started).left(started) == timedelta(hours=48)


@pytest.mark.parametrize(
    ("passed", "standing"),
    [
        (timedelta(0), Standing.RUNNING),
        (timedelta(hours=36) - SECOND, Standing.RUNNING),
        (timedelta(hours=36), Standing.NEAR),
        (timedelta(hours=48), Standing.NEAR),
        (timedelta(hours=48) + SECOND, Standing.LATE),
    ],
)
@pytest.mark.parametrize("zone", [UTC, ZoneInfo("America/Los_Angeles"), ZoneInfo("Asia/Kathmandu")])
def test_the_last_moment_is_in_time_and_the_next_one_is_not(
    passed: timedelta, standing: Standing, zone: ZoneInfo
) -> None:
    assert Clock(NOON).standing((NOON + passed).astimezone(zone)) is standing


def test_without_a_complete_notice_no_clock_runs() -> None:
    clock = Clock(None)
    assert clock.standing(NOON) is Standing.INCOMPLETE
    assert clock.deadline is None and clock.left(NOON) is None


def test_a_clock_that_was_stopped_stays_as_it_was() -> None:
    year = timedelta(days=365)
    assert Clock(NOON, NOON + timedelta(hours=31)).left(NOON + year) == timedelta(hours=17)
    assert Clock(NOON, NOON + timedelta(hours=50)).left(NOON + year) == -timedelta(hours=2)
    assert Clock(NOON, NOON + timedelta(hours=50)).standing(NOON + year) is Standing.DONE
    assert Clock(None, NOON).standing(NOON) is Standing.DONE


def test_each_law_asks_for_what_it_says_and_for_no_more() -> None:
    """No oath and no name in either; a signature and the facts in the one, declarations in the other."""
    assert {*ELEMENTS[Regime.US]} ^ {*ELEMENTS[Regime.UK]} == {
        Element.WRITTEN, Element.SIGNATURE, Element.LOCATES, Element.FACTS, Element.INTIMATE, Element.TRUE,
    }  # fmt: skip
    assert len(ELEMENTS[Regime.US]) == 8 and len(ELEMENTS[Regime.UK]) == 6
