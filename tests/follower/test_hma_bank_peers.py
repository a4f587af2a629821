"""`notcontent hma-bank` beside a stock HMA: list, match, withdraw, then no match."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.exchange.running import Person, Running, command, picture_code, until

pytestmark = [pytest.mark.peer, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    started = Running.set_up(tmp_path_factory.mktemp("exchange") / "data").start()
    yield started
    started.stop()


@pytest.fixture(scope="module")
def hma() -> Iterator[Any]:
    from bench.support.hma import CannotRun
    from tests.exchange.peers import running_hma

    try:
        with running_hma() as hma:
            yield hma
    except CannotRun as error:
        pytest.skip(f"HMA cannot run here: {error}")


class Bank:
    """The command, and what it is told."""

    def __init__(self, running: Running, hma: Any, folder: Path, name: str) -> None:
        told = json.loads(
            command(running.folder, "partner", "add", name, "--country", "ZZ", "--client", "tx", "--json")
        )
        self.id, self.hma, self.name, self.file = told["partner"], hma, name.upper(), folder / "bank.sqlite3"
        (folder / "token").write_text(told["token"])
        self.words = [
            *(sys.executable, "-m", "notcontent.cli.main", "hma-bank", running.urls["partners"]),
            *("--token-file", str(folder / "token"), "--root-key", told["root_key"], "--hma", hma.address),
            *("--bank", self.name, "--file", str(self.file)),
        ]

    def once(self) -> None:
        done = subprocess.run([*self.words, "--once"], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    @contextlib.contextmanager
    def following(self) -> Iterator[None]:
        process = subprocess.Popen(self.words)
        try:
            yield
        finally:
            process.terminate()
            process.wait(60)

    def entries(self) -> int:
        with sqlite3.connect(self.file) as file:
            return int(file.execute("SELECT count(DISTINCT entry) FROM contents").fetchone()[0])

    def matches(self, code: dict[str, Any]) -> bool:
        found = {self.name in self.hma.matches(value) for value in code["orientations"]}
        assert len(found) == 1, "all turns or none"
        return found.pop()


def test_a_stock_hma_forgets_what_was_withdrawn(running: Running, hma: Any, tmp_path: Path) -> None:
    bank = Bank(running, hma, tmp_path, "SITE_THAT_FOLLOWS")
    code, other = picture_code(), picture_code()
    mina, stays = Person(running), Person(running)
    mina.send([code], [bank.id])
    stays.send([other], [bank.id])
    with bank.following():
        until(lambda: bank.file.exists() and bank.entries() == 2, 60)
        hma.index()
        until(lambda: bank.matches(code) and bank.matches(other), 60)
        mina.withdraw()
        until(lambda: bank.entries() == 1, 60)
        # HMA looks deleted content up in its tables: it is gone before the index is made anew.
        assert not bank.matches(code) and bank.matches(other)
    hma.index()
    raw = hma.ask("GET", "/m/raw_lookup", params={"signal_type": "pdq", "signal": code["orientations"][0]})
    assert raw == {"matches": []}
    data = bank.file.read_bytes()
    for value in [*code["orientations"], *other["orientations"]]:
        assert value.encode() not in data and bytes.fromhex(value) not in data, "what it remembers is no fingerprint"


def test_what_was_added_when_it_was_cut_off_is_taken_back(running: Running, hma: Any, tmp_path: Path) -> None:
    bank = Bank(running, hma, tmp_path, "SITE_THAT_WAS_CUT_OFF")
    code = picture_code()
    Person(running).send([code], [bank.id])
    until(lambda: bank.once() or bank.entries() == 1, 60)
    # As a kill leaves it between HMA's answer and the note of it; what others added must stay.
    lost, foreign = picture_code(), picture_code()
    value = lost["orientations"][0]
    hma.ask("POST", f"/c/bank/{bank.name}/signal", json={"pdq": value, "note": "notcontent"})
    hma.ask("POST", "/c/banks", json={"name": "ANOTHER"})
    hma.ask("POST", "/c/bank/ANOTHER/signal", json={"pdq": foreign["orientations"][0], "note": "notcontent"})
    with sqlite3.connect(bank.file) as file:
        file.execute("INSERT INTO contents VALUES (?, NULL)", ("0" * 32,))
    hma.index()
    assert bank.name in hma.matches(value)
    bank.once()
    assert hma.matches(value) == {} and "ANOTHER" in hma.matches(foreign["orientations"][0])
    assert bank.matches(code) and bank.entries() == 1
