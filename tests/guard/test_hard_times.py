"""The guard when the power fails, the disk is full, claims flood in, or an exchange is difficult."""

from __future__ import annotations

import random
import socket
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from notcontent.cli.main import main
from notcontent.feed.entry import Add, Tier
from notcontent.fingerprint.compute import fingerprint_picture
from notcontent.guard.brake import Brake, BrakeLimits
from notcontent.guard.database import Database
from notcontent.guard.errors import BadSettings, StorageUnavailable
from notcontent.guard.followed import follow_list
from notcontent.guard.lists import Found
from notcontent.guard.uploads import Decision, Reason, Uploads, UploadState
from notcontent.guard.verdict import FoundEntry, Verdict, VerdictKind
from tests.conftest import generated_picture
from tests.guard.running_guard import RunningGuard, wait_until
from tests.guard.small_exchange import SmallExchange, utc_now


def guard_of(tmp_path: Path, exchange: SmallExchange, **settings: object) -> RunningGuard:
    return RunningGuard(tmp_path / "guard", exchange, {"decoder_workers": 1, **settings})


def test_beyond_the_brake_an_upload_passes_flagged_and_is_reported(tmp_path: Path, exchange: SmallExchange) -> None:
    guard = guard_of(tmp_path, exchange, claims_hold_at_least_an_hour=2).start()
    pictures = [generated_picture(seed) for seed in (1, 2, 3)]
    entries = [exchange.add(fingerprint_picture(picture).orientations[0].value) for picture in pictures]
    guard.catch_up()
    answers = [guard.check(picture) for picture in pictures]
    assert [answer.json()["verdict"] for answer in answers] == ["hold", "hold", "allow"]
    assert [answer.json()["flagged"] for answer in answers] == [False, False, True]
    # Bytes after the end of a JPEG make another upload of the same picture.
    copies = [guard.check(pictures[0] + bytes(n)) for n in range(4)]
    assert {copy.json()["verdict"] for copy in copies} == {"hold"}, "copies of one picture are no reason to let it pass"
    flagged = answers[2].json()
    assert answers[2].status_code == 200 and flagged["matches"][0]["entry"] == entries[2]
    assert guard.client.get(f"/v1/uploads/{flagged['id']}").json()["state"] == "released"
    wait_until(lambda: len(exchange.reports) == 7, "seven reports")
    assert Counter(report["verdict"] for report in exchange.reports) == {"hold": 6, "flag": 1}
    guard.stop()


def test_a_guard_killed_at_random_moments_loses_and_doubles_nothing(tmp_path: Path, exchange: SmallExchange) -> None:
    choose = random.Random(20261122)
    guard = guard_of(tmp_path, exchange).start(ready=False)
    values: dict[str, bytes] = {}
    withdrawn: list[str] = []
    never_held: set[str] = set()
    for _ in range(5):
        for _ in range(25):
            if values and choose.random() < 0.4:
                entry = choose.choice(sorted(set(values) - set(withdrawn)) or sorted(values))
                exchange.withdraw(entry)
                withdrawn.append(entry)
            else:
                value = choose.randbytes(32)
                values[exchange.add(value)] = value
        if choose.random() < 0.5:
            # What came and went while this guard was away, and was folded before it asked, it never held.
            held = guard.number()
            never_held |= {entry for entry in withdrawn if exchange.added_at[entry] > held}
            exchange.fold()
        time.sleep(choose.random() * 0.4)
        guard.kill()
        guard.start(ready=False)
    guard.catch_up()
    # It may have had everything before it was killed last, and says so before it answers.
    wait_until(guard.ready, "the guard to be ready")
    gone = sorted(set(withdrawn) - never_held)
    assert len(gone) > 20
    asked = {"pdq": [values[entry].hex() for entry in sorted(values)]}
    results = guard.client.post("/v1/match", json=asked).json()["results"]
    found = {entry for entry, result in zip(sorted(values), results, strict=True) if result["total"]}
    assert found == set(exchange.live)

    wait_until(lambda: {r.entry for r in exchange.receipts if r.state == "erased"} >= set(gone), "all receipts")
    for entry in gone:
        assert set(exchange.receipt_states(entry)) == {"stopped", "erased"}
        # What comes twice because an answer was lost is the very same receipt, which the exchange counts once.
        mine = {(r.state, r.epoch, r.number, r.time) for r in exchange.receipts if r.entry == entry}
        assert len({state for state, *_ in mine}) == 2
    assert not guard.files_hold(*(values[entry] for entry in gone))
    assert guard.stop() == 0


