"""Receiving an upload: in memory only, never more than allowed, never for longer than allowed."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect, Request

from notcontent.guard.door_errors import DoorError
from notcontent.guard.settings import Settings

#: What the lines around a file in a form may take.
_FORM_OVERHEAD_BYTES = 64 << 10
_FIELDS = (b"file",)


class Receiving:
    """How much is being received right now, over all connections."""

    def __init__(self, *, max_upload_bytes: int, max_receiving_bytes: int, timeout_s: float) -> None:
        """Set the limits: of one upload, of all at a time, and how long one may take to arrive."""
        self._max_upload_bytes, self._max_receiving_bytes = max_upload_bytes, max_receiving_bytes
        self._timeout_s = timeout_s
        self._held_bytes = 0

    @classmethod
    def within(cls, settings: Settings) -> Receiving:
        """One for all doors that speak HTTP, within a guard's limits."""
        return cls(
            max_upload_bytes=settings.max_upload_bytes,
            max_receiving_bytes=settings.max_receiving_mib << 20,
            timeout_s=settings.body_timeout_s,
        )

    @asynccontextmanager
    async def upload(self, request: Request, fields: Collection[bytes] = _FIELDS) -> AsyncIterator[bytes]:
        """The upload of a request, counted as held until the block ends; in a form, the one field of these names.

        Raises DoorError: 400 broken form, 408 too slow, 413 too large, 422 no file in the form, 503 no room.
        """
        kind, options = parse_options_header(request.headers.get("content-type"))
        boundary = options.get(b"boundary") if kind == b"multipart/form-data" else None
        if kind == b"multipart/form-data" and not boundary:
            raise DoorError(422, "form", "The form has no boundary.", "Let the HTTP library set Content-Type itself.")
        limit = self._max_upload_bytes + (_FORM_OVERHEAD_BYTES if boundary else 0)
        expected = request.headers.get("content-length", "")
        if expected.isdigit() and int(expected) > limit:
            raise self._too_large()
        length = counted = 0
        blocks: list[bytes] = []
        try:
            async with asyncio.timeout(self._timeout_s):
                async for block in request.stream():
                    # What it takes in memory, so that an upload that comes in crumbs takes no more than it may.
                    size = sys.getsizeof(block)
                    if (length := length + len(block)) > limit:
                        raise self._too_large()
                    if self._held_bytes + size > self._max_receiving_bytes:
                        raise DoorError(503, "no_room", "Too much is being received.", "Send it again in a moment.")
                    self._held_bytes += size
                    counted += size
                    blocks.append(block)
            upload = b"".join(blocks)
            blocks.clear()
            if boundary:
                upload = _file_of_form(upload, boundary, fields)
            if len(upload) > self._max_upload_bytes:
                raise self._too_large()
            if not upload:
                raise DoorError(422, "empty", "There is nothing to check.", "Send the picture as body or field 'file'.")
            yield upload
        except TimeoutError as error:
            raise DoorError(408, "slow", "The upload took too long to arrive.", "Send it again, faster.") from error
        except ClientDisconnect as error:
            raise DoorError(400, "cut_off", "The upload was cut off.", "Send it again.") from error
        finally:
            self._held_bytes -= counted

    async def small(self, request: Request, max_bytes: int) -> bytes:
        """A short body, such as JSON. Raises DoorError 413 and 408."""
        body = bytearray()
        try:
            async with asyncio.timeout(self._timeout_s):
                async for block in request.stream():
                    body += block
                    if len(body) > max_bytes:
                        raise DoorError(413, "too_large", "The question is too long.", "Ask in several parts.")
        except TimeoutError as error:
            raise DoorError(408, "slow", "The question took too long to arrive.", "Send it again.") from error
        except ClientDisconnect as error:
            raise DoorError(400, "cut_off", "The question was cut off.", "Send it again.") from error
        return bytes(body)

    def _too_large(self) -> DoorError:
        return DoorError(
            413,
            "too_large",
            f"An upload may have {self._max_upload_bytes >> 20} MiB.",
            "Refuse it, or raise the setting max_upload_mib.",
        )


async def hang_up(request: Request) -> None:
    """Return when the client is gone. For a request whose body has been received."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _file_of_form(body: bytes, boundary: bytes, fields: Collection[bytes]) -> bytes:
    """The bytes of the one field of these names.

    Starlette's own parser would write large ones to the disk; this one never does.
    """
    reader = _FormReader(fields)
    try:
        parser = MultipartParser(boundary, reader.callbacks())  # type: ignore[arg-type]
        parser.write(body)
        parser.finalize()
    except (FormParserError, ValueError) as error:
        raise DoorError(400, "form", "The form is broken.", "Send the picture as field 'file'.") from error
    if not reader.ended:
        raise DoorError(400, "form", "The form is cut off.", "Send it again, whole.")
    if len(reader.files) != 1:
        names = " or ".join(name.decode() for name in fields)
        raise DoorError(422, "form", f"The form needs exactly one field named {names}.", "Send one picture at a time.")
    return b"".join(reader.files[0])


class _FormReader:
    """Collects the parts of these names."""

    def __init__(self, fields: Collection[bytes]) -> None:
        self._fields = fields
        self.files: list[list[bytes]] = []
        self.ended = False
        self._header, self._value, self._wanted = b"", b"", False

    def callbacks(self) -> dict[str, object]:
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._on_header,
            "on_header_value": self._on_value,
            "on_header_end": self._end_header,
            "on_part_data": self._data,
            "on_end": self._end,
        }

    def _begin(self) -> None:
        self._header, self._value, self._wanted = b"", b"", False

    def _on_header(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _end_header(self) -> None:
        if self._header.lower() == b"content-disposition":
            _, options = parse_options_header(self._value)
            if options.get(b"name") in self._fields:
                self._wanted = True
                self.files.append([])
        self._header, self._value = b"", b""

    def _end(self) -> None:
        self.ended = True

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._wanted:
            self.files[-1].append(data[start:end])
