"""The helpline's keys: a lost device is taken out, and every letter is sealed anew."""

from __future__ import annotations

import base64
import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
import pyrage
import pytest

from notcontent.letter import format_letter, parse_key, parse_letter
from tests.exchange.running import Person, Running, command, seal
from tests.exchange.test_desk_face import sign_in

LOST, KEPT, RECOVERY, NEW = (pyrage.x25519.Identity.generate() for _ in range(4))
NOW = datetime.now(UTC)
TODAY = NOW.date()


def public(identity: pyrage.x25519.Identity) -> str:
    return parse_key(str(identity.to_public()))


@pytest.fixture(scope="module")
def helpline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """An exchange whose letters two devices read, and a key in a safe."""
    running = Running(tmp_path_factory.mktemp("keys") / "data")
    command(
        running.folder, "init", "--practice", "--helpline-key", LOST.to_public(), "--helpline-key", KEPT.to_public(),
        "--recovery-key", RECOVERY.to_public(),
    )  # fmt: skip
    yield running.start()
    running.stop()


@pytest.fixture(scope="module")
def desk(helpline: Running) -> httpx.Client:
    return sign_in(helpline, "desk", command(helpline.folder, "desk-user", "desk").split()[-1])[0]


def press(desk: httpx.Client, page: str, action: str, **data: str) -> httpx.Response:
    word = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', desk.get(page).text)
    assert word is not None
    origin = {"Origin": str(desk.base_url).rstrip("/")}
    return desk.post(action, data={"csrfmiddlewaretoken": word[1], **data}, headers=origin)


def code(desk: httpx.Client) -> str:
    found = re.search(r'<bdi class="code">([^<]{60,})</bdi>', press(desk, "/keys", "/keys/code").text)
    assert found is not None
    return found[1]


def letter_command(desk: httpx.Client, identity: pyrage.x25519.Identity, tmp_path: Path, *words: str) -> Any:
    key = tmp_path / "own.key"
    words += ("--desk", str(desk.base_url), "--key", str(key))
    key.write_text(f"# a device of the helpline\n{identity}\n")
    return subprocess.run(
        [sys.executable, "-m", "notcontent.cli.main", "letter", *words],
        capture_output=True, text=True, check=False, env=os.environ | {"NOTCONTENT_DESK_CODE": code(desk)},
    )  # fmt: skip


def opened_by(sealed: bytes, *identities: pyrage.x25519.Identity) -> list[bool]:
    found = []
    for identity in identities:
        try:
            pyrage.decrypt(sealed, [identity])
            found.append(True)
        except pyrage.DecryptError:
            found.append(False)
    return found


def seal_to_all(exchange: Running, text: str) -> str:
    """What her page does: sealed to every key that the site names."""
    keys = httpx.get(f"{exchange.urls['person']}/v1/site", timeout=60).json()["helpline"]["keys"]
    from notcontent.device.sealing import seal_letter

    return base64.b64encode(seal_letter({"text": text}, keys)).decode()


def held(exchange: Running) -> list[bytes]:
    """Every letter as the database holds it."""
    with sqlite3.connect(f"file:{exchange.folder}/exchange.sqlite3?mode=ro", uri=True) as database:
        return [row[0] for row in database.execute("SELECT sealed FROM letters_letter ORDER BY day, number")]


def test_one_command_takes_a_lost_device_out_and_seals_everything_anew(
    helpline: Running, desk: httpx.Client, tmp_path: Path
) -> None:
    mina = Person(helpline)
    before = seal_to_all(helpline, "before")
    assert mina.send([], [], letter=before).is_success
    late = seal_to_all(helpline, "from a page that was open meanwhile")
    page = re.search(r'href="(/cases/[0-9a-f]{32}/letters)"', desk.get("/").text)
    assert page is not None
    word = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', desk.get(page[1]).text)
    assert word is not None
    answer = bytes(pyrage.encrypt(format_letter({"text": "to her"}), [mina.read_key.to_public(), LOST.to_public()]))
    sent = desk.post(
        page[1], data={"csrfmiddlewaretoken": word[1]}, files={"answer": ("a.age", answer)},
        headers={"Origin": str(desk.base_url).rstrip("/")},
    )  # fmt: skip
    assert sent.status_code == 200

    assert letter_command(desk, KEPT, tmp_path, "take-out", "no such", "--reason", "lost").returncode == 2
    done = letter_command(desk, KEPT, tmp_path, "take-out", "key 1", "--reason", "a laptop was lost")
    # The answer was sealed to her and the lost device: the kept one can't open it, and says so.
    assert done.returncode == 1 and "1 letters and pieces of evidence were sealed anew" in done.stdout
    assert "1 others" in done.stderr
    again = letter_command(desk, LOST, tmp_path, "reseal")
    assert again.returncode == 0, again.stderr
    hers, answered = held(helpline)
    assert opened_by(hers, LOST, KEPT, RECOVERY) == [False, True, True]
    assert opened_by(answered, LOST, KEPT, RECOVERY, mina.read_key) == [False, True, True, True]
    assert parse_letter(pyrage.decrypt(hers, [RECOVERY])) == {"text": "before"}
    assert parse_letter(pyrage.decrypt(answered, [mina.read_key])) == {"text": "to her"}
    keys = httpx.get(f"{helpline.urls['person']}/v1/site", timeout=60).json()["helpline"]["keys"]
    assert keys == sorted([public(KEPT), public(RECOVERY)])

    assert mina.send([], [], letter=late).is_success
    assert letter_command(desk, RECOVERY, tmp_path, "reseal").returncode == 0
    assert opened_by(held(helpline)[-1], LOST, KEPT) == [False, True]
    log = helpline.log + "".join(path.read_text("latin-1") for path in helpline.folder.glob("exchange.sqlite3*"))
    assert str(KEPT) not in log, "no private key has come to the exchange"
    assert "The audit holds." in command(helpline.folder, "status")