def test_nothing_of_a_withdrawn_entry_remains_in_any_file(tmp_path: Path, exchange: SmallExchange) -> None:
    guard = guard_of(tmp_path, exchange).start()
    pictures = [generated_picture(n) for n in range(6)]
    made = [fingerprint_picture(picture) for picture in pictures]
    entries = [exchange.add(each.orientations[0].value) for each in made]
    exchange.cut(*(Add(random.randbytes(16).hex(), "pdq", random.randbytes(32).hex(), Tier.SEEN) for _ in range(300)))
    guard.catch_up()
    for picture in pictures:
        assert guard.check(picture).json()["verdict"] == "hold"
    bits = [turn.value for each in made for turn in each.orientations]
    # The upload's own turns are never written; the six upright ones are, until they are withdrawn.
    assert guard.files_hold(made[0].orientations[0].value)
    exchange.withdraw(*entries)
    wait_until(lambda: len([r for r in exchange.receipts if r.state == "erased"]) == 6, "the receipts")
    assert not guard.files_hold(*bits)
    for picture in pictures:
        assert guard.check(picture).json()["verdict"] == "allow"
    guard.stop()
    assert not guard.files_hold(*bits)


def test_a_large_list_starts_from_a_snapshot_and_answers_meanwhile(tmp_path: Path, exchange: SmallExchange) -> None:
    values = np.random.default_rng(3).integers(0, 256, (20_000, 32), dtype=np.uint8)
    exchange.live = {f"{n:032x}": (row.tobytes().hex(), Tier.SEEN, False) for n, row in enumerate(values)}
    exchange.add(values[0].tobytes())
    exchange.fold()
    guard = guard_of(tmp_path, exchange).start()
    assert guard.client.get("/readyz").json()["lists"][0]["count"] == 20_001
    result = guard.client.post("/v1/match", json={"pdq": [values[19_999].tobytes().hex()]}).json()["results"][0]
    assert result["matches"][0]["entry"] == f"{19_999:032x}" and result["matches"][0]["tier"] == "seen"
    guard.stop()


def test_a_report_the_exchange_can_never_take_stands_aside_for_the_others(
    tmp_path: Path, exchange: SmallExchange
) -> None:
    guard = guard_of(tmp_path, exchange).start()
    exchange.refuse_bodies = True
    entry = exchange.add(random.randbytes(32))
    exchange.withdraw(entry)
    wait_until(lambda: guard.client.get("/readyz").json()["outbox"] == {"waiting": 0, "refused": 2}, "two refusals")
    exchange.refuse_bodies = False
    other = exchange.add(random.randbytes(32))
    exchange.withdraw(other)
    wait_until(lambda: exchange.receipt_states(other) == ["stopped", "erased"], "the other's receipts")
    guard.stop()


def test_a_decision_made_while_the_exchange_is_away_arrives_once(tmp_path: Path, exchange: SmallExchange) -> None:
    guard = guard_of(tmp_path, exchange).start()
    picture = generated_picture(5)
    exchange.add(fingerprint_picture(picture).orientations[0].value)
    guard.catch_up()
    exchange.close()
    upload = guard.check(picture, hold="202").json()["id"]
    body = {"decision": "release", "reason": "own_picture"}
    assert guard.client.post(f"/v1/uploads/{upload}/decision", json=body).json()["state"] == "released"
    guard.kill()
    guard.start()
    exchange.open()
    wait_until(lambda: len(exchange.reports) >= 2, "the report and its decision", 20.0)
    time.sleep(0.3)
    assert [report["decision"] for report in exchange.reports] == [None, "release"]
    assert len({report["id"] for report in exchange.reports}) == 1
    guard.stop()


