"""What a partner's list may carry: its scope, and the canaries that no partner can tell from entries."""

from __future__ import annotations

import json
import secrets
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from notcontent.exchange.folder import Folder
from notcontent.feed.entry import Add, Tier, Withdraw
from tests.exchange.test_publisher import NOW, TODAY, Code, Desk

WHY = {"actor": "mira", "reason": "a test of the scope", "today": TODAY}


@pytest.fixture
def site(tables: Folder) -> Desk:
    """Fresh tables with one partner, whose list has no canaries yet."""
    return join(tables)


def join(tables: Folder, client: str = "guard", canaries: bool = False) -> Desk:
    from notcontent.exchange.lists.publisher import read_online_key
    from notcontent.exchange.partners.joining import add_partner

    joined = add_partner(
        name=f"Board {client}", country="zz", site="", proves_forgetting=True, today=TODAY, client=client,
        canaries=canaries,
    )  # fmt: skip
    return Desk(tables, joined.feed, joined.partner, read_online_key(tables))


def stream_of(site: Desk) -> Any:
    from notcontent.exchange.partners.models import Stream

    return Stream.objects.get(feed=site.feed)


def set_tier(code: Code, tier: Tier) -> None:
    from notcontent.exchange.desk.tiers import set_tier
    from notcontent.exchange.lists.models import Entry

    (entry,) = [entry for entry in Entry.objects.all() if bytes(entry.fingerprints) == code.stored]
    set_tier(entry.id, tier, actor="mira", reason="a test", today=TODAY)


def follow(site: Desk) -> dict[str, str]:
    """What a strict follower holds from the beginning on: the head's count fits it."""
    site.write_head()
    return site.follow(now=NOW)[2]


def hear(site: Desk, entry: str, report: str | None = None, **said: Any) -> tuple[int, int]:
    from notcontent.exchange.partners.hearing import hear_reports

    body = {"id": report or secrets.token_hex(16), "entry": entry, "verdict": "hold", "decision": None, "reason": None}
    heard = hear_reports(site.feed, {"reports": [body | {"day": TODAY.isoformat()} | said]})
    return heard.accepted, heard.ignored


def test_a_list_of_verified_entries_never_carries_a_claim(site: Desk) -> None:
    from notcontent.exchange.partners.changing import narrow

    narrow(site.partner, **WHY)
    claimed, checked = Code.new(), Code.new()
    site.open(claimed, checked)
    assert site.cut() == [], "two claims are kept back"
    set_tier(checked, Tier.VERIFIED)
    (add,) = site.cut()
    assert isinstance(add, Add) and (add.value, add.tier) == (checked.upright, Tier.VERIFIED)
    set_tier(claimed, Tier.SEEN)
    assert site.cut() == [] and list(follow(site).values()) == [checked.upright]


def test_narrowing_takes_claims_back_and_widening_lists_them_under_new_ids(site: Desk) -> None:
    from notcontent.exchange.partners.changing import narrow, widen

    claimed, checked = Code.new(), Code.new()
    locator = site.open(claimed, checked)
    set_tier(checked, Tier.VERIFIED)
    first = {operation.value: operation.entry for operation in site.cut() if isinstance(operation, Add)}
    narrow(site.partner, **WHY)
    assert site.cut() == [Withdraw(first[claimed.upright])]
    assert list(follow(site).values()) == [checked.upright]
    widen(site.partner, **WHY)
    (again,) = site.cut()
    assert isinstance(again, Add) and again.value == claimed.upright
    assert again.entry != first[claimed.upright], "a guard forgets a withdrawn id for good"
    site.withdraw(locator)
    assert {operation.entry for operation in site.cut()} == {again.entry, first[checked.upright]}  # type: ignore[union-attr]
    assert follow(site) == {}


def test_a_verified_entry_that_is_doubted_leaves_a_list_of_verified_ones_and_may_come_back(site: Desk) -> None:
    from notcontent.exchange.partners.changing import narrow

    code = Code.new()
    site.open(code)
    set_tier(code, Tier.VERIFIED)
    narrow(site.partner, **WHY)
    (add,) = site.cut()
    set_tier(code, Tier.CLAIMED)
    assert site.cut() == [Withdraw(add.entry)]  # type: ignore[union-attr]
    set_tier(code, Tier.VERIFIED)
    (again,) = site.cut()
    assert isinstance(again, Add) and again.entry != add.entry  # type: ignore[union-attr]


