"""What works on a filled exchange: sites that wait for news, people who send cases, colleagues who open pages."""

from __future__ import annotations

import asyncio
import http.client
import json
import multiprocessing
import random
import secrets
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any
from urllib.parse import urlsplit

import httpx

from bench.support.desk_tables import Site
from notcontent.device.work import do_work
from notcontent.feed.head import parse_head
from notcontent.fingerprint.orientations import predict_turned, why_implausible
from notcontent.fingerprint.value import Fingerprint

_CONNECTED_TOGETHER = 50
MOST_SITES_IN_A_REQUEST = 500


class Sites:
    """A process of its own in which every site waits for news of its stream, as its guard does."""

    def __init__(self, port: int, sites: Sequence[Site]) -> None:
        self._mine, theirs = multiprocessing.Pipe()
        self._process = multiprocessing.get_context("spawn").Process(
            target=_wait_for_news, args=(port, list(sites), theirs), daemon=True
        )
        self._process.start()
        assert self._mine.recv() == "waiting"

    def watch_for(self, value: str) -> None:
        """From now on look for this fingerprint in what comes."""
        self._mine.send(value)

    def reached_all(self, timeout_s: float) -> float | None:
        """When the last site had what was watched for, on the monotonic clock; None if one never got it."""
        return float(self._mine.recv()) if self._mine.poll(timeout_s) else None

    def stop(self) -> None:
        """They hang up."""
        self._process.kill()
        self._process.join()


def _wait_for_news(port: int, sites: list[Site], told: Connection) -> None:
    watched: dict[str, set[str]] = {}

    def look() -> None:
        watched[told.recv()] = set()

    async def one(site: Site, asked: asyncio.Semaphore, gate: asyncio.Semaphore) -> None:
        number = 1
        async with gate:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while True:
            writer.write(
                f"GET /v1/feed/poll?epoch=1&after={number}&wait=25 HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                f"Authorization: Bearer {site.token}\r\n\r\n".encode()
            )
            asked.release()
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200"), head
            body = await _read_body(reader, head.lower())
            came_s = time.monotonic()
            answer = json.loads(body)
            # Where the deltas were folded, a guard takes the snapshot and goes on from there.
            came = len(answer["deltas"])
            number = number + came if came else parse_head(answer["head"]["text"]).number
            for value, got in list(watched.items()):
                if any(value in delta["text"] for delta in answer["deltas"]):
                    got.add(site.feed)
                    if len(got) == len(sites):
                        told.send(came_s)
                        del watched[value]

    async def all_of_them() -> None:
        asked, gate = asyncio.Semaphore(0), asyncio.Semaphore(_CONNECTED_TOGETHER)
        tasks = [asyncio.create_task(one(site, asked, gate)) for site in sites]
        for _ in sites:
            await asked.acquire()
        await asyncio.sleep(3)
        asyncio.get_running_loop().add_reader(told.fileno(), look)
        told.send("waiting")
        await asyncio.gather(*tasks)

    asyncio.run(all_of_them())


async def _read_body(reader: asyncio.StreamReader, head: bytes) -> bytes:
    if b"content-length: " in head:
        return await reader.readexactly(int(head.split(b"content-length: ")[1].split(b"\r\n")[0]))
    body = b""
    while length := int(await reader.readline(), 16):
        body += (await reader.readexactly(length + 2))[:-2]
    await reader.readline()
    return body


@dataclass(frozen=True, slots=True)
class ReadyCase:
    """A case with its work done, ready to be sent: a body for each request, and the first picture's fingerprint."""

    bodies: tuple[bytes, ...]
    value: str


