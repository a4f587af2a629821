"""A coarse preview of a stranger's picture or video, made by a locked-in process of its own that lives for this one.

What it gives back is not believed: so many bytes of colour and no more, which are packed as PNG here.
"""

from __future__ import annotations

import asyncio
import contextlib
import struct
import sys
import zlib

from .ending import end_process
from .pool import PoolLimits
from .preview_worker import SIDE, STRIP_WIDTH
from .refusals import BY_CODE, DecoderDied, PictureTooHard, PictureTooLarge
from .video import refusals as of_videos
from .video.formats import find_video_format
from .video.sampling import SECOND

_COMMAND = (sys.executable, "-I", "-m", "notcontent.fingerprint.preview_worker")
_PNG = b"\x89PNG\r\n\x1a\n"
_HEAD = 5
_REFUSALS = BY_CODE | of_videos.BY_CODE
_MOST_BYTES = _HEAD + STRIP_WIDTH * SIDE * 3


async def make_preview(untrusted_bytes: bytes, limits: PoolLimits | None = None, at_s: float | None = None) -> bytes:
    """A PNG of at most 48 pixels a side; of a video, at most five such frames in a row. Raises `PictureRefused`.

    `at_s`: a moment of a video, in seconds, that is to be among them.
    """
    limits = limits or PoolLimits()
    if len(untrusted_bytes) > limits.max_bytes:
        raise PictureTooLarge
    video = find_video_format(untrusted_bytes)
    more = [] if video is None else [f"--video={video}"]
    if video and at_s is not None:
        more.append(f"--at-micros={int(at_s * SECOND)}")
    process = await asyncio.create_subprocess_exec(
        *_COMMAND,
        *limits.arguments,
        *more,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={},
        cwd="/",
        start_new_session=True,
    )
    if process.stdin is None or process.stdout is None:
        raise DecoderDied
    handing_over = asyncio.create_task(_hand_over(process.stdin, untrusted_bytes))
    try:
        async with asyncio.timeout(limits.timeout_s):
            untrusted_answer = await _hear(process.stdout)
    except TimeoutError as error:
        raise PictureTooHard from error
    finally:
        end_process(process)
        # What a dead process leaves is no more than its pipe holds; read to its end, the pipe closes.
        await asyncio.gather(handing_over, process.stdout.read(), process.wait())
    return _as_png(untrusted_answer, SIDE if video is None else STRIP_WIDTH)


async def _hand_over(stdin: asyncio.StreamWriter, untrusted_bytes: bytes) -> None:
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        stdin.write(untrusted_bytes)
        await stdin.drain()
    stdin.close()


async def _hear(stdout: asyncio.StreamReader) -> bytes:
    """At most one byte more than a preview has: whoever says more than that is not listened to."""
    try:
        return await stdout.readexactly(_MOST_BYTES + 1)
    except asyncio.IncompleteReadError as error:
        return error.partial


def _as_png(untrusted_answer: bytes, most_width: int = SIDE) -> bytes:
    if untrusted_answer[:1] == b"R":
        raise _REFUSALS.get(untrusted_answer[1:].decode("ascii", "replace"), DecoderDied)
    if untrusted_answer[:1] != b"P" or len(untrusted_answer) < _HEAD:
        raise DecoderDied
    width, height = struct.unpack(">HH", untrusted_answer[1:_HEAD])
    pixels = untrusted_answer[_HEAD:]
    if not (0 < width <= most_width and 0 < height <= SIDE) or len(pixels) != width * height * 3:
        raise DecoderDied
    rows = b"".join(b"\0" + pixels[row * width * 3 : (row + 1) * width * 3] for row in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return _PNG + _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(rows)) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    """Source: PNG specification, section 5.3."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
