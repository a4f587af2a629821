"""A process that opens strangers' pictures and can do nothing else. Started by `pool.py`, talks by `frames.py`.

It loads and tries every decoder while it still may open files, then locks itself in, and only then reads its first
picture.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import signal
import sys
import warnings
from collections.abc import Iterable, Sequence
from typing import BinaryIO, Final, Protocol

from . import frames
from .lockdown import end_with_parent, lock_down
from .picture import PictureFingerprint, Purpose
from .refusals import PictureRefused, PictureTooHard, UnreadablePicture
from .views.view import MOST_STAGES, View

#: mallopt's parameters. Source: glibc, malloc.h.
_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_THRESHOLD: Final = -3


class Opened(Protocol):
    """A picture whose size is known and that has not been decoded yet."""

    @property
    def size(self) -> tuple[int, int]: ...
    def fingerprint(self, purpose: Purpose) -> PictureFingerprint: ...
    def views(self) -> Iterable[tuple[View, ...]]: ...


class Decoder(Protocol):
    """What a worker does with bytes. Raises `PictureRefused`."""

    def warm_up(self) -> None: ...
    def open(self, untrusted_bytes: bytes) -> Opened: ...


def _read_exactly(stream: BinaryIO, count: int) -> bytes:
    """Exactly that many bytes; ends the process when the other side is gone."""
    data = stream.read(count)
    if len(data) != count:
        raise SystemExit(0)
    return data


def _may_decode(size: tuple[int, int], pixels_unasked: int, stdin: BinaryIO, stdout: BinaryIO) -> bool:
    """Whether a picture of this size is to be decoded; the pool is asked where that is not said already."""
    if size[0] * size[1] <= pixels_unasked:
        return True
    stdout.write(frames.format_size(*size))
    stdout.flush()
    return _read_exactly(stdin, 1) == frames.GO


def _show_views(stages: Iterable[tuple[View, ...]], stdin: BinaryIO, stdout: BinaryIO) -> bytes:
    """Send stage after stage, each but the first only when it is asked for; what is left to be said then."""
    sent = 0
    for views in stages:
        if views:
            stdout.write(frames.format_views(views))
            stdout.flush()
            sent += 1
            if sent == MOST_STAGES or _read_exactly(stdin, 1) != frames.MORE:
                return b""
    return frames.format_views(())


def serve(decoder: Decoder, memory_bytes: int, cpu_s: int, pictures: int) -> None:
    """Answer pictures on standard input until it closes. `cpu_s` is for one picture, `pictures` the most in a life."""
    end_with_parent()
    warnings.simplefilter("ignore")
    stdin, stdout = sys.stdin.buffer, sys.stdout.buffer
    decoder.warm_up()
    sandbox = lock_down(memory_bytes, cpu_s * pictures)
    stdout.write(frames.READY + bytes((sandbox.value,)))
    stdout.flush()
    while (asked := stdin.read(1)) == frames.LOOK or asked in frames.PURPOSES:
        length, pixels_unasked = frames.parse_picture(_read_exactly(stdin, frames.PICTURE_HEAD_BYTES))
        untrusted_bytes = _read_exactly(stdin, length)
        # SIGPROF ends the process, by its default action, once this picture has used its CPU time.
        signal.setitimer(signal.ITIMER_PROF, cpu_s)
        try:
            opened = decoder.open(untrusted_bytes)
            del untrusted_bytes
            if not _may_decode(opened.size, pixels_unasked, stdin, stdout):
                answer = b""
            elif asked == frames.LOOK:
                answer = _show_views(opened.views(), stdin, stdout)
            else:
                answer = frames.format_fingerprints(opened.fingerprint(frames.PURPOSES[asked]))
        except PictureRefused as refusal:
            answer = frames.format_refusal(type(refusal))
        except MemoryError:
            answer = frames.format_refusal(PictureTooHard)
        except Exception:  # noqa: BLE001 - outer loop: whatever a decoder raises, this upload gets "unreadable"
            answer = frames.format_refusal(UnreadablePicture)
        untrusted_bytes, opened = b"", None  # type: ignore[assignment]
        signal.setitimer(signal.ITIMER_PROF, 0)
        stdout.write(answer)
        stdout.flush()
    if asked:
        raise SystemExit(3)


def parse_arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    """The limits the pool gives a worker on its command line (or in these words)."""
    parser = argparse.ArgumentParser(description="Started by notcontent itself, not by people.")
    parser.add_argument("--memory-bytes", type=int, required=True)
    parser.add_argument("--cpu-s", type=int, required=True)
    parser.add_argument("--pictures", type=int, required=True)
    parser.add_argument("--max-bytes", type=int, required=True)
    parser.add_argument("--max-pixels", type=int, required=True)
    parser.add_argument("--max-side", type=int, required=True)
    return parser.parse_args(words)


def pin_threads() -> None:
    """One thread for numpy's sums. To be called before numpy is loaded: more would need system calls that get shut."""
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):
        os.environ[name] = "1"


def keep_memory() -> None:
    """Let the C library keep up to 64 MB of what is freed (glibc only).

    It would give every decoded picture back to the kernel and fault it in anew page by page for the next one, which
    costs more than decoding.
    """
    libc = ctypes.CDLL(None)
    if sys.platform == "linux" and hasattr(libc, "mallopt"):
        libc.mallopt(_M_MMAP_THRESHOLD, 32 << 20)
        libc.mallopt(_M_TRIM_THRESHOLD, 64 << 20)


def main() -> None:
    """Run one worker."""
    pin_threads()
    keep_memory()
    from .workbench import PictureDecoder  # noqa: PLC0415 - loads numpy, which must see the line above

    arguments = parse_arguments()
    decoder = PictureDecoder(arguments.max_bytes, arguments.max_pixels, arguments.max_side)
    serve(decoder, arguments.memory_bytes, arguments.cpu_s, arguments.pictures)


if __name__ == "__main__":
    main()
