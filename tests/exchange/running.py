"""A real exchange in its own processes, and what people and guards do with it."""

from __future__ import annotations

import atexit
import base64
import hashlib
import json
import random
import re
import secrets
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pyrage

from notcontent.feed.delta import parse_delta
from notcontent.feed.entry import Add, Operation, SetTier, Withdraw
from notcontent.feed.follow import FollowState, check_count, check_deltas, check_head, check_keys
from notcontent.feed.head import Head, parse_head
from notcontent.feed.receipt import Receipt, ReceiptState, format_receipt
from notcontent.feed.signature import PublicKey, Signed, SigningKey
from notcontent.fingerprint.orientations import predict_turned, why_implausible
from notcontent.fingerprint.value import Fingerprint
from notcontent.letter import format_letter, parse_key

#: What the test helpline has on a computer of its own.
HELPLINE = pyrage.x25519.Identity.generate()


def command(folder: Path, *words: object, fails: bool = False) -> str:
    """Run `notcontent exchange …` to its end; what it printed (with `fails`: its error text)."""
    done = subprocess.run(
        [sys.executable, "-m", "notcontent.cli.main", "exchange", *map(str, words), "--folder", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode != 0) == fails, done.stderr
    return done.stderr if fails else done.stdout


def until(question: Callable[[], Any], timeout_s: float = 60.0) -> Any:
    """Ask until the answer is true, and return it."""
    end = time.monotonic() + timeout_s
    while not (answer := question()):
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)
    return answer


def _init(folder: Path, *words: object) -> None:
    command(
        folder, "init", "--practice", "--name", "Test helpline", "--hit-delay-days", "0",
        "--helpline-key", HELPLINE.to_public(), *words,
    )  # fmt: skip


@cache
def _one_set_up() -> Path:
    place = Path(tempfile.mkdtemp(prefix="notcontent-test-"))
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    _init(place / "data")
    return place / "data"


