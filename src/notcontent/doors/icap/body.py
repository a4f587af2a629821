"""The body of the HTTP message inside: read chunk by chunk, unpacked, taken apart, each file in it judged."""

from __future__ import annotations

import asyncio
import logging
import re
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Final

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from notcontent.doors.icap.message import NotUnderstood, field_of, format_chunk
from notcontent.errors import NotContentError
from notcontent.fingerprint.refusals import UnreadablePicture
from notcontent.guard.arriving import BLOCK_BYTES, Held, Pace, Piece, Room
from notcontent.guard.connections import Connection
from notcontent.guard.doorway import Doorway, Judged, Outcome
from notcontent.guard.errors import TooMuchAtOnce, UploadTooLarge

#: It would warn of every broken form, with a byte of it.
logging.getLogger("python_multipart").setLevel(logging.ERROR)

_MAX_LINE_BYTES: Final = 1024
_MOST_TRAILERS: Final = 64
#: Fields and files of one form. Taking it apart costs time for each, however small they are.
_MOST_PARTS: Final = 1000
#: Python's standard library unpacks these. Of a body packed in another way only its type tells whether it concerns us.
_UNPACKED: Final = (b"gzip", b"x-gzip", b"deflate")
_MAY_BE_A_PICTURE: Final = re.compile(rb"(?i)^(image/|video/|multipart/|application/octet-stream|$)")


class Body:
    """The chunks of one message."""

    def __init__(self, connection: Connection, pace: Pace, *, has_preview: bool) -> None:
        """Read them from this connection."""
        self._connection, self._pace, self._has_preview = connection, pace, has_preview
        self._is_whole = False

    async def blocks(self) -> AsyncIterator[bytes]:
        """Its bytes. After a preview that was not all of it, the rest is asked for.

        Raises NotUnderstood and what `Pace` raises.
        """
        async for block in self._chunks():
            yield block
        if self._has_preview and not self._is_whole:
            await self._connection.send(b"ICAP/1.0 100 Continue\r\n\r\n")
            async for block in self._chunks():
                yield block

    async def _chunks(self) -> AsyncIterator[bytes]:
        reader = self._connection.reader
        while True:
            size, _, extension = (await self._line()).partition(b";")
            if not re.fullmatch(rb"[0-9a-fA-F]{1,12}", size.strip()):
                raise NotUnderstood
            left = int(size, 16)
            if left == 0:
                # Source: RFC 3507 §4.5.
                self._is_whole = extension.strip().lower() == b"ieof"
                break
            while left:
                block = await self._pace.read(reader, left)
                left -= len(block)
                yield block
            if await self._line():
                raise NotUnderstood
        for _ in range(_MOST_TRAILERS):
            if not await self._line():
                return
        raise NotUnderstood

    async def _line(self) -> bytes:
        line = await self._pace.line(self._connection.reader, b"\r\n")
        if len(line) > _MAX_LINE_BYTES:
            raise NotUnderstood
        return line[:-2]


