"""Disputes and objections at the guard: neither lets anything through; the most they do is hold what was blocked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from notcontent.feed.entry import Tier
from notcontent.fingerprint.compute import fingerprint_picture
from notcontent.fingerprint.orientations import Orientation
from notcontent.fingerprint.views.view import ViewKind
from notcontent.guard import disputes
from notcontent.guard.database import Database
from notcontent.guard.disputes import Answer, Kind
from notcontent.guard.errors import NotStopped, UnknownUpload
from notcontent.guard.lists import Found
from notcontent.guard.review import expire, read_waiting
from notcontent.guard.uploads import Decision, Reason, Uploads, UploadState
from notcontent.guard.verdict import FoundEntry, Verdict, VerdictKind
from tests.conftest import generated_picture
from tests.guard.running_guard import RunningGuard, wait_until
from tests.guard.small_exchange import SmallExchange

ANA = "account-of-ana-7781"
NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A guard's tables, with two entries of one list."""
    made = Database(tmp_path)
    with made.write() as connection:
        connection.execute(
            "INSERT INTO lists (id, name, url, token, root_key, delta) VALUES (1, 'a', 'u', 't', 'k', '')"
        )
        connection.executemany("INSERT INTO entries VALUES (1, ?, ?, 'verified', 0)", [("one", 1), ("two", 2)])
    yield made
    made.close()


def stop(database: Database, upload: str, kind: VerdictKind, *entries: str, stays: bool = False) -> None:
    found = [FoundEntry(entry, "a", Tier.VERIFIED, 0, Orientation.UPRIGHT, ViewKind.WHOLE) for entry in entries]
    verdict = Verdict(kind, upload, matches=tuple(found))
    Uploads(database).record(verdict, [Found(1, each) for each in found], NOW, "photo", stays=stays)


def state(database: Database, upload: str) -> UploadState:
    return Uploads(database).look(upload).state


def reports(database: Database, upload: str) -> list[str]:
    rows = database.rows("SELECT report FROM matches WHERE upload = ? ORDER BY entry", upload)
    return [report for (report,) in rows]


def answer(database: Database, upload: str, *answers: Answer) -> bool:
    told = dict(zip(reports(database, upload), answers, strict=True))
    return disputes.hear(database, 1, told, NOW, tells=False)


def test_only_what_is_held_or_blocked_can_be_disputed(database: Database) -> None:
    with pytest.raises(UnknownUpload):
        disputes.dispute(database, "nothing", Kind.NOT_INTIMATE, NOW)
    stop(database, "flagged", VerdictKind.ALLOW, "one")
    stop(database, "decided", VerdictKind.HOLD, "one")
    Uploads(database).decide("decided", Decision.RELEASE, Reason.NOT_INTIMATE, NOW)
    for upload in ("flagged", "decided"):
        with pytest.raises(NotStopped):
            disputes.dispute(database, upload, Kind.NOT_INTIMATE, NOW)


def test_a_disputed_block_waits_for_a_person_and_no_time_ends_it(database: Database) -> None:
    stop(database, "block", VerdictKind.BLOCK, "one")
    disputed = disputes.dispute(database, "block", Kind.PUBLIC_INTEREST, NOW, object_id="photo-1")
    assert disputed.answer is Answer.OPEN and state(database, "block") is UploadState.OPEN
    again = disputes.dispute(database, "block", Kind.NOT_INTIMATE, NOW)
    assert again == disputed, "what was said first stays"
    waiting = read_waiting(database, "block")
    assert waiting and waiting.held and waiting.stays and waiting.object_id == "photo-1"
    assert waiting.disputed is Kind.PUBLIC_INTEREST
    late = NOW + timedelta(days=365)
    assert expire(database, Uploads(database), Decision.RELEASE, timedelta(hours=24), late) == 0
    assert state(database, "block") is UploadState.OPEN


