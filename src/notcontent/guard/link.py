"""What the writing process and the processes that answer beside it say to each other, over a pair of sockets that only
those two hold.

One JSON object a line. The writer speaks first: `{"names", "key"}`. Then, from a process that answers:
`{"uploads": n}`, `{"news": true}`, `{"saw": …}`, or a question `{"ask": number, …}` of one of four kinds, `may_hold`,
`sends`, `keep` and `forget`; from the writer: `{"answer": number, …}`, and `{"trouble": {…}}` whenever that changes.
Fingerprints of uploads that are held by claims or accepted pass here, and nothing of it is written down.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
from collections.abc import Collection, Mapping
from dataclasses import astuple, replace
from typing import Any

from notcontent.errors import NotContentError
from notcontent.guard.asker import Asker
from notcontent.guard.brake import name_upload
from notcontent.guard.errors import StorageUnavailable
from notcontent.guard.one_writer import Accepted, Trouble
from notcontent.guard.writer import Writer

_LINE_BYTES = 1 << 20
_EVERY_S = 0.5
_HELLO_TIMEOUT_S = 60.0


def _line(body: Mapping[str, object]) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode() + b"\n"


class WriterLink:
    """The writer, from a process beside it. Ends its process when the writer is gone."""

    def __init__(self, end: socket.socket) -> None:
        """Take one end, and wait for the writer's first words. Raises StorageUnavailable."""
        self._socket = end
        end.settimeout(_HELLO_TIMEOUT_S)
        try:
            hello = b""
            while not hello.endswith(b"\n"):
                if not (byte := end.recv(1)):
                    raise _gone()
                hello += byte
        except OSError as error:
            raise _gone() from error
        end.setblocking(False)
        first = json.loads(hello)
        self._names = {int(list_id): str(name) for list_id, name in first["names"].items()}
        self._key = bytes.fromhex(first["key"])
        self._trouble: dict[int, Trouble] = {}
        self._asked: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._last = self._uploads = 0
        self._stopping = False
        self._tasks: list[asyncio.Task[None]] = []
        self._out: asyncio.StreamWriter | None = None

    @property
    def names(self) -> Mapping[int, str]:
        """The lists that are followed, by their ids."""
        return self._names

    async def start(self) -> None:
        """Listen to the writer."""
        incoming, self._out = await asyncio.open_connection(sock=self._socket, limit=_LINE_BYTES)
        self._tasks = [asyncio.create_task(self._listen(incoming)), asyncio.create_task(self._count())]

    async def stop(self) -> None:
        """Say what is still to be said, and let go."""
        self._stopping = True
        self._say_count()
        if self._out is not None:
            self._out.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def trouble_of(self, list_id: int) -> Trouble | None:
        """What stands in a list's way."""
        return self._trouble.get(list_id)

    def count_upload(self) -> None:
        """One more upload was judged. The writer hears of it within half a second, and before any question."""
        self._uploads += 1

    async def may_hold(self, untrusted_upload: bytes, claims: Mapping[str, bytes]) -> bool:
        """Whether these claims may hold this upload now."""
        named = name_upload(untrusted_upload, self._key).hex()
        near = {claim: seen.hex() for claim, seen in claims.items()}
        return bool((await self._ask({"may_hold": named, "claims": near}))["yes"])

    @property
    def naming_key(self) -> bytes:
        """What uploads and places are named with in memory."""
        return self._key

    async def wait_s(self, caller: str, uploads_a_minute: int) -> float:
        """How long this caller has to wait; 0: it may send now."""
        return float((await self._ask({"sends": caller, "a_minute": uploads_a_minute}))["wait_s"])

    def saw(self, asker: Asker, untrusted_upload: bytes, entries: Collection[str], upload: str | None) -> None:
        """This upload, or fingerprint, came near entries."""
        named = name_upload(untrusted_upload, self._key).hex()
        self._say(
            {"saw": named, "upload": upload, "entries": list(entries), "asker": astuple(replace(asker, where=None))}
        )

    def news(self) -> None:
        """There is something in the outbox."""
        self._say({"news": True})

    async def keep(self, accepted: Accepted) -> None:
        """Remember an accepted upload."""
        body = {"keep": accepted.object_id, "values": accepted.values.hex(), "flagged": accepted.flagged}
        await self._ask(body)

    async def forget(self, object_id: str) -> bool:
        """Forget an accepted upload; whether it was known."""
        return bool((await self._ask({"forget": object_id}))["yes"])

    def _say(self, body: Mapping[str, object]) -> None:
        if self._out is not None and not self._out.is_closing():
            self._out.write(_line(body))

    def _say_count(self) -> None:
        if self._uploads:
            self._say({"uploads": self._uploads})
            self._uploads = 0

    async def _ask(self, body: Mapping[str, object]) -> dict[str, Any]:
        if self._out is None or self._out.is_closing():
            raise _gone()
        self._say_count()
        self._last += 1
        self._asked[self._last] = answer = asyncio.get_running_loop().create_future()
        self._say({"ask": self._last, **body})
        said: dict[str, Any] = await answer
        if "failed" in said:
            raise StorageUnavailable(said["failed"])
        return said

    async def _count(self) -> None:
        while True:
            await asyncio.sleep(_EVERY_S)
            self._say_count()

    async def _listen(self, incoming: asyncio.StreamReader) -> None:
        with contextlib.suppress(OSError):
            while line := await incoming.readline():
                said = json.loads(line)
                if "trouble" in said:
                    self._trouble = {int(key): Trouble(*words) for key, words in said["trouble"].items()}
                elif (answer := self._asked.pop(said["answer"], None)) and not answer.done():
                    answer.set_result(said)
        for answer in self._asked.values():
            if not answer.done():
                answer.set_exception(_gone())
        if not self._stopping:
            # Without the process that writes, nothing here may be answered for long; it starts others when it is back.
            os.kill(os.getpid(), signal.SIGTERM)