class Contents:
    """What a body holds: one file, or several in a form. Each is judged as soon as it is whole."""

    def __init__(self, http_head: bytes, doorway: Doorway, room: Room, max_upload_bytes: int) -> None:
        """`http_head` says how the body is packed and whether it is a form."""
        self._doorway, self._room, self._max_upload_bytes = doorway, room, max_upload_bytes
        self.judged = Judged(Outcome.PASS, passed_over=True)
        self._whole: list[Piece] = []
        self._form: MultipartParser | None = None
        self._form_ended = False
        self._parts = 0
        kind = field_of(http_head, b"content-type")
        packed = [each for each in re.split(rb"[,\s]+", field_of(http_head, b"content-encoding").lower()) if each]
        packed = [each for each in packed if each != b"identity"]
        self._unpack = _unpacker(max_upload_bytes) if packed else None
        self._piece = Piece(room, max_upload_bytes)
        if packed and (len(packed) > 1 or packed[0] not in _UNPACKED):
            self._give_up(UnreadablePicture() if _MAY_BE_A_PICTURE.match(kind) else None)
        elif kind.lower().startswith(b"multipart/"):
            boundary = parse_options_header(kind)[1].get(b"boundary")
            if not boundary:
                self._give_up(UnreadablePicture())
                return
            callbacks: dict[str, Callable[..., None]] = {
                "on_part_begin": self._begin,
                "on_part_data": lambda data, start, end: self._piece.add(memoryview(data)[start:end]),
                "on_part_end": lambda: self._whole.append(self._piece),
                "on_end": self._end_form,
            }
            try:
                self._form = MultipartParser(boundary, callbacks)  # type: ignore[arg-type]
            except FormParserError:
                self._give_up(UnreadablePicture())

    @property
    def passes_whatever_follows(self) -> bool:
        """Whether it is already known that this is nothing for us."""
        return self._form is None and self._piece.passed_over

    async def add(self, block: bytes, pace: Pace) -> None:
        """The next bytes of the body."""
        if self._unpack is None or self.passes_whatever_follows:
            await self._take(block, pace)
            return
        try:
            for unpacked in self._unpack(block):
                await self._take(unpacked, pace)
                # A small block may become a very large one: the others have their turn in between.
                await asyncio.sleep(0)
        except zlib.error:
            self._give_up(UnreadablePicture())
        except UploadTooLarge as error:
            self._give_up(error)

    async def end(self, pace: Pace) -> Judged:
        """There is no more: what all of it comes to."""
        if self._form is None:
            await self._judge(self._piece, pace)
        elif not self._form_ended:
            self._note(self._doorway.unchecked(UnreadablePicture()))
        return self.judged

    def let_go(self) -> None:
        """Hold nothing any more."""
        for piece in (self._piece, *self._whole):
            piece.let_go()

    async def _take(self, block: bytes, pace: Pace) -> None:
        if self._form is None:
            self._piece.add(block)
            return
        try:
            self._form.write(block)
        except FormParserError:
            self._give_up(UnreadablePicture())
        while self._whole:
            piece = self._whole.pop(0)
            await self._judge(piece, pace)
            piece.let_go()

    async def _judge(self, piece: Piece, pace: Pace) -> None:
        with pace.paused():
            self._note(await piece.judge(self._doorway))

    def _note(self, judged: Judged) -> None:
        """The worst of all counts: a match that stops, then what could not be checked, then a pass."""
        if _severity(judged) > _severity(self.judged):
            self.judged = judged

    def _give_up(self, error: NotContentError | None) -> None:
        """Look at nothing that follows; None: because it does not concern us."""
        self._form, self._unpack = None, None
        self._piece.give_up(error)

    def _begin(self) -> None:
        self._parts += 1
        if self._parts > _MOST_PARTS:
            raise FormParserError("There are too many parts in this form.")
        self._piece = Piece(self._room, self._max_upload_bytes)

    def _end_form(self) -> None:
        self._form_ended = True


class Echo:
    """What a client gets back that did not allow 204: held until the verdict, or handed on as it comes."""

    def __init__(self, connection: Connection, head: bytes, held: Held) -> None:
        """`head`: the answer up to the body."""
        self._connection, self._head, self._held = connection, head, held
        self.flows = self.is_lost = False

    async def add(self, block: bytes, *, may_flow: bool) -> None:
        """The next bytes. Where no more can be held, all goes out, if it may; else it is lost."""
        if self.flows:
            await self._connection.send(format_chunk(block))
        elif not self.is_lost:
            try:
                self._held.add(block)
            except (UploadTooLarge, TooMuchAtOnce):
                if may_flow:
                    await self._flow()
                    await self._connection.send(format_chunk(block))
                else:
                    self.is_lost = True
                    self._held.let_go()

    async def end(self) -> None:
        """All of it may pass."""
        if not self.flows:
            await self._flow()
        await self._connection.send(format_chunk(b""))

    async def _flow(self) -> None:
        self.flows = True
        pieces = [self._head]
        if len(self._held):
            pieces.append(format_chunk(self._held.whole()))
        self._held.let_go()
        await self._connection.send(*pieces)


def _severity(judged: Judged) -> int:
    if judged.outcome is Outcome.STOP:
        return 3 if judged.upload else 2
    return 1 if judged.error else 0


def _unpacker(max_bytes: int) -> Callable[[bytes], Iterator[bytes]]:
    """Unpacks gzip and zlib step by step. Raises zlib.error, and UploadTooLarge beyond so many bytes."""
    engine = zlib.decompressobj(wbits=47)
    unpacked_bytes = 0

    def unpack(block: bytes) -> Iterator[bytes]:
        nonlocal engine, unpacked_bytes
        while block:
            if engine.eof:  # Another member follows: RFC 1952 §2.2.
                engine = zlib.decompressobj(wbits=47)
            unpacked = engine.decompress(block, BLOCK_BYTES)
            block = engine.unused_data if engine.eof else engine.unconsumed_tail
            unpacked_bytes += len(unpacked)
            if unpacked_bytes > max_bytes:
                raise UploadTooLarge("It unpacks to more than an upload may have. Raise the setting max_upload_mib.")
            if unpacked:
                yield unpacked

    return unpack
