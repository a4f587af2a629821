"""A fresh exchange and Mina's way through the page for each test."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Page

from .person_face import Face
from .walk import Walk


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