async def serve_link(writer: Writer, end: socket.socket) -> None:
    """The writer's side of one link, until the other process lets go."""
    end.setblocking(False)
    incoming, out = await asyncio.open_connection(sock=end, limit=_LINE_BYTES)
    out.write(_line({"names": dict(writer.names), "key": writer.brake.key.hex()}))
    telling = asyncio.create_task(_tell_trouble(writer, out))
    answering: set[asyncio.Task[None]] = set()
    try:
        with contextlib.suppress(OSError):
            while line := await incoming.readline():
                said = json.loads(line)
                if "uploads" in said:
                    writer.count_upload(said["uploads"])
                elif "news" in said:
                    writer.news()
                elif "saw" in said:
                    writer.saw_named(Asker(*said["asker"]), bytes.fromhex(said["saw"]), said["entries"], said["upload"])
                else:
                    task = asyncio.create_task(_answer(writer, said, out))
                    answering.add(task)
                    task.add_done_callback(answering.discard)
    finally:
        telling.cancel()
        out.close()


async def _answer(writer: Writer, asked: dict[str, Any], out: asyncio.StreamWriter) -> None:
    answer: dict[str, object] = {"answer": asked["ask"]}
    try:
        if "may_hold" in asked:
            claims = {claim: bytes.fromhex(seen) for claim, seen in asked["claims"].items()}
            answer["yes"] = writer.may_hold_named(bytes.fromhex(asked["may_hold"]), claims)
        elif "sends" in asked:
            answer["wait_s"] = await writer.wait_s(asked["sends"], asked["a_minute"])
        elif "forget" in asked:
            answer["yes"] = await writer.forget(asked["forget"])
        else:
            await writer.keep(Accepted(asked["keep"], bytes.fromhex(asked["values"]), asked["flagged"]))
    except NotContentError as error:
        answer["failed"] = str(error)
    out.write(_line(answer))


async def _tell_trouble(writer: Writer, out: asyncio.StreamWriter) -> None:
    told: dict[int, list[str]] = {}
    while True:
        found = {each: writer.trouble_of(each) for each in writer.names}
        now = {each: [trouble.code, trouble.text] for each, trouble in found.items() if trouble}
        if now != told:
            out.write(_line({"trouble": now}))
            told = now
        await asyncio.sleep(_EVERY_S)


def _gone() -> StorageUnavailable:
    return StorageUnavailable("The process that writes is gone. Try again once the guard has been started again.")