def test_her_status_waits_for_receipts_of_what_was_taken_back_too(site: Desk) -> None:
    from notcontent.exchange.cases.looking import SiteState, status_of
    from notcontent.exchange.cases.models import Case
    from notcontent.exchange.partners.changing import narrow
    from notcontent.exchange.partners.polling import note_acked

    locator = site.open(Code.new())
    site.cut()
    note_acked(site.feed, 1)
    case = Case.objects.get()
    assert status_of(case, 0, TODAY).sites[0].state is SiteState.LISTED
    narrow(site.partner, **WHY)
    site.cut()
    (only,) = status_of(case, 0, TODAY).sites
    assert only.state is SiteState.WAITING, "it is not on that list any more"
    site.withdraw(locator)
    case.refresh_from_db()
    assert status_of(case, 0, TODAY).sites[0].state is SiteState.STOPPING


def test_a_list_in_stopnciis_shape_is_narrowed_and_widened_too(tables: Folder) -> None:
    from notcontent.exchange.lists.shaping import take_step
    from notcontent.exchange.partners.changing import narrow, widen
    from notcontent.exchange.partners.shaped import give_page

    site = join(tables, "stopncii")
    claimed, checked = Code.new(), Code.new()
    site.open(claimed, checked)
    set_tier(checked, Tier.VERIFIED)

    def step() -> tuple[set[str], set[str], int]:
        while take_step(site.feed, TODAY):
            pass
        page = give_page(site.feed, start[0], 1_000, None)
        start[0] = page.next_time
        live = {record.value for record in page.records if not record.withdrawn}
        return live, {record.value for record in page.records if record.withdrawn}, len(page.records)

    start = [10]
    assert step()[2] == 16
    narrow(site.partner, **WHY)
    live, gone, _ = step()
    assert claimed.upright in gone and len(gone) == 8 and not live
    widen(site.partner, **WHY)
    live, gone, _ = step()
    assert claimed.upright in live and len(live) == 8 and not gone


def test_a_groups_bot_is_sent_verified_entries_only_and_nobody_can_widen_that(tables: Folder) -> None:
    from notcontent.exchange.partners.changing import widen
    from notcontent.exchange.partners.errors import NotForThisClient

    site = join(tables, "bot")
    site.open(Code.new())
    assert site.cut() == []
    with pytest.raises(NotForThisClient):
        widen(site.partner, **WHY)
    assert stream_of(site).verified_only


def test_canaries_come_with_entries_look_like_them_and_are_on_one_list_only(tables: Folder) -> None:
    one, other = join(tables, canaries=True), join(tables, "tx", canaries=True)
    assert one.cut() == [], "never alone"
    codes = [Code.new() for _ in range(3)]
    one.open(*codes, partners=[one.partner, other.partner])
    first = [operation for operation in one.cut() if isinstance(operation, Add)]
    assert len(first) == 4 and {add.tier for add in first} == {Tier.CLAIMED} and {add.kind for add in first} == {"pdq"}
    (canary,) = [add for add in first if add.value not in {code.upright for code in codes}]
    # 120 entries bring the rest at once.
    for _ in range(3):
        one.open(*[Code.new() for _ in range(40)], partners=[one.partner])
    one.cut()
    live = follow(one)
    assert len(live) == 123 + 5 and stream_of(one).count == 128
    one.fold()
    assert follow(one) == live and live[canary.entry] == canary.value
    from notcontent.exchange.partners.models import Canary

    assert not {bytes(row.fingerprints)[:32].hex() for row in stream_of(other).canaries.all()} & set(live.values())
    assert Canary.objects.count() == 10
    turned = other.cut()
    assert sum("turned" in line.line for line in turned) == 4 and len({len(line.line) for line in turned}) == 1  # type: ignore[union-attr]


def test_what_a_guard_says_of_a_canary_gets_the_answer_of_an_entry(tables: Folder) -> None:
    from notcontent.exchange.partners.changing import narrow
    from notcontent.exchange.partners.hearing import hear_receipts, register_guard
    from notcontent.exchange.partners.models import CanarySeen, Report
    from notcontent.feed.receipt import Receipt, ReceiptState, format_receipt
    from notcontent.feed.signature import SigningKey

    site = join(tables, canaries=True)
    site.open(code := Code.new())
    adds = {operation.value: operation.entry for operation in site.cut() if isinstance(operation, Add)}
    entry = adds.pop(code.upright)
    (canary,) = adds.values()
    key = SigningKey.generate()
    register_guard(site.feed, {"public_key": key.public.text})

    def receipt(name: str, number: int) -> tuple[int, int]:
        signed = key.sign(format_receipt(Receipt(site.feed, name, ReceiptState.ERASED, 1, number, NOW)))
        heard = hear_receipts(site.feed, {"receipts": [signed.to_json()]})
        return heard.accepted, heard.ignored

    answers = {}
    for name in (entry, canary):
        report, later = secrets.token_hex(16), secrets.token_hex(16)
        answers[name] = [
            hear(site, name, report),
            hear(site, name, report),
            hear(site, name, report, decision="release", reason="not_intimate"),
            hear(site, name, later, verdict="here"),
            receipt(name, 1),
        ]
        if name == canary:
            narrow(site.partner, **WHY)
            site.cut()
        answers[name].append("cut")
    for name in (entry, canary):
        answers[name] += [hear(site, name), receipt(name, 1), receipt(name, 2), receipt(name, 2)]
    assert answers[entry] == answers[canary]
    assert hear(site, secrets.token_hex(16)) == (0, 1)
    assert Report.objects.count() == 2 and CanarySeen.objects.count() == 2, "no case, count or page knows of a canary"