@pytest.mark.parametrize("wrong", ["", "Desk", "Desk x.y.z", "Bearer x"])
def test_without_a_code_of_the_desk_nothing_is_handed_out(helpline: Running, wrong: str) -> None:
    for method, path in (("GET", "/v1/keys"), ("GET", "/v1/letters"), ("POST", "/v1/letters")):
        answer = httpx.request(method, helpline.urls["desk"] + path, headers={"Authorization": wrong}, timeout=60)
        assert answer.status_code == 401 and "half an hour" in answer.json()["error"]["do"]


def test_a_code_ends_with_the_password_it_was_made_under(helpline: Running, tmp_path: Path) -> None:
    desk = sign_in(helpline, "leaving", command(helpline.folder, "desk-user", "leaving").split()[-1])[0]
    mine = {"Authorization": f"Desk {code(desk)}"}
    assert httpx.get(helpline.urls["desk"] + "/v1/keys", headers=mine, timeout=60).status_code == 200
    command(helpline.folder, "desk-user", "leaving")
    assert httpx.get(helpline.urls["desk"] + "/v1/keys", headers=mine, timeout=60).status_code == 401


def test_keys_that_an_earlier_version_kept_in_the_settings_are_taken_over(django_folder: Path, tmp_path: Path) -> None:
    from notcontent.exchange.folder import Folder
    from notcontent.exchange.profile import Profile
    from notcontent.exchange.setting_up import set_up

    folder = Folder(tmp_path / "data")
    set_up(folder, Profile("Earlier", "ZZ"), date(2026, 11, 22))
    told = json.loads(folder.profile.read_text())
    folder.profile.write_text(json.dumps(told | {"helpline_keys": [str(KEPT.to_public()), public(RECOVERY)]}))
    command(folder.path, "init", "--name", "Earlier")
    with sqlite3.connect(folder.database) as database:
        keys = database.execute("SELECT public, taken_out FROM letters_helplinekey ORDER BY name").fetchall()
    assert keys == [(public(KEPT), None), (public(RECOVERY), None)]


def test_what_changes_meanwhile_stays_and_waits(tables: Any) -> None:
    import hashlib

    from notcontent.exchange.cases.models import Case
    from notcontent.exchange.desk.keys import add_key, check_new_key, take_key_out
    from notcontent.exchange.desk.resealing import SealedAnew, take_back, waiting
    from notcontent.exchange.errors import Refused
    from notcontent.exchange.letters.keeping import keep_letter
    from notcontent.exchange.letters.keys import give_first_keys, sealing_keys
    from notcontent.exchange.letters.models import HelplineKey, Letter

    give_first_keys([public(KEPT)], [], TODAY)
    give_first_keys([public(LOST)], [], TODAY)
    assert sealing_keys() == [public(KEPT)], "only a new exchange is given keys this way"
    case = Case.objects.create(locator_sha256="0" * 64)
    sealed = seal({"text": "x"}, KEPT.to_public())
    letter, _ = keep_letter(case, "you", sealed, TODAY)
    assert waiting() == ([], 0)
    only = HelplineKey.objects.get()
    with pytest.raises(Refused, match="only key"):
        take_key_out(only.id, actor="Lead", reason="lost", today=TODAY)
    add_key(*check_new_key(str(NEW.to_public()), " Laptop  2 "), is_recovery=False, actor="Lead", today=TODAY)
    (stale,), left = waiting()
    assert (stale.id, sorted(stale.to), left) == (letter.id, sorted([public(KEPT), public(NEW)]), 0)
    anew = SealedAnew(letter.id, hashlib.sha256(sealed).hexdigest(), seal({"text": "x"}, NEW.to_public()))
    for keys, offer in (
        ([public(KEPT)], anew),
        (list(stale.to), SealedAnew(letter.id, "0" * 64, anew.sealed)),
    ):
        assert take_back([offer], keys, actor="Desk", now=NOW) == 0
        assert bytes(Letter.objects.get().sealed) == sealed and len(waiting()[0]) == 1
    with pytest.raises(Refused, match="age format"):
        take_back([SealedAnew(letter.id, anew.was_sha256, b"clear")], list(stale.to), actor="Desk", now=NOW)
    assert take_back([anew], list(stale.to), actor="Desk", now=NOW) == 1
    assert bytes(Letter.objects.get().sealed) == anew.sealed and waiting() == ([], 0)
    take_key_out(only.id, actor="Lead", reason="lost", today=TODAY)
    with pytest.raises(Refused, match="taken out before"):
        check_new_key(public(KEPT), "again")
    with pytest.raises(Refused, match="in use already"):
        check_new_key(public(NEW), "twice")
