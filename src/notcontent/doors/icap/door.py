"""The ICAP door: a proxy in front of a site shows it what comes in (REQMOD) or goes out (RESPMOD).

What passes is left as it is. Instead of what is stopped there is a 403 whose page says one neutral sentence, in a
language that the request inside asks for. An opaque name, `NotContent.Match-` and the id under which the match was
recorded, stands in X-Infection-Found: no list, no tier, no distance. Nothing is logged of what a proxy tells about its
clients (X-Client-IP and the like); it is not even read.
"""

from __future__ import annotations

import contextlib
import hashlib
from importlib.metadata import version

from notcontent.doors.icap.body import Body, Contents, Echo
from notcontent.doors.icap.message import (
    NotUnderstood,
    Question,
    format_echo,
    format_error,
    format_options,
    format_refusal,
    format_unchanged,
    parse_question,
)
from notcontent.guard.arriving import Held, Pace
from notcontent.guard.connections import MOST_CONNECTIONS, Connection, Connections
from notcontent.guard.doorway import Judged, Outcome
from notcontent.guard.errors import StorageUnavailable, TooSlow
from notcontent.guard.service import Guard
from notcontent.guard.words import Words
from notcontent.listening import Listener

#: What the lines around files in a form may take, where all of it has to be held.
_FORM_OVERHEAD_BYTES = 64 << 10


class IcapDoor:
    """The ICAP door of one guard."""

    def __init__(self, guard: Guard) -> None:
        """Serve this guard. Raises BadSettings where its settings don't say what the door does."""
        self._guard, settings = guard, guard.settings
        self._rule = settings.icap_rule
        self._doorway = guard.doorway(self._rule)
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
        """One question after the other."""
        with contextlib.suppress(NotUnderstood):
            while not connection.closing:
                try:
                    with connection.waiting():
                        untrusted_head = await Pace(self._timeout_s).line(connection.reader, b"\r\n\r\n")
                except TooSlow:
                    return  # Nobody asked.
                try:
                    question = parse_question(untrusted_head)
                    await self._answer(connection, question, Pace(self._timeout_s))
                except NotUnderstood as error:
                    await connection.send(format_error(error, self._tag()))
                    raise
                except TooSlow:
                    await connection.send(format_error(None, self._tag()))
                    return
                if not question.keeps_alive:
                    return

    async def _answer(self, connection: Connection, question: Question, pace: Pace) -> None:
        """Raises NotUnderstood and what `Pace` raises."""
        heads = await pace.exactly(connection.reader, question.enclosed_bytes)
        body = Body(connection, pace, has_preview=question.has_preview)
        keeps_alive, tag = question.keeps_alive, self._tag()
        if question.method == "OPTIONS":
            if question.has_body:
                async for _ in body.blocks():
                    pass
            await connection.send(format_options(self._program, tag, MOST_CONNECTIONS, keeps_alive=keeps_alive))
            return
        own_head = question.own_head(heads)
        echo_head = format_echo(question, own_head, tag, keeps_alive=keeps_alive)
        if not question.has_body:
            unchanged = format_unchanged(tag, keeps_alive=keeps_alive)
            await connection.send(unchanged if question.allows_204 else echo_head)
            return
        with Held(self._guard.room, self._max_upload_bytes + _FORM_OVERHEAD_BYTES) as held:
            echo = None if question.allows_204 else Echo(connection, echo_head, held)
            judged = await self._judge(body, own_head, pace, echo)
            if judged.outcome is Outcome.STOP or (echo and echo.is_lost):
                if echo and echo.flows:
                    raise ConnectionError  # What has gone out can't be taken back, but it can be cut off.
                words = Words.asked_for(question.accept_language(heads))
                await connection.send(format_refusal(_name(judged), tag, words, keeps_alive=keeps_alive))
            elif echo:
                await echo.end()
            else:
                await connection.send(format_unchanged(tag, keeps_alive=keeps_alive))

    async def _judge(self, body: Body, own_head: bytes, pace: Pace, echo: Echo | None) -> Judged:
        contents = Contents(own_head, self._doorway, self._guard.room, self._max_upload_bytes)
        try:
            async for block in body.blocks():
                await contents.add(block, pace)
                if echo:
                    passes = contents.passes_whatever_follows or self._rule.when_unchecked is Outcome.PASS
                    await echo.add(block, may_flow=passes and contents.judged.outcome is Outcome.PASS)
            return await contents.end(pace)
        finally:
            contents.let_go()

    def _tag(self) -> str:
        """Changes whenever a list does, so that proxies forget what they were told before. Source: RFC 3507 §4.7."""
        try:
            state = [(each.name, each.epoch, each.number, each.ready) for each in self._guard.readiness.lists()]
        except StorageUnavailable:
            state = []
        return hashlib.sha256(repr((state, self._rule, self._program)).encode()).hexdigest()[:24]


def _name(judged: Judged) -> str:
    return f"NotContent.Match-{judged.upload}" if judged.upload else "NotContent.Not-Checked"