def test_narrowed_canaries_leave_with_the_claims_and_others_come_among_verified_entries(tables: Folder) -> None:
    from notcontent.exchange.partners.changing import narrow

    site = join(tables, canaries=True)
    claimed, checked = Code.new(), Code.new()
    site.open(claimed)
    assert len(site.cut()) == 2
    narrow(site.partner, **WHY)
    gone = site.cut()
    assert len(gone) == 2 and all(isinstance(operation, Withdraw) for operation in gone)
    site.open(checked)
    set_tier(checked, Tier.VERIFIED)
    came = site.cut()
    assert len(came) == 2 and {add.tier for add in came} == {Tier.VERIFIED}  # type: ignore[union-attr]
    assert len(follow(site)) == 2


def test_a_leak_names_the_partner_whose_canaries_are_in_it(tables: Folder) -> None:
    from notcontent.exchange.desk.models import AuditRow
    from notcontent.exchange.partners.leaks import read_leak, trace_leak

    leaky, other = join(tables, canaries=True), join(tables, "tx", canaries=True)
    for _ in range(3):
        codes = [Code.new() for _ in range(40)]
        leaky.open(*codes, partners=[leaky.partner, other.partner])
    leaky.cut()
    leaky.fold()
    values = list(follow(leaky).values())
    # Altered, in another order, among the hashes of others.
    altered = [f"{int(value, 16) ^ 0b1011 << 7:064x}" for value in values]
    text = json.dumps([*altered[::2], *(secrets.token_hex(32) for _ in range(50)), *altered[1::2]])
    leak = trace_leak(read_leak(text.encode()), TODAY)
    assert [(source.partner_id, source.found, source.sent) for source in leak.sources] == [(leaky.partner, 5, 5)]
    assert leak.fingerprints == 175
    snapshot = leaky.folder.snapshot(leaky.feed, 1, 1).read_bytes()
    assert trace_leak(read_leak(snapshot), TODAY).sources[0].found == 5
    mirrored = b"".join(bytes(row.fingerprints)[160:192] for row in stream_of(leaky).canaries.all())
    assert trace_leak(mirrored, TODAY).sources[0].found == 5
    clean = "\n".join(secrets.token_hex(32) for _ in range(500))
    assert trace_leak(read_leak(clean.encode()), TODAY).sources == ()
    assert trace_leak(read_leak(b"no fingerprint"), TODAY).sources == ()
    assert trace_leak(read_leak(b"NCSNAP01" + b"\xff" * 200), TODAY).sources == ()
    assert AuditRow.objects.filter(action="canaries looked for in a leak").count() == 6


def test_canaries_have_the_statistics_of_photographs_and_are_near_none(tables: Folder) -> None:
    """Against the photographs that packages bring: as many ones, the same spread, the usual distance."""
    from skimage import data

    from notcontent.exchange.partners.canaries import make_canaries
    from notcontent.fingerprint.pdq import fingerprint_pixels

    names = ("astronaut", "coffee", "chelsea", "camera", "coins", "moon", "rocket", "cat", "grass", "gravel", "brick")
    photographs = [bytes.fromhex(fingerprint_pixels(getattr(data, name)()).orientations[0].hex) for name in names]
    canaries = [value[:32] for value in make_canaries(40)]

    def bits(values: list[bytes]) -> Any:
        return np.unpackbits(np.frombuffer(b"".join(values), np.uint8).reshape(-1, 32), axis=1).astype(int)

    real, made = bits(photographs), bits(canaries)
    assert np.abs(made.sum(axis=1) - 128).max() <= max(2, np.abs(real.sum(axis=1) - 128).max())
    between = (real[:, None] != made[None]).sum(axis=2)
    among = (made[:, None] != made[None]).sum(axis=2)[~np.eye(len(made), dtype=bool)]
    assert between.min() >= 64 and among.min() >= 64
    assert abs(between.mean() - 128) < 6 and abs(among.mean() - 128) < 6
    # No bit is always the same, and neighbours in the block agree about as often as in photographs.
    assert made.mean(axis=0).min() > 0.15 and made.mean(axis=0).max() < 0.85

    def neighbours(rows: Any) -> float:
        block = rows.reshape(-1, 16, 16)
        return float((block[:, :, 1:] == block[:, :, :-1]).mean())

    assert abs(neighbours(real) - neighbours(made)) < 0.08


