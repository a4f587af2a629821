"""The same loop with the exchange on a real PostgreSQL server."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from notcontent.cli.practice import Ports, Practice
from tests.conftest import Someone, photograph
from tests.exchange.running import Person, Running, command, picture_code, until
from tests.exchange.subscribing import Subscriber
from tests.journeys.people import Case, Platform

pytestmark = [pytest.mark.peer, pytest.mark.journey]


@pytest.fixture
def postgresql() -> Iterator[dict[str, str]]:
    """A server of its own on a free loopback port, from the newest of Debian's binaries; gone afterwards."""
    binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = Path(tempfile.mkdtemp(prefix="notcontent-postgresql-"))
    # PostgreSQL refuses to run as root, so it runs as the account that its package made.
    owner = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
    if owner:
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    drop = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []} if owner else {}
    run = {"cwd": folder, "capture_output": True, **drop}
    subprocess.run([binaries / "initdb", "-D", folder / "data", "-U", "exchange", "--auth=trust"], check=True, **run)
    server = subprocess.Popen(
        [binaries / "postgres", "-D", folder / "data", "-p", str(port), "-h", "127.0.0.1", "-k", folder],
        cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **drop,
    )  # fmt: skip
    try:
        create = [binaries / "createdb", "-h", "127.0.0.1", "-p", str(port), "-U", "exchange", "exchange"]
        for _ in range(100):
            if subprocess.run(create, check=False, capture_output=True).returncode == 0:
                break
            time.sleep(0.1)
        yield {"name": "exchange", "user": "exchange", "password": "", "host": "127.0.0.1", "port": str(port)}
    finally:
        server.terminate()
        server.wait(20)
        shutil.rmtree(folder, ignore_errors=True)


def test_the_loop_closes_on_postgresql(
    postgresql: dict[str, str],
    tmp_path: Path,
    mina: Someone,
    censor: Someone,
    codes: Callable[[bytes], object],
) -> None:
    with Practice(tmp_path, Ports.free(board=False), hit_delay_days=0) as practice:
        exchange = tmp_path / "exchange"
        init = ("exchange", "init", "--practice", "--hit-delay-days", 0, "--folder", exchange)
        practice.command(*init)
        profile = json.loads((exchange / "exchange.json").read_text())
        (exchange / "exchange.json").write_text(json.dumps(profile | {"postgresql": postgresql}))
        (exchange / "exchange.sqlite3").unlink()
        practice.command(*init)
        (exchange / "ready").touch()
        platform = Platform(practice, practice.start())

        picture = photograph("coffee.png")
        hers, his = Case(practice, mina.keys), Case(practice, censor.keys)
        hers.send(codes(picture))
        his.send(codes(picture))
        platform.until_verdict(picture, "hold")
        his.withdraw()
        his.until_site("erased")
        assert platform.verdict(picture) == "hold"
        hers.withdraw()
        hers.until_site("erased")
        assert platform.verdict(picture) == "allow"
        practice.command("exchange", "erase", "--folder", exchange)
        assert hers.look().erased_here is not None
        assert not (exchange / "exchange.sqlite3").exists()


def test_a_client_in_stopnciis_shape_is_told_and_then_forgotten_on_postgresql(
    postgresql: dict[str, str], tmp_path: Path
) -> None:
    exchange = Running.set_up(tmp_path / "exchange")
    profile = json.loads((exchange.folder / "exchange.json").read_text())
    (exchange.folder / "exchange.json").write_text(json.dumps(profile | {"postgresql": postgresql}))
    exchange.start()
    try:
        site, code = Subscriber(exchange, "A site"), picture_code()
        mina, other = Person(exchange), Person(exchange)
        for person in (mina, other):
            person.send([code], [site.id])
        until(lambda: site.fetch() and len(site.live) == 8 and mina.site_state() == other.site_state() == "listed")
        assert site.feedback(code["orientations"][1], "Blocked").json() == {}
        assert mina.look().json()["sites"][0]["hits"] == other.look().json()["sites"][0]["hits"] == "once"
        mina.withdraw()
        command(exchange.folder, "erase")
        site.fetch()
        assert len(site.live) == 8 and mina.look().json()["erased_here"]
        other.withdraw()
        until(lambda: site.fetch() and not site.live)
        site.fetch()
        command(exchange.folder, "erase")
        assert other.look().json()["erased_here"]
        assert len(site.withdrawn) == 8
    finally:
        exchange.stop()
