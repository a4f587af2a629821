"""What goes over the wire between a clamd and its clients. Source: clamd(8), COMMANDS."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from notcontent.guard.arriving import Pace

#: The longest command; none takes an argument.
MAX_COMMAND_BYTES = 512
#: What is understood. The rest of clamd's commands name files, which nobody here opens, or steer a scanner.
COMMANDS = (b"PING", b"VERSION", b"VERSIONCOMMANDS", b"INSTREAM", b"IDSESSION", b"END")
#: Clients wait for this very sentence.
SIZE_LIMIT = b"INSTREAM size limit exceeded. ERROR"
UNKNOWN = b"UNKNOWN COMMAND"
READ_TIMED_OUT = b"stream: read timed out. ERROR"
#: First byte of a command -> what ends it, and the answer to it.
_ENDS = {b"z": b"\0", b"n": b"\n"}


@dataclass(frozen=True, slots=True)
class Command:
    """A command without its prefix, and what ends the answer to it."""

    name: bytes
    end: bytes


async def read_command(reader: asyncio.StreamReader, pace: Pace) -> Command:
    """The next command: `zPING` up to a NUL, `nPING` up to a newline, or `PING` with nothing after it, as old clients
    send it. A name that is too long comes out cut.

    Raises what `Pace` raises.
    """
    first = await pace.exactly(reader, 1)
    if end := _ENDS.get(first):
        try:
            line = await pace.line(reader, end)
        except asyncio.LimitOverrunError:
            return Command(b"", end)
        return Command(line[:-1].rstrip(b"\r")[:MAX_COMMAND_BYTES], end)
    untrusted = first
    # What ends a bare command is that it is one; `VERSIONCOMMANDS` comes in one piece or is taken for `VERSION`.
    while any(command.startswith(untrusted.strip()) for command in COMMANDS) and untrusted.strip() not in COMMANDS:
        untrusted += await pace.read(reader, MAX_COMMAND_BYTES)
    return Command(untrusted.strip()[:MAX_COMMAND_BYTES], b"\n")


async def read_stream(reader: asyncio.StreamReader, pace: Pace) -> AsyncIterator[bytes]:
    """The blocks of what follows INSTREAM: lengths of 4 bytes, most significant first, each with so many bytes, until
    a length of zero. Raises what `Pace` raises.
    """
    while left := int.from_bytes(await pace.exactly(reader, 4), "big"):
        while left:
            block = await pace.read(reader, left)
            left -= len(block)
            yield block
