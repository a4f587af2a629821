"""A worker for tests: locked in like a real one, but it does on request what only a hijacked decoder would do."""

from __future__ import annotations

import ctypes
import os
import resource
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from notcontent.fingerprint import worker
from notcontent.fingerprint.picture import PictureFingerprint, Purpose
from notcontent.fingerprint.refusals import UnreadablePicture
from notcontent.fingerprint.value import Fingerprint
from notcontent.fingerprint.views.view import MOST_VIEWS, VIEW_BYTES, View, ViewKind

REPORT = PictureFingerprint(100, (Fingerprint(b"\x0f" * 32),) * 8)
WHOLE = View(ViewKind.WHOLE, 100, b"\x0f" * VIEW_BYTES)
TILES = (View(ViewKind.TILE, 90, b"\x33" * VIEW_BYTES),) * 3
LIBC = ctypes.CDLL(None, use_errno=True)


def _call(name: str, *arguments: object) -> None:
    if getattr(LIBC, name)(*arguments) < 0:
        raise OSError(ctypes.get_errno(), name)


def _fork() -> None:
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)


def _write_file() -> None:
    path = Path(tempfile.gettempdir(), f"notcontent-pry-{time.monotonic_ns()}")
    path.write_bytes(b"")
    path.unlink()


def _make_folder() -> None:
    path = Path(f"/tmp/notcontent-pry-{time.monotonic_ns()}")
    path.mkdir()
    path.rmdir()


def _raise_limit() -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    if resource.getrlimit(resource.RLIMIT_NOFILE)[0] < 64:
        raise OSError


#: What a hijacked decoder would try. Each raises OSError where it is kept from it.
ATTEMPTS: dict[str, Callable[[], object]] = {
    "inet socket": lambda: socket.socket(socket.AF_INET),
    "unix socket": lambda: socket.socket(socket.AF_UNIX),
    "socket pair": socket.socketpair,
    "read a file": lambda: Path("/etc/passwd").read_bytes(),
    "read a loaded library": lambda: Path(sys.executable).read_bytes(),
    "write a file": _write_file,
    "list a folder": lambda: os.listdir("/"),
    "stat a file": lambda: os.stat("/etc"),
    "make a folder": _make_folder,
    "fork": _fork,
    "run a program": lambda: subprocess.run(["/bin/true"], check=True),
    "signal its parent": lambda: os.kill(os.getppid(), 0),
    "arithmetic": lambda: sum(range(9)),
    "another descriptor": lambda: os.dup(0),
    "a pipe": os.pipe,
    "memory file": lambda: os.memfd_create("pry"),
    "more descriptors": _raise_limit,
    "be root": lambda: os.setuid(os.getuid()),
    "shared memory": lambda: _call("shmget", 0, 4096, 0o1600),
    "trace": lambda: _call("prctl", 15, b"pry", 0, 0, 0),
}


def pry() -> list[str]:
    """Names of what succeeded."""
    done = []
    for name, attempt in ATTEMPTS.items():
        try:
            attempt()
        except (OSError, ValueError):
            continue
        done.append(name)
    return done


def _bits(count: int) -> PictureFingerprint:
    """A number as a report, since nothing but fingerprints can leave."""
    return PictureFingerprint(100, (Fingerprint(count.to_bytes(32, "big")),) * 8)


class OddPicture:
    """What the bytes ask for, done at the moment a picture would be decoded."""

    size = (1000, 1000)

    def __init__(self, wish: bytes, at_start: tuple[int, int]) -> None:
        self.wish = wish
        self.at_start = at_start

    def fingerprint(self, purpose: Purpose = Purpose.ENROL) -> PictureFingerprint:
        if self.wish == b"PRY":
            done = pry()
            return _bits(sum(1 << place for place, name in enumerate(ATTEMPTS) if name in done))
        if self.wish == b"ENVIRONMENT":
            return _bits(self.at_start[0] + len(os.environ))
        if self.wish == b"DESCRIPTORS":
            return _bits(self.at_start[1])
        if self.wish == b"PID":
            return _bits(os.getpid())
        if self.wish == b"SPIN":
            while True:
                pass
        if self.wish == b"SLEEP":
            time.sleep(3600)
        if self.wish == b"BLOAT":
            hoard = []
            while True:
                hoard.append(bytearray(16 << 20))
        if self.wish == b"CRASH":
            ctypes.string_at(0)
        if self.wish == b"LIE":
            os.write(1, b"F" + b"\xff" * 257)
        if self.wish == b"BABBLE":
            os.write(1, b"what is this? " * 1000)
        if self.wish == b"RAISE":
            raise KeyError("not of this room")
        if self.wish == b"SLOW":
            time.sleep(0.25)
        return REPORT

    def views(self) -> Iterator[tuple[View, ...]]:
        """Two stages; what the bytes ask for happens before the second one."""
        if self.wish == b"NO WHOLE":
            yield TILES
        yield (WHOLE,)
        self.fingerprint()
        if self.wish == b"TWO WHOLES":
            yield (WHOLE,)
        if self.wish == b"MANY":
            yield TILES * (MOST_VIEWS // len(TILES) + 1)
        if self.wish == b"REFUSE":
            raise UnreadablePicture
        yield ()
        yield TILES


class OddDecoder:
    """Opens anything."""

    def __init__(self) -> None:
        self._at_start = (0, 0)

    def warm_up(self) -> None:
        with open("/proc/self/environ", "rb") as stream:
            environment = len(stream.read())
        # Minus the one that lists the folder.
        self._at_start = (environment, len(os.listdir("/proc/self/fd")) - 1)

    def open(self, untrusted_bytes: bytes) -> OddPicture:
        if untrusted_bytes == b"CRASH EARLY":
            ctypes.string_at(0)
        return OddPicture(untrusted_bytes, self._at_start)


if __name__ == "__main__":
    os.environ.clear()
    arguments = worker.parse_arguments()
    worker.serve(OddDecoder(), arguments.memory_bytes, arguments.cpu_s, arguments.pictures)
