"""A video worker for tests: locked in like a real one, but it does what only a hijacked decoder would do."""

from __future__ import annotations

import ctypes
import os
import time
from collections.abc import Iterator
from typing import BinaryIO

from notcontent.fingerprint.picture import Purpose
from notcontent.fingerprint.video import messages, worker
from notcontent.fingerprint.video.frame import Frame
from notcontent.fingerprint.video.progress import Reading
from tests.fingerprint.odd_worker import ATTEMPTS, pry

FIRST = Frame(0.0, 90, b"\x0f" * 256)


def say(data: bytes) -> None:
    os.write(1, data)


class OddSource:
    """Does what the bytes of the video ask for, after its first look."""

    def __init__(self) -> None:
        self.at_start = 0

    def warm_up(self) -> None:
        # Minus the one that lists the folder.
        self.at_start = len(os.listdir("/proc/self/fd")) - 1

    def looks(
        self, untrusted: BinaryIO, length_bytes: int, purpose: Purpose, reading: Reading
    ) -> Iterator[tuple[Frame, ...]]:
        wish = untrusted.read(length_bytes)
        reading.done_micros = 2_000_000
        yield (FIRST,)
        if wish == b"PRY":
            done = pry()
            found = sum(1 << place for place, name in enumerate(ATTEMPTS) if name in done)
            reading.done_micros = 3_000_000
            yield (Frame(3.0, 90, found.to_bytes(256, "big")),)
        if wish == b"DESCRIPTORS":
            reading.done_micros = 3_000_000
            yield (Frame(3.0, self.at_start, bytes(256)),)
        if wish == b"SPIN":
            while True:
                pass
        if wish == b"SLEEP":
            time.sleep(3600)
        if wish == b"BLOAT":
            hoard = []
            while True:
                hoard.append(bytearray(16 << 20))
        if wish == b"CRASH":
            ctypes.string_at(0)
        if wish == b"BABBLE":
            say(b"what is this? " * 1000)
        if wish == b"TOO MANY":
            say(messages.LOOKS + messages._HEAD.pack(3_000_000, 0, 1, 60_000) + bytes(1000))
        if wish == b"FROM THE PAST":
            say(messages.format_looks(Reading(0, 3_000_000), [Frame(0.5, 90, bytes(256))]))
        if wish == b"FROM BEYOND":
            say(messages.format_looks(Reading(0, 3_000_000), [Frame(9.0, 90, bytes(256))]))
        if wish == b"FOR EVER":
            say(messages.format_looks(Reading(0, 1 << 62), []))
        if wish == b"NO QUALITY":
            say(messages.format_looks(Reading(0, 3_000_000), [FIRST])[:-257] + b"\xff" + bytes(256))
        if wish == b"EXCUSE":
            say(messages.REFUSED + b"the dog ate it  ")
        if wish == b"READY AGAIN":
            say(messages.READY + b"\x02")
        if wish == b"RAISE":
            raise KeyError("not of this room")


if __name__ == "__main__":
    os.environ.clear()
    asked_for, limits = worker.parse_arguments()
    worker.serve(OddSource(), asked_for, limits)
