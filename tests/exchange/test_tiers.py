"""Tiers, contested claims and disputes on real tables: what people decide, and that nothing else moves a tier."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.db import transaction

from notcontent.exchange.folder import Folder
from notcontent.feed.entry import Add, Pause, Resume, SetTier, Tier, Withdraw
from tests.exchange.test_publisher import TODAY, Code, Desk

TODAY_ISO = TODAY.isoformat()


@dataclass
class Site:
    """One vetted site, as the exchange hears it."""

    desk: Desk
    owner: str
    client: str = "guard"

    def __post_init__(self) -> None:
        from notcontent.exchange.partners.joining import add_partner

        joined = add_partner(
            name=f"Site {secrets.token_hex(4)}", country="zz", site="", proves_forgetting=True, today=TODAY,
            owner=self.owner, client=self.client,
        )  # fmt: skip
        self.partner, self.feed = joined.partner, joined.feed

    def cut(self) -> list[Any]:
        """What its stream brings next."""
        there = self.desk.feed
        self.desk.feed = self.feed
        try:
            return self.desk.cut()
        finally:
            self.desk.feed = there

    def holds(self, entry: str, verdict: str = "hold", **said: Any) -> str:
        """A guard stopped an upload; the report's id."""
        from notcontent.exchange.partners.hearing import hear_reports

        report = {
            "id": secrets.token_hex(16), "entry": entry, "verdict": verdict, "decision": None, "reason": None,
            "day": TODAY_ISO,
        } | said  # fmt: skip
        assert hear_reports(self.feed, {"reports": [report]}).accepted == 1
        return str(report["id"])

    def decides(self, entry: str, reason: str, verdict: str = "hold") -> str:
        """Somebody there looked at a held upload and recorded a word."""
        decision = "block" if reason == "intimate" else "release"
        report = self.holds(entry, verdict)
        return self.holds(entry, verdict, id=report, decision=decision, reason=reason)

    def disputes(self, *reports: str, kind: str = "not_intimate") -> list[str]:
        from notcontent.exchange.disputes.hearing import hear_disputes

        said = [{"report": report, "kind": kind} for report in reports]
        return [each.answer for each in hear_disputes(self.feed, {"disputes": said}, TODAY)]


@pytest.fixture
def desk(tables: Folder) -> Iterator[Desk]:
    from notcontent.exchange.lists.publisher import read_online_key

    yield Desk(tables, "", "", read_online_key(tables))


@dataclass
class Listed:
    """A case with one entry on the streams of two sites of different owners."""

    locator: str
    entry: str
    code: Code
    at: dict[str, str]


def listed(desk: Desk, *sites: Site, stated: bool = True, code: Code | None = None, **more: Any) -> Listed:
    from notcontent.exchange.cases.models import Notices
    from notcontent.exchange.lists.models import Entry

    before = set(Entry.objects.values_list("id", flat=True))
    said = {"statements": {sites[0].partner: Notices.ASK}} if stated else {}
    code = code or Code.new()
    locator = desk.open(code, partners=[site.partner for site in sites], **said, **more)
    entry = Entry.objects.exclude(id__in=before).get()
    at = {}
    for site in sites:
        (added,) = (each for each in site.cut() if isinstance(each, Add))
        at[site.feed] = added.entry
    return Listed(locator, entry.id, code, at)


def tier_of(entry: str) -> str:
    from notcontent.exchange.lists.models import Entry

    return str(Entry.objects.get(id=entry).tier)


def audited() -> list[tuple[str, str]]:
    from notcontent.exchange.desk.models import AuditRow
    from notcontent.exchange.desk.tiers import audit_raises

    audit_raises()
    return [(row.action, row.reason) for row in AuditRow.objects.order_by("number") if row.action.startswith("tier")]


def test_a_claim_is_seen_by_one_person_and_verified_by_people_under_two_owners(desk: Desk) -> None:
    one, two = Site(desk, "One"), Site(desk, "Two")
    hers = listed(desk, one, two)
    one.decides(hers.at[one.feed], "intimate")
    assert tier_of(hers.entry) == "seen"
    assert one.cut() == [SetTier(hers.at[one.feed], Tier.SEEN)]
    assert two.cut() == [SetTier(hers.at[two.feed], Tier.SEEN)]
    two.decides(hers.at[two.feed], "intimate")
    assert two.cut() == [SetTier(hers.at[two.feed], Tier.VERIFIED)]
    assert audited() == [("tier seen", "a person at a site"), ("tier verified", "people at two sites")]
    assert audited() == audited(), "each rise is written once"


