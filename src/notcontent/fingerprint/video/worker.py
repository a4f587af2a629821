"""A process that reads one stranger's video and can do nothing else. Started by `reader.py`, for one video.

The video is its standard input, a file that it reads at places of its choosing. It loads and tries its decoders while
it still may open files, then locks itself in, and only then reads the first byte.
"""

from __future__ import annotations

import argparse
import io
import os
import signal
import sys
import warnings
from collections.abc import Iterator
from typing import BinaryIO, Final, Protocol

from notcontent.fingerprint.lockdown import end_with_parent, lock_down
from notcontent.fingerprint.picture import Purpose
from notcontent.fingerprint.refusals import PictureRefused
from notcontent.fingerprint.worker import keep_memory, pin_threads

from . import messages
from .frame import Frame
from .limits import VideoLimits
from .progress import Reading
from .refusals import UnreadableVideo, VideoTooHard
from .sampling import SECOND

#: How far it is is told at least so often, in microseconds of the video.
_TOLD_EVERY: Final = 2 * SECOND
_GRACE_S: Final = 10


class Source(Protocol):
    """What a worker does with a video. Raises `PictureRefused`."""

    def warm_up(self) -> None: ...
    def looks(
        self, untrusted: BinaryIO, length_bytes: int, purpose: Purpose, reading: Reading
    ) -> Iterator[tuple[Frame, ...]]: ...


class UntrustedFile(io.RawIOBase):
    """An open file read at its own place, so that whoever shares the descriptor is not disturbed."""

    def __init__(self, descriptor: int, length_bytes: int) -> None:
        super().__init__()
        self._descriptor, self._length, self._at = descriptor, length_bytes, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = max(0, offset + (0, self._at, self._length)[whence])
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = os.pread(self._descriptor, min(len(buffer), max(0, self._length - self._at)), self._at)
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)


def serve(source: Source, purpose: Purpose, limits: VideoLimits) -> None:
    """Read the video on standard input to its end."""
    end_with_parent()
    warnings.simplefilter("ignore")
    stdout = sys.stdout.buffer
    length_bytes = os.fstat(0).st_size
    source.warm_up()
    sandbox = lock_down(limits.memory_bytes, limits.cpu_s + _GRACE_S)
    # SIGPROF ends the process, by its default action, once the video has used its CPU time.
    signal.setitimer(signal.ITIMER_PROF, limits.cpu_s)
    stdout.write(messages.READY + bytes((sandbox.value,)))
    stdout.flush()
    reading, waiting, told = Reading(), list[Frame](), 0
    try:
        for looks in source.looks(UntrustedFile(0, length_bytes), length_bytes, purpose, reading):  # type: ignore[arg-type]
            waiting += looks
            if len(waiting) >= messages.MOST_LOOKS - 1 or reading.done_micros >= told + _TOLD_EVERY:
                stdout.write(messages.format_looks(reading, waiting))
                stdout.flush()
                waiting.clear()
                told = reading.done_micros
        answer = messages.format_looks(reading, waiting) + messages.END
    except PictureRefused as refusal:
        answer = messages.format_refusal(type(refusal))
    except MemoryError:
        answer = messages.format_refusal(VideoTooHard)
    except Exception:  # noqa: BLE001 - outer loop: whatever a decoder raises, this video gets "unreadable"
        answer = messages.format_refusal(UnreadableVideo)
    stdout.write(answer)
    stdout.flush()


def parse_arguments() -> tuple[Purpose, VideoLimits]:
    """What the reader gives a worker on its command line."""
    parser = argparse.ArgumentParser(description="Started by notcontent itself, not by people.")
    parser.add_argument("--purpose", choices=[purpose.name for purpose in Purpose], required=True)
    for name, default in LIMITS.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(default), required=True)
    arguments = vars(parser.parse_args())
    return Purpose[arguments.pop("purpose")], VideoLimits(**arguments)


#: The limits and their defaults, in the order of the command line.
LIMITS: Final = {name: getattr(VideoLimits(), name) for name in VideoLimits.__dataclass_fields__}


def main() -> None:
    """Read one video."""
    pin_threads()
    keep_memory()
    from .workbench import VideoSource  # noqa: PLC0415 - loads numpy, which must see the line above

    purpose, limits = parse_arguments()
    serve(VideoSource(limits), purpose, limits)


if __name__ == "__main__":
    main()