def test_a_guard_follows_several_exchanges(tmp_path: Path, exchange: SmallExchange) -> None:
    (tmp_path / "second").mkdir()
    with SmallExchange(tmp_path / "second", token="another-token") as second:
        guard = guard_of(tmp_path, exchange)
        guard.set_up()
        guard.command(
            "follow", second.url, "--token", second.token, "--root-key", second.root.public.text, "--name", "second"
        )
        guard.start()
        picture = generated_picture(4)
        value = fingerprint_picture(picture).orientations[0].value
        one, two = exchange.add(value), second.add(value, Tier.SEEN)
        wait_until(lambda: len(guard.check(picture, hold="202").json()["matches"]) == 2, "both lists")
        matches = guard.check(picture, hold="202").json()["matches"]
        assert {(match["entry"], match["list"]) for match in matches} == {(one, "helpline"), (two, "second")}
        exchange.withdraw(one)
        wait_until(lambda: exchange.receipt_states(one) == ["stopped", "erased"], "the first exchange's receipts")
        assert [match["entry"] for match in guard.check(picture).json()["matches"]] == [two]
        assert second.receipts == [] and {report["entry"] for report in second.reports} <= {two}
        # The bytes are still listed by the second exchange, so they are still in a file; without it they are not.
        assert guard.files_hold(value)
        second.withdraw(two)
        wait_until(lambda: second.receipt_states(two) == ["stopped", "erased"], "the second exchange's receipts")
        assert not guard.files_hold(value)
        guard.stop()


def test_when_its_database_cannot_be_read_readiness_says_so_and_returns_by_itself(
    tmp_path: Path, exchange: SmallExchange
) -> None:
    guard = guard_of(tmp_path, exchange).start()
    with sqlite3.connect(guard.folder / "guard.db", timeout=10, isolation_level=None) as other:
        other.execute("ALTER TABLE lists RENAME TO elsewhere")
        answer = guard.client.get("/readyz")
        body = answer.json()
        assert answer.status_code == 503 and not body["ready"] and body["lists"] == []
        assert "database could not be read" in body["why"] and "SQLITE_ERROR" in body["why"]
        assert body["outbox"] == {"waiting": None, "refused": None} and body["already_here"]["found"] is None
        assert body["decoder"]["alive"] == 1
        assert guard.check(generated_picture(1)).json()["error"]["code"] == "storage"
        other.execute("ALTER TABLE elsewhere RENAME TO lists")
    other.close()
    wait_until(guard.ready, "readiness again")
    assert guard.client.get("/readyz").json()["why"] is None
    assert guard.stop() == 0


def test_a_name_cannot_be_given_to_another_exchange(tmp_path: Path, exchange: SmallExchange) -> None:
    guard = guard_of(tmp_path, exchange)
    guard.set_up()
    other = SmallExchange(tmp_path).root.public.text
    words = ["follow", exchange.url, "--token", "x", "--root-key", other, "--name", "helpline"]
    program = [sys.executable, "-m", "notcontent.cli.main", "guard", *words, "--folder", str(guard.folder)]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "another root key" in done.stderr


@pytest.mark.parametrize("address", ["helpline.example", "ftp://helpline.example", "https://"])
def test_an_address_that_is_none_is_refused_at_once(tmp_path: Path, address: str) -> None:
    database = Database(tmp_path)
    with pytest.raises(BadSettings, match="https://"):
        follow_list(database, name="a", url=address, token="t", root_key=SmallExchange(tmp_path).root.public.text)
    database.close()


def test_a_guard_without_a_list_answers_503_and_says_what_to_do(tmp_path: Path, exchange: SmallExchange) -> None:
    guard = guard_of(tmp_path, exchange)
    guard.token = guard.command("token", "tests").split()[-1]
    guard.start(ready=False)
    answer = guard.check(generated_picture(1))
    assert answer.status_code == 503 and int(answer.headers["Retry-After"]) > 0
    assert "guard follow" in answer.json()["error"]["do"]
    assert guard.client.get("/readyz").status_code == 503
    guard.stop()


def test_a_wrong_root_key_is_said_in_readyz(tmp_path: Path, exchange: SmallExchange) -> None:
    honest, exchange.root = exchange.root, SmallExchange(tmp_path).root
    guard = guard_of(tmp_path, exchange)
    guard.set_up()
    exchange.root = honest
    guard.start(ready=False)
    wait_until(lambda: guard.client.get("/readyz").json()["lists"][0]["trouble"] == "bad_signature", "the refusal")
    assert "root key" in guard.client.get("/readyz").json()["lists"][0]["why"]
    assert guard.check(generated_picture(1)).status_code == 503
    guard.stop()


