"""The module in a real Synapse, and a second Synapse without it for remote media."""

from __future__ import annotations

import json
import secrets
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from notcontent.doors.synapse import MediaCheck, _addresses
from notcontent.feed.entry import Tier
from notcontent.fingerprint.compute import fingerprint_picture
from notcontent.guard_client import BadClientSettings, Outcome, Said
from tests.conftest import altered, generated_picture
from tests.doors.running_synapse import PYTHON, Synapse
from tests.guard.running_guard import RunningGuard, wait_until
from tests.guard.small_exchange import SmallExchange

CLAIMED, VERIFIED, OTHER = generated_picture(1), generated_picture(2), generated_picture(7)
GOOD = {"guard": "http://127.0.0.1:1", "token": "ncg_x", "when_held": "stop", "when_unchecked": "pass"}


def test_the_settings_are_read() -> None:
    config = MediaCheck.parse_config({**GOOD, "moderators": {"room": "!r:x", "sender": "@mod:x"}})
    assert config.moderators and config.moderators.room == "!r:x"
    answer = config.client.check(OTHER)
    assert (answer.outcome, answer.said) == (Outcome.PASS, Said.UNCHECKED)
    assert MediaCheck.parse_config(GOOD).moderators is None


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"guard": None}, "'guard' is missing"),
        ({"token": 7}, "'token' is missing"),
        ({"guard": "guard"}, "has to look like"),
        ({"when_held": "allow"}, "when_held has to say 'pass' or 'stop'"),
        ({"when_unchecked": ""}, "when_unchecked has to say 'pass' or 'stop'"),
        ({"timeout_s": 0}, "'timeout_s' has to be a number of seconds"),
        ({"timeout_s": True}, "'timeout_s' has to be a number of seconds"),
        ({"whenheld": "stop"}, "Unknown settings: whenheld"),
        ({"moderators": {"room": "!r:x"}}, "'moderators' needs"),
        ({"moderators": {"room": "#r:x", "sender": "@a:x"}}, "'moderators' needs"),
    ],
)
def test_a_wrong_setting_is_named(wrong: dict[str, object], said: str) -> None:
    with pytest.raises(BadClientSettings, match=said):
        MediaCheck.parse_config({**GOOD, **wrong})
    with pytest.raises(BadClientSettings, match="when_"):
        MediaCheck.parse_config({"guard": GOOD["guard"], "token": "x"})


def test_every_address_in_an_event_is_seen_and_no_event_takes_long() -> None:
    content = {"url": "mxc://a/1", "info": {"thumbnail_url": "mxc://a/2", "w": 3}, "more": [{"x": "mxc://a/3"}, "mxc"]}
    assert sorted(_addresses(content)) == ["mxc://a/1", "mxc://a/2", "mxc://a/3"]
    deep: object = "mxc://a/1"
    for _ in range(100_000):
        deep = [deep]
    assert list(_addresses(deep)) == []


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallExchange]:
    with SmallExchange(tmp_path_factory.mktemp("exchange")) as running:
        yield running


@pytest.fixture(scope="module")
def guard(tmp_path_factory: pytest.TempPathFactory, exchange: SmallExchange) -> Iterator[RunningGuard]:
    running = RunningGuard(tmp_path_factory.mktemp("guard") / "data", exchange, {"decoder_workers": 1}).start()
    exchange.add(fingerprint_picture(CLAIMED).orientations[0].value)
    exchange.add(fingerprint_picture(VERIFIED).orientations[0].value, Tier.VERIFIED)
    running.catch_up()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def synapse(tmp_path_factory: pytest.TempPathFactory, guard: RunningGuard) -> Iterator[Synapse]:
    module = {"guard": guard.url, "token": guard.token, "when_held": "stop", "when_unchecked": "stop"}
    running = Synapse(tmp_path_factory.mktemp("synapse"), module).start()
    yield running
    running.stop()


