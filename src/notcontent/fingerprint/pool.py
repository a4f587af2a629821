"""Strangers' pictures are fingerprinted here, in worker processes that can do nothing else and are replaced when they
die.

The process that owns the pool never decodes anything and loads no decoder: bytes go in, fingerprints come out.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Self, TypeVar

from . import frames
from .ending import end_process
from .picture import PictureFingerprint, Purpose
from .pixel_budget import PixelBudget
from .refusals import (
    DecoderDied,
    DecoderUnavailable,
    NoRoom,
    PictureTooHard,
    PictureTooLarge,
)
from .views.view import MOST_STAGES, MOST_VIEWS, View, ViewKind
from .worker_process import Broken, WorkerProcess

logger = logging.getLogger(__name__)

_RETRY_S = (0.0, 0.2, 1.0, 5.0, 15.0)

Answer = TypeVar("Answer")

WORKER_COMMAND = (sys.executable, "-I", "-m", "notcontent.fingerprint.worker")


@dataclass(frozen=True, slots=True)
class PoolLimits:
    """What one picture may be and use, and how much is taken on at once."""

    max_bytes: int = 64 * 1024 * 1024
    max_pixels: int = 50_000_000
    max_side: int = 32_768
    #: wall clock for one picture, and CPU time for one picture
    timeout_s: float = 30.0
    cpu_s: int = 20
    #: what a worker may map beyond what it holds when it is idle: about 14 bytes a pixel are needed
    memory_bytes: int = 1024 * 1024 * 1024
    #: pixels being decoded at the same time by all workers together
    pixels_in_flight: int = 100_000_000
    #: a picture of no more pixels is decoded without being asked about, where so many are free when it is handed over
    pixels_unasked: int = 4_000_000
    #: uploads that may wait for a worker; the next one gets `NoRoom`
    max_waiting: int = 64
    #: a worker is replaced after so many pictures: starting one costs as much as reading a hundred
    pictures_per_worker: int = 4000

    @property
    def arguments(self) -> tuple[str, ...]:
        """What a worker is told of these limits."""
        return (
            f"--memory-bytes={self.memory_bytes}",
            f"--cpu-s={self.cpu_s}",
            f"--pictures={self.pictures_per_worker}",
            f"--max-bytes={self.max_bytes}",
            f"--max-pixels={self.max_pixels}",
            f"--max-side={self.max_side}",
        )


@dataclass(frozen=True, slots=True)
class PoolStatus:
    """How the pool is, for `/readyz`."""

    workers: int
    workers_alive: int
    #: "seccomp", "limits", or "none" while no worker runs
    sandbox: str
    waiting: int
    busy: int
    pixels_in_flight: int
    replaced: int

    @property
    def ready(self) -> bool:
        """Whether a picture sent now would be read."""
        return self.workers_alive > 0


class _Talk:
    """What is said to a worker about one upload, and what it answers, within the time that the upload has."""

    def __init__(self, worker: WorkerProcess, budget: PixelBudget, limits: PoolLimits) -> None:
        self._worker, self._budget, self._left_s = worker, budget, limits.timeout_s
        #: Pixels of the budget that are this upload's.
        self.held = budget.take_at_once(limits.pixels_unasked)
        #: Whether the worker waits for a word: about this upload while `open`, else for the next one.
        self._waits, self.open = True, False

    async def ask(self, kind: bytes, parse: Callable[[bytes], Answer], *words: bytes) -> Answer:
        """Say these words; the answer, which has to be of this kind. Raises `PictureRefused`.

        If the worker first says how large the picture is, it goes on as soon as so many pixels are free.
        """
        refusal = None
        try:
            said, body = await self._say(*words)
            if said == frames.SIZE and not self.open:
                width, height = frames.parse_size(body)
                self._waits = self.open = True
                await self._hold(width * height)
                said, body = await self._say(frames.GO)
            if said == frames.REFUSED:
                refusal = frames.parse_refusal(body)
            elif said == kind:
                answer = parse(body)
            else:
                raise Broken
        except TimeoutError as error:
            raise PictureTooHard from error
        except (Broken, frames.BrokenFrame) as error:
            raise PictureTooHard if await self._worker.used_up_its_time() else DecoderDied from error
        self._waits, self.open = True, refusal is None and said != frames.FINGERPRINTS
        if refusal:
            raise refusal
        return answer

    async def _say(self, *words: bytes) -> tuple[bytes, bytes]:
        """Say these words, and wait for the worker to say something, for as long as this upload may still take."""
        self._waits, began = False, time.monotonic()
        async with asyncio.timeout(max(0.0, self._left_s)):
            await self._worker.write(*words)
            message = await self._worker.read()
        self._left_s -= time.monotonic() - began
        return message

    async def _hold(self, pixels: int) -> None:
        """Wait until so many pixels are free, instead of those held so far."""
        held, self.held = self.held, 0
        self._budget.give_back(held)
        self.held = await self._budget.take(pixels)

    def end(self) -> bool:
        """Tell a worker that holds this upload still that it is enough. Whether it can take the next one."""
        if self._waits and self.open:
            self._worker.say(frames.ENOUGH)
        self.open = False
        return self._waits and self._worker.lives


class Stages:
    """The views of one upload, a stage at a time. Made by `DecoderPool.look`."""

    def __init__(self, talk: _Talk, *words: bytes) -> None:
        """`words`: what hands the upload over."""
        self._talk, self._words, self._left = talk, words, MOST_VIEWS
        self._stages_left = MOST_STAGES

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> tuple[View, ...]:
        words, self._words = self._words, ()
        if not words:
            raise StopAsyncIteration
        views = await self._talk.ask(frames.VIEWS, self._parse, *words)
        self._left -= len(views)
        self._stages_left -= 1
        if views and self._stages_left:
            self._words = (frames.MORE,)
            return views
        # The worker has nothing more to say about this upload.
        self._talk.open = False
        if not views:
            raise StopAsyncIteration
        return views

    def _parse(self, body: bytes) -> tuple[View, ...]:
        """At most `MOST_VIEWS` in all; the first one, and no other, is the whole picture."""
        views = frames.parse_views(body)
        wholes = [place for place, view in enumerate(views) if view.kind is ViewKind.WHOLE]
        if len(views) > self._left or wholes != ([0] if self._left == MOST_VIEWS else []):
            raise frames.BrokenFrame("A decoder gave back views that don't belong together. It is replaced.")
        return views


class DecoderPool:
    """A fixed number of workers. Use from one event loop: `start`, then `fingerprint` from any task, then `close`."""

    def __init__(
        self, workers: int = 2, limits: PoolLimits | None = None, worker_command: Sequence[str] = WORKER_COMMAND
    ) -> None:
        self.limits = limits or PoolLimits()
        self._wanted = workers
        self._command = (*worker_command, *self.limits.arguments)
        #: None wakes a caller that waits while the pool closes.
        self._idle: asyncio.Queue[WorkerProcess | None] = asyncio.Queue()
        self._alive: set[WorkerProcess] = set()
        self._busy: set[WorkerProcess] = set()
        self._budget = PixelBudget(self.limits.pixels_in_flight)
        self._waiting = 0
        self._replaced = 0
        self._running = False
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Start all workers and wait until they are locked in. Raises `DecoderUnavailable` if one can't start."""
        self._running = True
        try:
            started = await asyncio.gather(*(self._start_worker() for _ in range(self._wanted)))
        except (Broken, TimeoutError, OSError) as error:
            await self.close()
            raise DecoderUnavailable(
                "The processes that read pictures could not start. Check that Pillow and numpy are installed."
            ) from error
        for worker in started:
            self._idle.put_nowait(worker)

    async def close(self) -> None:
        """Stop all workers at once. Pictures still being read get `DecoderDied`."""
        self._running = False
        for _ in range(self._waiting):
            self._idle.put_nowait(None)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for worker in list(self._alive):
            self._alive.discard(worker)
            await worker.kill()

    def status(self) -> PoolStatus:
        """Numbers for `/readyz`; says nothing about any picture."""
        weakest = min((worker.sandbox for worker in self._alive), key=lambda one: one.value, default=None)
        return PoolStatus(
            workers=self._wanted,
            workers_alive=len(self._alive),
            sandbox="none" if weakest is None else weakest.name.lower(),
            waiting=self._waiting,
            busy=len(self._busy),
            pixels_in_flight=self._budget.in_flight,
            replaced=self._replaced,
        )

    def worker_pids(self) -> list[int]:
        """Process ids of the living workers, for an operator who looks for them with ps."""
        return sorted(worker.process.pid for worker in self._alive)

    def busy_pids(self) -> list[int]:
        """Process ids of the workers that hold an upload right now."""
        return sorted(worker.process.pid for worker in self._busy)

    async def fingerprint(self, untrusted_bytes: bytes, purpose: Purpose = Purpose.ENROL) -> PictureFingerprint:
        """Quality and the eight fingerprints of a stranger's picture: canonical, or fast if it is only looked up.

        Raises `NotAPicture`, `UnreadablePicture`, `PictureTooLarge`, `PictureTooHard`, `DecoderDied`, `NoRoom`, and
        `DecoderUnavailable` if the pool was not started.
        """
        async with self._open(untrusted_bytes) as talk:
            head = frames.format_picture(purpose.value, len(untrusted_bytes), talk.held)
            return await talk.ask(frames.FINGERPRINTS, frames.parse_fingerprints, head, untrusted_bytes)

    @contextlib.asynccontextmanager
    async def look(self, untrusted_bytes: bytes) -> AsyncIterator[Stages]:
        """The views of a stranger's picture, cheap ones first: `async for views in stages`; leave when it is enough.

        A stage is made when it is asked for; until the block ends, the worker is nobody else's. Raises what
        `fingerprint` raises, on the way in and from stage to stage.
        """
        async with self._open(untrusted_bytes) as talk:
            yield Stages(talk, frames.format_picture(frames.LOOK, len(untrusted_bytes), talk.held), untrusted_bytes)

    @contextlib.asynccontextmanager
    async def _open(self, untrusted_bytes: bytes) -> AsyncIterator[_Talk]:
        """A worker for these bytes, as soon as there is one. Raises `PictureRefused`."""
        if not self._running:
            raise DecoderUnavailable("No pictures are being read here: the decoder is not running. Start it first.")
        if len(untrusted_bytes) > self.limits.max_bytes:
            raise PictureTooLarge
        worker = await self._take_worker()
        self._busy.add(worker)
        talk = _Talk(worker, self._budget, self.limits)
        try:
            yield talk
        finally:
            self._budget.give_back(talk.held)
            self._busy.discard(worker)
            worker.pictures += 1
            if talk.end() and self._running and worker.pictures < self.limits.pictures_per_worker:
                self._idle.put_nowait(worker)
            else:
                self._replace(worker)

    async def _take_worker(self) -> WorkerProcess:
        """An idle worker, as soon as there is one. Raises `NoRoom` when too many wait already."""
        if self._waiting >= self.limits.max_waiting and self._idle.empty():
            raise NoRoom
        self._waiting += 1
        try:
            worker = await self._idle.get()
        finally:
            self._waiting -= 1
        if worker is None:
            raise DecoderUnavailable("Reading pictures has just been stopped here. Try again in a moment.")
        return worker

    async def _start_worker(self) -> WorkerProcess:
        worker = await WorkerProcess.start(self._command)
        self._alive.add(worker)
        return worker

    def _replace(self, worker: WorkerProcess) -> None:
        """Kill it and bring up another, without keeping anybody waiting."""
        self._alive.discard(worker)
        end_process(worker.process)
        task = asyncio.create_task(self._bring_up_another(worker))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _bring_up_another(self, dead: WorkerProcess) -> None:
        await dead.kill()
        attempt = 0
        while self._running:
            await asyncio.sleep(_RETRY_S[min(attempt, len(_RETRY_S) - 1)])
            attempt += 1
            try:
                worker = await self._start_worker()
            except (Broken, TimeoutError, OSError):
                logger.error("a decoder process could not start, attempt %d", attempt)
                continue
            self._replaced += 1
            self._idle.put_nowait(worker)
            return
