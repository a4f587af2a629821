"""A person's face of an exchange that keeps everything in memory, after docs/spec/person.md, for trying the page alone.

It serves the page's folder with the exact headers, checks cases as the specification asks, and writes down every
request it gets. The real exchange is tried with the same page in tests/journeys.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pyrage

from notcontent.exchange.person.word_lists import word_file
from notcontent.letter import format_letter, format_recipient, looks_sealed, parse_key, parse_letter
from notcontent.page.languages import LANGUAGES, choose_language
from notcontent.page.rendering import render_later_texts, render_page

PAGE = Path(__file__).parents[2] / "src" / "notcontent" / "page"
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self' data:; "
        "media-src blob:; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types default"
    ),
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": (
        "camera=(), microphone=(), geolocation=(), clipboard-read=(), display-capture=(), interest-cohort=()"
    ),
}
#: The worker's own policy: modules of this server and nothing else, and WebAssembly.
WORKER_POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
}
MAX_BODY_BYTES = 1024 * 1024
DAY = "2026-11-22"
WITHDRAWS_ON = "2026-11-25"
NAMES_OF_A_CASE = {
    *("v", "locator", "look_key", "withdraw_key", "reply_to", "circumstance", "entries", "partners", "later_sites"),
    *("statements", "wait_days", "letter", "contact", "work"),
}
HEX = set("0123456789abcdef")


def site_row(mark: str, name: str, country: str, forced_by: list[str], *, proves_forgetting: bool) -> dict[str, Any]:
    return {
        "id": mark * 8, "name": name, "country": country, "forced_by": forced_by, "proves_forgetting": proves_forgetting
    }  # fmt: skip


@dataclass
class Refusal(Exception):
    """An answer that is an error."""

    status: int
    code: str
    entry: int | None = None


@dataclass
class Seen:
    """One request as the server got it."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Exchange:
    """What the exchange knows; tests set the switches and read the rest."""

    practice: bool = True
    partners: list[dict[str, Any]] = field(
        default_factory=lambda: [
            site_row("a1", "Example Board", "DE", ["DE"], proves_forgetting=True),
            site_row("b2", "Fotowand Süd", "AT", ["AT", "DE"], proves_forgetting=True),
            site_row("c3", "Old Gallery", "US", [], proves_forgetting=False),
        ]
    )
    max_entries: int = 200
    bits: int = 9
    helpline_key: pyrage.x25519.Identity = field(default_factory=pyrage.x25519.Identity.generate)
    case_file_key: pyrage.x25519.Identity = field(default_factory=pyrage.x25519.Identity.generate)
    cases: dict[str, dict[str, Any]] = field(default_factory=dict)
    challenges: set[str] = field(default_factory=set)
    seen: list[Seen] = field(default_factory=list)
    lose_next_answer: bool = False
    stale_next_work: bool = False
    busy_times: int = 0
    refuse_entry: int | None = None
    away: bool = False
    #: Served instead of the page's own file of that path, to play a browser or a server that is not as it should be.
    replaced: dict[str, str] = field(default_factory=dict)
    #: As on a server that was built without Node.
    without_codecs: bool = False
    #: Without the headers nothing is forbidden.
    without_headers: bool = False

    def site(self) -> dict[str, Any]:
        return {
            "v": 1,
            "practice": self.practice,
            "max_entries": self.max_entries,
            "case_file_key": public_key(self.case_file_key),
            "helpline": {
                "name": "Example Helpline",
                "country": "DE",
                "languages": ["en"],
                "answer_days": 3,
                "keys": [public_key(self.helpline_key)],
            },
            "partners": self.partners,
        }

    def work(self) -> dict[str, Any]:
        challenge = secrets.token_hex(20)
        self.challenges.add(challenge)
        return {"v": 1, "challenge": challenge, "rounds": 16, "bits": self.bits}

    def open(self, body: dict[str, Any]) -> dict[str, Any]:
        if self.busy_times > 0:
            self.busy_times -= 1
            raise Refusal(503, "busy")
        if set(body) != NAMES_OF_A_CASE:
            raise Refusal(400, "malformed")
        sizes = {"locator": 32, "look_key": 64, "withdraw_key": 64, "reply_to": 64}
        if body["v"] != 1 or any(not is_hex(body[name], size) for name, size in sizes.items()):
            raise Refusal(400, "malformed")
        if body["circumstance"] not in ("online", "threatened", "worried", "no_file"):
            raise Refusal(400, "malformed")
        if body["later_sites"] not in ("yes", "ask") or body["wait_days"] not in (0, 3):
            raise Refusal(400, "malformed")
        letters = [
            base64.b64decode(body[name], validate=True) for name in ("contact", "letter") if body[name] is not None
        ]
        if not all(map(looks_sealed, letters)):
            raise Refusal(400, "malformed")
        said = {item["partner"]: item["notices"] for item in body["statements"]}
        if not set(said.values()) <= {"ask", "go", "revoked"}:
            raise Refusal(400, "malformed")
        self.check_work(body)
        if len(body["entries"]) > self.max_entries:
            raise Refusal(400, "malformed")
        brings = (body["entries"] and body["partners"]) or letters or said or body["circumstance"] == "no_file"
        if body["locator"] not in self.cases and not brings:
            raise Refusal(400, "malformed")
        for at, entry in enumerate(body["entries"]):
            sound = (
                set(entry) == {"kind", "quality", "orientations"}
                and entry["kind"] == "pdq"
                and 50 <= entry["quality"] <= 100
                and len(entry["orientations"]) == 8
                and all(is_hex(code, 64) and 96 <= int(code, 16).bit_count() <= 160 for code in entry["orientations"])
            )
            if not sound or self.refuse_entry == at:
                self.refuse_entry = None
                raise Refusal(422, "entry", at)
        if not {*body["partners"], *said} <= {partner["id"] for partner in self.partners}:
            raise Refusal(422, "partner")
        case = self.cases.setdefault(
            body["locator"],
            {
                "look": digest(body["look_key"]),
                "withdraw": digest(body["withdraw_key"]),
                "circumstance": body["circumstance"],
                "reply_to": body["reply_to"],
                "entries": [],
                "partners": [],
                "later_sites": "ask",
                "statements": {},
                "wait_days": 0,
                "letters": [],
                "withdrawn": None,
                "withdraws_on": None,
                "forget": None,
                "states": {},
                "hits": {},
                "already_there": set(),
                "seen_again": {},
                "posts": 0,
            },
        )
        if (case["look"], case["withdraw"]) != (digest(body["look_key"]), digest(body["withdraw_key"])):
            raise Refusal(404, "not_found")
        case["posts"] += 1
        if case["withdrawn"]:
            return {"v": 1, "case": "received"}
        case["later_sites"] = body["later_sites"]
        case["wait_days"] = max(case["wait_days"], body["wait_days"])
        case["statements"] |= {partner: {"day": DAY, "notices": notices} for partner, notices in said.items()}
        for letter in letters:
            if not any(held.get("bytes") == letter for held in case["letters"]):
                new = {"id": secrets.token_hex(8), "from": "you", "day": DAY, "read": False, "bytes": letter}
                case["letters"].insert(0, new)
        case["entries"] += [entry for entry in body["entries"] if entry not in case["entries"]]
        case["partners"] += [partner for partner in body["partners"] if partner not in case["partners"]]
        return {"v": 1, "case": "received"}

    def check_work(self, body: dict[str, Any]) -> None:
        work = body["work"]
        if self.stale_next_work:
            self.stale_next_work = False
            raise Refusal(403, "work")
        if not isinstance(work, dict) or work["challenge"] not in self.challenges or len(work["nonces"]) != 16:
            raise Refusal(403, "work")
        for round_at, nonce in enumerate(work["nonces"]):
            text = f"{work['challenge']}:{body['locator']}:{round_at}:{nonce}"
            value = int.from_bytes(hashlib.sha256(text.encode("ascii")).digest(), "big")
            if value >> (256 - self.bits):
                raise Refusal(403, "work")

    def letters_of(self, locator: str) -> list[dict[str, Any]]:
        """What the helpline reads when it opens her letters, newest first."""
        hers = [letter for letter in self.cases[locator]["letters"] if letter["from"] == "you"]
        return [parse_letter(pyrage.decrypt(letter["bytes"], [self.helpline_key])) for letter in hers]

    def answer_her(self, locator: str, text: str) -> None:
        """The helpline writes."""
        case = self.cases[locator]
        to = pyrage.x25519.Recipient.from_str(format_recipient(case["reply_to"]))
        sealed = base64.b64encode(pyrage.encrypt(format_letter({"text": text}), [to])).decode()
        case["letters"].insert(0, {"id": secrets.token_hex(8), "from": "helpline", "day": DAY, "sealed": sealed})

    def withdraw(self, body: dict[str, Any]) -> dict[str, Any]:
        case = self.find(body, "withdraw_key", "withdraw")
        if set(body) != {"v", "locator", "withdraw_key", "forget"} or body["forget"] not in ("matching", "everything"):
            raise Refusal(400, "malformed")
        if case["wait_days"] and not case["withdrawn"]:
            case["withdraws_on"], case["forget"] = WITHDRAWS_ON, body["forget"]
            return self.tell(case)
        if not case["withdrawn"]:
            case["withdrawn"] = DAY
            case["states"] = {partner: "stopping" for partner in case["partners"]}
        if body["forget"] == "everything":
            case |= {"circumstance": None, "statements": {}, "letters": [], "later_sites": "ask"}
        case["forget"] = "everything" if case["forget"] == "everything" else body["forget"]
        return self.tell(case)

    def keep(self, body: dict[str, Any]) -> dict[str, Any]:
        case = self.find(body, "withdraw_key", "withdraw")
        if case["withdraws_on"]:
            case["withdraws_on"] = case["forget"] = None
        return self.tell(case)

    def answer(self, body: dict[str, Any]) -> dict[str, Any]:
        case = self.find(body, "withdraw_key", "withdraw")
        if set(body) != {"v", "locator", "withdraw_key", "question", "answer"}:
            raise Refusal(400, "malformed")
        for notice in case.get("notices", []):
            if notice["id"] == body["question"]:
                notice["answer"] = body["answer"]
        return self.tell(case)

    def find(self, body: dict[str, Any], key: str, stored: str) -> dict[str, Any]:
        case = self.cases.get(str(body.get("locator")))
        if case is None or case[stored] != digest(str(body.get(key))):
            raise Refusal(404, "not_found")
        return case

    def tell(self, case: dict[str, Any]) -> dict[str, Any]:
        return {
            "v": 1,
            "opened": DAY,
            "circumstance": case["circumstance"],
            "entries": len(case["entries"]),
            "later_sites": case["later_sites"],
            "wait_days": case["wait_days"],
            "withdrawn": case["withdrawn"],
            "withdraws_on": case["withdraws_on"],
            "forgotten": case["forget"] if case["withdrawn"] else None,
            "erased_here": None,
            "sites": [
                {
                    **partner,
                    "state": case["states"].get(
                        partner["id"], "waiting" if partner["id"] in case["partners"] else "none"
                    ),
                    "since": DAY,
                    "hits": case["hits"].get(partner["id"], "none"),
                    "already_there": partner["id"] in case["already_there"],
                    "seen_again": case["seen_again"].get(partner["id"]),
                    "statement": case["statements"].get(partner["id"]),
                    "note": None,
                }
                for partner in self.partners
                if partner["id"] in {*case["partners"], *case["statements"]}
            ],
            "letters": [
                {name: value for name, value in letter.items() if name != "bytes"} for letter in case["letters"]
            ],
            "looked_at": False,
            "taken_out": False,
            "questions": [],
            "kept": {
                "closed": None,
                "contact_days": 30,
                "letters_days": 90,
                "contact_deleted": None,
                "letters_deleted": None,
                "hold": None,
            },
            "notices": case.get("notices", []),
        }