def make_cases(url: str, count: int, pictures: int, sites: Sequence[Site], sites_each: int) -> list[ReadyCase]:
    """Cases of random codes for random sites. Their work is done beforehand: it is their devices'."""
    dice, made = random.Random(7), []
    with httpx.Client(base_url=url, timeout=60) as client:
        for _ in range(count):
            locator = secrets.token_hex(16)
            codes = [_picture_code() for _ in range(pictures)]
            chosen = [site.partner for site in dice.sample(list(sites), sites_each)]
            body: dict[str, Any] = {
                "v": 1, "locator": locator, "look_key": secrets.token_hex(32), "withdraw_key": secrets.token_hex(32),
                "reply_to": secrets.token_hex(32), "circumstance": "online", "later_sites": "ask", "statements": [],
                "wait_days": 0, "letter": None,
                "entries": [{"kind": "pdq", "quality": 90, "orientations": code} for code in codes],
            }  # fmt: skip
            bodies = []
            for start in range(0, len(chosen), MOST_SITES_IN_A_REQUEST):
                task = client.get("/v1/work").json()
                work = {
                    "challenge": task["challenge"],
                    "nonces": do_work(task["challenge"], locator, task["rounds"], task["bits"]),
                }
                some = chosen[start : start + MOST_SITES_IN_A_REQUEST]
                bodies.append(json.dumps(body | {"partners": some, "work": work}).encode())
            made.append(ReadyCase(tuple(bodies), codes[0][0]))
    return made


def _picture_code() -> list[str]:
    while True:
        bits = sum(1 << bit for bit in random.sample(range(256), 128))
        turned = predict_turned(Fingerprint(bits.to_bytes(32, "big")))
        if why_implausible(turned, 90) is None:
            return [one.hex for one in turned]


class People:
    """Senders on connections of their own; each takes the next case when it has the answer to the last."""

    def __init__(self, url: str, cases: Sequence[ReadyCase], senders: int, per_second: float | None = None) -> None:
        """`per_second`: not faster than that; None: as fast as the exchange takes them."""
        self._where, self._cases, self._every = urlsplit(url), list(cases), per_second and 1 / per_second
        self._next, self._lock = 0, threading.Lock()
        self._taken: list[float] = []
        self._stopping = False
        self._began_s = time.monotonic()
        self._threads = [threading.Thread(target=self._send, daemon=True) for _ in range(senders)]
        for thread in self._threads:
            thread.start()

    def finish(self) -> float:
        """Wait until all are sent; how many a second were taken."""
        for thread in self._threads:
            thread.join()
        return len(self._taken) / (max(self._taken) - self._began_s)

    def stop(self) -> float:
        """Send no more; how many a second were taken."""
        self._stopping = True
        return self.finish()

    def _send(self) -> None:
        line = http.client.HTTPConnection(str(self._where.hostname), self._where.port, timeout=60)
        while not self._stopping:
            with self._lock:
                if self._next == len(self._cases):
                    return
                number, self._next = self._next, self._next + 1
            if self._every is not None:
                time.sleep(max(0.0, self._began_s + number * self._every - time.monotonic()))
            send(line, self._cases[number])
            self._taken.append(time.monotonic())


def send(line: http.client.HTTPConnection, case: ReadyCase) -> None:
    """Send a case; durable at the exchange when this returns."""
    for body in case.bodies:
        line.request("POST", "/v1/cases", body, {"Content-Type": "application/json"})
        answer = line.getresponse()
        answer.read()
        assert answer.status == 201, f"a case was answered with {answer.status}"


def page_times(clients: Sequence[httpx.Client], paths: Sequence[str]) -> list[float]:
    """Seconds that each of these pages took, asked by these colleagues at the same time."""
    left, times, lock = list(paths), [], threading.Lock()

    def ask(client: httpx.Client) -> None:
        while True:
            with lock:
                if not left:
                    return
                path = left.pop()
            began_s = time.monotonic()
            answer = client.get(path)
            took_s = time.monotonic() - began_s
            assert answer.status_code == 200, f"a page was answered with {answer.status_code}"
            times.append(took_s)

    threads = [threading.Thread(target=ask, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(times)
