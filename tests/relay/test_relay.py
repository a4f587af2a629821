"""Somebody else's list, served to a real guard; what fetches it has tests with python-threatexchange of their own."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
import uvicorn

from notcontent.feed.entry import Tier
from notcontent.fingerprint.compute import fingerprint_picture
from notcontent.listening import open_listener
from notcontent.relay.app import Relay
from notcontent.relay.errors import SourceAway
from notcontent.relay.source import Fetched, Update
from notcontent.relay.stream import Stream
from tests.conftest import altered, generated_picture
from tests.guard.running_guard import RunningGuard, wait_until

NOW = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)


@dataclass
class Told:
    """A list as a test tells it: the parts of the next fetch, and whether it is away after them."""

    parts: list[Fetched] = field(default_factory=list)
    whole: bool = False
    away: bool = False
    asked_from: list[str | None] = field(default_factory=list)

    def is_stale(self, checkpoint: str | None) -> bool:
        return self.whole or checkpoint is None

    def fetch(self, checkpoint: str | None) -> Iterator[Fetched]:
        self.asked_from.append(checkpoint)
        yield from self.parts
        if self.away:
            raise SourceAway("away")

    def say(self, checkpoint: str, **records: dict[bytes, Tier]) -> None:
        updates = tuple(
            Update(key, {value.hex(): tier for value, tier in values.items()}) for key, values in records.items()
        )
        self.parts = [Fetched(updates, checkpoint)]


def values(seed: int) -> tuple[bytes, bytes]:
    picture = generated_picture(seed)
    return picture, fingerprint_picture(picture).orientations[0].value


@dataclass
class Clock:
    ahead: timedelta = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass
class Served:
    stream: Stream
    relay: Relay
    url: str
    clock: Clock

    def ask(self, method: str, path: str, token: str | None = None, **more: object) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token or self.stream.token}"}
        return httpx.request(method, self.url + path, headers=headers, timeout=60, **more)  # type: ignore[arg-type]


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    clock = Clock()
    stream = Stream(tmp_path / "relay", clock())
    relay = Relay(stream, clock)
    with open_listener("127.0.0.1", 0) as listening:
        server = uvicorn.Server(
            uvicorn.Config(relay.app(), log_level="error", lifespan="off", timeout_graceful_shutdown=1)
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        yield Served(stream, relay, f"http://127.0.0.1:{listening.getsockname()[1]}", clock)
        server.should_exit = True
        thread.join()


def test_a_guard_follows_it_with_tiers_and_withdrawals(served: Served, tmp_path: Path) -> None:
    told = Told()
    (first, one), (second, two) = values(1), values(2)
    told.say("1", a={one: Tier.CLAIMED}, b={two: Tier.VERIFIED})
    assert served.stream.take(told, served.clock())
    served.relay.fetched = served.clock()
    followed = SimpleNamespace(
        url=served.url, token=served.stream.token, root=SimpleNamespace(public=served.stream.key.public), number=1
    )
    guard = RunningGuard(tmp_path / "guard", followed).start()  # type: ignore[arg-type]
    try:
        assert guard.check(altered(first, "mirrored")).json()["verdict"] in ("hold", "block")
        answer = guard.check(second).json()
        assert [match["tier"] for match in answer["matches"]] == ["verified"], answer
        told.say("2", a={})
        assert served.stream.take(told, served.clock())
        wait_until(lambda: guard.check(first).json()["verdict"] == "allow", "the withdrawal")
        assert guard.check(second).json()["verdict"] != "allow"
        wait_until(lambda: not guard.files_hold(one), "the guard to erase")
        files = [path.read_bytes() for path in served.stream.folder.rglob("*") if path.is_file()]
        assert not any(one in data or one.hex().encode() in data for data in files)
        assert any(two in data for data in files), "the search finds what is there"
    finally:
        assert guard.stop() == 0


def test_what_does_not_change_keeps_its_id_and_makes_no_news(served: Served) -> None:
    told, (_, one), (_, two) = Told(), values(1), values(2)
    told.say("1", a={one: Tier.CLAIMED})
    assert served.stream.take(told, NOW)
    first = entries(served.stream)
    told.say("2", a={one: Tier.CLAIMED})
    assert not served.stream.take(told, NOW) and served.stream.number == 1
    told.say("3", a={one: Tier.SEEN, two: Tier.CLAIMED})
    assert served.stream.take(told, NOW) and served.stream.number == 2
    assert set(first) < set(entries(served.stream)) and told.asked_from == [None, "1", "2"]
    again = Stream(served.stream.folder, NOW)
    assert entries(again) == entries(served.stream) and again.number == 2
    assert (again.token, again.feed, again.key.public) == (
        served.stream.token, served.stream.feed, served.stream.key.public
    )  # fmt: skip


def entries(stream: Stream) -> list[str]:
    from notcontent.feed.snapshot import read_snapshot

    return sorted(row["entry"].tobytes().hex() for row in read_snapshot(stream.snapshot_path(stream.number)).records)


def test_a_list_that_is_read_whole_withdraws_what_it_lacks(served: Served) -> None:
    told, (_, one), (_, two) = Told(whole=True), values(1), values(2)
    told.say("1", a={one: Tier.CLAIMED}, b={two: Tier.CLAIMED})
    served.stream.take(told, NOW)
    told.say("2", b={two: Tier.CLAIMED})
    assert served.stream.take(told, NOW) and len(entries(served.stream)) == 1
    assert told.asked_from == [None, None]


def test_a_fetch_that_breaks_off_changes_nothing(served: Served) -> None:
    told, (_, one), (_, two) = Told(), values(1), values(2)
    told.say("1", a={one: Tier.CLAIMED})
    served.stream.take(told, NOW)
    told.say("2", a={}, b={two: Tier.CLAIMED})
    told.away = True
    with pytest.raises(SourceAway):
        served.stream.take(told, NOW)
    assert served.stream.number == 1 and len(entries(served.stream)) == 1
    told.away = False
    assert served.stream.take(told, NOW)
    assert told.asked_from[-1] == "1"


def test_a_guard_is_told_when_the_list_is_away(served: Served) -> None:
    poll = "/v1/feed/poll?epoch=0&after=0&wait=0"
    assert served.ask("GET", poll).status_code == 503, "nothing was fetched yet"
    served.relay.fetched = served.clock()
    assert served.ask("GET", poll).status_code == 200
    served.clock.ahead = timedelta(hours=2)
    assert served.ask("GET", poll).status_code == 503


def test_only_its_own_guard_is_answered(served: Served) -> None:
    for path in ("keys", "poll?epoch=0&after=0", "snapshots/1-1"):
        assert served.ask("GET", f"/v1/feed/{path}", token="wrong").status_code == 401
        assert httpx.get(f"{served.url}/v1/feed/{path}", timeout=60).status_code == 401
    from notcontent.feed.signature import SigningKey

    one, other = ({"public_key": SigningKey.generate().public.text} for _ in range(2))
    assert served.ask("POST", "/v1/guards", json=one).json() == {"feed": served.stream.feed}
    assert served.ask("POST", "/v1/guards", json=one).status_code == 200
    assert served.ask("POST", "/v1/guards", json=other).status_code == 409
    assert served.ask("POST", "/v1/guards", json={"public_key": 5}).status_code == 422
    assert served.ask("POST", "/v1/reports", json={"reports": [1, 2]}).json() == {"accepted": 2, "ignored": 0}
    assert served.ask("POST", "/v1/reports", content=b"x").status_code == 400
    assert served.ask("GET", "/v1/feed/poll?epoch=x").status_code == 400
    for name in ("1-7", "1-0", "1-0.minisig"):
        assert served.ask("GET", f"/v1/feed/snapshots/{name}").status_code == 404


def test_a_guard_is_answered_while_a_long_list_is_fetched(served: Served) -> None:
    from notcontent.feed.signature import SigningKey

    begun, go_on, told = threading.Event(), threading.Event(), Told()

    class Slow(Told):
        def fetch(self, checkpoint: str | None) -> Iterator[Fetched]:
            begun.set()
            assert go_on.wait(60)
            raise SourceAway("away")

    def fetch() -> None:
        with pytest.raises(SourceAway):
            served.stream.take(Slow(), NOW)

    thread = threading.Thread(target=fetch)
    thread.start()
    try:
        assert begun.wait(60)
        key = {"public_key": SigningKey.generate().public.text}
        assert served.ask("POST", "/v1/guards", json=key).status_code == 200
        assert served.ask("GET", "/v1/feed/keys").status_code == 200
    finally:
        go_on.set()
        thread.join()
    told.say("1")
    served.stream.take(told, NOW)
    assert Stream(served.stream.folder, NOW).register(key["public_key"]), "a fetch that failed forgets no guard"


def test_a_poll_waits_for_the_next_change(served: Served) -> None:
    told, (_, one) = Told(), values(1)
    told.say("1", a={one: Tier.CLAIMED})
    served.relay.fetched = served.clock()
    began = time.monotonic()
    timer = threading.Timer(1.0, served.stream.take, (told, served.clock()))
    timer.start()
    served.ask("GET", "/v1/feed/poll?epoch=1&after=0&wait=20")
    assert 0.8 < time.monotonic() - began < 19
    timer.join()