@dataclass
class Running:
    """An exchange in a folder, started and stopped as an operator would."""

    folder: Path
    process: subprocess.Popen[bytes] | None = None
    urls: dict[str, str] = field(default_factory=dict)

    @classmethod
    def set_up(cls, folder: Path, *words: object) -> Running:
        if words:
            _init(folder, *words)
        else:
            # Each process of the tests sets one up and copies it: to set up is tried elsewhere, and takes 1.6 s.
            shutil.copytree(_one_set_up(), folder)
        return cls(folder)

    def start(self) -> Running:
        with (self.folder.parent / f"{self.folder.name}.log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "notcontent.cli.main", "exchange", "serve", "--json"),
                    *("--folder", str(self.folder)),
                    *("--person-port", "0", "--partners-port", "0", "--desk-port", "0"),
                ],
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )
        assert self.process.stdout is not None
        self.urls = json.loads(self.process.stdout.readline())
        # It listens before its processes are there; on a busy machine eight of them take a while.
        until(lambda: httpx.get(f"{self.urls['person']}/v1/site", timeout=90).status_code == 200)
        return self

    def desk(self, name: str, *roles: str) -> httpx.Client:
        """Somebody of the helpline, signed in at the desk's face; without roles she works at the desk."""
        words = [word for role in roles for word in ("--role", role)]
        password = command(self.folder, "desk-user", name, *words).split()[-1]
        client = httpx.Client(base_url=self.urls["desk"], timeout=60, follow_redirects=True)
        form = {"username": name, "password": password} | form_word(client.get("/sign-in").text)
        answer = client.post("/sign-in", data=form, headers={"Origin": self.urls["desk"]})
        assert "Sign out" in answer.text, answer.text
        return client

    def stop(self) -> None:
        assert self.process is not None
        self.process.terminate()
        self.process.wait(60)

    def settle(self, **settings: Any) -> Running:
        """Change settings by hand, as an operator does before the start."""
        profile = self.folder / "exchange.json"
        profile.write_text(json.dumps(json.loads(profile.read_text()) | settings))
        return self

    def execute(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Ask or change its tables by hand, with ? for each value; the rows, or how many were changed as one row."""
        postgresql = json.loads((self.folder / "exchange.json").read_text())["postgresql"]
        if postgresql is None:
            connection: Any = sqlite3.connect(self.folder / "exchange.sqlite3", timeout=60)
        else:
            import psycopg

            words = {("dbname" if key == "name" else key): value for key, value in postgresql.items()}
            connection, statement = psycopg.connect(**words), statement.replace("?", "%s")
        with closing(connection), connection:
            done = connection.execute(statement, values)
            return list(done.fetchall()) if done.description else [(done.rowcount,)]

    def processes(self) -> dict[int, list[str]]:
        """Every process that works on the folder, by id, with its words."""
        found = {}
        for words in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                said = words.read_text().split("\0")
            except (OSError, UnicodeDecodeError):
                continue
            if str(self.folder) in said:
                found[int(words.parent.name)] = said
        return found

    @property
    def log(self) -> str:
        return (self.folder.parent / f"{self.folder.name}.log").read_text()

    def partner(self, name: str = "Practice board") -> Partner:
        return Partner(self, json.loads(command(self.folder, "partner", "add", name, "--country", "ZZ", "--json")))


def form_word(page: str) -> dict[str, str]:
    """The hidden word that a form of this page is sent with."""
    word = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert word is not None
    return {"csrfmiddlewaretoken": word[1]}


def picture_code(seed: int | None = None) -> dict[str, Any]:
    """A believable picture code: 128 of its 256 bits set, its turns as the upright one predicts.

    Of turns predicted from random bits, one set in 8,000 is out of balance, as no photograph's are; it is drawn again.
    """
    order = random.Random(seed)
    while True:
        bits = sum(1 << bit for bit in order.sample(range(256), 128))
        turned = predict_turned(Fingerprint(bits.to_bytes(32, "big")))
        if why_implausible(turned, 90) is None:
            break
    return {"kind": "pdq", "quality": 90, "orientations": [one.hex for one in turned]}


def video_code(frames: int, seed: int | None = None) -> dict[str, Any]:
    """A believable video code: each frame has 128 of its 256 bits set."""
    order = random.Random(seed)
    made = [sum(1 << bit for bit in order.sample(range(256), 128)).to_bytes(32, "big") for _ in range(frames)]
    return {"kind": "video", "frames": [frame.hex() for frame in made]}


def seal(letter: dict[str, Any], recipient: pyrage.x25519.Recipient) -> bytes:
    """A sealed letter, as her device or the helper's computer makes it."""
    return bytes(pyrage.encrypt(format_letter(letter), [recipient]))


def solve(task: dict[str, Any], locator: str) -> dict[str, Any]:
    """The proof of work, as her device does it."""
    nonces = []
    for number in range(task["rounds"]):
        nonce = 0
        while int.from_bytes(
            hashlib.sha256(f"{task['challenge']}:{locator}:{number}:{nonce}".encode()).digest()[:4], "big"
        ) >> (32 - task["bits"]):
            nonce += 1
        nonces.append(nonce)
    return {"challenge": task["challenge"], "nonces": nonces}


@dataclass
class Person:
    """Somebody with a case of her own, who uses nothing but the person's face."""

    exchange: Running
    locator: str = field(default_factory=lambda: secrets.token_hex(16))
    look_key: str = field(default_factory=lambda: secrets.token_hex(32))
    withdraw_key: str = field(default_factory=lambda: secrets.token_hex(32))
    read_key: pyrage.x25519.Identity = field(default_factory=pyrage.x25519.Identity.generate)

    @property
    def url(self) -> str:
        return self.exchange.urls["person"]

    def body(self, codes: list[dict[str, Any]], partners: list[str], **more: Any) -> dict[str, Any]:
        task = httpx.get(f"{self.url}/v1/work", timeout=60).json()
        return {
            "v": 1,
            "locator": self.locator,
            "look_key": self.look_key,
            "withdraw_key": self.withdraw_key,
            "reply_to": parse_key(str(self.read_key.to_public())),
            "circumstance": "online",
            "entries": codes,
            "partners": partners,
            "later_sites": "ask",
            "statements": [],
            "wait_days": 0,
            "letter": None,
            "work": solve(task, self.locator),
        } | more

    def send(self, codes: list[dict[str, Any]], partners: list[str], **more: Any) -> httpx.Response:
        return httpx.post(f"{self.url}/v1/cases", json=self.body(codes, partners, **more), timeout=60)

    def write(self, text: str) -> bytes:
        """Send a letter; what was sent."""
        sealed = seal({"text": text}, HELPLINE.to_public())
        assert self.send([], [], letter=base64.b64encode(sealed).decode()).status_code == 201
        return sealed

    def look(self) -> httpx.Response:
        keys = {"v": 1, "locator": self.locator, "look_key": self.look_key}
        return httpx.post(f"{self.url}/v1/cases/look", json=keys, timeout=60)

    def withdraw(self, forget: str = "matching") -> httpx.Response:
        keys = {"v": 1, "locator": self.locator, "withdraw_key": self.withdraw_key, "forget": forget}
        return httpx.post(f"{self.url}/v1/cases/withdraw", json=keys, timeout=60)

    def keep(self) -> httpx.Response:
        keys = {"v": 1, "locator": self.locator, "withdraw_key": self.withdraw_key}
        return httpx.post(f"{self.url}/v1/cases/keep", json=keys, timeout=60)

    def site_state(self) -> str:
        sites = self.look().json()["sites"]
        return str(sites[0]["state"]) if sites else "none"


class Partner:
    """A vetted platform's guard, as strict as the feed room makes it."""

    def __init__(self, exchange: Running, told: dict[str, Any]) -> None:
        self.exchange = exchange
        self.id = told["partner"]
        self.feed = told["feed"]
        self.token = told["token"]
        self.state = FollowState(PublicKey.from_text(told["root_key"]), epoch=1)
        self.live: dict[str, tuple[str, str]] = {}
        self.withdrawn: dict[str, int] = {}
        self.operations: list[tuple[int, Operation]] = []
        self.key = SigningKey.generate()
        self.head: Head | None = None

    def get(self, path: str, **headers: str) -> httpx.Response:
        return httpx.get(self.url + path, headers={"Authorization": f"Bearer {self.token}"} | headers, timeout=40)

    def post(self, path: str, body: object) -> httpx.Response:
        return httpx.post(self.url + path, json=body, headers={"Authorization": f"Bearer {self.token}"}, timeout=40)

    @property
    def url(self) -> str:
        return self.exchange.urls["partners"]

    def poll(self, wait_s: int = 0) -> int:
        """Follow one step; returns how many deltas came. Raises what the feed room raises."""
        keys, self.state = check_keys(self.state, Signed.from_json(self.get("/v1/feed/keys").json()))
        response = self.get(f"/v1/feed/poll?epoch={self.state.epoch}&after={self.state.number}&wait={wait_s}")
        assert response.status_code == 200, response.text
        answer = response.json()
        head = check_head(self.state, Signed.from_json(answer["head"]), keys, datetime.now(UTC))
        self.head = head
        if self.state.number < head.oldest - 1:
            raise AssertionError("the deltas were folded away: this follower takes no snapshots")
        steps = check_deltas(self.state, head, [Signed.from_json(delta) for delta in answer["deltas"]], keys)
        for delta, self.state in steps:
            for operation in delta.operations:
                self.operations.append((delta.number, operation))
                self._apply(delta.number, operation)
        if self.state.number == head.number:
            check_count(len(self.live), head)
        return len(steps)

    def _apply(self, number: int, operation: Operation) -> None:
        match operation:
            case Add(entry, _, value, tier):
                assert entry not in self.live and entry not in self.withdrawn, "an entry was added twice"
                self.live[entry] = (value, tier)
            case SetTier(entry, tier):
                self.live[entry] = (self.live[entry][0], tier)
            case Withdraw(entry):
                self.live.pop(entry, None)
                self.withdrawn[entry] = number

    def follow_until(self, question: Callable[[], object], timeout_s: float = 60.0) -> None:
        end = time.monotonic() + timeout_s
        while not question():
            assert time.monotonic() < end, "the stream did not bring it in time"
            self.poll(wait_s=1)
        self.poll()

    def holds(self, code: dict[str, Any]) -> list[str]:
        """The ids under which this picture code is on the list now."""
        sought = "".join(code["frames"]) if code["kind"] == "video" else code["orientations"][0]
        return [entry for entry, (value, _) in self.live.items() if value == sought]

    def register(self) -> httpx.Response:
        return self.post("/v1/guards", {"public_key": self.key.public.text})

    def receipt(self, entry: str, state: ReceiptState, **changed: Any) -> dict[str, str]:
        fields: dict[str, Any] = {
            "feed": self.feed,
            "entry": entry,
            "state": state,
            "epoch": 1,
            "number": self.withdrawn.get(entry, 1),
            "time": datetime.now(UTC),
        }
        return self.key.sign(format_receipt(Receipt(**(fields | changed)))).to_json()

    def send_receipts(self, *entries: str, state: ReceiptState) -> httpx.Response:
        return self.post("/v1/receipts", {"receipts": [self.receipt(entry, state) for entry in entries]})

    def report(self, entry: str, **changed: Any) -> httpx.Response:
        fields = {
            "id": secrets.token_hex(16),
            "entry": entry,
            "verdict": "hold",
            "decision": None,
            "reason": None,
            "day": datetime.now(UTC).date().isoformat(),
        }
        return self.post("/v1/reports", {"reports": [fields | changed]})


def head_of(answer: dict[str, Any]) -> Head:
    """The head of a poll's answer, unchecked."""
    return parse_head(answer["head"]["text"])


def operations_of(answer: dict[str, Any]) -> list[Operation]:
    """All operations of a poll's answer, unchecked."""
    return [operation for delta in answer["deltas"] for operation in parse_delta(delta["text"]).operations]