@pytest.mark.peer
class TestSynapse:
    def test_a_listed_upload_is_refused_and_another_is_stored_with_its_thumbnails(
        self, synapse: Synapse, guard: RunningGuard
    ) -> None:
        mina = synapse.account("mina")
        asked = seen_by(guard)
        stored = mina.upload(OTHER)
        assert stored.status_code == 200, stored.text
        address = stored.json()["content_uri"]
        assert mina.download(address).content == OTHER
        # Six thumbnails were made of it, and the guard heard of the upload alone.
        assert len(list((synapse.folder / "media" / "local_thumbnails").rglob("*-scale"))) >= 3
        for listed in (CLAIMED, VERIFIED, altered(VERIFIED, "smaller"), altered(CLAIMED, "mirrored")):
            refused = mina.upload(listed)
            assert refused.status_code == 400, refused.text
            assert "held" not in refused.text and "verified" not in refused.text
        assert seen_by(guard) == asked + 4

    def test_an_address_that_was_reserved_stays_empty_and_no_event_may_show_it(self, synapse: Synapse) -> None:
        mina = synapse.account("mina2")
        room, address = mina.room(), mina.reserve()
        assert mina.fill(address, VERIFIED).status_code == 400
        assert mina.send(room, {"msgtype": "m.image", "body": "x", "url": address}).status_code == 403
        assert mina.send(room, {"msgtype": "m.text", "body": "hello"}).status_code == 200
        # Something else may still be put there.
        assert mina.fill(address, generated_picture(9)).status_code == 200
        assert mina.send(room, {"msgtype": "m.image", "body": "x", "url": address}).status_code == 200

    def test_encrypted_media_passes_and_the_log_says_so(self, synapse: Synapse) -> None:
        mina = synapse.account("mina3")
        stored = mina.upload(secrets.token_bytes(50_000), "application/octet-stream")
        assert stored.status_code == 200
        file = {"url": stored.json()["content_uri"], "v": "v2", "key": {}, "iv": "", "hashes": {}}
        assert mina.send(mina.room(), {"msgtype": "m.image", "body": "x", "file": file}).status_code == 200
        assert "Encrypted media can't be looked at by anybody here, and passes" in synapse.log()

    def test_what_cannot_be_read_is_refused_and_said_without_names(self, synapse: Synapse) -> None:
        assert synapse.account("mina4").upload(generated_picture(3)[:3000]).status_code == 400
        said = [line for line in synapse.log().splitlines() if " notcontent" in line and "not checked" in line]
        assert said and not any("mina4" in line or "mxc" in line for line in said)

    def test_remote_media_is_refused_and_the_guard_hears_of_it_once(
        self, synapse: Synapse, guard: RunningGuard, exchange: SmallExchange, tmp_path: Path
    ) -> None:
        mina = synapse.account("mina5")
        picture = generated_picture(12)
        entry = exchange.add(fingerprint_picture(picture).orientations[0].value)
        guard.catch_up()
        elsewhere = Synapse(tmp_path / "elsewhere").start()
        try:
            poster = elsewhere.account("poster")
            listed, other = (poster.upload(each).json()["content_uri"] for each in (picture, OTHER))
            assert mina.download(other).content == OTHER
            asked = seen_by(guard)
            assert [mina.download(listed).status_code for _ in range(3)] == [404] * 3
            assert seen_by(guard) == asked + 1
            # It is asked each time whether that still stands.
            exchange.withdraw(entry)
            wait_until(lambda: mina.download(listed).status_code == 200, "the withdrawn picture to be shown", 30.0)
            assert mina.download(listed).content == picture
        finally:
            elsewhere.stop()


@pytest.mark.peer
def test_the_sender_of_what_passed_with_a_note_is_found_by_the_later_event(tmp_path: Path, guard: RunningGuard) -> None:
    module = {"guard": guard.url, "token": guard.token, "when_held": "pass", "when_unchecked": "pass"}
    synapse = Synapse(tmp_path, module).start()
    try:
        mod = synapse.account("mod")
        room = mod.room()
        synapse.stop()
        synapse.module = {**module, "moderators": {"room": room, "sender": mod.id}}
        synapse.start()
        poster = synapse.account("poster")
        place = poster.room()
        held, plain = poster.upload(CLAIMED), poster.upload(OTHER)
        assert held.status_code == plain.status_code == 200
        assert poster.send(place, {"msgtype": "m.image", "body": "", "url": plain.json()["content_uri"]}).is_success
        for _ in range(2):
            assert poster.send(place, {"msgtype": "m.image", "body": "", "url": held.json()["content_uri"]}).is_success
        wait_until(lambda: mod.texts(room), "the moderators to be told")
        [told] = mod.texts(room)
        assert poster.id in told and place in told and "is held for a check" in told
        upload = told.split()[-1].rstrip(".")
        assert guard.client.get(f"/v1/uploads/{upload}").json()["state"] == "open"
        assert poster.upload(VERIFIED).status_code == 400
        # Nobody is there to ask: this server said that such uploads pass, and hears who posts them.
        guard.stop()
        try:
            unchecked = poster.upload(generated_picture(20))
            assert unchecked.status_code == 200
            image = {"msgtype": "m.image", "body": "", "url": unchecked.json()["content_uri"]}
            assert poster.send(place, image).is_success
            wait_until(lambda: len(mod.texts(room)) == 2, "the moderators to be told again")
            assert "could not be checked" in mod.texts(room)[0]
        finally:
            guard.start()
    finally:
        synapse.stop()


@pytest.mark.peer
def test_synapse_does_not_start_with_a_wrong_setting_and_prints_what_to_do(tmp_path: Path) -> None:
    synapse = Synapse(tmp_path, {"guard": "http://127.0.0.1:1", "token": "ncg_x", "when_held": "stop"})
    synapse.write_config()
    where = {"cwd": tmp_path, "env": synapse.environment}
    subprocess.run(synapse.command("--generate-keys"), check=True, capture_output=True, **where)
    done = subprocess.run(synapse.command(), capture_output=True, text=True, check=False, timeout=120, **where)
    assert done.returncode != 0
    assert "when_unchecked has to say 'pass' or 'stop'" in done.stderr + done.stdout
    assert "ncg_x" not in done.stderr + done.stdout


@pytest.mark.peer
def test_in_synapse_the_module_loads_nothing_of_ours_but_the_client() -> None:
    program = (
        "import json, sys, notcontent.doors.synapse\n"
        "print(json.dumps(sorted(m for m in sys.modules if m.startswith(('notcontent', 'numpy', 'PIL', 'httpx')))))"
    )
    environment = Synapse(Path()).environment
    done = subprocess.run([PYTHON, "-c", program], capture_output=True, text=True, check=True, env=environment)
    assert json.loads(done.stdout) == [
        "notcontent", "notcontent.doors", "notcontent.doors.synapse", "notcontent.errors", "notcontent.guard_client",
    ]  # fmt: skip


def seen_by(guard: RunningGuard) -> int:
    """How many uploads the guard has a record of."""
    import sqlite3

    with sqlite3.connect(f"file:{guard.folder / 'guard.db'}?mode=ro", uri=True) as connection:
        return int(connection.execute("SELECT count(*) FROM uploads").fetchone()[0])
