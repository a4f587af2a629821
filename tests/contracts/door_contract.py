"""What every door into the guard keeps, whatever protocol it speaks. A new door inherits one of these classes.

`ListeningDoor` is for one that hosts connect to, `DoorContract` for one that works inside of a host or fetches what it
looks at by itself. What cannot be so at a door is said there, in the test of the same name.
"""

from __future__ import annotations

import contextlib
import io
import socket
import struct
import threading
import time
import zlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import ClassVar

import pytest
from PIL import Image

from notcontent.feed.entry import Tier
from notcontent.fingerprint.compute import fingerprint_picture
from tests.conftest import altered, generated_picture
from tests.guard.running_guard import RunningGuard, free_port, wait_until
from tests.guard.small_exchange import SmallExchange


class Said(StrEnum):
    """What a host hears through a door."""

    PASS = "pass"
    STOP = "stop"
    NOT_CHECKED = "not checked"


def bomb() -> bytes:
    """A PNG of a few hundred bytes that claims to have 40,000 x 40,000 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 40_000, 40_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(10_000)))
        + chunk(b"IEND", b"")
    )


def large_picture() -> bytes:
    """A readable picture of more than a mebibyte."""
    import numpy as np

    buffer = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (800, 800, 3), dtype=np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


class DoorContract(ABC):
    """Start a guard, list a picture, and see what comes through the door."""

    #: What a host hears of a file that is neither picture nor video. A door that is shown everything lets it pass.
    of_no_picture: ClassVar[Said] = Said.NOT_CHECKED
    #: What a host hears of what could not be checked. A door with one word for all that it refuses has that one.
    of_unchecked: ClassVar[Said] = Said.NOT_CHECKED
    #: The tiers that this door stops for a host that stops what is held.
    stops: ClassVar[frozenset[Tier]] = frozenset(Tier)

    @classmethod
    def settings(cls) -> dict[str, object]:
        """The settings that open this door and state that it stops what is held and what can't be checked."""
        return {}

    @classmethod
    def settings_that_let_holds_pass(cls) -> dict[str, object]:
        """The same for a door that lets a hold pass, where that is said in the settings."""
        return cls.settings()

    @abstractmethod
    def ask(self, guard: RunningGuard, upload: bytes) -> Said:
        """Send one upload through the door, as a host would that stops what is held."""

    def ask_letting_holds_pass(self, guard: RunningGuard, upload: bytes) -> Said:
        """The same as a host that lets holds pass, of a guard with `settings_that_let_holds_pass`."""
        return self.ask(guard, upload)

    @pytest.fixture(scope="class")
    @classmethod
    def exchange(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallExchange]:
        with SmallExchange(tmp_path_factory.mktemp("exchange")) as running:
            yield running

    @pytest.fixture(scope="class")
    @classmethod
    def guard(cls, tmp_path_factory: pytest.TempPathFactory, exchange: SmallExchange) -> Iterator[RunningGuard]:
        settings = {"max_upload_mib": 1, "body_timeout_s": 4, **cls.settings()}
        running = RunningGuard(tmp_path_factory.mktemp("guard") / "data", exchange, settings, port=free_port()).start()
        yield running
        running.stop()

    @pytest.fixture
    def listed(self, guard: RunningGuard, exchange: SmallExchange) -> Iterator[tuple[str, bytes]]:
        """An entry of the lowest tier that is stopped, and the picture it was made from; withdrawn afterwards."""
        picture = generated_picture(len(exchange.texts) + 100)
        tier = next(each for each in Tier if each in self.stops)
        entry = exchange.add(fingerprint_picture(picture).orientations[0].value, tier)
        guard.catch_up()
        yield entry, picture
        exchange.withdraw(entry)

    def test_a_listed_picture_is_stopped(self, guard: RunningGuard, listed: tuple[str, bytes]) -> None:
        assert self.ask(guard, listed[1]) is Said.STOP

    @pytest.mark.parametrize("how", ["smaller", "mirrored", "half_turn"])
    def test_an_altered_copy_is_stopped(self, guard: RunningGuard, listed: tuple[str, bytes], how: str) -> None:
        assert self.ask(guard, altered(listed[1], how)) is Said.STOP

    def test_an_unrelated_picture_passes(self, guard: RunningGuard, listed: tuple[str, bytes]) -> None:
        assert self.ask(guard, generated_picture(7)) is Said.PASS

    def test_a_withdrawn_picture_passes_within_seconds(self, guard: RunningGuard, exchange: SmallExchange) -> None:
        picture = generated_picture(11)
        entry = exchange.add(fingerprint_picture(picture).orientations[0].value, Tier.VERIFIED)
        guard.catch_up()
        assert self.ask(guard, picture) is Said.STOP
        exchange.withdraw(entry)
        wait_until(lambda: self.ask(guard, picture) is Said.PASS, "the picture to pass", 2.0)

    @pytest.mark.parametrize("tier", Tier)
    def test_entries_of_each_tier_are_treated_as_stated(
        self, guard: RunningGuard, exchange: SmallExchange, tier: Tier
    ) -> None:
        picture = generated_picture(len(exchange.texts) + 100)
        entry = exchange.add(fingerprint_picture(picture).orientations[0].value, tier)
        guard.catch_up()
        assert self.ask(guard, picture) is (Said.STOP if tier in self.stops else Said.PASS)
        wait_until(lambda: [r for r in exchange.reports if r["entry"] == entry], "the report")
        assert [r["verdict"] for r in exchange.reports if r["entry"] == entry] == [
            "block" if tier is Tier.VERIFIED else "hold"
        ]
        exchange.withdraw(entry)

    def test_where_holds_pass_only_a_verified_entry_stops(self, tmp_path: Path, exchange: SmallExchange) -> None:
        pictures = {tier: generated_picture(len(exchange.texts) + 200 + n) for n, tier in enumerate(Tier)}
        entries = [exchange.add(fingerprint_picture(each).orientations[0].value, t) for t, each in pictures.items()]
        lenient = RunningGuard(tmp_path / "data", exchange, self.settings_that_let_holds_pass()).start()
        try:
            lenient.catch_up()
            said = {tier: self.ask_letting_holds_pass(lenient, picture) for tier, picture in pictures.items()}
            assert said == {Tier.CLAIMED: Said.PASS, Tier.SEEN: Said.PASS, Tier.VERIFIED: Said.STOP}
        finally:
            lenient.stop()
            exchange.withdraw(*entries)

    @pytest.mark.parametrize(
        "hostile",
        [bomb, lambda: generated_picture(1)[:3000], lambda: b"\0\0\0\x18ftypheic" + bytes(5000)],
        ids=["bomb", "cut off", "a kind that nobody opens"],
    )
    def test_a_hostile_file_is_not_passed_and_stalls_nobody(
        self, guard: RunningGuard, hostile: Callable[[], bytes]
    ) -> None:
        assert self.ask(guard, hostile()) is self.of_unchecked
        assert self.ask(guard, generated_picture(7)) is Said.PASS

    @pytest.mark.parametrize(
        "no_picture",
        [b"", b"not a picture at all", b"<!doctype html><p>A page.", bytes(100_000)],
        ids=["nothing", "text", "a page", "zeros"],
    )
    def test_what_is_no_picture_is_told_from_what_could_not_be_checked(
        self, guard: RunningGuard, no_picture: bytes
    ) -> None:
        assert self.ask(guard, no_picture) is self.of_no_picture
        assert self.ask(guard, generated_picture(7)) is Said.PASS

    def test_a_file_beyond_the_limit_is_not_passed(self, guard: RunningGuard) -> None:
        huge = large_picture()
        assert len(huge) > 1 << 20
        assert self.ask(guard, huge) is self.of_unchecked

    def test_many_at_once_are_all_answered(self, guard: RunningGuard, listed: tuple[str, bytes]) -> None:
        answers: list[Said] = []
        threads = [
            threading.Thread(
                target=lambda n=n: answers.append(self.ask(guard, listed[1] if n % 2 else generated_picture(7)))
            )
            for n in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert sorted(answers) == [Said.PASS] * 4 + [Said.STOP] * 4

    def test_a_stop_is_reported_exactly_once_also_when_the_exchange_was_away(
        self, guard: RunningGuard, exchange: SmallExchange, listed: tuple[str, bytes]
    ) -> None:
        exchange.close()
        assert self.ask(guard, listed[1]) is Said.STOP
        exchange.open()
        wait_until(lambda: [r for r in exchange.reports if r["entry"] == listed[0]], "the report", 15.0)
        time.sleep(0.5)
        assert len([r for r in exchange.reports if r["entry"] == listed[0]]) == 1

    def test_a_report_survives_a_sudden_end_and_arrives_once(
        self, guard: RunningGuard, exchange: SmallExchange, listed: tuple[str, bytes]
    ) -> None:
        exchange.close()
        try:
            assert self.ask(guard, listed[1]) is Said.STOP
            guard.kill()
            guard.start()
        finally:
            exchange.open()
        wait_until(lambda: [r for r in exchange.reports if r["entry"] == listed[0]], "the report", 15.0)
        time.sleep(0.5)
        assert len([r for r in exchange.reports if r["entry"] == listed[0]]) == 1

    def test_without_the_exchange_and_after_a_restart_the_list_still_stops(
        self, guard: RunningGuard, exchange: SmallExchange, listed: tuple[str, bytes]
    ) -> None:
        exchange.close()
        try:
            assert guard.stop() == 0
            guard.start()
            assert self.ask(guard, listed[1]) is Said.STOP
            assert self.ask(guard, generated_picture(7)) is Said.PASS
        finally:
            exchange.open()

    def test_from_a_list_that_is_too_old_nothing_is_answered(self, tmp_path: Path, exchange: SmallExchange) -> None:
        old = RunningGuard(tmp_path / "data", exchange, {"list_max_age_hours": 2 / 3600, **self.settings()}).start()
        try:
            # What has to be started first may take longer than such a list is fresh; news make it so again.
            self.ask(old, generated_picture(7))
            exchange.add(fingerprint_picture(generated_picture(12)).orientations[0].value)
            old.catch_up()
            assert self.ask(old, generated_picture(7)) is Said.PASS
            exchange.close()
            try:
                wait_until(lambda: not old.ready(), "the list to be too old")
                assert self.ask(old, generated_picture(7)) is self.of_unchecked
            finally:
                exchange.open()
            wait_until(old.ready, "the list to be fresh again", 20.0)
        finally:
            old.stop()


class ListeningDoor(DoorContract):
    """A door that hosts, and whoever can reach it, connect to."""

    @abstractmethod
    def address(self, guard: RunningGuard) -> tuple[str, int]:
        """Where the door listens."""

    @abstractmethod
    def beginnings(self, guard: RunningGuard) -> list[bytes]:
        """What a client may send before it falls silent. The first one is the beginning of an upload."""

    def is_a_pass(self, answer: bytes) -> bool:
        """Whether these bytes, as they came over the wire, would let an upload pass."""
        return b"verdict" in answer

    def test_slow_clients_are_cut_off_and_stall_nobody(self, guard: RunningGuard) -> None:
        beginnings = self.beginnings(guard)
        silent = [socket.create_connection(self.address(guard)) for _ in range(len(beginnings) * 10)]
        for number, connection in enumerate(silent):
            connection.sendall(beginnings[number % len(beginnings)])
        assert self.ask(guard, generated_picture(7)) is Said.PASS
        for number, connection in enumerate(silent):
            connection.settimeout(60)
            assert not self.is_a_pass(connection.recv(4096)), beginnings[number % len(beginnings)]
            connection.close()

    def test_a_client_that_drips_is_cut_off(self, guard: RunningGuard) -> None:
        dripping = [(each, socket.create_connection(self.address(guard))) for each in self.beginnings(guard)]
        for beginning, connection in dripping:
            connection.sendall(beginning)
            connection.settimeout(0.01)
        start = time.monotonic()
        while dripping and time.monotonic() - start < 60:
            dripping = [(beginning, each) for beginning, each in dripping if takes_one_more_byte(each)]
            time.sleep(0.2)
        assert not dripping, [beginning for beginning, _ in dripping]

    def test_an_upload_cut_off_by_a_restart_is_not_passed_and_the_same_one_is_judged_after_it(
        self, guard: RunningGuard, exchange: SmallExchange, listed: tuple[str, bytes]
    ) -> None:
        with socket.create_connection(self.address(guard)) as half:
            half.sendall(self.beginnings(guard)[0])
            time.sleep(0.2)
            assert guard.stop() == 0
            guard.start()
            assert not self.is_a_pass(heard(half))
        assert self.ask(guard, listed[1]) is Said.STOP


def heard(connection: socket.socket) -> bytes:
    """All that comes until the door closes the connection."""
    connection.settimeout(60)
    answer = b""
    with connection, contextlib.suppress(ConnectionError):
        while block := connection.recv(4096):
            answer += block
    return answer


def takes_one_more_byte(connection: socket.socket) -> bool:
    """Send it, unless the door has closed."""
    try:
        connection.sendall(b"a")
        return connection.recv(4096) != b""
    except TimeoutError:
        return True
    except ConnectionError:
        return False