def test_a_taken_port_and_a_folder_in_use_get_a_clear_error(tmp_path: Path, exchange: SmallExchange) -> None:
    program = [sys.executable, "-m", "notcontent.cli.main", "guard", "serve", "--folder"]
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = subprocess.run([*program, tmp_path / "a", "--port", port], capture_output=True, text=True, check=False)
    assert done.returncode == 2 and port in done.stderr and "--port" in done.stderr and "Traceback" not in done.stderr
    guard = guard_of(tmp_path, exchange).start(ready=False)
    done = subprocess.run([*program, guard.folder, "--port", "0"], capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "another folder" in done.stderr and "Traceback" not in done.stderr
    guard.stop()


def found(entry: str) -> Found:
    from notcontent.fingerprint.orientations import Orientation
    from notcontent.fingerprint.views.view import ViewKind

    return Found(1, FoundEntry(entry, "helpline", Tier.CLAIMED, 0, Orientation.UPRIGHT, ViewKind.WHOLE))


def test_a_folder_that_cannot_be_made_gets_a_clear_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    assert main(["guard", "token", "site", "--folder", str(tmp_path / "file" / "guard")]) == 2
    said = capsys.readouterr().err
    assert "--folder" in said and str(tmp_path) not in said


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Database]:
    """A database that may not grow by a single page: what SQLite says is what it says when the disk is full."""
    database = Database(tmp_path)
    with database.write() as connection:
        connection.execute(
            "INSERT INTO lists (id, name, url, token, root_key, delta) VALUES (1, 'helpline', '', '', '', '')"
        )
    pages = database._writer.execute("PRAGMA page_count").fetchone()[0]
    database._writer.execute(f"PRAGMA max_page_count = {pages}")
    yield database
    database.close()


def test_on_a_full_disk_nothing_is_half_written_and_the_error_says_so(full_disk: Database) -> None:
    uploads = Uploads(full_disk)
    recorded: list[str] = []
    with pytest.raises(StorageUnavailable, match="full disk"):
        for number in range(10_000):
            uploads.record(Verdict(VerdictKind.HOLD, f"{number:032x}"), [found(f"{number:032x}")], utc_now())
            recorded.append(f"{number:032x}")
    with full_disk.read() as connection:
        [(held, matched, waiting)] = connection.execute(
            "SELECT (SELECT count(*) FROM uploads), (SELECT count(*) FROM matches), (SELECT count(*) FROM outbox)"
        )
    assert held == matched == waiting == len(recorded) > 0
    full_disk._writer.execute("PRAGMA max_page_count = 100000")
    uploads.record(Verdict(VerdictKind.HOLD, "f" * 32), [found("f" * 32)], utc_now())


def test_old_records_of_uploads_are_forgotten(tmp_path: Path) -> None:
    from datetime import timedelta

    database = Database(tmp_path)
    with database.write() as connection:
        connection.execute(
            "INSERT INTO lists (id, name, url, token, root_key, delta) VALUES (1, 'helpline', '', '', '', '')"
        )
        connection.execute("INSERT INTO entries VALUES (1, ?, 0, 'claimed', 0)", ("a" * 32,))
    uploads = Uploads(database)
    uploads.record(Verdict(VerdictKind.HOLD, "1" * 32), [found("a" * 32)], utc_now() - timedelta(days=91))
    uploads.record(Verdict(VerdictKind.HOLD, "2" * 32), [found("a" * 32)], utc_now())
    uploads.forget_before(utc_now(), 90)
    with database.read() as connection:
        assert connection.execute("SELECT id FROM uploads").fetchall() == [("2" * 32,)]
        assert connection.execute("SELECT upload FROM matches").fetchall() == [("2" * 32,)]
    assert uploads.look("2" * 32).state is UploadState.OPEN
    uploads.decide("2" * 32, Decision.RELEASE, Reason.EXPIRED, utc_now())
    database.close()


def test_the_database_holds_no_fingerprint_column_and_syncs_every_commit(tmp_path: Path) -> None:
    database = Database(tmp_path)
    pragmas = {
        name: database._writer.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous", "secure_delete")
    }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1}
    database.close()
    # The one table with bytes holds the keys of pseudonyms.
    [(schema,)] = sqlite3.connect(tmp_path / "guard.db").execute(
        "SELECT group_concat(sql) FROM sqlite_master WHERE name != 'spinoff_keys'"
    )
    assert "BLOB" not in schema and "value" not in schema


def test_a_brake_of_a_site_with_a_million_uploads_an_hour_stays_small() -> None:
    brake = Brake(BrakeLimits())
    now = utc_now()
    for _ in range(1_000_000):
        brake.count_upload(now)
    assert len(brake._uploads) == 1