def public_key(identity: pyrage.x25519.Identity) -> str:
    return parse_key(str(identity.to_public()))


def is_hex(value: object, size: int) -> bool:
    return isinstance(value, str) and len(value) == size and set(value) <= HEX


def digest(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()


class Handler(BaseHTTPRequestHandler):
    exchange: Exchange

    def log_message(self, *_: object) -> None:
        pass

    def answer(self, status: int, kind: str, body: bytes, more: dict[str, str] | None = None) -> None:
        self.send_response(status)
        kept = {} if self.exchange.without_headers else dict(HEADERS)
        if kept and self.path == "/page/worker.js":
            kept["Content-Security-Policy"] = WORKER_POLICY
        for name, value in {**kept, "Content-Type": kind, "Content-Length": str(len(body)), **(more or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def answer_json(self, status: int, value: object, more: dict[str, str] | None = None) -> None:
        self.answer(status, "application/json", json.dumps(value).encode(), more)

    def note(self) -> bytes:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.exchange.seen.append(Seen(self.command, self.path, dict(self.headers), body))
        return body

    def do_GET(self) -> None:
        self.note()
        if self.exchange.away and not self.path.startswith("/page/"):
            self.close_connection = True
            return
        tag = self.path.strip("/")
        language = LANGUAGES.get(tag) if tag else choose_language(self.headers.get("Accept-Language", ""))
        if language is not None:
            replaced = self.exchange.replaced.get("/")
            page = render_page(language, self.exchange.site()) if replaced is None else replaced
            self.answer(200, "text/html; charset=utf-8", page.encode())
        elif self.path == "/v1/site":
            self.answer_json(200, self.exchange.site())
        elif self.path == "/v1/work":
            self.answer_json(200, self.exchange.work())
        elif self.path.startswith("/texts/") and (asked := LANGUAGES.get(self.path.removeprefix("/texts/"))):
            self.answer(200, "application/json", render_later_texts(asked).encode())
        elif self.path.startswith("/words/") and (words := word_file(self.path.removeprefix("/words/"))):
            self.answer(200, words.content_type, words.content)
        else:
            file = PAGE / self.path.removeprefix("/page/")
            if file.suffix == ".mjs" and not self.exchange.without_codecs:
                file = PAGE / "codecs" / file.name
            if file.parent in (PAGE, PAGE / "codecs") and file.suffix in TYPES and file.is_file():
                replaced = self.exchange.replaced.get(self.path)
                body = file.read_bytes() if replaced is None else replaced.encode()
                self.answer(200, TYPES[file.suffix], body)
            else:
                self.answer_json(404, {"error": {"code": "not_found", "message": "", "do": ""}})

    def do_POST(self) -> None:
        untrusted = self.note()
        try:
            if self.exchange.away:
                self.close_connection = True
                return
            if len(untrusted) > MAX_BODY_BYTES:
                raise Refusal(413, "too_large")
            body = json.loads(untrusted)
            if self.path == "/v1/cases":
                answer = self.exchange.open(body)
                if self.exchange.lose_next_answer:
                    self.exchange.lose_next_answer = False
                    self.close_connection = True
                    return
                self.answer_json(201, answer)
            elif self.path == "/v1/cases/look":
                self.answer_json(200, self.exchange.tell(self.exchange.find(body, "look_key", "look")))
            elif self.path == "/v1/cases/withdraw":
                self.answer_json(200, self.exchange.withdraw(body))
            elif self.path == "/v1/cases/keep":
                self.answer_json(200, self.exchange.keep(body))
            elif self.path == "/v1/cases/answer":
                self.answer_json(200, self.exchange.answer(body))
            else:
                raise Refusal(404, "not_found")
        except Refusal as refusal:
            error = {"code": refusal.code, "message": "not taken", "do": "see the specification"}
            if refusal.entry is not None:
                error["entry"] = refusal.entry  # type: ignore[assignment]
            more = {"Retry-After": "2"} if refusal.status == 503 else None
            self.answer_json(refusal.status, {"error": error}, more)


class Face:
    """A running face on a free loopback port; use it as a context."""

    def __init__(self) -> None:
        self.exchange = Exchange()
        handler = type("BoundHandler", (Handler,), {"exchange": self.exchange})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def __enter__(self) -> Face:
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()


if __name__ == "__main__":
    with Face() as face:
        print(face.url, flush=True)
        threading.Event().wait()
