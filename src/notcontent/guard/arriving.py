"""What doors with protocols of their own hold of uploads that are still arriving: bounded for each and for all."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from notcontent.errors import NotContentError
from notcontent.guard.doorway import HEAD_BYTES, Doorway, Judged, Outcome, is_nothing_for_us
from notcontent.guard.errors import TooMuchAtOnce, TooSlow, UploadTooLarge

#: An upload gets the time for one step again for each so many bytes that have arrived: a slow line is no attack, and
#: one byte a minute is.
STEP_BYTES = 1 << 20
#: So much is read at a time.
BLOCK_BYTES = 64 << 10


class Room:
    """The memory that all uploads being received may take together, in one process."""

    def __init__(self, max_bytes: int) -> None:
        """So many bytes."""
        self._free_bytes = max_bytes

    def take(self, count: int) -> None:
        """Take so many bytes. Raises TooMuchAtOnce."""
        if count > self._free_bytes:
            raise TooMuchAtOnce("Too much is being received at this moment. Send it again in a few seconds.")
        self._free_bytes -= count

    def give_back(self, count: int) -> None:
        """Give back what was taken."""
        self._free_bytes += count


class Held:
    """The bytes of one upload, counted in the room until the block ends."""

    def __init__(self, room: Room, max_bytes: int) -> None:
        """Hold no more than so many bytes."""
        self._room, self._max_bytes = room, max_bytes
        self._bytes = bytearray()
        self._taken = 0

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go of everything."""
        self.let_go()

    def __len__(self) -> int:
        """How many bytes are held."""
        return len(self._bytes)

    def add(self, block: bytes | memoryview) -> None:
        """Hold these too. Raises UploadTooLarge and TooMuchAtOnce; then what was held is held still."""
        if len(self._bytes) + len(block) > self._max_bytes:
            raise UploadTooLarge(f"An upload may have {self._max_bytes >> 20} MiB. Raise the setting max_upload_mib.")
        self._room.take(len(block))
        self._taken += len(block)
        self._bytes += block

    def head(self, count: int) -> bytes:
        """The first so many bytes."""
        return bytes(memoryview(self._bytes)[:count])

    def whole(self) -> bytes:
        """All of it. It is held no longer, and counted still."""
        whole, self._bytes = bytes(self._bytes), bytearray()
        return whole

    def let_go(self) -> None:
        """Hold nothing any more."""
        self._room.give_back(self._taken)
        self._bytes, self._taken = bytearray(), 0


class Piece:
    """One file that arrives in blocks. It is held only as long as it may be a picture or a video, and may be held."""

    def __init__(self, room: Room, max_bytes: int) -> None:
        """Hold no more than so many bytes, counted in this room."""
        self._held = Held(room, max_bytes)
        self._told = False
        self.passed_over = False
        self.error: NotContentError | None = None

    def add(self, block: bytes | memoryview) -> None:
        """The next bytes. Never raises: what can't be held is dropped, and `error` says why."""
        if self.passed_over or self.error:
            return
        try:
            self._held.add(block)
        except (UploadTooLarge, TooMuchAtOnce) as error:
            self.give_up(error)
            return
        if not self._told and len(self._held) >= HEAD_BYTES:
            self._told = True
            if is_nothing_for_us(self._held.head(HEAD_BYTES)):
                self.give_up(None)

    def give_up(self, error: NotContentError | None) -> None:
        """Look at nothing of it: because of this, or, with None, because it is nothing for us."""
        self.error, self.passed_over = error, error is None
        self.let_go()

    def let_go(self) -> None:
        """Hold nothing any more."""
        self._held.let_go()

    async def judge(self, doorway: Doorway) -> Judged:
        """What the door says of it, once it is whole."""
        if self.passed_over:
            return Judged(Outcome.PASS, passed_over=True)
        if self.error:
            return doorway.unchecked(self.error)
        return await doorway.judge(self._held.whole())


class Pace:
    """How long an upload may take: so many seconds, and as many again for each `STEP_BYTES` that arrived."""

    def __init__(self, timeout_s: float) -> None:
        """Begin now."""
        self._timeout_s = timeout_s
        self._arrived = 0
        self._end = asyncio.get_running_loop().time() + timeout_s

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """The time that passes here is not the client's."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            yield
        finally:
            self._end += loop.time() - began

    async def read(self, reader: asyncio.StreamReader, most: int) -> bytes:
        """What comes next, at most so many bytes. Raises TooSlow, and IncompleteReadError where the client is gone."""
        try:
            async with asyncio.timeout_at(self._end):
                block = await reader.read(min(most, BLOCK_BYTES))
        except TimeoutError as error:
            raise TooSlow("The upload arrived too slowly. Send it again, faster.") from error
        if not block:
            raise asyncio.IncompleteReadError(b"", most)
        self._arrived += len(block)
        while self._arrived >= STEP_BYTES:
            self._arrived -= STEP_BYTES
            self._end += self._timeout_s
        return block

    async def line(self, reader: asyncio.StreamReader, end: bytes) -> bytes:
        """What comes until this end, and the end. Raises what `read` raises, and LimitOverrunError."""
        try:
            async with asyncio.timeout_at(self._end):
                return await reader.readuntil(end)
        except TimeoutError as error:
            raise TooSlow("The upload arrived too slowly. Send it again, faster.") from error

    async def exactly(self, reader: asyncio.StreamReader, count: int) -> bytes:
        """So many bytes. Raises what `read` raises."""
        try:
            async with asyncio.timeout_at(self._end):
                return await reader.readexactly(count)
        except TimeoutError as error:
            raise TooSlow("The upload arrived too slowly. Send it again, faster.") from error