def test_her_statement_may_come_last_and_taking_it_back_takes_nothing_down(desk: Desk) -> None:
    from notcontent.exchange.cases.models import Notices

    one, two = Site(desk, "One"), Site(desk, "Two")
    hers = listed(desk, one, two, stated=False)
    one.decides(hers.at[one.feed], "intimate")
    two.decides(hers.at[two.feed], "intimate")
    assert tier_of(hers.entry) == "seen"
    desk.open(locator=hers.locator, partners=[one.partner], statements={one.partner: Notices.ASK})
    assert tier_of(hers.entry) == "verified"
    desk.open(locator=hers.locator, partners=[one.partner], statements={one.partner: Notices.REVOKED})
    assert tier_of(hers.entry) == "verified", "whoever has her words for a minute can't make a block a hold"


@pytest.mark.parametrize("verdict", ["flag", "here"])
def test_a_match_a_near_miss_and_any_number_of_uploads_raise_nothing(desk: Desk, verdict: str) -> None:
    one, two = Site(desk, "One"), Site(desk, "Two")
    hers = listed(desk, one, two)
    for site in (one, two):
        for _ in range(20):
            site.holds(hers.at[site.feed], "hold")
            site.holds(hers.at[site.feed], "hold", decision="block", reason="expired")
            site.holds(hers.at[site.feed], "block")
        site.decides(hers.at[site.feed], "intimate", verdict)
    assert tier_of(hers.entry) == "claimed" and audited() == []


def test_feedback_in_stopnciis_shape_raises_nothing(desk: Desk) -> None:
    from notcontent.exchange.lists.ruling import weigh
    from notcontent.exchange.partners.models import Report

    site, shaped = Site(desk, "One"), Site(desk, "Two", client="stopncii")
    hers = listed(desk, site)
    desk.open(hers.code, locator=hers.locator, partners=[shaped.partner])
    from notcontent.exchange.lists.models import Entry, Listing

    listing = Listing.objects.get(entry_id=hers.entry, stream_id=shaped.feed)
    Report.objects.create(
        stream_id=shaped.feed, report="0" * 32, listing=listing, verdict="block", decision="block", reason="intimate",
        day=TODAY,
    )  # fmt: skip
    with transaction.atomic():
        weigh(hers.entry, TODAY)
    assert Entry.objects.get().tier == "claimed"


def test_a_site_that_left_no_longer_counts(desk: Desk) -> None:
    from notcontent.exchange.partners.models import Partner

    one, two = Site(desk, "One"), Site(desk, "Two")
    hers = listed(desk, one, two)
    one.decides(hers.at[one.feed], "intimate")
    Partner.objects.filter(id=one.partner).update(active=False)
    two.decides(hers.at[two.feed], "intimate")
    assert tier_of(hers.entry) == "seen"


def test_two_people_of_the_desk_who_spoke_with_her_verify_all_she_listed(desk: Desk) -> None:
    from notcontent.exchange.cases.models import Case
    from notcontent.exchange.disputes.deciding import record_spoken
    from notcontent.exchange.errors import NotStated

    site = Site(desk, "One")
    silent = listed(desk, site, stated=False)
    hers = listed(desk, site)
    case = Case.objects.get(locator_sha256=hers.locator)
    with transaction.atomic():
        record_spoken(case.id, TODAY)
    assert tier_of(hers.entry) == "verified" and tier_of(silent.entry) == "claimed"
    assert audited() == [("tier verified", "spoken with her")]
    with pytest.raises(NotStated), transaction.atomic():
        record_spoken(Case.objects.get(locator_sha256=silent.locator).id, TODAY)


