"""A page is captured without any of its pictures, by a process of its own that reaches the public web only."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import shutil
import socket
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyrage
import pytest
from PIL import Image

from notcontent.capture.addresses import Pins, is_public
from notcontent.capture.errors import AddressRefused
from notcontent.capture.fetching import MAX_TEXT_BYTES, Answer, unpack
from notcontent.capture.masking import mask_body
from notcontent.capture.page import Capture, Kept
from notcontent.capture.run import make_evidence
from notcontent.evidence.record import join, split
from notcontent.letter import parse_key
from tests.evidence.site import BLUE, GREEN, PACKED, PINK, RED, VIDEO, Site, serve_site

KEY = pyrage.x25519.Identity.generate()
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with serve_site() as site:
        yield site


def run_capture(home: Path, url: str, **more: Any) -> subprocess.CompletedProcess[bytes]:
    """The process as the exchange starts it: an environment that names no exchange, and a folder of its own."""
    home.mkdir(exist_ok=True)
    asked = {"url": url, "keys": [parse_key(str(KEY.to_public()))], "practice": True} | more
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "TMPDIR": str(home)}
    if "CHROMIUM" in os.environ:
        environment["CHROMIUM"] = os.environ["CHROMIUM"]
    return subprocess.run(
        [sys.executable, "-m", "notcontent.capture.run"], input=json.dumps(asked).encode(), env=environment, cwd=home,
        capture_output=True, check=False, timeout=150,
    )  # fmt: skip


@pytest.fixture(scope="module")
def captured(site: Site, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    """What the process wrote of the site's page, and its home."""
    home = tmp_path_factory.mktemp("capture") / "home"
    done = run_capture(home, f"{site.url}/moved", collector="mira")
    assert done.returncode == 0, done.stdout
    return home, done.stdout


def opened(out: bytes) -> tuple[Any, dict[str, bytes]]:
    sha256, _, sealed = out.partition(b"\n")
    record, contents = split(pyrage.decrypt(sealed, [KEY]))
    assert record.sha256 == sha256.decode()
    return record, {file.name: data for file, data in zip(record.files, contents, strict=True)}


@pytest.mark.browser
def test_a_captured_page_holds_its_texts_and_no_picture(captured: tuple[Path, bytes], site: Site) -> None:
    record, files = opened(captured[1])
    assert record.values("page_title") == ("Fourth floor",) and record.values("collector") == ("mira",)
    with zipfile.ZipFile(io.BytesIO(files["page.wacz"])) as wacz:
        warc = wacz.read("archive/data.warc.gz")
    texts = gzip.decompress(warc)
    assert "두 곳".encode() in texts and b"She was here on Monday." in texts
    everything = [*files.values(), texts]
    for part in (RED, GREEN, PINK, BLUE, VIDEO, PACKED.encode()):
        assert not any(part[40:90] in each for each in everything), "no piece of a picture or video is anywhere"
    masked = files["masked.txt"].decode()
    for kind, body in (("image/png", RED), ("image/png", GREEN), ("text/html", BLUE), ("video/mp4", VIDEO)):
        assert f"{hashlib.sha256(body).hexdigest()} {len(body)} {kind} " in masked
    shown = {colour for _, colour in Image.open(io.BytesIO(files["page.png"])).convert("RGB").getcolors(1 << 24) or []}
    assert len(shown) > 10, "there is something to be seen"
    # No pixel has the colour of a picture; the grey of boxes and letters has equal parts, apart from smoothed edges.
    assert not [colour for colour in shown if max(colour) - min(colour) > 150]
    assert not {"/frame", "/told-by-script"} & set(site.asked)


@pytest.mark.browser
def test_a_capture_leaves_nothing_behind_on_the_disk(captured: tuple[Path, bytes]) -> None:
    assert [path for path in captured[0].rglob("*") if path.is_file()] == []


@pytest.mark.browser
@pytest.mark.peer
def test_a_page_that_leads_inside_is_not_followed(site: Site, tmp_path: Path) -> None:
    done = run_capture(tmp_path / "home", f"{site.url}/inside", practice=True)
    if done.returncode == 0:
        record, files = opened(done.stdout)
        assert record.values("status") == ("302",) and b"latest" not in files["masked.txt"]
    else:
        assert b"public" in done.stdout


def test_without_practice_loopback_is_refused_before_a_browser_starts(site: Site, tmp_path: Path) -> None:
    asked = len(site.asked)
    for url in (site.url, "file:///etc/passwd"):
        done = run_capture(tmp_path / "home", url, practice=False)
        assert done.returncode == 2 and b"public web" in done.stdout
    assert len(site.asked) == asked


@pytest.mark.parametrize(
    "ip",
    ["127.0.0.1", "10.1.2.3", "192.168.0.9", "172.16.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
     "255.255.255.255", "::1", "fe80::1", "fd00::1", "::ffff:10.0.0.1", "2002:a00:1::", "64:ff9b::a00:1",
     "ff02::1", "::"],
)  # fmt: skip
def test_addresses_that_are_not_public_are_refused(ip: str) -> None:
    assert not is_public(ip)
    with pytest.raises(AddressRefused):
        Pins().find(f"http://[{ip}]/" if ":" in ip else f"http://{ip}/")


def test_public_addresses_are_not_refused() -> None:
    assert is_public("93.184.215.14") and is_public("2606:2800:21f:cb07:6820:80da:af6b:8b2c")