def test_holds_that_lie_narrow_a_list_by_rule_and_a_person_can_undo_it(site: Desk) -> None:
    from notcontent.exchange.desk.audit import first_broken_row
    from notcontent.exchange.desk.models import AuditRow
    from notcontent.exchange.partners.changing import widen
    from notcontent.exchange.partners.holds import count_holds, narrow_where_holds_lie

    locator = site.open(Code.new())
    (add,) = site.cut()
    entry = add.entry  # type: ignore[union-attr]
    for number in range(20):
        old = {"day": (TODAY - timedelta(days=6)).isoformat()}
        seen = {"decision": "release", "reason": "not_intimate"} if number >= 4 else {}
        hear(site, entry, **old | seen)
    hear(site, entry, decision="block", reason="expired", day=(TODAY - timedelta(days=40)).isoformat())
    holds = count_holds(stream_of(site), TODAY)
    assert (holds.decided, holds.unseen, holds.overdue, holds.lie) == (16, 0, 4, False), "four are not five"
    assert holds.open_by_age == (0, 0, 0, 4, 0) and narrow_where_holds_lie(TODAY) == 0
    hear(site, entry, decision="release", reason="expired")
    assert count_holds(stream_of(site), TODAY).lie, "five of 21 are more than a fifth"
    assert narrow_where_holds_lie(TODAY) == 1
    stream = stream_of(site)
    assert stream.verified_only and stream.narrowed_by_rule
    said = AuditRow.objects.get(action="verified entries only")
    assert said.subject == site.partner and "1 ended unseen and 4 are open for more than 72 hours" in said.reason
    widen(site.partner, actor="mira", reason="they were moving house", today=TODAY)
    assert narrow_where_holds_lie(TODAY) == 0, "what lay until then is excused"
    assert not stream_of(site).verified_only and first_broken_row() is None
    for _ in range(5):
        hear(site, entry, day=(TODAY + timedelta(days=1)).isoformat())
    site.withdraw(locator)
    site.cut()
    assert count_holds(stream_of(site), TODAY + timedelta(days=20)).open == 0, "what was withdrawn needs no decision"


def test_a_snapshot_lies_encrypted_to_the_guards_key_and_is_signed_as_it_lies(tables: Folder) -> None:
    import io

    import pyrage

    from notcontent.exchange.partners.hearing import register_guard
    from notcontent.feed.follow import FollowState, check_keys
    from notcontent.feed.signature import PublicKey, Signed, SigningKey
    from notcontent.feed.snapshot import parse_snapshot

    site, key, identity = join(tables), SigningKey.generate(), pyrage.x25519.Identity.generate()
    code = Code.new()
    site.open(code)
    site.cut()
    site.fold()
    path = site.folder.snapshot(site.feed, 1, 1)
    assert bytes.fromhex(code.upright) in path.read_bytes(), "no age key is known yet"
    register_guard(site.feed, {"public_key": key.public.text, "age_key": str(identity.to_public())})
    site.fold()
    sealed = path.read_bytes()
    assert sealed.startswith(b"age-encryption.org/v1\n")
    for file in site.folder.stream(site.feed).iterdir():
        data = file.read_bytes()
        assert bytes.fromhex(code.upright) not in data and code.upright.encode() not in data
    stream = stream_of(site)
    assert (stream.snapshot_bytes, stream.age_key) == (len(sealed), str(identity.to_public()))
    state = FollowState(PublicKey.from_text(site.folder.root_public.read_text()), epoch=1)
    keys, _ = check_keys(state, Signed.from_json(json.loads(site.folder.feed_keys.read_bytes())))
    keys.keys[0].verify_file(io.BytesIO(sealed), path.with_name(path.name + ".minisig").read_text())
    (record,) = parse_snapshot(pyrage.decrypt(sealed, [identity])).records
    assert record["value"].tobytes().hex() == code.upright
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt(sealed, [pyrage.x25519.Identity.generate()])


@pytest.mark.parametrize("age_key", ["", "age1nonsense", 5, "ssh-ed25519 AAAA"])
def test_what_is_no_age_key_is_refused(site: Desk, age_key: object) -> None:
    from notcontent.exchange.errors import Refused
    from notcontent.exchange.partners.hearing import register_guard
    from notcontent.feed.signature import SigningKey

    with pytest.raises(Refused, match="not an age public key"):
        register_guard(site.feed, {"public_key": SigningKey.generate().public.text, "age_key": age_key})
    assert stream_of(site).guard_key == ""
