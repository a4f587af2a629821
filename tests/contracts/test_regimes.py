"""Every law keeps the contract; and what is its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import ClassVar
from zoneinfo import ZoneInfo

import pytest

from notcontent.exchange.notices.directory.service import Covered
from notcontent.exchange.notices.regimes import china, eu_dsa_16, korea, uk_online_safety, us_take_it_down
from notcontent.exchange.notices.regimes.contract import Answer
from notcontent.exchange.notices.regimes.elapsed import (
    due_of,
    last_working,
    months_after,
    next_working,
    working_days_after,
)
from notcontent.exchange.notices.regimes.facts import Facts, Minor
from notcontent.exchange.notices.regimes.known import REGIMES
from notcontent.exchange.notices.working_days import holidays_of, zone_of
from tests.contracts.regime_contract import WHOLE, RegimeContract, service

[ITEM] = WHOLE.items


class TestTakeItDownAct(RegimeContract):
    regime = us_take_it_down.REGIME
    without: ClassVar[dict[str, Facts]] = {
        "us.signature": replace(WHOLE, signature=" "),
        "us.authority": replace(WHOLE, authorised=None),
        "us.identify": replace(WHOLE, items=(replace(ITEM, description=""),)),
        "us.locate": replace(WHOLE, items=(ITEM, replace(ITEM, links=(), native_id=""))),
        "us.good_faith": replace(WHOLE, no_consent=False),
        "us.consent_facts": replace(WHOLE, consent_facts=""),
        "us.contact": replace(WHOLE, contact="not an address"),
        "us.adult": replace(WHOLE, minor=Minor.UNKNOWN),
    }

    def test_no_perjury_no_legal_name_and_no_account_are_asked_for(self) -> None:
        asked = " ".join(element.asks for element in self.regime.elements).lower()
        assert not any(word in asked for word in ("perjury", "passport", "account", "legal name", "identity"))


class TestOnlineSafetyAct(RegimeContract):
    regime = uk_online_safety.REGIME
    without: ClassVar[dict[str, Facts]] = {
        "uk.declare_intimate": replace(WHOLE, is_intimate=False),
        "uk.declare_good_faith": replace(WHOLE, good_faith=False),
        "uk.declare_true": replace(WHOLE, true_to_best_knowledge=False),
        "uk.identify": replace(WHOLE, items=()),
        "uk.contact": replace(WHOLE, contact=""),
        "uk.authority": replace(WHOLE, authorised=None),
        "uk.adult": replace(WHOLE, minor=Minor.YES),
    }

    def test_words_without_a_link_are_enough(self) -> None:
        assert self.regime.missing(replace(WHOLE, items=(replace(ITEM, links=()),))) == ()


class TestDigitalServicesAct(RegimeContract):
    regime = eu_dsa_16.REGIME
    without: ClassVar[dict[str, Facts]] = {
        "eu.reasons": replace(WHOLE, legal_explanation=""),
        "eu.location": replace(WHOLE, items=(replace(ITEM, links=()),)),
        "eu.extra_id": replace(WHOLE, items=(replace(ITEM, native_id="", description=" "),)),
        "eu.name": replace(WHOLE, sender_name=""),
        "eu.email": replace(WHOLE, sender_email="nobody@"),
        "eu.bona_fide": replace(WHOLE, accurate_complete=False),
        "eu.authority": replace(WHOLE, authorised=None),
        "eu.adult": replace(WHOLE, minor=Minor.UNKNOWN),
    }

    def test_it_names_no_hours_so_its_clock_binds_nobody(self) -> None:
        assert self.regime.removal is not None and not self.regime.removal.binding

    def test_the_six_months_for_a_complaint_end_with_a_working_day_where_the_site_is(self) -> None:
        complaint = self.regime.clocks[1]
        berlin = ZoneInfo("Europe/Berlin")
        # Told on 1 July, 23:30 in Berlin. Six months later is New Year's Day, a Friday; then comes a weekend.
        told = datetime(2026, 7, 1, 21, 30, tzinfo=UTC)
        due = due_of(complaint, told, berlin, frozenset({date(2027, 1, 1)}))
        assert due == datetime(2027, 1, 4, 23, 0, tzinfo=UTC)
        # The last day of February 2027 is a Sunday, so the period ends with Monday.
        august = datetime(2026, 8, 31, 12, tzinfo=UTC)
        assert due_of(complaint, august, berlin) == datetime(2027, 3, 1, 23, tzinfo=UTC)


class TestKorea(RegimeContract):
    regime = korea.REGIME
    without: ClassVar[dict[str, Facts]] = {}


class TestChina(RegimeContract):
    regime = china.REGIME
    without: ClassVar[dict[str, Facts]] = {}

    def test_nobody_is_asked_for_the_picture(self) -> None:
        assert self.regime.guide[0].startswith("Never ask her to send the picture to anybody, you included.")


def test_every_law_is_known_by_its_key_and_has_a_contract_here() -> None:
    tried = {case.regime.key for case in RegimeContract.__subclasses__()}
    assert tried == set(REGIMES) and all(regime.key == key for key, regime in REGIMES.items())


def test_a_directory_can_say_yes_but_not_for_mail() -> None:
    from notcontent.exchange.notices.directory.service import Does

    said = {"us": Covered("yes", "It says so.", "its page")}
    assert us_take_it_down.REGIME.covers(replace(service(), covered=said)).answer is Answer.YES
    assert us_take_it_down.REGIME.covers(replace(service(Does.EMAIL), covered=said)).answer is Answer.NO


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [("2026-08-31", 6, "2027-02-28"), ("2027-08-31", 6, "2028-02-29"), ("2026-12-15", 1, "2027-01-15")],
)  # fmt: skip
def test_months_end_on_the_same_day_or_the_last_there_is(start: str, months: int, end: str) -> None:
    assert months_after(date.fromisoformat(start), months) == date.fromisoformat(end)


def test_working_days_leave_out_weekends_and_holidays() -> None:
    christmas = frozenset({date(2026, 12, 25), date(2026, 12, 28)})
    assert next_working(date(2026, 12, 25), christmas) == date(2026, 12, 29)
    assert last_working(date(2026, 12, 28), christmas) == date(2026, 12, 24)


@pytest.mark.parametrize(
    ("country", "start", "count", "end"),
    [
        # Good Friday and Easter Monday; the weekend; and what is no holiday in England is one elsewhere.
        ("GB", "2026-04-02", 2, "2026-04-08"),
        ("GB", "2026-12-24", 2, "2026-12-30"),
        ("IE", "2026-03-16", 1, "2026-03-18"),
        ("GB", "2026-03-16", 1, "2026-03-17"),
        ("NL", "2026-04-24", 1, "2026-04-28"),
        ("XX", "2026-12-24", 1, "2026-12-25"),
    ],
)  # fmt: skip
def test_working_days_are_counted_by_the_countrys_own_holidays(country: str, start: str, count: int, end: str) -> None:
    days = holidays_of(country)
    assert working_days_after(date.fromisoformat(start), count, days) == date.fromisoformat(end)


def test_days_of_the_calendar_leave_out_the_first_and_end_with_a_working_day() -> None:
    body = eu_dsa_16.REGIME.rung("eu.body")
    assert body is not None and body.answer is not None
    # 90 days after 1 October 2026 is 30 December; after 4 October 2 January, a Saturday.
    for day, end in (("2026-10-01", "2026-12-31"), ("2026-10-04", "2027-01-05")):
        due = due_of(body.answer, datetime.fromisoformat(f"{day}T12:00+00:00"), zone_of("IE"), holidays_of("IE"))
        assert due == datetime.fromisoformat(f"{end}T00:00+00:00")


def test_a_time_without_its_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        due_of(us_take_it_down.REGIME.clocks[0], datetime(2026, 3, 1))
