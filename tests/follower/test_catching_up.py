"""Following a list without a guard, from a real exchange."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from notcontent.feed.follow import FollowError, Refusal
from notcontent.feed.signature import PublicKey, SigningKey
from notcontent.follower.asking import Exchange
from notcontent.follower.catching_up import Kept, catch_up
from notcontent.follower.errors import ExchangeAway, ExchangeRefuses
from tests.exchange.running import Person, Running, command, picture_code, until, video_code


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    started = Running.set_up(tmp_path_factory.mktemp("exchange") / "data").start()
    yield started
    started.stop()


class Program:
    """A program with a list of its own, which stores what it is told and what it must keep."""

    def __init__(self, running: Running, name: str) -> None:
        told = json.loads(
            command(running.folder, "partner", "add", name, "--country", "ZZ", "--client", "tx", "--json")
        )
        self.url, self.token, self.id = running.urls["partners"], told["token"], told["partner"]
        self.exchange = Exchange(self.url, self.token, PublicKey.from_text(told["root_key"]))
        self.kept = Kept()
        self.listed: dict[str, tuple[str, ...]] = {}

    def follow(self) -> int:
        steps = 0
        for step in catch_up(self.exchange, self.kept, datetime.now(UTC)):
            steps += 1
            for entry in step.gone:
                self.listed.pop(entry, None)
            self.listed |= step.added
            self.kept = step.kept
        return steps

    def holds(self, *codes: dict[str, object]) -> bool:
        self.follow()
        return sorted(self.listed.values()) == sorted(tuple(code["orientations"]) for code in codes)  # type: ignore[arg-type]


def test_every_turn_comes_and_goes_with_its_entry(running: Running) -> None:
    program, mina, other = Program(running, "A site with tx"), Person(running), Person(running)
    hers, kept = picture_code(), picture_code()
    mina.send([hers], [program.id])
    other.send([kept, video_code(3)], [program.id])
    until(lambda: program.holds(hers, kept))
    assert mina.site_state() == "listed"
    mina.withdraw()
    until(lambda: program.holds(kept))
    assert mina.look().json()["sites"][0]["proves_forgetting"] is False


def test_what_a_folded_list_lacks_is_gone(running: Running) -> None:
    program, mina, other = Program(running, "A site that was away"), Person(running), Person(running)
    hers, kept, new = picture_code(), picture_code(), picture_code()
    mina.send([hers], [program.id])
    other.send([kept], [program.id])
    until(lambda: program.holds(hers, kept))
    mina.withdraw()
    Person(running).send([new], [program.id])
    command(running.folder, "erase")
    until(lambda: program.holds(kept, new))
    before = program.kept
    # From the beginning it is the same list.
    program.kept, program.listed = Kept(), {}
    assert program.holds(kept, new) and program.kept == before


def test_two_cases_with_one_picture_are_two_entries(running: Running) -> None:
    program, mina, other = Program(running, "A site with one picture twice"), Person(running), Person(running)
    code = picture_code()
    for person in (mina, other):
        person.send([code], [program.id])
    until(lambda: program.holds(code, code))
    mina.withdraw()
    until(lambda: program.holds(code))


def test_what_must_be_kept_survives_being_stored(running: Running) -> None:
    ids = frozenset(f"{number:032x}" for number in range(50))
    assert Kept.unpack(Kept(held=ids).packed) == ids and Kept.unpack(Kept().packed) == frozenset()
    for text in ("abc", "AAAA"):
        with pytest.raises(ValueError, match=r".*"):
            Kept.unpack(text)


def test_another_exchanges_key_is_believed_nothing(running: Running) -> None:
    program = Program(running, "A site with the wrong key")
    stranger = Exchange(program.url, program.token, SigningKey.generate().public)
    with pytest.raises(FollowError) as refused:
        list(catch_up(stranger, Kept(), datetime.now(UTC)))
    assert refused.value.code is Refusal.BAD_SIGNATURE


def test_a_clock_that_is_wrong_and_a_history_that_is_another_are_refused(running: Running) -> None:
    program = Program(running, "A site with a strange past")
    Person(running).send([picture_code()], [program.id])
    until(lambda: program.follow() and program.listed)
    now = datetime.now(UTC)
    for kept, at, code in (
        (program.kept, now + timedelta(days=1), Refusal.HEAD_EXPIRED),
        (Kept(0, "f" * 32, 1, 1, "0" * 64), now, Refusal.WRONG_FEED),
        (Kept(0, program.kept.feed, 1, 10**6, "0" * 64), now, Refusal.ROLLED_BACK),
        (Kept(0, program.kept.feed, 1, program.kept.number, "e" * 64), now, Refusal.FORK),
        (Kept(10**6, program.kept.feed, 1, 0), now, Refusal.KEYS_ROLLED_BACK),
    ):
        with pytest.raises(FollowError) as refused:
            list(catch_up(program.exchange, kept, at))
        assert refused.value.code is code


def test_an_exchange_that_refuses_or_is_away_is_told_apart(running: Running) -> None:
    program = Program(running, "A site with a bad token")
    root = program.exchange.root
    with pytest.raises(ExchangeRefuses):
        list(catch_up(Exchange(program.url, "wrong", root), Kept(), datetime.now(UTC)))
    with pytest.raises(ExchangeAway):
        list(catch_up(Exchange("http://127.0.0.1:9", program.token, root), Kept(), datetime.now(UTC)))


def test_a_guard_does_not_register_where_it_would_match_nothing(running: Running) -> None:
    program = Program(running, "A site that takes the wrong token")
    answer = httpx.post(
        f"{program.url}/v1/guards",
        json={"public_key": SigningKey.generate().public.text},
        headers={"Authorization": f"Bearer {program.token}"},
        timeout=60,
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "conflict")


def test_no_file_is_left_behind_by_a_snapshot(
    running: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = Program(running, "A site with a folder for passing files")
    Person(running).send([picture_code()], [program.id])
    until(lambda: program.follow() and program.listed)
    command(running.folder, "erase")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    program.kept = Kept()
    program.follow()
    assert len(program.listed) == 1 and list(tmp_path.iterdir()) == []
