"""Who asks: rates of tokens, places as pseudonyms, and the alarm for trying how far a picture has to be altered."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import httpx
import pytest
from PIL import Image, ImageEnhance
from standardwebhooks import Webhook

from notcontent.feed.entry import Tier
from notcontent.fingerprint.compute import fingerprint_picture
from notcontent.guard.asker import Asker
from notcontent.guard.places import name_place
from notcontent.guard.probing import Probing
from notcontent.guard.rate import Rates
from tests.conftest import generated_picture
from tests.guard.listening_platform import ListeningPlatform
from tests.guard.running_guard import RunningGuard, wait_until
from tests.guard.small_exchange import SmallExchange

SECRET = "whsec_" + "c2VjcmV0IG9mIHRoZSB0ZXN0cywgMzIgYnl0ZXM="
START = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
ASKER = Asker("http", "site", "a place")
PLACE, CALLER = "Room-of-Kim-4711", "caller-of-the-tests"


def test_a_token_sends_so_many_a_minute_and_the_next_a_little_later() -> None:
    rates = Rates()
    assert [rates.wait_s("a", 3, 100.0) for _ in range(3)] == [0, 0, 0]
    assert rates.wait_s("a", 3, 100.0) == pytest.approx(20.0)
    assert rates.wait_s("b", 3, 100.0) == 0
    assert rates.wait_s("a", 3, 119.9) > 0 and rates.wait_s("a", 3, 120.1) == 0
    assert rates.wait_s("a", 3, 120.2) > 0
    assert [rates.wait_s("a", 3, 1000.0) for _ in range(4)][:3] == [0, 0, 0]


def test_a_place_is_the_same_for_a_day_and_nothing_without_the_key() -> None:
    day = date(2026, 11, 22)
    named = name_place("#room:example.org", b"k" * 32, day)
    assert named == name_place("#room:example.org", b"k" * 32, day) and len(named) == 32
    others = {
        name_place("#room:example.org", b"k" * 32, day + timedelta(days=1)),
        name_place("#room:example.org", b"l" * 32, day),
        name_place("#other:example.org", b"k" * 32, day),
        name_place("\ud800", b"k" * 32, day),
    }
    assert len(others | {named}) == 5


def test_the_twentieth_different_copy_within_an_hour_is_told_of_once() -> None:
    probing = Probing(b"k" * 32, 20)
    told = [probing.saw(ASKER, b"%08d" % number, ["e"], START) for number in range(60)]
    assert [number for number, entries in enumerate(told) if entries] == [19] and told[19] == ["e"]
    later = START + timedelta(hours=1)
    assert [bool(probing.saw(ASKER, b"%08d" % number, ["e"], later)) for number in range(20)] == [False] * 19 + [True]


def test_the_same_bytes_other_places_and_other_pictures_count_apart() -> None:
    probing = Probing(b"k" * 32, 3)
    assert not any(probing.saw(ASKER, b"the same", ["e"], START) for _ in range(100))
    for number in range(100):
        assert not probing.saw(Asker("http", "site", f"place {number}"), b"%08d" % number, ["e"], START)
        assert not probing.saw(ASKER, b"%08d" % number, [f"entry {number}"], START)
    assert not any(Probing(b"k" * 32, 0).saw(ASKER, b"%08d" % number, ["e"], START) for number in range(100))


def test_what_is_watched_stays_bounded() -> None:
    probing = Probing(b"k" * 32, 5, most_watched=10)
    for number in range(1000):
        probing.saw(ASKER, b"%08d" % number, ["always", f"entry {number}"], START)
    assert len(probing._watched) == 10
    assert max(len(each.uploads) for each in probing._watched.values()) <= 5
    assert "a place" not in repr(probing) and "kkkk" not in repr(probing)


@pytest.fixture(scope="module")
def platform() -> Iterator[ListeningPlatform]:
    with ListeningPlatform() as running:
        yield running


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallExchange]:
    with SmallExchange(tmp_path_factory.mktemp("exchange")) as running:
        yield running


@pytest.fixture(scope="module")
def guard(
    tmp_path_factory: pytest.TempPathFactory, exchange: SmallExchange, platform: ListeningPlatform
) -> Iterator[RunningGuard]:
    settings = {
        "workers": 2, "decoder_workers": 2, "probing_alarm": 6, "events_url": platform.url, "events_secret": SECRET,
        "log_format": "json", "claims_hold_at_least_an_hour": 1000,
    }  # fmt: skip
    running = RunningGuard(tmp_path_factory.mktemp("guard") / "data", exchange, settings).start()
    yield running
    assert running.stop() == 0


def events(platform: ListeningPlatform, kind: str) -> list[dict[str, object]]:
    """The events of one kind, each verified by a library that nobody here wrote."""
    said = [Webhook(SECRET).verify(body, headers) for headers, body in list(platform.heard)]
    return [each["data"] for each in said if each["type"] == kind]


def copies(picture: bytes, count: int) -> list[bytes]:
    """Near copies of one picture."""
    made = []
    for number in range(count):
        out = io.BytesIO()
        image = ImageEnhance.Brightness(Image.open(io.BytesIO(picture))).enhance(1 + number / 200)
        image.save(out, "JPEG", quality=95)
        made.append(out.getvalue())
    return made


def test_probing_is_told_to_the_platform_and_in_the_log_and_no_answer_shows_it(
    exchange: SmallExchange, guard: RunningGuard, platform: ListeningPlatform
) -> None:
    picture = generated_picture(1)
    value = fingerprint_picture(picture).orientations[0].value
    entry = exchange.add(value, Tier.SEEN)
    guard.catch_up()
    token = guard.command("token", CALLER).split()[-1]
    answers = [
        httpx.post(
            f"{guard.url}/v1/check", params={"place": PLACE}, content=copy, headers={"Authorization": f"Bearer {token}"}
        )
        for copy in copies(picture, 10)
    ]
    wait_until(lambda: events(platform, "probing.suspected"), "the alarm")
    [alarm] = events(platform, "probing.suspected")
    assert (alarm["entry"], alarm["caller"], alarm["door"], alarm["uploads"]) == (entry, CALLER, "http", 6)
    assert alarm["upload"] in {answer.json()["id"] for answer in answers}
    assert {answer.status_code for answer in answers} == {451}
    assert len({tuple(sorted(answer.json())) for answer in answers}) == 1
    assert len({answer.json()["uploader_text"] for answer in answers}) == 1
    [line] = [json.loads(line) for line in guard.log.read_text().splitlines()]
    assert line["level"] == "warning" and line["entry"] == entry and line["event"].startswith("many near copies")
    # What the platform calls a place is nowhere, not even on the disk; nor is the pseudonym.
    assert not guard.files_hold(PLACE.encode()) and "place" not in alarm
    text = guard.log.read_text()
    for secret in (PLACE, token, guard.token, value.hex(), SECRET, exchange.token, "127.0.0.1"):
        assert secret not in text


def test_questions_with_fingerprints_count_too(
    exchange: SmallExchange, guard: RunningGuard, platform: ListeningPlatform
) -> None:
    value = fingerprint_picture(generated_picture(2)).orientations[0].value
    entry = exchange.add(value, Tier.SEEN)
    guard.catch_up()
    near = [bytes([value[0] ^ (1 << bit)]) + value[1:] for bit in range(8)]
    guard.client.post("/v1/match", json={"pdq": [each.hex() for each in near]})
    wait_until(lambda: any(each["entry"] == entry for each in events(platform, "probing.suspected")), "the alarm")
    [alarm] = [each for each in events(platform, "probing.suspected") if each["entry"] == entry]
    assert alarm["upload"] is None


def test_a_token_with_a_rate_is_held_to_it_by_all_processes_together(guard: RunningGuard) -> None:
    token = guard.command(
        "token", "slow", "--uploads-a-minute", "5", "--when-held", "stop", "--when-unchecked", "pass"
    ).split()[-1]
    headers = {"Authorization": f"Bearer {token}"}
    answers = [
        httpx.post(f"{guard.url}/v1/check", content=generated_picture(50), headers=headers) for _ in range(8)
    ]  # Each on a connection of its own: either process may get it.
    assert [answer.status_code for answer in answers[:5]] == [200] * 5
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused and refused[0].json()["error"]["code"] == "too_often"
    assert 1 <= int(refused[0].headers["Retry-After"]) <= 12
    assert httpx.post(f"{guard.url}/v1/verdict/{token}", content=generated_picture(50)).status_code in (204, 429)
    assert guard.check(generated_picture(50)).status_code == 200


@pytest.mark.parametrize("place", ["", "x" * 257])
def test_a_place_that_is_none_is_refused(guard: RunningGuard, place: str) -> None:
    answer = guard.client.post("/v1/check", params={"place": place}, content=b"x")
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "place")


def test_what_happens_to_an_upload_is_told_signed_once_it_is_taken(
    exchange: SmallExchange, guard: RunningGuard, platform: ListeningPlatform
) -> None:
    uploads, entries = {}, {}
    for seed, tier in ((60, Tier.SEEN), (61, Tier.SEEN), (62, Tier.VERIFIED)):
        picture = generated_picture(seed)
        entries[seed] = exchange.add(fingerprint_picture(picture).orientations[0].value, tier)
        guard.catch_up()
        uploads[seed] = guard.check(picture, object=f"photo-{seed}").json()["id"]

    def told(kind: str, seed: int) -> list[dict[str, object]]:
        return [each for each in events(platform, kind) if each["id"] == uploads[seed]]

    # Refused once, it comes again.
    platform.answers += [500]
    guard.client.post(f"/v1/uploads/{uploads[60]}/decision", json={"decision": "release", "reason": "not_intimate"})
    exchange.withdraw(entries[61])
    wait_until(lambda: told("upload.decided", 60) and told("upload.withdrawn", 61), "all events", 20)
    assert told("upload.held", 60) == [{"id": uploads[60], "object": "photo-60"}]
    assert told("upload.blocked", 62) == [{"id": uploads[62], "object": "photo-62"}]
    assert told("upload.decided", 60)[0]["reason"] == "not_intimate"
    assert told("upload.withdrawn", 61)[0] == {"id": uploads[61], "object": "photo-61"}
    repeated = lambda: len({headers["webhook-id"] for headers, _ in platform.heard}) < len(platform.heard)  # noqa: E731
    wait_until(repeated, "the refused one again")
    wait_until(lambda: not told_later(guard), "an empty queue", 20)


def told_later(guard: RunningGuard) -> int:
    from notcontent.guard.database import Database
    from notcontent.guard.events import next_to_tell

    database = Database(guard.folder, read_only=True)
    try:
        return next_to_tell(database) is not None
    finally:
        database.close()


def test_a_list_that_gets_too_old_is_told(
    tmp_path_factory: pytest.TempPathFactory, platform: ListeningPlatform
) -> None:
    with SmallExchange(tmp_path_factory.mktemp("stale")) as exchange:
        settings = {
            "decoder_workers": 1, "list_max_age_hours": 0.0025, "events_url": platform.url, "events_secret": SECRET,
        }  # fmt: skip
        guard = RunningGuard(tmp_path_factory.mktemp("stale-guard") / "data", exchange, settings).start()
        exchange.close()
        wait_until(lambda: events(platform, "list.stale"), "the event", 60)
        assert events(platform, "list.stale")[0]["list"] == "helpline"
        exchange.open()
        wait_until(lambda: events(platform, "list.fresh"), "the event", 90)
        assert "a list is too old to answer from list=helpline" in guard.log.read_text()
        assert guard.stop() == 0
