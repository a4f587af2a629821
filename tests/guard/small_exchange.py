"""A small exchange over real HTTP, made from the feed's own formats, signing with real keys; it can also lie."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import secrets
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from notcontent.feed.delta import Delta, delta_hash, format_delta
from notcontent.feed.entry import Add, Operation, Pause, Resume, SetTier, Tier, Unknown, Withdraw
from notcontent.feed.head import Head, format_head
from notcontent.feed.keys import FeedKeys, format_feed_keys
from notcontent.feed.receipt import Receipt, parse_receipt
from notcontent.feed.signature import BadSignature, PublicKey, Signed, SigningKey
from notcontent.feed.snapshot import SnapshotEntry, SnapshotVideo, write_snapshot
from notcontent.feed.text import NO_HASH


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass
class SmallExchange:
    folder: Path
    token: str = "partner-token"
    root: SigningKey = field(default_factory=SigningKey.generate)
    key: SigningKey = field(default_factory=SigningKey.generate)
    feed: str = field(default_factory=lambda: secrets.token_hex(16))
    clock: Callable[[], datetime] = utc_now
    epoch: int = 1
    sequence: int = 1
    revoked: tuple[str, ...] = ()
    live: dict[str, tuple[str, Tier, bool]] = field(default_factory=dict)
    videos: set[str] = field(default_factory=set)
    unknown: dict[str, Unknown] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)
    added_at: dict[str, int] = field(default_factory=dict)
    folded: int = 0
    snapshot: dict = field(default_factory=lambda: {"snapshot": 0, "snapshot_sha256": NO_HASH, "snapshot_bytes": 0})
    # What it was told.
    guards: list[str] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)
    reports: list[dict] = field(default_factory=list)
    disputes: list[dict] = field(default_factory=list)
    ranges: list[str] = field(default_factory=list)
    # How it lies: each takes the honest thing and returns another one.
    lie_about_head: Callable[[Head], Head] = lambda head: head
    lie_in_poll: Callable[[dict], dict] = lambda answer: answer
    lie_in_snapshot: Callable[[bytes], bytes] = lambda data: data
    lie_about_keys: Callable[[FeedKeys], FeedKeys] = lambda keys: keys
    signer: SigningKey | None = None
    root_signer: SigningKey | None = None
    cut_snapshot_after: int | None = None
    refuse_bodies: bool = False
    knows_no_disputes: bool = False
    answers_disputes: str = "open"
    #: The words it knows.
    verdicts: set[str] = field(default_factory=lambda: {"hold", "block", "flag", "here"})
    _port: int = 0

    # What the helpline does.
    def add(self, value: bytes | str, tier: Tier = Tier.CLAIMED) -> str:
        entry = secrets.token_hex(16)
        self.added_at[entry] = self.number + 1
        self.cut(Add(entry, "pdq", value if isinstance(value, str) else value.hex(), tier))
        return entry

    def add_video(self, frames: Sequence[bytes], tier: Tier = Tier.CLAIMED) -> str:
        entry = secrets.token_hex(16)
        self.added_at[entry] = self.number + 1
        self.cut(Add(entry, "video", b"".join(frames).hex(), tier))
        return entry

    def withdraw(self, *entries: str) -> None:
        self.cut(*(Withdraw(entry) for entry in entries))

    def cut(self, *operations: Operation) -> None:
        for operation in operations:
            match operation:
                case Add(entry, kind, value, tier):
                    self.live.setdefault(entry, (value, tier, False))
                    if kind == "video":
                        self.videos.add(entry)
                case SetTier(entry, tier) if entry in self.live:
                    self.live[entry] = (self.live[entry][0], tier, self.live[entry][2])
                case Pause(entry) | Resume(entry) if entry in self.live:
                    self.live[entry] = (*self.live[entry][:2], isinstance(operation, Pause))
                case Withdraw(entry):
                    self.live.pop(entry, None)
                    self.unknown.pop(entry, None)
                case Unknown(_, str(entry)):
                    self.unknown[entry] = operation
        delta = Delta(self.feed, self.epoch, self.number + 1, self.hash, self.clock().date(), operations)
        self.texts.append(format_delta(delta))

    def fold(self) -> None:
        entries = [
            SnapshotEntry(bytes.fromhex(entry), bytes.fromhex(value), tier, paused)
            for entry, (value, tier, paused) in self.live.items()
            if entry not in self.videos
        ]
        videos = [
            SnapshotVideo(entry, bytes.fromhex(value), tier, paused)
            for entry, (value, tier, paused) in sorted(self.live.items())
            if entry in self.videos
        ]
        path = self.folder / f"{self.epoch}-{self.number}"
        written = write_snapshot(
            path, feed=self.feed, epoch=self.epoch, number=self.number, delta=self.hash, day=self.clock().date(),
            entries=entries, videos=videos, unknown=self.unknown.values(),
        )  # fmt: skip
        with path.open("rb") as file:
            path.with_suffix(".minisig").write_text(self.key.sign_bytes(file, "notcontent-snapshot"))
        self.snapshot = {
            "snapshot": self.number,
            "snapshot_sha256": written.sha256,
            "snapshot_bytes": written.bytes_length,
        }
        self.folded = self.number

    @property
    def number(self) -> int:
        return len(self.texts)

    @property
    def hash(self) -> str:
        return delta_hash(self.texts[-1]) if self.texts else NO_HASH

    def head(self) -> Signed:
        now = self.clock().replace(microsecond=0)
        count = len(self.live) + len(self.unknown)
        head = Head(
            feed=self.feed, epoch=self.epoch, number=self.number, delta=self.hash, count=count, oldest=self.folded + 1,
            **self.snapshot, time=now, expires=now + timedelta(minutes=10),
        )  # fmt: skip
        return (self.signer or self.key).sign(format_head(self.lie_about_head(head)))

    # What a guard asks.
    async def _keys(self, request: Request) -> Response:
        keys = FeedKeys(self.sequence, self.clock().date(), (self.key.public,), self.revoked)
        signed = (self.root_signer or self.root).sign(format_feed_keys(self.lie_about_keys(keys)))
        return JSONResponse(signed.to_json())

    async def _poll(self, request: Request) -> Response:
        epoch, after = int(request.query_params["epoch"]), int(request.query_params["after"])
        end = time.monotonic() + int(request.query_params["wait"])
        while (epoch, after) == (self.epoch, self.number) and time.monotonic() < end and not self._server.should_exit:
            await asyncio.sleep(0.02)
        deltas = []
        if epoch == self.epoch and after >= self.folded:
            deltas = [(self.signer or self.key).sign(text).to_json() for text in self.texts[after : after + 50]]
        return JSONResponse(self.lie_in_poll({"head": self.head().to_json(), "deltas": deltas}))

    async def _snapshot(self, request: Request) -> Response:
        path = self.folder / request.path_params["name"]
        if not path.exists():
            return Response(status_code=404)
        if path.suffix:
            return PlainTextResponse(path.read_text())
        data, honest = self.lie_in_snapshot(path.read_bytes()), path.read_bytes()
        etag = f'"{hashlib.sha256(honest).hexdigest()}"'
        start = 0
        if (wanted := request.headers.get("range")) and request.headers.get("if-range") == etag:
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
            self.ranges.append(wanted)
        headers = {"ETag": etag, "Content-Range": f"bytes {start}-{len(data) - 1}/{len(data)}"}
        if self.cut_snapshot_after is not None:
            data, self.cut_snapshot_after = data[: start + self.cut_snapshot_after], None
        return Response(data[start:], 206 if start else 200, headers)

    async def _guards(self, request: Request) -> Response:
        self.guards.append((await request.json())["public_key"])
        return JSONResponse({"feed": self.feed})

    async def _receipts(self, request: Request) -> Response:
        if self.refuse_bodies:
            return Response(status_code=422)
        for signed in (await request.json())["receipts"]:
            self.receipts.append(parse_receipt(self._of_a_guard(Signed.from_json(signed))))
        return JSONResponse({"accepted": 1, "ignored": 0})

    def _of_a_guard(self, signed: Signed) -> str:
        """The text, signed by one of the guards that follow."""
        for key in reversed(self.guards):
            with contextlib.suppress(BadSignature):
                return PublicKey.from_text(key).verify(signed)
        raise AssertionError("no guard that is known here signed this receipt")

    async def _reports(self, request: Request) -> Response:
        reports = json.loads(await request.body())["reports"]
        if not {report["verdict"] for report in reports} <= self.verdicts:
            return Response(status_code=400)
        self.reports.extend(reports)
        return JSONResponse({"accepted": 1, "ignored": 0})

    async def _disputes(self, request: Request) -> Response:
        if self.knows_no_disputes:
            return Response(status_code=404)
        said = json.loads(await request.body())["disputes"]
        self.disputes.extend(said)
        return JSONResponse({"answers": [{"report": each["report"], "answer": self.answers_disputes} for each in said]})

    def receipt_states(self, entry: str) -> list[str]:
        return [receipt.state.value for receipt in self.receipts if receipt.entry == entry]

    # Over HTTP, on a loopback port that it keeps when it comes back.
    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def __enter__(self) -> SmallExchange:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def open(self) -> None:
        routes = [
            Route("/v1/feed/keys", self._keys),
            Route("/v1/feed/poll", self._poll),
            Route("/v1/feed/snapshots/{name}", self._snapshot),
            Route("/v1/guards", self._guards, methods=["POST"]),
            Route("/v1/receipts", self._receipts, methods=["POST"]),
            Route("/v1/reports", self._reports, methods=["POST"]),
            Route("/v1/disputes", self._disputes, methods=["POST"]),
        ]
        app = Starlette(routes=routes)

        async def only_partners(scope, receive, send) -> None:
            if (b"authorization", f"Bearer {self.token}".encode()) not in scope["headers"]:
                await Response(status_code=401)(scope, receive, send)
                return
            await app(scope, receive, send)

        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self._port))
        self._port = listener.getsockname()[1]
        config = uvicorn.Config(only_partners, log_level="critical", lifespan="off", timeout_graceful_shutdown=1)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=asyncio.run, args=(self._serve(self._server, listener),))
        self._thread.start()
        while not self._server.started:
            time.sleep(0.005)
        self._listener = listener

    @staticmethod
    async def _serve(server: uvicorn.Server, listener: socket.socket) -> None:
        await server.serve(sockets=[listener])
        # As when a process ends: whoever is still connected hears it.
        for connection in list(server.server_state.connections):
            connection.transport.abort()
        await asyncio.sleep(0)

    def close(self) -> None:
        self._server.should_exit = self._server.force_exit = True
        self._thread.join(60)
        self._listener.close()


def honest(exchange: SmallExchange) -> None:
    """End every lie."""
    fresh = SmallExchange(exchange.folder)
    for name in ("lie_about_head", "lie_in_poll", "lie_in_snapshot", "lie_about_keys"):
        setattr(exchange, name, getattr(fresh, name))
    exchange.signer = exchange.root_signer = None


def lying_head(**changes: object) -> Callable[[Head], Head]:
    return lambda head: replace(head, **changes)  # type: ignore[arg-type]