def test_on_a_real_exchange_no_command_sets_a_tier(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    from django.conf import settings

    from notcontent.exchange.desk.tiers import set_tier
    from notcontent.exchange.errors import OnlyForPractice

    hers = listed(desk, Site(desk, "One"))
    monkeypatch.setattr(settings, "PROFILE", replace(settings.PROFILE, practice=False))
    with pytest.raises(OnlyForPractice):
        set_tier(hers.entry, Tier.VERIFIED, actor="Operator", reason="because", today=TODAY)
    assert tier_of(hers.entry) == "claimed"


def test_two_decisions_of_one_site_rest_the_claim_there_only(desk: Desk) -> None:
    """What an ex with a friend among one site's moderators can do."""
    one, two = Site(desk, "One"), Site(desk, "Two")
    hers = listed(desk, one, two)
    one.decides(hers.at[one.feed], "not_intimate")
    assert one.cut() == []
    one.decides(hers.at[one.feed], "public_interest")
    assert set(one.cut()) == {SetTier(hers.at[one.feed], Tier.CLAIMED), Pause(hers.at[one.feed])}
    assert two.cut() == [], "the other site goes on holding"
    for _ in range(50):
        one.decides(hers.at[one.feed], "not_intimate")
    assert two.cut() == []


def test_people_under_two_owners_take_a_claim_off_every_list_until_the_desk_decided(desk: Desk) -> None:
    from notcontent.exchange.lists.ruling import put_back

    one, two, third = Site(desk, "One"), Site(desk, "Two"), Site(desk, "Three")
    hers = listed(desk, one, two, third)
    one.decides(hers.at[one.feed], "public_interest")
    two.decides(hers.at[two.feed], "not_intimate")
    for site in (one, two, third):
        assert Pause(hers.at[site.feed]) in site.cut()
    late = Site(desk, "Four")
    desk.open(hers.code, locator=hers.locator, partners=[late.partner])
    assert late.cut() == [], "it does not come onto another list meanwhile"
    with transaction.atomic():
        put_back(hers.entry, TODAY)
    for site in (one, two, third):
        assert Resume(hers.at[site.feed]) in site.cut()
    assert [type(each) for each in late.cut()] == [Add]
    one.decides(hers.at[one.feed], "not_intimate")
    assert one.cut() == [], "what the desk has weighed counts no more"
    two.decides(hers.at[two.feed], "not_intimate")
    assert Pause(hers.at[two.feed]) in two.cut()


def test_a_confirmed_entry_goes_before_the_desk_and_holds_meanwhile(desk: Desk) -> None:
    from notcontent.exchange.lists.models import Contest, Entry

    one, two, third = Site(desk, "One"), Site(desk, "Two"), Site(desk, "Three")
    hers = listed(desk, one, two, third)
    third.decides(hers.at[third.feed], "intimate")
    [site.cut() for site in (one, two, third)]
    one.decides(hers.at[one.feed], "not_intimate")
    two.decides(hers.at[two.feed], "not_intimate")
    assert [site.cut() for site in (one, two, third)] == [[], [], []]
    assert Entry.objects.get().contest == Contest.SITE


def test_what_is_taken_out_leaves_every_list_and_stays_in_her_case(desk: Desk) -> None:
    from notcontent.exchange.cases.looking import status_of
    from notcontent.exchange.cases.models import Case
    from notcontent.exchange.disputes.deciding import take_claim_out

    one, two = Site(desk, "One"), Site(desk, "Two")
    hers = listed(desk, one, two)
    report = one.holds(hers.at[one.feed])
    assert one.disputes(report) == ["open"]
    one.decides(hers.at[one.feed], "not_intimate")
    two.decides(hers.at[two.feed], "not_intimate")
    case = Case.objects.get()
    assert (status_of(case, 0, TODAY).resting, status_of(case, 0, TODAY).taken_out) == (1, 0)
    with transaction.atomic():
        take_claim_out(hers.entry, TODAY)
    assert one.cut() == [Withdraw(hers.at[one.feed])] and two.cut() == [Withdraw(hers.at[two.feed])]
    assert one.disputes(report) == ["released"]
    status = status_of(case, 0, TODAY)
    assert (status.resting, status.taken_out, [site.state for site in status.sites]) == (0, 1, ["none"])
    three = Site(desk, "Three")
    desk.open(hers.code, locator=hers.locator, partners=[three.partner])
    assert one.cut() == three.cut() == [], "and sending it again does not bring it back"
    desk.withdraw(hers.locator)
    assert one.cut() == [] and status_of(Case.objects.get(), 0, TODAY).taken_out == 1


def test_a_claim_that_rests_is_paused_in_the_snapshot_too(desk: Desk) -> None:
    from notcontent.feed.snapshot import read_snapshot

    one = Site(desk, "One")
    hers = listed(desk, one)
    one.decides(hers.at[one.feed], "not_intimate")
    one.decides(hers.at[one.feed], "not_intimate")
    desk.feed = one.feed
    desk.fold()
    (path,) = desk.folder.stream(one.feed).glob("*.snapshot")
    assert read_snapshot(path).records["paused"].tolist() == [1]


def test_in_stopnciis_shape_a_claim_that_rests_is_withdrawn_and_comes_back(desk: Desk) -> None:
    from notcontent.exchange.lists.models import ShapedHash
    from notcontent.exchange.lists.ruling import put_back
    from notcontent.exchange.lists.shaping import take_step
    from notcontent.exchange.partners.shaped import give_page

    one, two, shaped = Site(desk, "One"), Site(desk, "Two"), Site(desk, "Three", client="stopncii")
    hers = listed(desk, one, two)
    desk.open(hers.code, locator=hers.locator, partners=[shaped.partner])
    take_step(shaped.feed, TODAY)
    page = give_page(shaped.feed, 1, 100, None)
    assert len(page.records) == 8
    one.decides(hers.at[one.feed], "not_intimate")
    two.decides(hers.at[two.feed], "not_intimate")
    take_step(shaped.feed, TODAY)
    assert [each.withdrawn for each in give_page(shaped.feed, page.next_time, 100, None).records] == [True] * 8
    with transaction.atomic():
        put_back(hers.entry, TODAY)
    take_step(shaped.feed, TODAY)
    assert ShapedHash.objects.filter(withdrawn=None).count() == 8
    desk.withdraw(hers.locator)
    take_step(shaped.feed, TODAY)
    assert ShapedHash.objects.filter(withdrawn=None).count() == 0


# --- what is famous ---


def known_to_all(folder: Folder, *codes: Code) -> Any:
    from notcontent.exchange.cases.famous import read_famous

    lines = [json.dumps({"file": "x.png", "kind": "pdq", "pdq": code.upright, "quality": 90}) for code in codes]
    folder.famous.write_text("\n".join([*lines, "no json", '{"file": "y", "error": "broken"}']) + "\n")
    return read_famous(folder.famous)


def near(code: Code, bits: int, turn: int) -> Code:
    """The picture turned, with so many bits of every turn changed."""
    turns = [bytearray(code.stored[start : start + 32]) for start in range(0, 256, 32)]
    for each in turns:
        for bit in range(bits):
            each[bit // 8] ^= 1 << bit % 8
    return Code("pdq", 90, b"".join(bytes(each) for each in turns[turn:] + turns[:turn]))


def test_what_is_near_a_famous_picture_stays_a_claim_until_the_desk_has_looked(desk: Desk) -> None:
    from notcontent.exchange.lists.models import Entry
    from notcontent.exchange.lists.ruling import put_back

    famous, other = Code.new(1), Code.new(2)
    bank = known_to_all(desk.folder, famous)
    assert bank.shape == (1, 4)
    one, two = Site(desk, "One"), Site(desk, "Two")
    planted = listed(desk, one, two, code=near(famous, 20, 3), famous=bank)
    hers = listed(desk, one, two, code=other, famous=bank)
    assert (Entry.objects.get(id=planted.entry).famous, Entry.objects.get(id=hers.entry).famous) == (True, False)
    for site in (one, two):
        site.decides(planted.at[site.feed], "intimate")
    assert tier_of(planted.entry) == "claimed"
    with transaction.atomic():
        put_back(planted.entry, TODAY)
    assert tier_of(planted.entry) == "verified"


def test_the_famous_pictures_are_read_again_when_the_file_has_changed(tmp_path: Path) -> None:
    from notcontent.exchange.cases.famous import is_famous, read_famous

    folder = Folder(tmp_path)
    code = Code.new(3)
    assert read_famous(folder.famous).shape == (0, 4) and not is_famous(code.stored, read_famous(folder.famous))
    known_to_all(folder, Code.new(4))
    assert not is_famous(code.stored, read_famous(folder.famous))
    known_to_all(folder, Code.new(4), code)
    assert is_famous(code.stored, read_famous(folder.famous))
    assert not is_famous(Code.video(3, 9).stored, np.empty((0, 4), np.uint64))


# --- disputes ---


def test_a_dispute_speaks_of_a_stopped_upload_and_learns_one_word(desk: Desk) -> None:
    from notcontent.exchange.disputes.deciding import answer_disputes
    from notcontent.exchange.disputes.models import Answer, Dispute, Kind

    one, two = Site(desk, "One"), Site(desk, "Two")
    hers = listed(desk, one, two)
    held, flagged = one.holds(hers.at[one.feed]), one.holds(hers.at[one.feed], "flag")
    assert one.disputes(flagged, "0" * 32) == [], "what was never stopped can't be disputed"
    assert two.disputes(held) == [], "nor what another site stopped"
    assert one.disputes(held) == one.disputes(held, kind="public_interest") == ["open"]
    assert Dispute.objects.get().kind == Kind.NOT_INTIMATE
    assert tier_of(hers.entry) == "claimed" and one.cut() == [], "and the list stays as it is"
    answer_disputes(hers.entry, Kind.NOT_INTIMATE, Answer.UPHELD, TODAY)
    assert one.disputes(held) == ["upheld"]


def test_a_decision_counts_once_until_its_upload_is_disputed(desk: Desk) -> None:
    from notcontent.exchange.partners.models import Report

    one = Site(desk, "One")
    hers = listed(desk, one)
    report = one.decides(hers.at[one.feed], "intimate", "block")
    again = {"id": report, "decision": "release", "reason": "not_intimate"}
    one.holds(hers.at[one.feed], "block", **again)
    assert Report.objects.get().reason == "intimate"
    one.disputes(report)
    one.holds(hers.at[one.feed], "block", **again)
    assert Report.objects.get().reason == "not_intimate"
    assert tier_of(hers.entry) == "seen", "what rose never falls by itself"


def test_she_is_told_of_a_dispute_after_the_delay_and_answers_with_her_own_words_only(desk: Desk) -> None:
    from notcontent.exchange.cases.models import Case
    from notcontent.exchange.disputes.asking_her import hear_her, questions_of
    from notcontent.exchange.disputes.models import Dispute, HerWord

    one = Site(desk, "One")
    hers, other = listed(desk, one), listed(desk, one)
    reports = [one.holds(hers.at[one.feed]) for _ in range(30)]
    one.disputes(*reports, kind="shown_and_agree")
    case = Case.objects.get(locator_sha256=hers.locator)
    assert questions_of(case, 1, TODAY) == ()
    (question,) = questions_of(case, 1, TODAY + timedelta(days=1))
    assert question.kind == "shown_and_agree" and not question.her_word, "thirty alike are one question"
    assert hear_her(hers.locator, "1" * 64, question.id, HerWord.NO) is None, "a looking code only looks"
    hear_her(other.locator, "2" * 64, question.id, HerWord.YES)
    assert set(Dispute.objects.values_list("her_word", flat=True)) == {""}, "nor does another case answer it"
    assert hear_her(hers.locator, "2" * 64, question.id, HerWord.NO) is not None
    assert set(Dispute.objects.values_list("her_word", "answer")) == {("no", "open")}
    assert questions_of(Case.objects.get(locator_sha256=other.locator), 0, TODAY) == ()


# --- numbers ---


def test_months_that_are_over_are_counted_once_and_small_counts_are_not_told(desk: Desk) -> None:
    from notcontent.exchange.public.counting import FEWER, count_months, told_months
    from notcontent.exchange.public.models import Demand

    one = Site(desk, "One")
    hers = listed(desk, one)
    for _ in range(12):
        one.holds(hers.at[one.feed])
    later = date(2026, 12, 5)
    assert count_months(TODAY) == 0, "this month is not over"
    Demand.objects.create(month=date(2026, 11, 1), country="ZZ", obeyed=False)
    assert (count_months(later), count_months(later)) == (1, 0)
    desk.withdraw(hers.locator)
    (month,) = told_months()
    assert (month.month, month.held, month.listed, month.disputed) == ("2026-11", 12, FEWER, FEWER)
    assert month.median_hold_days is None
    assert [(each.country, each.demands, each.obeyed) for each in month.demands_by_states] == [("ZZ", 1, 0)]
