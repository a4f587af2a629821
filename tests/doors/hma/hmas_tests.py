"""A pytest plugin that HMA's own tests run with, in HMA's environment: they ask the guard's door instead of HMA.

It stands in for HMA's test client. What the tests read, the door answers. Where they set something up, it is done where
it is done beside a guard, and answered in HMA's words:
- a bank is created: the next tier of the helpline's list gets that name at the door;
- a fingerprint, or a picture that the door fetched and hashed, is added to a bank: the helpline lists it in that tier;
- the numbers of entries are told as 1, 2, 3 … in the order in which they were listed;
- the banks that the door has by itself, of other names, are left out;
- "sample", an exchange of HMA's for tests, is the helpline's list;
- HMA's index is built by hand; the door's is there when the guard has caught up.
Whatever else would write, the door refuses, and the test fails as it should.
"""

from __future__ import annotations

import functools
import http.server
import io
import json
import os
import sys
import threading
import types
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from OpenMediaMatch import persistence
from OpenMediaMatch.background_tasks import build_index, fetcher
from PIL import Image
from threatexchange.signal_type.md5 import VideoMD5Signal
from threatexchange.signal_type.pdq.signal import PdqSignal

DOOR, HELPLINE, IMAGES_PORT = (os.environ[name] for name in ("DOOR", "HELPLINE", "IMAGES_PORT"))
TIERS = ("claimed", "seen", "verified")
IMAGE_URL_TO_PDQ: dict[str, str] = {}


class Answer:
    """As Flask's test client gives it."""

    def __init__(self, status: int, data: bytes) -> None:
        self.status_code, self.data = status, data

    @property
    def json(self) -> object:
        return json.loads(self.data)

    def get_json(self) -> object:
        return self.json

    @property
    def is_json(self) -> bool:
        try:
            return bool(self.json) or True
        except ValueError:
            return False


class State:
    """What the test that runs has set up."""

    def __init__(self) -> None:
        self.banks: dict[str, str] = {}
        self.numbers: list[int] = []

    def list_signal(self, bank: str, signal: str) -> int:
        """The helpline lists it; its number here."""
        said = requests.post(f"{HELPLINE}/list", json={"pdq": signal, "tier": self.banks[bank]}, timeout=60)
        self.numbers.append(said.json()["number"])
        return len(self.numbers)


state = State()


def door(verb: str, path: str, **more: object) -> Answer:
    said = requests.request(verb, DOOR + path, timeout=60, **more)
    if not said.headers.get("content-type", "").startswith("application/json"):
        return Answer(said.status_code, said.content)
    return Answer(said.status_code, json.dumps(renumbered(said.json())).encode())


def renumbered(said: object) -> object:
    if isinstance(said, dict):
        return {key: renumbered(value) for key, value in said.items() if not key.startswith("HELPLINE_")}
    if isinstance(said, list):
        kept = (e for e in said if not (isinstance(e, dict) and str(e.get("name", "")).startswith("HELPLINE_")))
        return [renumbered(each) for each in kept]
    return state.numbers.index(said) + 1 if said in state.numbers and not isinstance(said, bool) else said


class Client:
    """HMA's tests hold this for Flask's client."""

    def get(self, path: str, query_string: dict | None = None) -> Answer:
        return door("GET", numbered(path), params=query_string)

    def put(self, path: str, json: object = None) -> Answer:
        return door("PUT", numbered(path), json=json)

    def delete(self, path: str) -> Answer:
        return door("DELETE", numbered(path))

    def post(self, path: str, json: object = None, data: dict | None = None) -> Answer:
        parts = urlsplit(path).path.strip("/").split("/")
        if path == "/c/banks":
            return create_bank_here(json)
        if path == "/c/exchanges" and json["api"] == "sample":
            choices = {"list": "helpline", "tier": TIERS[0]}
            return door("POST", path, json=json | {"api": "notcontent", "api_json": choices})
        if parts[:2] == ["c", "bank"] and parts[3:] == ["signal"] and set(json) == {"pdq"}:
            return added(parts[2], json["pdq"])
        if parts[:2] == ["c", "bank"] and parts[3:] == ["content"] and json is None:
            url = parse_qs(urlsplit(path).query)["url"][0]
            hashed = self.get("/h/hash", {"url": url, "content_type": "photo"})
            return added(parts[2], hashed.json["pdq"]) if hashed.status_code == 200 else hashed
        files = {name: (Path(given[0]).name, Path(given[0]).read_bytes()) for name, given in (data or {}).items()}
        return door("POST", path, json=json, files=files or None)


