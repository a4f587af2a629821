"""Uploads are fetched from hosts that the settings name, and from nowhere else."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from notcontent.doors.hma.fetching import Fetching
from notcontent.feed.entry import Tier
from notcontent.fingerprint.compute import fingerprint_picture
from notcontent.guard.door_errors import DoorError
from tests.conftest import generated_picture
from tests.doors.hma.conftest import OPEN
from tests.guard.running_guard import RunningGuard
from tests.guard.small_exchange import SmallExchange

PICTURE = generated_picture(700)
asked: list[str] = []


class _Pictures(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        asked.append(self.path)
        body = {"/large": bytes(5 << 20), "/a.jpg?size=1": PICTURE}.get(self.path, b"")
        self.send_response(302 if self.path == "/elsewhere" else 200 if body else 404)
        self.send_header("Location", "/a.jpg?size=1")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def pictures() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Pictures)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def fetch(hosts: str, url: str) -> bytes:
    async def once() -> bytes:
        return await Fetching(frozenset(filter(None, [hosts])), max_bytes=4 << 20, timeout_s=2).fetch(url)

    return asyncio.run(once())


def refused(hosts: str, url: str) -> tuple[int, str]:
    with pytest.raises(DoorError) as error:
        fetch(hosts, url)
    assert "//" not in str(error.value) and "127.0.0.1" not in str(error.value)
    return error.value.status, error.value.code


def test_what_a_named_host_has_is_fetched(pictures: str) -> None:
    assert fetch(pictures, f"http://{pictures}/a.jpg?size=1") == PICTURE


def test_nothing_is_fetched_where_no_host_is_named(pictures: str) -> None:
    asked.clear()
    assert refused("", f"http://{pictures}/a.jpg?size=1") == (403, "url_off")
    assert asked == []


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/a.jpg",
        "http://localhost:{port}/a.jpg",
        "http://{host}@127.0.0.1:{port}/a.jpg",
        "http://user:word@{host}/a.jpg",
        "http://[::1]:{port}/a.jpg",
        "https://{host}.example/a.jpg",
        "file:///etc/passwd",
        "gopher://{host}/",
        "http://{host}x/",
        "//{host}/a.jpg",
        "http://",
        "",
    ],
)
def test_other_hosts_and_ports_are_not_asked(pictures: str, url: str) -> None:
    asked.clear()
    port = pictures.partition(":")[2]
    assert refused(pictures, url.format(host=pictures, port=port)) == (400, "url")
    assert asked == []


def test_a_named_name_that_leads_to_a_private_address_is_refused(pictures: str) -> None:
    port = pictures.partition(":")[2]
    asked.clear()
    assert refused(f"localhost:{port}", f"http://localhost:{port}/a.jpg?size=1") == (400, "url")
    assert asked == []


def test_redirects_missing_files_large_ones_and_silence_are_refused(pictures: str) -> None:
    asked.clear()
    assert refused(pictures, f"http://{pictures}/elsewhere") == (400, "fetch")
    assert asked == ["/elsewhere"]
    assert refused(pictures, f"http://{pictures}/none") == (400, "fetch")
    assert refused(pictures, f"http://{pictures}/large") == (413, "too_large")
    assert refused("127.0.0.1:1", "http://127.0.0.1:1/") == (400, "fetch")


def test_addresses_are_hashed_and_looked_up(tmp_path: Path, pictures: str) -> None:
    (tmp_path / "exchange").mkdir()
    with SmallExchange(tmp_path / "exchange") as exchange:
        code = fingerprint_picture(PICTURE).upright
        exchange.add(code.value, Tier.VERIFIED)
        guard = RunningGuard(tmp_path / "data", exchange, OPEN | {"hma_fetch_hosts": f"media.example, {pictures}"})
        guard.start()
        guard.catch_up()
        query = {"url": f"http://{pictures}/a.jpg?size=1"}
        assert guard.client.get("/hma/h/hash", params=query).json() == {"pdq": code.hex}
        found = guard.client.get("/hma/m/lookup", params=query)
        assert list(found.json()["pdq"]) == ["HELPLINE_VERIFIED"] and found.headers["notcontent-upload"]
        inner = guard.client.get("/hma/m/lookup", params=query | {"signal_type": "pdq"}).json()
        assert list(inner) == ["HELPLINE_VERIFIED"]
        elsewhere = guard.client.get("/hma/h/hash", params={"url": f"http://{pictures}/none"})
        assert elsewhere.status_code == 400 and list(elsewhere.json()) == ["message"]
        assert guard.client.get("/hma/h/hash").status_code == 422
        guard.stop()
