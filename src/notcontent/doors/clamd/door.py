"""The clamd door: answers as a clamd does, so whatever asks a virus scanner about an upload asks the guard.

Of a match it says an opaque name, `NotContent.Match-` and the id under which it was recorded: no list, no tier, no
distance. A verdict is no virus, and the words around it are those of the program that asks: docs/platform/clamd.md says
how to change them.
"""

from __future__ import annotations

import itertools
import time
from importlib.metadata import version

from notcontent.doors.clamd.behind import Behind
from notcontent.doors.clamd.protocol import (
    COMMANDS,
    READ_TIMED_OUT,
    SIZE_LIMIT,
    UNKNOWN,
    Command,
    read_command,
    read_stream,
)
from notcontent.guard.arriving import Pace, Piece
from notcontent.guard.connections import Connection, Connections
from notcontent.guard.doorway import Judged, Outcome
from notcontent.guard.errors import StorageUnavailable, TooSlow, UploadTooLarge
from notcontent.guard.service import Guard
from notcontent.listening import Listener


class ClamdDoor:
    """The clamd door of one guard."""

    def __init__(self, guard: Guard) -> None:
        """Serve this guard. Raises BadSettings where its settings don't say what the door does."""
        self._guard, settings = guard, guard.settings
        self._rule = settings.clamd_rule
        self._doorway = guard.doorway(self._rule)
        self._behind = settings.clamd_behind_at
        self._max_upload_bytes, self._timeout_s = settings.max_upload_bytes, settings.body_timeout_s
        self._connections = Connections(self._serve, self._timeout_s)
        self._program = f"NotContent {version('notcontent')}"

    async def open(self, listener: Listener) -> None:
        """Answer whoever connects, from now on."""
        await self._connections.open(listener)

    async def close(self) -> None:
        """Take no more, let what is under way end, within seconds."""
        await self._connections.close()

    async def _serve(self, connection: Connection) -> None:
        """One command, or the numbered ones of a session."""
        command = await self._command(connection)
        if command.name != b"IDSESSION":
            await self._answer(connection, command, b"")
            return
        for number in itertools.count(1):
            command = await self._command(connection)
            if command.name == b"END" or not await self._answer(connection, command, b"%d: " % number):
                return

    async def _command(self, connection: Connection) -> Command:
        with connection.waiting():
            return await read_command(connection.reader, Pace(self._timeout_s))

    async def _answer(self, connection: Connection, command: Command, number: bytes) -> bool:
        """Whether the next command may follow."""
        goes_on = not connection.closing
        match command.name:
            case b"PING":
                answer = b"PONG"
            case b"VERSION":
                answer = self._version()
            case b"VERSIONCOMMANDS":
                answer = self._version() + b"| COMMANDS: " + b" ".join(COMMANDS)
            case b"INSTREAM":
                try:
                    answer = await self._scan(connection)
                except TooSlow:
                    answer = READ_TIMED_OUT
                goes_on = goes_on and answer not in (SIZE_LIMIT, READ_TIMED_OUT)
            case _:
                answer, goes_on = UNKNOWN, False
        await connection.send(number, answer, command.end)
        return goes_on

    async def _scan(self, connection: Connection) -> bytes:
        """The answer to one stream. Raises what `Pace` raises."""
        pace = Pace(self._timeout_s)
        piece = Piece(self._guard.room, self._max_upload_bytes)
        try:
            async with Behind(self._behind) as behind:
                async for block in read_stream(connection.reader, pace):
                    await behind.send(block)
                    piece.add(block)
                    if isinstance(piece.error, UploadTooLarge) and self._rule.when_unchecked is Outcome.STOP:
                        return SIZE_LIMIT
                await behind.send(b"")
                judged = await piece.judge(self._doorway)
                if judged.upload and judged.outcome is Outcome.STOP:
                    return _said(judged)
                return await behind.objection() or _said(judged)
        finally:
            piece.let_go()

    def _version(self) -> bytes:
        """Program, number and day of the lists, as clamd says program, number and day of its signatures."""
        try:
            lists = self._guard.readiness.lists()
        except StorageUnavailable:
            lists = []
        arrived = [each.age_s for each in lists if each.age_s is not None]
        if not arrived:
            return self._program.encode()
        number = sum(each.number for each in lists)
        return f"{self._program}/{number}/{time.ctime(time.time() - max(arrived))}".encode()


def _said(judged: Judged) -> bytes:
    """The three words of clamd. An upload that can't be checked and is to be stopped is FOUND too: what an ERROR means
    is up to the program that asked, and some let it pass.
    """
    if judged.outcome is Outcome.PASS:
        return b"stream: OK"
    if judged.upload is None:
        return b"stream: NotContent.Not-Checked FOUND"
    return b"stream: NotContent.Match-%s FOUND" % judged.upload.encode()