def test_a_name_is_looked_up_once_so_that_it_cannot_lead_inside_later(monkeypatch: pytest.MonkeyPatch) -> None:
    leads = ["93.184.215.14"]

    def look_up(host: str, *_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 0)) for ip in leads]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    pins = Pins()
    assert pins.find("https://board.example/1").ip == "93.184.215.14"
    leads[:] = ["127.0.0.1"]
    assert pins.find("https://board.example/2").ip == "93.184.215.14", "rebound names still lead to where they led"
    with pytest.raises(AddressRefused):
        Pins().find("https://board.example/2")
    # One good answer does not excuse a bad one.
    leads[:] = ["93.184.215.14", "10.0.0.1"]
    with pytest.raises(AddressRefused):
        Pins().find("https://board.example/3")


@pytest.mark.parametrize(
    "url", ["https://her@board.example/", "https://board.example:8443/", "https:///x", "javascript:1"]
)
def test_odd_addresses_are_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    public = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.215.14", 0))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: public)
    with pytest.raises(AddressRefused):
        Pins().find(url)


@pytest.mark.parametrize(
    "hidden",
    [f"<img src='data:image/png;base64,{PACKED}'>", f"url(DATA:image/png;base64,{PACKED})", f"x=\"{PACKED}\"",
     f"<img src=\"&#100;ata:image/png;base64,{PACKED}\">", f"<image href=data:image/svg+xml,{'%3Csvg%3E' * 40}>"],
)  # fmt: skip
def test_pictures_packed_into_texts_are_left_out_however_they_are_written(hidden: str) -> None:
    text, masked = mask_body("https://board.example/", "text/html", f"before {hidden} after".encode())
    assert text is not None and text.startswith("before") and text.endswith("after")
    assert len(masked) == 1 and PACKED[:60] not in text and "%3Csvg" not in text


def test_letters_that_a_page_shows_as_a_picture_are_left_out_too() -> None:
    drawn = b"<svg xmlns='http://www.w3.org/2000/svg'><circle r='9'/></svg>"
    text, masked = mask_body("https://board.example/", "text/html", drawn, may_be_text=False)
    assert text is None and [(each.media_type, each.size_bytes) for each in masked] == [("text/html", len(drawn))]


@pytest.mark.parametrize(
    "content_type", ["text/html", "application/json", "text/plain; charset=latin-1", "", "x", "image/png"]
)
def test_what_is_no_text_is_left_out_whatever_it_calls_itself(content_type: str) -> None:
    text, masked = mask_body("https://board.example/", content_type, RED)
    assert text is None and [each.sha256 for each in masked] == [hashlib.sha256(RED).hexdigest()]


@pytest.mark.browser
@pytest.mark.peer
def test_the_archive_is_one_for_the_webs_archivists_own_tools(captured: tuple[Path, bytes], tmp_path: Path) -> None:
    programs = Path(sys.executable).parents[1] / "peers" / "wacz" / "bin"
    assert (programs / "wacz").exists(), "tests/install-peers installs py-wacz"
    _, files = opened(captured[1])
    (tmp_path / "page.wacz").write_bytes(files["page.wacz"])
    done = subprocess.run(
        [programs / "wacz", "validate", "-f", tmp_path / "page.wacz"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0 and "is valid" in done.stdout, done.stdout + done.stderr
    shutil.unpack_archive(tmp_path / "page.wacz", tmp_path / "unpacked", "zip")
    warc = tmp_path / "unpacked" / "archive" / "data.warc.gz"
    done = subprocess.run([programs / "warcio", "check", warc], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has rights to give up")
def test_started_by_root_the_process_can_read_no_file_of_the_exchange(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("of the exchange")
    (tmp_path / "secret").chmod(0o600)
    tmp_path.chmod(0o700)
    program = f"from notcontent.capture.run import give_up_rights; give_up_rights(); open({str(tmp_path / 'secret')!r})"
    done = subprocess.run([sys.executable, "-c", program], cwd="/", capture_output=True, text=True, check=False)
    assert "PermissionError" in done.stderr


def test_the_process_loads_no_database_no_exchange_and_no_decoder() -> None:
    program = (
        "import sys, notcontent.capture.run, notcontent.capture.printing\n"
        "print([m for m in sys.modules if m.split('.')[0] in ('django', 'sqlite3', 'psycopg', 'PIL', 'av') "
        "or m.startswith('notcontent.exchange')])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_page_that_came_by_https_is_kept_with_the_hash_of_its_certificate() -> None:
    at = datetime(2026, 11, 29, 8, 30, tzinfo=UTC)
    answer = Answer("https://board.example/", "93.184.215.14", 200, "OK", (), b"", (), "ab" * 32)
    capture = Capture(answer.url, "Fourth floor", at, at, (Kept(answer, "<p>", (), at),), b"a picture")
    record, files = make_evidence(capture, "notcontent 0", {"collector": "mira"})
    assert record.values("certificate_sha256") == ("ab" * 32,)
    assert split(join(record, files)) == (record, tuple(files))


def test_of_what_is_packed_larger_than_a_text_may_be_the_hash_is_that_of_all_that_came() -> None:
    packed = gzip.compress(b"\0" * (MAX_TEXT_BYTES + 1))
    assert unpack(packed, "gzip") == packed
    assert unpack(gzip.compress(b"<p>"), "gzip") == b"<p>" and unpack(b"<p>", "br") == b"<p>"
