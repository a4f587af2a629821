"""The load of a soak: every door asked without a pause over several connections, and what the answers should be."""

from __future__ import annotations

import contextlib
import http.client
import itertools
import json
import random
import secrets
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum

from bench.support.door_clients import DOORS, Client, Guarded, HttpClient

CONNECTIONS_EACH = 2
#: Of the uploads at the HTTP door that are held, every so many is decided about.
DECIDED_EVERY = 10
#: A connection is closed after so many uploads and another one opened, as hosts' clients do now and then.
UPLOADS_EACH = 200
VIDEO_PAUSE_S = 5.0
_VIDEO = "video"


class Expected(Enum):
    """What becomes of a picture when it is sent now."""

    PASSES = "passes"
    STOPPED = "stopped"
    #: It is being listed or withdrawn: either.
    EITHER = "either"
    #: It is not sent.
    RESTS = "rests"


@dataclass(slots=True, eq=False)
class Shown:
    """A picture or video of the load. `weight`: how often it is sent; `fingerprint`: 64 hex digits."""

    data: bytes
    weight: float
    expected: Expected = Expected.PASSES
    fingerprint: str = ""
    changes: int = 0
    under_way: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def expect(self, expected: Expected) -> None:
        """From now on. An answer that is under way counts as neither right nor wrong."""
        with self._lock:
            self.expected, self.changes = expected, self.changes + 1

    def begin(self) -> tuple[Expected, int] | None:
        """It is about to be sent: what to expect, and when it last changed. None: it rests."""
        with self._lock:
            if self.expected is Expected.RESTS:
                return None
            self.under_way += 1
            return self.expected, self.changes

    def end(self, begun: tuple[Expected, int], stopped: bool | None) -> bool:
        """It was answered (None: it was not). Whether the answer is as it should be."""
        with self._lock:
            self.under_way -= 1
            if stopped is None or begun != (self.expected, self.changes) or begun[0] is Expected.EITHER:
                return True
            return stopped == (begun[0] is Expected.STOPPED)


@dataclass(slots=True)
class Told:
    """What the doors answered. `took`: by door, seconds since the start and milliseconds of each answer."""

    took: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    stopped: int = 0
    wrong: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    #: Upload -> decision, as the guard has confirmed it.
    decided: dict[str, str] = field(default_factory=dict)


class Load:
    """Threads that ask until they are told to end."""

    def __init__(self, at: Guarded, pictures: Sequence[Shown], videos: Sequence[Shown]) -> None:
        """Nothing is asked yet."""
        self._at, self._pictures, self._videos = at, pictures, videos
        self._weights = [picture.weight for picture in pictures]
        self._over = threading.Event()
        self._telling = threading.Lock()
        self.told = Told(took={name: [] for name in (*DOORS, _VIDEO)})
        ways = [(door, number) for door in DOORS for number in range(CONNECTIONS_EACH)]
        self._threads = [threading.Thread(target=self._ask_pictures, args=way) for way in ways]
        if videos:
            self._threads.append(threading.Thread(target=self._ask_videos))

    def start(self) -> None:
        """Begin."""
        self._began = time.monotonic()
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Send nothing more, and wait for every answer that is under way."""
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _ask_pictures(self, door: str, which: int) -> None:
        dice = random.Random(f"{door} {which}")
        client = DOORS[door].connect(self._at)
        for number in itertools.count(1):
            if self._over.is_set():
                break
            if number % UPLOADS_EACH == 0:
                client.close()
                client = DOORS[door].connect(self._at)
            [shown] = dice.choices(self._pictures, self._weights)
            # Most are new bytes to the guard, as uploads are; some come again, for the verdict cache.
            data = shown.data if dice.random() < 0.2 else _as_new(shown.data)
            client = self._ask(door, client, shown, data)
        client.close()

    def _ask_videos(self) -> None:
        dice = random.Random(_VIDEO)
        while not self._over.wait(VIDEO_PAUSE_S):
            shown = dice.choice(self._videos)
            # A connection that was quiet so long has been closed by the guard.
            self._ask(_VIDEO, DOORS["http"].connect(self._at), shown, shown.data).close()

    def _ask(self, name: str, client: Client, shown: Shown, data: bytes) -> Client:
        """Send one upload and note what was answered; the connection to go on with."""
        door = DOORS["http" if name == _VIDEO else name]
        begun = shown.begin()
        if begun is None:
            return client
        stopped = None
        start = time.monotonic()
        try:
            stopped = client.is_stopped(door.body(data))
            took_ms = 1000 * (time.monotonic() - start)
            self.told.took[name].append((start - self._began, took_ms))
        except (OSError, http.client.HTTPException, AssertionError, ValueError, IndexError) as error:
            with self._telling:
                self.told.errors[f"{name}: {error!s:.200}"] += 1
            client.close()
            client = door.connect(self._at)
        right = shown.end(begun, stopped)
        with self._telling:
            self.told.stopped += bool(stopped)
            if not right:
                self.told.wrong[f"{name}: {begun[0].value}"] += 1
        if stopped and name == "http" and isinstance(client, HttpClient) and client.answer["verdict"] == "hold":
            self._decide(client, client.answer["id"])
        return client

    def _decide(self, client: HttpClient, upload: str) -> None:
        if int(upload[:8], 16) % DECIDED_EVERY:
            return
        decision, reason = ("release", "own_picture") if int(upload[8:16], 16) % 2 else ("block", "intimate")
        body = json.dumps({"decision": decision, "reason": reason}).encode()
        with contextlib.suppress(OSError, http.client.HTTPException):
            status, _ = client.post(f"/v1/uploads/{upload}/decision", body)
            if status == 200:  # 409: what it matched was withdrawn meanwhile.
                self.told.decided[upload] = decision


def _as_new(jpeg: bytes) -> bytes:
    """The same picture in other bytes: a comment of 16 random ones behind the first marker."""
    return jpeg[:2] + b"\xff\xfe\x00\x12" + secrets.token_bytes(16) + jpeg[2:]
