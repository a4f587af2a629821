"""A fresh exchange and Mina's way through the page for each test."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Page

from .person_face import Face
from .walk import Walk

AXE_VERSION = "4.14.1"
AXE_FOLDER = Path(__file__).parents[2] / "build" / "axe"
AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture
def face() -> Iterator[Face]:
    """A person's face of an exchange without cases."""
    with Face() as running:
        yield running


@pytest.fixture
def walk(page: Page, face: Face) -> Walk:
    """Mina at the first screen."""
    walk = Walk(page, face)
    walk.open()
    return walk


@dataclass
class Canary:
    """A server that would take anything."""

    url: str
    hits: list[str] = field(default_factory=list)


@pytest.fixture
def canary() -> Iterator[Canary]:
    """Foreign to the page; counts what reaches it."""
    hits: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            hits.append(self.path)
            self.send_response(200)
            self.send_header("Access-Control-Allow-Origin", "*")
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_POST = do_GET

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield Canary(f"http://127.0.0.1:{server.server_address[1]}/", hits)
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def axe() -> Iterator[str]:
    """The source of axe-core, from the npm registry into the git-ignored build folder."""
    script = AXE_FOLDER / AXE_VERSION / "axe.min.js"
    if not script.is_file():
        if shutil.which("npm") is None:
            pytest.skip("npm is not installed, so axe-core could not be got")
        script.parent.mkdir(parents=True, exist_ok=True)
        command = ["npm", "pack", "--silent", f"axe-core@{AXE_VERSION}"]
        run = subprocess.run(command, cwd=script.parent, capture_output=True, timeout=60, check=False)
        if run.returncode != 0:
            pytest.skip("the npm registry could not be reached, so axe-core could not be got")
        with tarfile.open(script.parent / f"axe-core-{AXE_VERSION}.tgz") as pack:
            member = pack.extractfile("package/axe.min.js")
            assert member is not None
            script.write_bytes(member.read())
    yield script.read_text("utf-8")
