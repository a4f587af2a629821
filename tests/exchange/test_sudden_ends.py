"""What an exchange keeps and tells when it ends badly, and what it never writes down."""

from __future__ import annotations

import os
import random
import resource
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from notcontent.exchange.ledger import Ledger
from tests.exchange.conftest import set_up
from tests.exchange.databases import BOTH
from tests.exchange.running import Partner, Person, Running, command, picture_code, until


@pytest.fixture(params=BOTH)
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> Running:
    """An exchange of its own, set up and not started."""
    return set_up(request, tmp_path / "data")


def test_killing_the_parent_leaves_no_process_behind(fresh: Running) -> None:
    fresh.start()
    assert len(fresh.processes()) == 5
    assert fresh.process is not None
    os.kill(fresh.process.pid, signal.SIGKILL)
    fresh.process.wait()
    until(lambda: not fresh.processes())


@pytest.mark.parametrize("role", ["publisher", "person"])
def test_when_a_part_ends_everything_stops_and_says_which(fresh: Running, role: str) -> None:
    fresh.start()
    assert fresh.process is not None
    part = next(pid for pid, words in fresh.processes().items() if role in words)
    os.kill(part, signal.SIGKILL)
    assert fresh.process.wait(60) == 2
    assert f"The exchange's {role} ended by itself" in fresh.log
    assert fresh.processes() == {}


def test_ctrl_c_stops_everything_without_a_word(fresh: Running) -> None:
    fresh.start()
    assert fresh.process is not None
    os.killpg(fresh.process.pid, signal.SIGINT)
    assert fresh.process.wait(60) == 0
    assert fresh.processes() == {} and fresh.log == ""


def test_a_taken_port_is_told_before_anything_starts(fresh: Running) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = command(
            fresh.folder, "serve", "--person-port", "0", "--partners-port", port, "--desk-port", "0", fails=True
        )
    assert f"Port {port} for the partners face" in said and "--partners-port" in said
    assert fresh.processes() == {}


def test_serving_a_folder_without_an_exchange_says_what_to_do(tmp_path: Path) -> None:
    assert "exchange init" in command(tmp_path / "nothing", "serve", fails=True)


def test_setting_up_twice_changes_nothing_and_another_name_is_refused(fresh: Running) -> None:
    before = {
        path: path.read_bytes() for path in fresh.folder.rglob("*") if path.is_file() and "sqlite" not in path.name
    }
    command(fresh.folder, "init", "--practice", "--name", "Test helpline")
    assert "already holds" in command(fresh.folder, "init", "--name", "Another", fails=True)
    assert {path: path.read_bytes() for path in before} == before


def test_secrets_are_readable_to_one_account_only(fresh: Running) -> None:
    assert fresh.folder.stat().st_mode & 0o077 == 0
    for name in ("secret", "online.key", "case-file.key", "offline-root/root.key"):
        assert (fresh.folder / name).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("kills", [2, pytest.param(6, marks=pytest.mark.peer)])