def test_a_person_here_may_decide_and_the_answer_changes_that_no_more(database: Database) -> None:
    stop(database, "block", VerdictKind.BLOCK, "one")
    disputes.dispute(database, "block", Kind.NOT_INTIMATE, NOW)
    Uploads(database).decide("block", Decision.BLOCK, Reason.INTIMATE, NOW)
    assert not answer(database, "block", Answer.RELEASED)
    assert state(database, "block") is UploadState.BLOCKED


@pytest.mark.parametrize(
    ("kind", "answers", "then"),
    [
        (VerdictKind.BLOCK, (Answer.UPHELD, Answer.UPHELD), UploadState.BLOCKED),
        (VerdictKind.BLOCK, (Answer.RELEASED, Answer.UPHELD), UploadState.BLOCKED),
        (VerdictKind.BLOCK, (Answer.RELEASED, Answer.OPEN), UploadState.OPEN),
        (VerdictKind.BLOCK, (Answer.RELEASED, Answer.RELEASED), UploadState.RELEASED),
        (VerdictKind.HOLD, (Answer.UPHELD, Answer.UPHELD), UploadState.OPEN),
        (VerdictKind.HOLD, (Answer.RELEASED, Answer.RELEASED), UploadState.RELEASED),
    ],
)
def test_one_persons_yes_never_cancels_anothers_no(
    database: Database, kind: VerdictKind, answers: tuple[Answer, ...], then: UploadState
) -> None:
    stop(database, "upload", kind, "one", "two")
    disputes.dispute(database, "upload", Kind.AGREES, NOW)
    answer(database, "upload", *answers)
    assert state(database, "upload") is then


def test_an_objection_is_for_the_account_that_it_names_and_ends_when_it_is_not_upheld(database: Database) -> None:
    mine, other = disputes.name_account("ana", b"s" * 32), disputes.name_account("bea", b"s" * 32)
    assert mine == disputes.name_account("ana", b"s" * 32) != disputes.name_account("ana", b"t" * 32)
    uploads = Uploads(database)
    stop(database, "block", VerdictKind.BLOCK, "one")
    disputes.dispute(database, "block", Kind.PUBLISHED, NOW, account=mine)
    both = {(1, "one"), (1, "two")}
    assert uploads.objected(mine, both) == {(1, "one")} and uploads.objected(other, both) == set()
    stop(database, "later", VerdictKind.HOLD, "one", stays=True)
    late = NOW + timedelta(days=365)
    assert expire(database, uploads, Decision.RELEASE, timedelta(hours=24), late) == 0, "no time lets it through"
    answer(database, "block", Answer.UPHELD)
    assert uploads.objected(mine, both) == set()


def test_whoever_is_not_shown_objects_to_nothing(database: Database) -> None:
    stop(database, "block", VerdictKind.BLOCK, "one")
    mine = disputes.name_account("ana", b"s" * 32)
    disputes.dispute(database, "block", Kind.NOT_INTIMATE, NOW, account=mine)
    assert Uploads(database).objected(mine, {(1, "one")}) == set()


def test_an_objection_goes_with_its_entry_and_so_does_the_question(database: Database) -> None:
    mine = disputes.name_account("ana", b"s" * 32)
    stop(database, "block", VerdictKind.BLOCK, "one")
    disputes.dispute(database, "block", Kind.AGREES, NOW, account=mine)
    with database.write() as connection:
        connection.execute("DELETE FROM entries WHERE entry = 'one'")
    disputes.forget_objections(database)
    assert Uploads(database).objected(mine, {(1, "one")}) == set()
    assert state(database, "block") is UploadState.WITHDRAWN


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallExchange]:
    with SmallExchange(tmp_path_factory.mktemp("exchange")) as running:
        yield running


@pytest.fixture(scope="module")
def guard(tmp_path_factory: pytest.TempPathFactory, exchange: SmallExchange) -> Iterator[RunningGuard]:
    running = RunningGuard(tmp_path_factory.mktemp("guard") / "data", exchange, {"decoder_workers": 1}).start()
    yield running
    assert running.stop() == 0
    assert running.log.read_text() == ""


