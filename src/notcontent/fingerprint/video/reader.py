"""Strangers' videos are read here: each in a worker process of its own that can do nothing else and ends with it.

The process that owns the reader decodes nothing and loads no decoder: an open file goes in, looks come out while it is
read.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import stat
import sys
import tempfile
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from typing import Final

from notcontent.fingerprint.ending import end_process
from notcontent.fingerprint.frames import BrokenFrame
from notcontent.fingerprint.lockdown import Sandbox
from notcontent.fingerprint.picture import Purpose
from notcontent.fingerprint.refusals import DecoderDied, DecoderUnavailable, NoRoom

from . import messages
from .enrolled import fold_enrolled
from .frame import Frame, VideoFingerprint
from .limits import VideoLimits
from .progress import Reading
from .refusals import NotAVideo, VideoTooHard, VideoTooLarge
from .sampling import SECOND

WORKER_COMMAND: Final = (sys.executable, "-I", "-m", "notcontent.fingerprint.video.worker")
_START_S: Final = 60.0
_GOODBYE_S: Final = 1.0

Progress = Callable[[Reading], None]


class VideoReader:
    """Reads at most `at_once` videos at a time; `max_waiting` more may wait. Use from one event loop."""

    def __init__(
        self,
        at_once: int = 1,
        limits: VideoLimits | None = None,
        max_waiting: int = 16,
        worker_command: Sequence[str] = WORKER_COMMAND,
    ) -> None:
        self.limits = limits or VideoLimits()
        self.at_once = at_once
        self._max_waiting = max_waiting
        self._command = tuple(worker_command)
        self._room = asyncio.Semaphore(at_once)
        self.waiting = 0
        #: What holds the last worker that was started: "seccomp", "limits", or "none" before the first.
        self.sandbox = "none"

    async def frames(
        self, source: int | bytes, purpose: Purpose, progress: Progress | None = None
    ) -> AsyncGenerator[tuple[Frame, ...]]:
        """Looks at the video, a few at a time, while it is read; the order is that of time.

        `source` is a descriptor of an open file, which stays the caller's, or the whole video. What is looked up comes
        pruned, with looks inside bars; what is to be enrolled comes whole, for `fingerprint`. `progress` is told how
        far it is; its last word says whether the video was complete. Close the iterator to stop early.

        Raises the members of `video.refusals`, `DecoderDied`, `NoRoom` and `DecoderUnavailable`.
        """
        if (len(source) if isinstance(source, bytes) else _length(source)) > self.limits.max_bytes:
            raise VideoTooLarge
        if self.waiting >= self._max_waiting:
            raise NoRoom
        self.waiting += 1
        try:
            await self._room.acquire()
        finally:
            self.waiting -= 1
        try:
            with _as_file(source) as descriptor:
                async with contextlib.aclosing(self._read(descriptor, purpose, progress)) as batches:
                    async for looks in batches:
                        yield looks
        finally:
            self._room.release()

    async def fingerprint(self, source: int | bytes, progress: Progress | None = None) -> VideoFingerprint:
        """What is listed of a video. Raises what `frames` raises, and `VideoShowsNothing`."""
        last = Reading()

        def follow(reading: Reading) -> None:
            nonlocal last
            last = reading
            if progress is not None:
                progress(reading)

        looks = [look async for batch in self.frames(source, Purpose.ENROL, follow) for look in batch]
        return fold_enrolled(looks, last)

    async def _read(
        self, descriptor: int, purpose: Purpose, progress: Progress | None
    ) -> AsyncGenerator[tuple[Frame, ...]]:
        worker = await _Worker.start(self._command, descriptor, purpose, self.limits)
        after = 0
        try:
            self.sandbox = await worker.ready()
            while True:
                kind, body = await worker.read()
                if kind == messages.END:
                    return
                if kind == messages.REFUSED:
                    raise messages.parse_refusal(body)
                if kind != messages.LOOKS:
                    raise BrokenFrame("A video's worker spoke out of turn. It is stopped.")
                reading, count = messages.parse_head(body)
                if reading.done_micros > self.limits.max_seconds * SECOND:
                    raise BrokenFrame("A video's worker went beyond the end. It is stopped.")
                looks = messages.parse_looks(await worker.read_bytes(count), after, reading.done_micros)
                after = max(after, reading.done_micros)
                if progress is not None:
                    progress(reading)
                if looks:
                    yield looks
        except TimeoutError as error:
            raise VideoTooHard from error
        except BrokenFrame as error:
            raise VideoTooHard if await worker.used_up_its_time() else DecoderDied from error
        finally:
            await worker.kill()


class _Worker:
    """One process, the pipe it answers on, and the wall-clock time it has left."""

    def __init__(self, process: asyncio.subprocess.Process, timeout_s: float) -> None:
        if process.stdout is None:
            raise DecoderUnavailable("Videos can't be read here: their process could not start.")
        self._process, self._stdout, self._left_s = process, process.stdout, timeout_s

    @classmethod
    async def start(cls, command: Sequence[str], descriptor: int, purpose: Purpose, limits: VideoLimits) -> _Worker:
        """A process that has just been started. Raises `DecoderUnavailable`."""
        names = VideoLimits.__dataclass_fields__
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                f"--purpose={purpose.name}",
                *(f"--{name.replace('_', '-')}={getattr(limits, name)}" for name in names),
                stdin=descriptor,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env={},
                cwd="/",
                close_fds=True,
                start_new_session=True,
            )
        except OSError as error:
            raise DecoderUnavailable("Videos can't be read here: their process could not start.") from error
        return cls(process, limits.timeout_s)

    async def ready(self) -> str:
        """Wait until it is locked in; by what. Raises `DecoderUnavailable`."""
        try:
            async with asyncio.timeout(_START_S):
                answer = await self._stdout.readexactly(2)
            if answer[:1] == messages.READY:
                return Sandbox(answer[1]).name.lower()
        except (asyncio.IncompleteReadError, TimeoutError, ValueError):
            pass
        raise DecoderUnavailable(
            "Videos can't be read here: their process could not start. Check that notcontent[video] is installed."
        )

    async def read(self) -> tuple[bytes, bytes]:
        """The next message: its kind and the bytes that always belong to it. Raises `BrokenFrame`, TimeoutError."""
        kind = await self._exactly(1)
        if kind not in messages.BODY_BYTES:
            raise BrokenFrame("A video's worker said something nobody knows. It is stopped.")
        return kind, await self._exactly(messages.BODY_BYTES[kind])

    async def read_bytes(self, looks: int) -> bytes:
        """The bytes of so many looks."""
        return await self._exactly(looks * messages.LOOK_BYTES)

    async def _exactly(self, count: int) -> bytes:
        """Only waiting for the worker counts, not what our caller does in between."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            async with asyncio.timeout(self._left_s):
                return await self._stdout.readexactly(count)
        except (asyncio.IncompleteReadError, ConnectionResetError) as error:
            raise BrokenFrame("A video's worker ended under it.") from error
        finally:
            self._left_s -= loop.time() - began

    async def kill(self) -> None:
        end_process(self._process)
        await self._process.wait()

    async def used_up_its_time(self) -> bool:
        """Whether the kernel ended it for its CPU time. Asked only once its pipe broke."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_GOODBYE_S):
                return -await self._process.wait() in (signal.SIGPROF, signal.SIGXCPU)
        return False


def _length(descriptor: int) -> int:
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        raise NotAVideo
    return status.st_size


@contextlib.contextmanager
def _as_file(source: int | bytes) -> Iterator[int]:
    """The descriptor itself, or one of a file without a name that holds the bytes, in memory where that can be had."""
    if isinstance(source, int):
        yield source
    elif hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("video")
        try:
            with memoryview(source) as rest:
                done = 0
                while done < len(rest):
                    done += os.write(descriptor, rest[done:])
            yield descriptor
        finally:
            os.close(descriptor)
    else:
        with tempfile.TemporaryFile() as file:
            file.write(source)
            file.flush()
            yield file.fileno()
