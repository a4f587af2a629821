"""Drills: what a censor, a flood and an ex can do, and what stands."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest

from notcontent.exchange.folder import Folder
from notcontent.feed.entry import Add, Pause, Withdraw
from tests.exchange.test_publisher import TODAY, Code, Desk
from tests.exchange.test_tiers import Site, audited, listed, tier_of

FLOOD = 100_000


@pytest.fixture
def desk(tables: Folder) -> Iterator[Desk]:
    from notcontent.exchange.lists.publisher import read_online_key

    yield Desk(tables, "", "", read_online_key(tables))


def test_a_censor_lists_a_protest_picture_and_posts_it_on_two_sites_by_bots(desk: Desk) -> None:
    one, two = Site(desk, "One"), Site(desk, "Two")
    planted = listed(desk, one, two)
    for site in (one, two):
        for verdict, decision, reason in (
            ("hold", None, None), ("block", None, None), ("flag", None, None), ("here", None, None),
            ("hold", "block", "expired"), ("hold", "release", "expired"), ("flag", "block", "intimate"),
        ):  # fmt: skip
            for _ in range(15):
                site.holds(planted.at[site.feed], verdict, decision=decision, reason=reason)
    assert tier_of(planted.entry) == "claimed" and audited() == []
    assert one.cut() == two.cut() == []
    one.decides(planted.at[one.feed], "public_interest")
    two.decides(planted.at[two.feed], "public_interest")
    for site in (one, two):
        assert Pause(planted.at[site.feed]) in site.cut(), "and once two people have looked it holds nothing"
    assert tier_of(planted.entry) == "claimed"


def test_a_flood_of_claims_and_hers_is_still_taken(desk: Desk) -> None:
    from django.db import connection, transaction

    one = Site(desk, "One")
    case = listed(desk, one)
    blob = Code.new().stored
    ids = [(secrets.token_hex(16), secrets.token_hex(16)) for _ in range(FLOOD)]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT case_id FROM lists_entry")
        (owner,) = cursor.fetchone()
        cursor.executemany(
            "INSERT INTO lists_entry (id, case_id, kind, fingerprints, quality, tier, made, famous, contest)"
            " VALUES (%s, %s, 'pdq', %s, 90, 'claimed', '2026-11-22', false, '')",
            [(entry, owner, blob) for entry, _ in ids],
        )
        cursor.executemany(
            "INSERT INTO lists_listing (id, entry_id, stream_id, state, due, paused, paused_there, recalled)"
            " VALUES (%s, %s, %s, 'live', false, false, false, false)",
            [(listing, entry, one.feed) for entry, listing in ids],
        )
    hers = Code.new()
    desk.open(hers, partners=[one.partner])
    assert [each.value for each in one.cut() if isinstance(each, Add)] == [hers.upright]
    assert case.entry


def test_an_ex_disputes_floods_and_withdraws_and_her_protection_stands(desk: Desk) -> None:
    from notcontent.exchange.cases.models import Case, Forget
    from notcontent.exchange.cases.withdrawing import withdraw_case
    from notcontent.exchange.disputes.asking_her import hear_her
    from notcontent.exchange.disputes.models import Dispute, HerWord, Kind

    one, two = Site(desk, "One"), Site(desk, "Two")
    hers = listed(desk, one, two)
    # He opens a case with the same picture, agrees to everything in it, and takes it back.
    his = desk.open(hers.code, partners=[one.partner, two.partner])
    assert len(one.cut()) == len(two.cut()) == 1
    desk.withdraw(his)
    assert [type(each) for each in one.cut() + two.cut()] == [Withdraw, Withdraw]
    assert withdraw_case(hers.locator, "3" * 64, Forget.EVERYTHING, TODAY) is None
    # He uploads it again and again and disputes each hold.
    for site in (one, two):
        reports = [site.holds(hers.at[site.feed]) for _ in range(60)]
        for kind in Kind.values:
            assert set(site.disputes(*reports, kind=kind)) == {"open"}
    question = Dispute.objects.first()
    assert question is not None
    hear_her(his, "2" * 64, question.id, HerWord.YES)
    hear_her(hers.locator, "1" * 64, question.id, HerWord.YES)
    assert set(Dispute.objects.values_list("her_word", flat=True)) == {""}
    # A friend of his decides about uploads at one site, as often as they like.
    for _ in range(10):
        two.decides(hers.at[two.feed], "not_intimate")
    assert Pause(hers.at[two.feed]) in two.cut()
    assert one.cut() == [], "nothing of all this reaches a site where he has no friend"
    assert Case.objects.get(locator_sha256=hers.locator).withdrawn is None
    one.decides(hers.at[one.feed], "intimate")
    assert tier_of(hers.entry) == "seen"