def blocked(exchange: SmallExchange, guard: RunningGuard, seed: int) -> tuple[bytes, str]:
    picture = generated_picture(seed)
    exchange.add(fingerprint_picture(picture).orientations[0].value, Tier.VERIFIED)
    guard.catch_up()
    answer = guard.check(picture, account=ANA)
    assert answer.status_code == 451 and answer.json()["verdict"] == "block"
    return picture, answer.json()["id"]


def test_over_http_a_block_becomes_a_hold_for_this_account_until_the_helpline_answers(
    exchange: SmallExchange, guard: RunningGuard
) -> None:
    picture, upload = blocked(exchange, guard, 4100)
    said = {"kind": "published_myself", "account": ANA, "object": "photo-9"}
    address = f"/v1/uploads/{upload}/dispute"
    assert guard.client.get(address).status_code == 404
    assert guard.client.post(address, json=said).json() == {
        "id": upload, "kind": "published_myself", "answer": "open",
    }  # fmt: skip
    wait_until(lambda: exchange.disputes, "the exchange to hear of it")
    reported = {report["id"] for report in exchange.reports}
    assert {each["report"] for each in exchange.disputes} <= reported, "it knows the upload by its report alone"
    assert {tuple(sorted(each)) for each in exchange.disputes} == {("kind", "report")}, "and hears a kind, no more"
    assert guard.client.get(f"/v1/uploads/{upload}").json()["state"] == "open"
    assert guard.check(picture, account=ANA, hold="202").status_code == 202
    assert guard.check(picture, account="bea", hold="202").status_code == 451
    assert guard.check(picture, hold="202").status_code == 451
    assert not guard.files_hold(ANA.encode()), "its name is kept nowhere"


def test_over_http_an_upheld_block_is_a_block_again(exchange: SmallExchange, guard: RunningGuard) -> None:
    exchange.answers_disputes = "upheld"
    picture, upload = blocked(exchange, guard, 4101)
    guard.client.post(f"/v1/uploads/{upload}/dispute", json={"kind": "shown_and_agree", "account": ANA})
    wait_until(lambda: guard.client.get(f"/v1/uploads/{upload}").json()["state"] == "blocked", "the answer")
    assert guard.client.get(f"/v1/uploads/{upload}/dispute").json()["answer"] == "upheld"
    assert guard.check(picture, account=ANA, hold="202").status_code == 451
    exchange.answers_disputes = "open"


def test_over_http_what_is_no_dispute_is_refused(exchange: SmallExchange, guard: RunningGuard) -> None:
    _, upload = blocked(exchange, guard, 4102)
    address = f"/v1/uploads/{upload}/dispute"
    for wrong, code in (
        ({"kind": "because"}, "kind"),
        ({"kind": "not_intimate", "account": ""}, "account"),
        ({"kind": "not_intimate", "object": "a b"}, "object"),
    ):
        answer = guard.client.post(address, json=wrong)
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, code)
    held = "0" * 32
    assert guard.client.post(f"/v1/uploads/{held}/dispute", json={"kind": "not_intimate"}).status_code == 404
    assert guard.client.get(f"/v1/uploads/{upload}").json()["state"] == "blocked"


def test_an_exchange_from_before_disputes_is_left_alone(exchange: SmallExchange, guard: RunningGuard) -> None:
    exchange.knows_no_disputes = True
    _, upload = blocked(exchange, guard, 4103)
    guard.client.post(f"/v1/uploads/{upload}/dispute", json={"kind": "not_intimate"})
    before = len(exchange.reports)
    guard.check(generated_picture(4103))
    wait_until(lambda: len(exchange.reports) > before, "reports to go on")
    assert guard.client.get(f"/v1/uploads/{upload}").json()["state"] == "open"
    exchange.knows_no_disputes = False
