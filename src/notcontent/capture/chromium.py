"""Chromium without a network, steered through a pipe by its DevTools protocol. No port is opened, no library needed."""

from __future__ import annotations

import fcntl
import json
import os
import select
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from notcontent.capture.errors import BrowserMissing, CaptureError

START_S = 30.0
MAX_MESSAGE_BYTES = 256 << 20
NAMES = ("chromium", "chromium-browser", "google-chrome")
#: The browser itself reaches nobody: each name leads nowhere, and what goes past that finds a proxy that is not there.
SWITCHES = (
    "--headless", "--remote-debugging-pipe", "--host-resolver-rules=MAP * ~NOTFOUND", "--proxy-server=127.0.0.1:9",
    "--proxy-bypass-list=<-loopback>", "--incognito", "--no-first-run", "--no-default-browser-check", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-extensions", "--disable-gpu",
    "--disable-dev-shm-usage", "--disk-cache-size=1", "--mute-audio", "--disable-breakpad", "--disable-crash-reporter",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--font-render-hinting=none", "--hide-scrollbars", "--window-size=1280,1600",
)  # fmt: skip

Event = dict[str, Any]


class Session:
    """One tab. `send` may be called from several threads; answers and events are read by one."""

    def __init__(self, read: int, write: int) -> None:
        self._read, self._write = read, write
        self._lock = threading.Lock()
        self._number = 0
        self._buffer = b""
        self._session: str | None = None

    def attach(self) -> None:
        """Open a tab."""
        target = self.ask("Target.createTarget", {"url": "about:blank"})["targetId"]
        self._session = self.ask("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]

    def send(self, method: str, words: dict[str, Any] | None = None) -> int:
        """Send a command; its number."""
        with self._lock:
            self._number += 1
            told: dict[str, Any] = {"id": self._number, "method": method, "params": words or {}}
            if self._session is not None:
                told["sessionId"] = self._session
            data = memoryview(json.dumps(told).encode() + b"\0")
            try:
                while data:
                    data = data[os.write(self._write, data) :]
            except OSError:
                raise BrowserMissing("Chromium ended by itself. Try again.") from None
            return self._number

    def ask(
        self, method: str, words: dict[str, Any] | None = None, *, hear: Callable[[Event], None] = lambda _: None
    ) -> dict[str, Any]:
        """Send a command and wait for its answer; `hear` gets the events that come meanwhile. Raises `CaptureError`."""
        number, end = self.send(method, words), time.monotonic() + START_S
        while time.monotonic() < end:
            told = self.next(end - time.monotonic())
            if told is None:
                break
            if told.get("id") == number:
                if "error" in told:
                    raise CaptureError("Chromium did not do what it was asked. Use a newer or older one.")
                result: dict[str, Any] = told["result"]
                return result
            if "method" in told:
                hear(told)
        raise BrowserMissing("Chromium does not answer. Try again.")

    def next(self, wait_s: float) -> Event | None:
        """The next answer or event; None when none came in time. Raises `BrowserMissing` when it has ended."""
        end = time.monotonic() + wait_s
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._read], [], [], max(0.0, end - time.monotonic()))
            if not ready:
                return None
            piece = os.read(self._read, 1 << 20)
            if not piece or len(self._buffer) > MAX_MESSAGE_BYTES:
                raise BrowserMissing(
                    "Chromium ended by itself, or does not start here. Try it by hand as this account."
                )
            self._buffer += piece
        told, _, self._buffer = self._buffer.partition(b"\0")
        found: Event = json.loads(told)
        return found


@contextmanager
def open_browser() -> Iterator[Session]:
    """A browser with one empty tab; gone with all its files at the end. Raises `BrowserMissing`."""
    # In memory where there is such a place: nothing of a page should reach a disk.
    memory = Path("/dev/shm")  # noqa: S108 - only as the parent of a folder with a random name
    with tempfile.TemporaryDirectory(
        prefix="notcontent-", dir=memory if os.access(memory, os.W_OK) else None, ignore_cleanup_errors=True
    ) as home:
        commands_out, commands_in = _pipe()
        answers_out, answers_in = _pipe()
        words = [*_program(home), *SWITCHES, f"--user-data-dir={home}/profile", "about:blank"]
        environment = {"HOME": home, "PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8"}
        quiet = os.open(os.devnull, os.O_RDWR)
        actions = [
            *((os.POSIX_SPAWN_DUP2, quiet, each) for each in (0, 1, 2)),
            (os.POSIX_SPAWN_DUP2, commands_out, 3), (os.POSIX_SPAWN_DUP2, answers_in, 4),
        ]  # fmt: skip
        pid = os.posix_spawn(words[0], words, environment, file_actions=actions, setsid=True)
        for each in (commands_out, answers_in, quiet):
            os.close(each)
        try:
            session = Session(answers_out, commands_in)
            session.attach()
            yield session
        finally:
            # The session that it was made the leader of holds its children too.
            with suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            os.close(commands_in)
            os.close(answers_out)


def _program(home: str) -> list[str]:
    named = os.environ.get("CHROMIUM")
    program = shutil.which(named) if named else next((found for name in NAMES if (found := shutil.which(name))), None)
    if program is None:
        raise BrowserMissing("Chromium is not there. Install it, or name it with CHROMIUM.")
    if os.geteuid() != 0:
        return [program]
    # Chromium's sandbox is not for root: it runs as nobody then, and the sandbox stays on.
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise BrowserMissing(
            "As root, setpriv (util-linux) is needed to start Chromium as nobody. Use another account."
        )
    os.chown(home, 65534, 65534)
    return [setpriv, "--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs", program]


def _pipe() -> tuple[int, int]:
    """Two ends whose numbers are none of those that the browser is given."""
    ends = os.pipe()
    high = tuple(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in ends)
    for end in ends:
        os.close(end)
    return high[0], high[1]
