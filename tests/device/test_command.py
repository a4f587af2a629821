"""`notcontent device`: the page's steps in a terminal, against a running exchange."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from notcontent.device.passphrase import derive_keys
from notcontent.fingerprint.compute import fingerprint_picture
from notcontent.hand_on import parse_code
from notcontent.page.languages import read_text
from tests.conftest import generated_picture
from tests.device.terminal import Terminal
from tests.exchange.running import Running


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = Running.set_up(tmp_path_factory.mktemp("exchange") / "data").start()
    running.partner()
    running.partner("Another site")
    yield running
    running.stop()


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "mina-at-home.jpg"
    path.write_bytes(generated_picture(3))
    return path


def look(exchange: Running, words: str) -> httpx.Response:
    keys = derive_keys(words)
    body = {"v": 1, "locator": keys.locator, "look_key": keys.look_key}
    return httpx.post(f"{exchange.urls['person']}/v1/cases/look", json=body, timeout=60)


def test_a_case_is_opened_looked_at_and_taken_back(exchange: Running, photo: Path, tmp_path: Path) -> None:
    url = exchange.urls["person"]
    letter = tmp_path / "letter.txt"
    letter.write_text("please call")
    mina = Terminal(answers=["1", "1"])
    assert mina.run("case", photo, photo, "--site", url, "--about", "online", "--letter", letter) == 0, mina.said
    assert len(mina.words.split()) == 6
    status = look(exchange, mina.words).json()
    assert status["entries"] == 1 and status["circumstance"] == "online" and len(status["letters"]) == 1
    assert len(status["sites"]) == 1, "only the site she chose"

    codes = Terminal(answers=[mina.words])
    assert codes.run("codes") == 0
    looking, withdrawing = (line.split(": ", 1)[1] for line in codes.printed.splitlines())
    friend = Terminal(answers=[looking])
    assert friend.run("look", "--site", url) == 0
    assert "new places" not in friend.printed
    asking = Terminal(answers=[looking])
    assert asking.run("look", "--places", "--site", url) == 0 and "No site has told of new places." in asking.printed
    assert "Picture codes: 1" in friend.printed
    assert Terminal(answers=[looking]).run("withdraw", "--forget", "everything", "--site", url) == 2
    assert look(exchange, mina.words).json()["withdrawn"] is None
    assert Terminal(answers=[withdrawing]).run("withdraw", "--forget", "everything", "--site", url) == 0
    assert look(exchange, mina.words).json()["forgotten"] == "everything"
    assert parse_code(looking).locator == parse_code(withdrawing).locator


@pytest.mark.parametrize("answer", ["2", "3"])
def test_under_18_or_unsure_ends_before_any_file_is_read_or_anybody_asked(answer: str, tmp_path: Path) -> None:
    mina = Terminal(answers=[answer])
    assert mina.run("case", tmp_path / "is-not-there.jpg", "--site", "http://127.0.0.1:9") == 1
    assert "takeitdown.ncmec.org" in mina.said and read_text("en", "stop.nothing") in mina.said
    assert mina.printed == "" and mina.words == ""


def test_a_dry_run_prints_the_very_bytes_and_sends_none(exchange: Running, photo: Path) -> None:
    url = exchange.urls["person"]
    mina = Terminal(answers=["1", "*"])
    assert mina.run("case", photo, "--site", url, "--dry-run") == 0, mina.said
    body = json.loads(mina.printed)
    (entry,) = body["entries"]
    assert entry["orientations"] == [turned.hex for turned in fingerprint_picture(photo.read_bytes()).orientations]
    assert len(body["partners"]) == 2 and "mina" not in mina.printed
    keys = {"v": 1, "locator": body["locator"], "look_key": body["look_key"]}
    assert httpx.post(f"{url}/v1/cases/look", json=keys, timeout=60).status_code == 404, "nothing was sent"
    # What was printed is what the exchange takes.
    sent = httpx.post(f"{url}/v1/cases", content=mina.printed.strip().encode(), timeout=60)
    assert sent.status_code == 201
    assert httpx.post(f"{url}/v1/cases/look", json=keys, timeout=60).json()["entries"] == 1


def test_a_case_file_is_saved_once_and_taken_in_by_the_page_without_script(
    exchange: Running, photo: Path, tmp_path: Path
) -> None:
    url = exchange.urls["person"]
    saved = tmp_path / "notes.age"
    mina = Terminal(answers=["1", "2"])
    assert mina.run("case", photo, "--site", url, "--save", saved, "--digits") == 0, mina.said
    assert re.fullmatch(r"(\d{4} ){5}\d{4}", mina.words) and saved.stat().st_mode & 0o077 == 0
    assert look(exchange, mina.words).status_code == 404, "nothing was sent"
    assert httpx.post(f"{url}/plain/send", files={"file": saved.read_bytes()}, timeout=60).status_code == 200
    assert look(exchange, mina.words).json()["entries"] == 1
    again = Terminal(answers=["1", "1"])
    assert again.run("case", photo, "--site", url, "--save", saved) == 2 and "another name" in again.said


def test_files_that_give_no_code_are_told_by_their_number_and_nothing_is_opened(
    exchange: Running, tmp_path: Path
) -> None:
    (tmp_path / "her-name.txt").write_text("no picture")
    mina = Terminal(answers=["1", "1"])
    assert mina.run("case", tmp_path / "her-name.txt", "--site", exchange.urls["person"]) == 2
    assert "File 1:" in mina.said and "her-name" not in mina.said and mina.words == ""


def test_words_of_another_language_have_their_own_list(exchange: Running, photo: Path) -> None:
    asked = read_text("ko", "confirm.heading").split("{n}")[0]
    program = subprocess.run(
        [sys.executable, "-m", "notcontent.cli.main", "device", "case", photo, "--site", exchange.urls["person"],
         "--language", "ko"],
        input="1\n1\n\n", capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert program.returncode == 1 and asked in program.stderr
    shown = re.search(r"\n    (\S.*)\n", program.stderr)
    assert shown and len(shown[1].split(" ")) == 7
    assert look(exchange, shown[1]).status_code == 404, "she gave up before anything was sent"
