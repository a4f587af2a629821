"""What every law behind a notice keeps, whatever it asks for."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from typing import ClassVar

from notcontent.exchange.notices.directory.service import Does, Service
from notcontent.exchange.notices.regimes.contract import AT_HOME, AT_THE_SITE, Answer, Level, Regime
from notcontent.exchange.notices.regimes.elapsed import due_of, is_working, stand
from notcontent.exchange.notices.regimes.facts import Capacity, Facts, Item, Kind, Minor
from notcontent.exchange.notices.working_days import zone_of

START = datetime(2026, 3, 27, 22, 0, tzinfo=UTC)
WHOLE = Facts(
    items=(Item(Kind.PHOTO, "SAYS-WHAT", ("https://board.example/SAYS-WHERE",), "SAYS-ID"),),
    consent_facts="SAYS-WHY", legal_explanation="SAYS-LAW", no_consent=True, good_faith=True, accurate_complete=True,
    true_to_best_knowledge=True, is_intimate=True, authorised=date(2026, 3, 1), signature="SAYS-SIGNED",
    sender_name="SAYS-HELPLINE", sender_email="says-mail@helpline.example", contact="says-contact@helpline.example",
    minor=Minor.NO,
)  # fmt: skip


def service(does: Does = Does.FORUM, country: str = "US") -> Service:
    hosts = ("board.example",)
    return Service("board", "Board", country, does, ("en",), hosts, (), date(2026, 3, 1), (), {})


class RegimeContract:
    """Inherit it and name the law. `without` has facts for each element that a notice must have, which lack it."""

    regime: Regime
    without: ClassVar[dict[str, Facts]]

    def test_it_says_what_it_is_and_where_that_stands(self) -> None:
        regime = self.regime
        assert regime.law and regime.sources and regime.may_send and regime.checked <= date(2026, 12, 31)
        assert all(text for text in (regime.reveals.site, regime.reveals.uploader, regime.reveals.state))
        assert len({element.id for element in regime.elements}) == len(regime.elements)
        assert all(element.id.startswith(f"{regime.key}.") and element.source for element in regime.elements)

    def test_a_whole_notice_lacks_nothing(self) -> None:
        assert self.regime.missing(WHOLE) == ()

    def test_each_element_is_missed_when_it_is_not_there_and_named_in_plain_words(self) -> None:
        needed = {element.id for element in self.regime.elements if element.level is not Level.RECOMMENDED}
        assert set(self.without) == needed
        for element_id, facts in self.without.items():
            missing = {element.id: element.asks for element in self.regime.missing(facts)}
            assert element_id in missing, element_id
            assert len(missing[element_id]) > 20 and "_" not in missing[element_id]

    def test_nobody_under_age_or_of_unknown_age_is_written_about(self) -> None:
        if self.regime.sends:
            for minor in (Minor.UNKNOWN, Minor.YES):
                assert self.regime.missing(replace(WHOLE, minor=minor))

    def test_hours_pass_through_nights_weekends_and_the_change_of_clocks(self) -> None:
        from zoneinfo import ZoneInfo

        for clock in self.regime.clocks:
            if clock.hours:
                # A Friday evening; in Berlin the clocks go forward two nights later.
                berlin = START.astimezone(ZoneInfo("Europe/Berlin"))
                assert due_of(clock, START) == due_of(clock, berlin) == START + timedelta(hours=clock.hours)
                assert not stand(clock, START, START + timedelta(hours=clock.hours)).is_over
                assert stand(clock, START, START + timedelta(hours=clock.hours, microseconds=1)).is_over

    def test_every_warning_comes_before_the_end(self) -> None:
        for clock in self.regime.clocks:
            length = due_of(clock, START) - START
            assert all(timedelta(0) < before < length for before in clock.warn)
            assert clock.binding or "house" in clock.source or "own target" in clock.source

    def test_mail_and_internet_access_are_covered_by_none_of_these_laws(self) -> None:
        if self.regime.sends:
            for does in (Does.EMAIL, Does.ACCESS):
                assert self.regime.covers(service(does)).answer is Answer.NO
            assert self.regime.covers(service()).answer is not Answer.YES, "a guess is no coverage"

    def test_its_ladder_says_who_is_asked_from_when_and_what_they_learn(self) -> None:
        assert len({rung.id for rung in self.regime.ladder}) == len(self.regime.ladder)
        for rung in self.regime.ladder:
            assert rung.id.startswith(f"{self.regime.key}.") and rung.to and rung.when and rung.learns
            assert not rung.address or (rung.address.startswith("https://") and rung.source and rung.name)
            assert rung.place in (AT_THE_SITE, AT_HOME) or zone_of(rung.place) != zone_of("")

    def test_the_time_for_an_answer_ends_on_a_day_of_work(self) -> None:
        christmas = frozenset({date(2026, 12, day) for day in (24, 25, 26, 31)})
        for clock in (rung.answer for rung in self.regime.ladder if rung.answer):
            assert clock.binding or "house" in clock.source or "own target" in clock.source
            for day in range(20, 31):
                due = due_of(clock, datetime(2026, 12, day, 12, tzinfo=UTC), UTC, christmas)
                assert is_working((due - timedelta(microseconds=1)).date(), christmas)

    def test_it_says_plainly_what_a_request_to_keep_evidence_rests_on(self) -> None:
        if self.regime.sends:
            assert self.regime.preservation is not None and self.regime.preservation.source
            assert self.regime.preservation.basis.startswith("None:"), "none of these laws has one"

    def test_what_it_may_render_are_known_fields(self) -> None:
        known = {field.name for field in fields(Facts)} | {"reference", "service", "sent"}
        assert self.regime.fields <= known - {"her_name", "authorised", "minor"}

    def test_a_route_that_is_only_explained_explains_and_sends_nothing(self) -> None:
        if self.regime.sends:
            assert Capacity.REPRESENTATIVE in self.regime.may_send, "the helpline can sign, so that she need not"
        else:
            assert len(self.regime.guide) >= 4 and not self.regime.elements and not self.regime.clocks