def test_killing_everything_at_random_moments_loses_and_doubles_nothing(fresh: Running, kills: int) -> None:
    fresh.settle(workers=2).start()
    told = fresh.partner()
    chance = random.Random(5)
    kept: dict[str, tuple[Person, dict[str, object]]] = {}
    gone: dict[str, tuple[Person, dict[str, object]]] = {}
    for ends in range(1, kills + 1):
        stop = threading.Event()
        workers = [threading.Thread(target=_work, args=(fresh, told.id, kept, gone, stop, chance)) for _ in range(2)]
        for worker in workers:
            worker.start()
        time.sleep(chance.uniform(0.4, 1.6))
        # On a busy machine nothing may have been acknowledged by then, and the test would show nothing.
        until(lambda ends=ends: len(kept) >= 2 * ends and len(gone) >= ends // 2)
        assert fresh.process is not None
        os.killpg(fresh.process.pid, signal.SIGKILL)
        stop.set()
        for worker in workers:
            worker.join()
        fresh.process.wait()
        until(lambda: not fresh.processes())
        fresh.start()
    follower = Partner(
        fresh, {"partner": told.id, "feed": told.feed, "token": told.token, "root_key": told.state.root.text}
    )
    follower.follow_until(lambda: all(len(follower.holds(code)) == 1 for _, code in kept.values()))
    for _, code in gone.values():
        follower.follow_until(lambda code=code: not follower.holds(code))
    for person, _ in kept.values():
        person.exchange = fresh
        assert person.look().json()["withdrawn"] is None
    for person, _ in gone.values():
        person.exchange = fresh
        assert person.look().json()["withdrawn"] is not None
    assert len(Ledger(fresh.folder / "withdrawals.ledger").read().lines) >= len(gone)
    fresh.stop()


def _work(running: Running, partner: str, kept: dict, gone: dict, stop: threading.Event, chance: random.Random) -> None:  # type: ignore[type-arg]
    """Open cases and withdraw some, remembering only what was acknowledged."""
    while not stop.is_set():
        person, code = Person(running), picture_code()
        try:
            if person.send([code], [partner]).status_code != 201:
                continue
            if chance.random() < 0.7:
                kept[person.locator] = (person, code)
            elif person.withdraw().status_code == 200:
                gone[person.locator] = (person, code)
        except httpx.HTTPError:
            # Not acknowledged: it may have happened or not, and either is right.
            continue


def test_killing_everything_while_a_withdrawal_waits_changes_neither_the_day_nor_what_it_forgets(
    fresh: Running,
) -> None:
    fresh.start()
    partner = fresh.partner()
    mina, censor = Person(fresh), Person(fresh)
    for person in (mina, censor):
        person.send([picture_code()], [partner.id], wait_days=3)
        person.write("a few words")
    waits = mina.withdraw("everything").json()
    censor.withdraw("everything")
    censor.keep()
    assert fresh.process is not None
    os.killpg(fresh.process.pid, signal.SIGKILL)
    fresh.process.wait()
    until(lambda: not fresh.processes())
    # Three days pass while nothing runs: the day that was asked for lies behind.
    fresh.execute("UPDATE cases_case SET withdraws_on = ? WHERE withdraws_on IS NOT NULL", datetime.now(UTC).date())
    fresh.start()
    gone = until(lambda: (status := mina.look().json())["withdrawn"] and status)
    assert (gone["withdraws_on"], gone["forgotten"], gone["letters"]) == (None, "everything", [])
    assert gone["withdrawn"] >= waits["opened"]
    kept = censor.look().json()
    assert (kept["withdrawn"], kept["withdraws_on"], len(kept["letters"])) == (None, None, 1)
    fresh.stop()


def test_no_file_and_no_log_line_holds_who_came(fresh: Running) -> None:
    fresh.start()
    partner = fresh.partner()
    marks = {"agent": f"marked-{secrets.token_hex(6)}", "path": secrets.token_hex(8), "cookie": secrets.token_hex(8)}
    headers = {
        "User-Agent": marks["agent"],
        "Cookie": f"a={marks['cookie']}",
        "X-Forwarded-For": "203.0.113.77",
        "Referer": f"http://example.org/{marks['path']}",
    }
    mina = Person(fresh)
    code = picture_code()
    body = mina.body([code], [partner.id])
    with httpx.Client(headers=headers, timeout=60) as client:
        assert client.post(f"{mina.url}/v1/cases", json=body).status_code == 201
        keys = {"v": 1, "locator": mina.locator}
        for path, key, more in (
            ("look", "look_key", {}),
            ("keep", "withdraw_key", {}),
            ("withdraw", "withdraw_key", {"forget": "matching"}),
        ):
            asked = keys | more | {key: getattr(mina, key)}
            assert client.post(f"{mina.url}/v1/cases/{path}", json=asked).status_code == 200
            assert client.post(f"{mina.url}/v1/cases/{path}", json=asked | {key: "0" * 64}).status_code == 404
        for face in fresh.urls.values():
            for method, path in (("GET", f"/{marks['path']}"), ("POST", f"/v1/cases?{marks['path']}"), ("PUT", "/")):
                client.request(method, face + path, content=b"{" + marks["path"].encode())
            client.get(face + "/v1/feed/poll", headers={"Authorization": f"Bearer {marks['path']}"})
        desk = fresh.urls["desk"]
        form = client.get(f"{desk}/sign-in").text
        word = form.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
        client.post(f"{desk}/sign-in", data={"csrfmiddlewaretoken": word, "username": marks["path"], "password": "x"})
        client.post(f"{desk}/sign-in", data={"username": marks["path"], "password": "no csrf"})
        client.get(desk, headers={"Host": marks["path"]})
    for garbage in (f"{marks['path']}\r\n\r\n".encode(), b"GET / HTTP/9\r\n" + marks["agent"].encode() + b"\r\n\r\n"):
        for face in fresh.urls.values():
            host, port = face.removeprefix("http://").split(":")
            with socket.create_connection((host, int(port))) as raw:
                raw.sendall(garbage)
    time.sleep(0.5)
    fresh.stop()
    files = [path for path in fresh.folder.parent.rglob("*") if path.is_file()]
    assert any(mina.locator.encode() not in path.read_bytes() for path in files)
    for wanted in (*marks.values(), "203.0.113.77", "127.0.0.1:", mina.locator, mina.look_key, mina.withdraw_key):
        holding = [path.name for path in files if wanted.encode() in path.read_bytes() and path.name != "exchange.json"]
        assert holding == [], "a mark was written down"
    for raw_key in (mina.locator, mina.look_key, mina.withdraw_key):
        assert not [path for path in files if bytes.fromhex(raw_key) in path.read_bytes()]


def test_an_error_of_ours_is_logged_by_its_place_only() -> None:
    program = (
        "import logging, logging.config\n"
        "from notcontent.exchange.quiet_log import LOGGING\n"
        "logging.config.dictConfig(LOGGING)\n"
        "try:\n    int('the secret words')\n"
        "except ValueError:\n    logging.getLogger('django.request').error('at /the/secret/path', exc_info=True)\n"
        "logging.getLogger('django.request').warning('Not Found: /the/secret/path')\n"
        "logging.getLogger('uvicorn.access').critical('203.0.113.77 GET /the/secret/path')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr.startswith("ERROR ValueError at ") and done.stderr.count("\n") == 1
    assert "secret" not in done.stderr + done.stdout and "203" not in done.stderr


def test_erasing_by_command_goes_through_the_running_publisher(fresh: Running) -> None:
    fresh.start()
    partner = fresh.partner()
    mina = Person(fresh)
    code = picture_code()
    mina.send([code], [partner.id])
    letter = mina.write("a few words")
    partner.follow_until(lambda: partner.holds(code))
    mina.withdraw("everything")
    assert mina.look().json()["erased_here"] is None
    command(fresh.folder, "erase")
    assert mina.look().json()["erased_here"] is not None
    wanted = [form for turn in code["orientations"] for form in (bytes.fromhex(turn), turn.encode())]
    wanted += [letter[start : start + 32] for start in range(64, len(letter) - 31, 32)]
    for path in fresh.folder.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert not any(form in data for form in wanted), path.name
    fresh.stop()


@pytest.mark.on_sqlite
def test_what_was_acknowledged_is_there_after_a_kill_on_a_full_disk(fresh: Running) -> None:
    partner = fresh.start().partner()
    kept, late = Person(fresh), Person(fresh)
    hers = picture_code()
    assert kept.send([hers], [partner.id]).status_code == 201
    body = late.body([picture_code()], [partner.id])
    for pid in fresh.processes():
        # Every write to a file fails from now on, whichever process makes it.
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    assert httpx.post(f"{late.url}/v1/cases", json=body, timeout=60).json()["error"]["code"] == "storage"
    assert fresh.process is not None
    os.killpg(fresh.process.pid, signal.SIGKILL)
    fresh.process.wait()
    until(lambda: not fresh.processes())
    fresh.start()
    partner.follow_until(lambda: partner.holds(hers))
    assert kept.look().json()["entries"] == 1 and late.look().status_code == 404
    assert fresh.execute("PRAGMA integrity_check") == [("ok",)]
    fresh.stop()
