"""Squid as a reverse proxy before a toy site: listed uploads get a 403, everything else reaches the site as it was."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from notcontent.fingerprint.compute import fingerprint_picture
from tests.conftest import altered, generated_picture
from tests.guard.running_guard import RunningGuard, free_port, wait_until
from tests.guard.small_exchange import SmallExchange

pytestmark = [pytest.mark.peer, pytest.mark.journey]

CONFIG = """
http_port 127.0.0.1:{squid} accel defaultsite=site.test
cache_peer 127.0.0.1 parent {site} 0 no-query originserver name=site
acl upload method POST PUT PATCH
http_access allow all
cache deny all
icap_enable on
icap_send_client_ip on
icap_service uploads reqmod_precache icap://127.0.0.1:{icap}/notcontent bypass=off
icap_service downloads respmod_precache icap://127.0.0.1:{icap}/notcontent bypass=off
acl album urlpath_regex ^/album/
adaptation_access uploads allow upload
adaptation_access downloads allow album
pid_filename none
access_log none
cache_log {folder}/cache.log
coredump_dir {folder}
pinger_enable off
netdb_filename none
shutdown_lifetime 1 seconds
"""


class Site(BaseHTTPRequestHandler):
    """Takes any upload, and says what it got; shows what is in `album`."""

    album: dict[str, bytes] = {}  # noqa: RUF012 - one site
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            body = self.rfile.read(int(self.headers["Content-Length"]))
        self._say(201, hashlib.sha256(body).hexdigest().encode())

    do_PUT = do_POST

    def do_GET(self) -> None:
        self._say(200, self.album[self.path])

    def log_message(self, *_: object) -> None:
        pass

    def _say(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallExchange]:
    with SmallExchange(tmp_path_factory.mktemp("exchange")) as running:
        yield running


@pytest.fixture(scope="module")
def guard(tmp_path_factory: pytest.TempPathFactory, exchange: SmallExchange) -> Iterator[RunningGuard]:
    settings = {"icap_port": free_port(), "icap_when_held": "stop", "icap_when_unchecked": "stop", "workers": 2}
    running = RunningGuard(tmp_path_factory.mktemp("guard") / "data", exchange, settings).start()
    exchange.add(fingerprint_picture(generated_picture(1)).orientations[0].value)
    running.catch_up()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def squid(guard: RunningGuard) -> Iterator[httpx.Client]:
    """A client of a Squid before a toy site."""
    site = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=site.serve_forever, daemon=True).start()
    folder, port = Path(tempfile.mkdtemp(prefix="notcontent-squid-")), free_port()
    config = CONFIG.format(squid=port, site=site.server_port, icap=guard.settings["icap_port"], folder=folder)
    (folder / "squid.conf").write_text(config)
    if os.geteuid() == 0:
        # Squid goes on as the account that its package made.
        shutil.chown(folder, "proxy", "proxy")
    program = shutil.which("squid", path="/usr/sbin:/usr/bin")
    assert program, "squid is not installed; tests/install-peers does that"
    with (folder / "out").open("wb") as out:
        process = subprocess.Popen([program, "-N", "-f", folder / "squid.conf"], stdout=out, stderr=out)
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=60) as client:

        def answers() -> bool:
            assert process.poll() is None, (folder / "out").read_text()
            try:
                return client.post("/up", content=b"hello").status_code == 201
            except httpx.HTTPError:
                return False

        wait_until(answers, "Squid")
        yield client
    process.terminate()
    process.wait(60)
    site.shutdown()
    shutil.rmtree(folder, ignore_errors=True)


def test_a_listed_upload_gets_a_403_raw_and_in_a_form(squid: httpx.Client) -> None:
    for picture in (generated_picture(1), altered(generated_picture(1), "smaller")):
        raw = squid.post("/up", content=picture)
        assert raw.status_code == 403 and "This upload is held for a check." in raw.text
        form = squid.post("/up", files=[("a", ("other.jpg", generated_picture(2))), ("b", ("x.jpg", picture))])
        assert form.status_code == 403
        assert "NotContent" not in raw.text + str(raw.headers) + form.text + str(form.headers)


def test_everything_else_reaches_the_site_as_it_was(squid: httpx.Client) -> None:
    for body in (generated_picture(2), b"{}", b"a=1&b=2", os.urandom(3_000_000).replace(b"\xff\xd8", b"")):
        answer = squid.post("/up", content=body)
        assert (answer.status_code, answer.text) == (201, hashlib.sha256(body).hexdigest())
    form = squid.build_request("POST", "/up", files=[("a", ("other.jpg", generated_picture(2)))], data={"t": "hello"})
    answer = squid.send(form)
    assert (answer.status_code, answer.text) == (201, hashlib.sha256(form.read()).hexdigest())
    # In chunks of unknown length, and no body at all.
    chunks = squid.post("/up", content=iter([generated_picture(2)[:5000], generated_picture(2)[5000:]]))
    assert (chunks.status_code, chunks.text) == (201, hashlib.sha256(generated_picture(2)).hexdigest())
    assert squid.put("/up", content=b"").status_code == 201


def test_what_cannot_be_checked_is_stopped_as_stated(squid: httpx.Client) -> None:
    assert squid.post("/up", content=generated_picture(1)[:3000]).status_code == 403


def test_what_the_site_sends_is_looked_at_too(squid: httpx.Client) -> None:
    Site.album |= {"/album/1": generated_picture(1), "/album/2": generated_picture(2), "/album/": b"<p>An album."}
    assert squid.get("/album/1").status_code == 403
    assert squid.get("/album/2").content == generated_picture(2)
    assert squid.get("/album/").content == b"<p>An album."


def test_nothing_of_a_client_is_in_the_guards_log(squid: httpx.Client, guard: RunningGuard) -> None:
    squid.post("/up", content=generated_picture(1), headers={"X-Forwarded-For": "203.0.113.77"})
    log = guard.log.read_text()
    assert "203.0.113.77" not in log and "127.0.0.1" not in log and "Traceback" not in log
