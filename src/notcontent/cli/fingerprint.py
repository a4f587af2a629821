"""`notcontent fingerprint`: files of pictures and videos become codes, on this machine."""

from __future__ import annotations

import argparse
import asyncio
import json
import mmap
import os
import sys
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Any

from notcontent.fingerprint.video.frame import VideoFingerprint

if TYPE_CHECKING:
    from notcontent.fingerprint.picture import PictureFingerprint
    from notcontent.fingerprint.pool import DecoderPool
    from notcontent.fingerprint.video.progress import Reading
    from notcontent.fingerprint.video.reader import VideoReader

_DESCRIPTION = """\
Turn pictures and videos into picture codes (PDQ fingerprints). The files stay on this machine: nothing is sent
anywhere, and nothing is written. A code can be compared with other codes. Somebody skilled might get a rough, blurred
shape of the picture from it, so keep codes to yourself.
"""

_EPILOG = """\
Reads JPEG, PNG, WebP, GIF, TIFF, BMP and AVIF, turned the way a person sees them. Animated ones are videos, like MP4,
MOV, WebM, MKV, AVI, MPEG, FLV, WMV and Ogg: each gives the codes of up to 600 of its frames.

With --json each line is one object, in the order of the files:
  {"file", "kind": "pdq", "pdq": 64 hex digits, "quality": 0 to 100, "orientations": [8 times 64 hex digits]}
  {"file", "kind": "video", "seconds", "complete": false if its end is broken, "frames": [64 hex digits each]}
  {"file", "error": what happened and what to do}
The eight orientations are: upright, quarter turn counter-clockwise, half turn, quarter turn clockwise, flipped upside
down, mirrored left to right, transposed, antitransposed. Below quality 50 a picture shows too little for a code.

Exit codes: 0 all files done, 2 at least one could not be read (the others are still printed).
"""


def add_commands(commands: argparse._SubParsersAction[Any]) -> None:
    """Add `fingerprint`."""
    parser = commands.add_parser(
        "fingerprint",
        help="turn pictures and videos into picture codes, on this machine",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="a picture or video")
    parser.add_argument("--json", action="store_true", help="print one JSON object a line instead of a table")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print a line for each file; 2 if any failed."""
    return asyncio.run(_print_all(args.files, as_json=args.json))


async def _print_all(files: list[str], as_json: bool) -> int:
    failed = False
    if not as_json:
        print(f"{'quality':>7}  {'picture code (upright)':64}  file")
    async for file, answer in fingerprint_files(files):
        failed = failed or isinstance(answer, str)
        print(_json_line(file, answer) if as_json else _table_line(file, answer), flush=True)
    return 2 if failed else 0


async def fingerprint_files(
    files: Sequence[str],
) -> AsyncIterator[tuple[str, PictureFingerprint | VideoFingerprint | str]]:
    """Each file in its order with its fingerprint, or with what happened and what to do."""
    from notcontent.fingerprint.pool import DecoderPool, PoolLimits
    from notcontent.fingerprint.video.limits import VideoLimits
    from notcontent.fingerprint.video.reader import VideoReader

    # Her own pictures on her own machine: larger ones than a service takes from strangers.
    limits = PoolLimits(
        max_bytes=512 * 1024 * 1024,
        max_pixels=200_000_000,
        max_side=65_535,
        timeout_s=120,
        cpu_s=110,
        memory_bytes=4 * 1024 * 1024 * 1024,
        pixels_in_flight=200_000_000,
    )
    workers = max(1, min(len(files), os.cpu_count() or 1, 4))
    pool = DecoderPool(workers, limits)
    videos = VideoReader(
        workers, VideoLimits(max_bytes=1 << 40, max_seconds=12 * 60 * 60, timeout_s=6 * 60 * 60, cpu_s=4 * 60 * 60)
    )
    await pool.start()
    try:
        for start in range(0, len(files), workers):
            batch = files[start : start + workers]
            answers = await asyncio.gather(*(_fingerprint_file(pool, videos, file, limits.max_bytes) for file in batch))
            for file, answer in zip(batch, answers, strict=True):
                yield file, answer
    finally:
        await pool.close()


async def _fingerprint_file(
    pool: DecoderPool, videos: VideoReader, file: str, max_bytes: int
) -> PictureFingerprint | VideoFingerprint | str:
    """The fingerprint, or what happened and what to do."""
    from notcontent.errors import NotContentError

    try:
        with open(file, "rb") as stream:
            if _is_video(stream.fileno()):
                bar = _Bar(file)
                try:
                    return await videos.fingerprint(stream.fileno(), bar.show)
                finally:
                    bar.clear()
        return await pool.fingerprint(await asyncio.to_thread(_read_file, file, max_bytes))
    except FileNotFoundError:
        return "There is no such file. Check its name and folder."
    except IsADirectoryError:
        return "This is a folder. Name the pictures in it."
    except OSError as error:
        return f"This file could not be read ({os.strerror(error.errno or 0)}). Check that you may open it."
    except NotContentError as error:
        return str(error)


def _read_file(file: str, max_bytes: int) -> bytes:
    with open(file, "rb") as stream:
        # One byte more than allowed is enough to be told that it is too large.
        return stream.read(max_bytes + 1)


def _is_video(descriptor: int) -> bool:
    from notcontent.fingerprint.video.formats import find_video_format

    if not os.fstat(descriptor).st_size:
        return False
    with mmap.mmap(descriptor, 0, prot=mmap.PROT_READ) as untrusted, memoryview(untrusted) as view:
        return find_video_format(view) is not None


class _Bar:
    """How far a long video is, on one line of a terminal."""

    _WIDTH = 30

    def __init__(self, file: str) -> None:
        self._name = os.path.basename(file)[:40]
        self._shown = False

    def show(self, reading: Reading) -> None:
        """Write the line anew."""
        if sys.stderr.isatty():
            filled = round(self._WIDTH * reading.share)
            line = f"[{'#' * filled:{self._WIDTH}}] {reading.share:4.0%}  {self._name}"
            print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)
            self._shown = True

    def clear(self) -> None:
        """Leave nothing behind."""
        if self._shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def _json_line(file: str, answer: PictureFingerprint | VideoFingerprint | str) -> str:
    if isinstance(answer, str):
        return json.dumps({"file": file, "error": answer})
    if isinstance(answer, VideoFingerprint):
        frames = [one.hex for one in answer.frames]
        return json.dumps(
            {
                "file": file,
                "kind": answer.kind,
                "seconds": answer.seconds,
                "complete": answer.complete,
                "frames": frames,
            }
        )
    return json.dumps(
        {
            "file": file,
            "kind": answer.kind,
            "pdq": answer.upright.hex,
            "quality": answer.quality,
            "orientations": [one.hex for one in answer.orientations],
        }
    )


def _table_line(file: str, answer: PictureFingerprint | VideoFingerprint | str) -> str:
    shown = file.encode(sys.stdout.encoding or "utf-8", "backslashreplace").decode(sys.stdout.encoding or "utf-8")
    if isinstance(answer, str):
        return f"{'-':>7}  {answer}  {shown}"
    if isinstance(answer, VideoFingerprint):
        note = "" if answer.complete else "  (its end is broken: the codes are of what could be read)"
        codes = f"codes of {len(answer.frames)} frames of {answer.seconds:.1f} s; --json prints them"
        return f"{'video':>7}  {codes:64}  {shown}{note}"
    note = "  (shows too little to be listed)" if answer.quality < answer.LEAST_QUALITY else ""
    return f"{answer.quality:>7}  {answer.upright.hex}  {shown}{note}"
