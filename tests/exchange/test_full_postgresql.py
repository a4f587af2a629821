"""PostgreSQL on a disk that is full: a clear refusal, nothing half done, and nothing lost that was acknowledged."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.exchange.databases import serve_postgresql
from tests.exchange.running import Person, Running, picture_code, until

pytestmark = pytest.mark.peer
#: PostgreSQL takes half of it when it is empty.
DISK_MB = 96


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A disk of its own, in memory. Only root may make one, so this test is of machines where tests run as root."""
    place = Path(tempfile.mkdtemp(prefix="notcontent-small-disk-"))
    place.chmod(0o755)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs", place]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode != 0:
        place.rmdir()
        pytest.skip("a small disk can't be mounted here: it takes root's rights")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)
        place.rmdir()


def fill_up(place: Path) -> Path:
    """A file that takes all the room that is left."""
    ballast = place / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for piece in (1 << 20, 4_096):
            try:
                while True:
                    file.write(bytes(piece))
            except OSError:
                continue
    return ballast


def test_a_full_disk_of_the_database_is_told_and_a_kill_on_it_loses_nothing(small_disk: Path, tmp_path: Path) -> None:
    with serve_postgresql(durable=True, inside=small_disk) as server:
        exchange = Running.set_up(tmp_path / "data").settle(postgresql=server.create())
        (exchange.folder / "exchange.sqlite3").unlink()
        partner = exchange.start().partner()
        taken: list[tuple[Person, dict[str, object]]] = []
        ballast = fill_up(small_disk)
        # There is room left in pages and in the log, for some more.
        for _ in range(300):
            person, code = Person(exchange), picture_code()
            answer = person.send([code], [partner.id])
            if answer.status_code != 201:
                break
            taken.append((person, code))
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "storage")
        assert "Nothing was changed" in answer.json()["error"]["message"]

        assert exchange.process is not None
        os.killpg(exchange.process.pid, signal.SIGKILL)
        exchange.process.wait()
        until(lambda: not exchange.processes())
        server.end(signal.SIGKILL)
        ballast.unlink()
        server.start()
        exchange.start()
        for kept, code in taken:
            kept.exchange = exchange
            assert kept.look().json()["entries"] == 1
            partner.follow_until(lambda code=code: len(partner.holds(code)) == 1)
        person.exchange = exchange
        assert person.look().status_code == 404, "of what was refused there is nothing"
        assert httpx.get(f"{exchange.urls['person']}/v1/site", timeout=60).status_code == 200
        assert person.send([picture_code()], [partner.id]).status_code == 201
        exchange.stop()