def create_bank_here(question: dict) -> Answer:
    tier = TIERS[len(state.banks) % len(TIERS)]
    api = {"api": "notcontent", "api_json": {"list": "helpline", "tier": tier}}
    made = door("POST", "/c/exchanges", json=api | {"bank": question["name"]})
    if made.status_code != 201:
        return made
    state.banks[question["name"]] = tier
    return Answer(201, door("GET", f"/c/bank/{question['name']}").data)


def added(bank: str, signal: str) -> Answer:
    found = door("GET", f"/c/bank/{bank}")
    if found.status_code != 200:
        return found
    return Answer(200, json.dumps({"id": state.list_signal(bank, signal), "signals": {"pdq": signal}}).encode())


def numbered(path: str) -> str:
    """The path with the door's own number of an item."""
    address, _, query = path.partition("?")
    head, middle, number = address.rpartition("/content/")
    if middle and number.isdigit() and int(number) <= len(state.numbers):
        address = f"{head}{middle}{state.numbers[int(number) - 1]}"
    return address + (f"?{query}" if query else "")


class Storage:
    """As much of HMA's storage as its tests set up with."""

    exchange_types: dict = {}  # noqa: RUF012 - tests put theirs in here, to no effect

    def get_signal_type_configs(self) -> dict:
        kinds = (PdqSignal, VideoMD5Signal)
        return {kind.get_name(): types.SimpleNamespace(enabled=True, signal_type=kind) for kind in kinds}

    def get_signal_type_index(self, _: object) -> None:
        return None

    def exchange_api_config_update(self, _: object) -> None:
        pass

    def exchange_update(self, config: object, create: bool) -> None:
        assert create_bank_here({"name": config.name}).status_code == 201

    def bank_update(self, bank: object, create: bool) -> None:
        assert create_bank_here({"name": bank.name}).status_code == 201

    def bank_add_content(self, bank: str, signals: dict) -> None:
        state.list_signal(bank, signals[PdqSignal])


def fetch_all(*_: object) -> None:
    for bank in state.banks:
        for signal in PdqSignal.get_examples():
            state.list_signal(bank, signal)


@pytest.fixture
def app() -> types.SimpleNamespace:
    global state  # noqa: PLW0603 - a new one for each test
    state = State()
    requests.post(f"{HELPLINE}/begin", timeout=60).raise_for_status()
    return types.SimpleNamespace(test_client=Client)


@pytest.fixture
def client(app: types.SimpleNamespace) -> Client:
    return Client()


@pytest.fixture(scope="session", autouse=True)
def image_server() -> str:
    """Every file of HMA's tests takes this for a fixture of its own."""
    return serve_images()


@functools.cache
def serve_images() -> str:
    """Two checkerboards, as HMA's own fixture serves."""

    def checkerboard(cell: int) -> bytes:
        picture = Image.new("RGB", (128, 128))
        picture.putdata(
            [(255,) * 3 if (x // cell + y // cell) % 2 else (0,) * 3 for y in range(128) for x in range(128)]
        )
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG")
        return buffer.getvalue()

    pictures = {"/image1.jpg": checkerboard(8), "/image2.jpg": checkerboard(16)}

    class Pictures(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path in pictures else 404)
            self.send_header("Content-Type", "image/jpeg")
            self.end_headers()
            self.wfile.write(pictures.get(self.path, b""))

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(IMAGES_PORT)), Pictures)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{IMAGES_PORT}"
    for path, picture in pictures.items():
        IMAGE_URL_TO_PDQ[address + path] = PdqSignal.hash_from_bytes(picture)
    return address


def create_bank(client: Client, bank_name: str) -> None:
    said = client.post("/c/banks", json={"name": bank_name})
    assert (said.status_code, said.json) == (201, {"matching_enabled_ratio": 1.0, "name": bank_name})


def add_hash_to_bank(client: Client, bank_name: str, image_url: str, content_id: int = 1) -> None:
    said = client.post(f"/c/bank/{bank_name}/content?url={image_url}&content_type=photo")
    assert said.status_code == 200
    assert said.json == {"id": content_id, "signals": {"pdq": IMAGE_URL_TO_PDQ[image_url]}}


def pytest_configure() -> None:
    """Before HMA's tests are imported: they take these by name."""
    persistence.get_storage = Storage
    build_index.build_all_indices = lambda *_: None
    fetcher.fetch_all = fetch_all
    sys.modules["OpenMediaMatch.tests.utils"] = sys.modules[__name__]
