"""When an upload is answered: once it was read, or later to a caller that said so.

Whoever did not say that a verdict may come later waits for it, and is never told "pending".
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections.abc import Awaitable, Callable
from datetime import datetime

from notcontent.errors import NotContentError
from notcontent.fingerprint.video.formats import find_video_format
from notcontent.guard import metrics, pending
from notcontent.guard.asker import Asker
from notcontent.guard.database import Database
from notcontent.guard.errors import TakesTooLong
from notcontent.guard.gate import Gate
from notcontent.guard.one_writer import OneWriter
from notcontent.guard.verdict import Verdict, VerdictKind


class CallerGone(NotContentError):
    """The caller hung up before its video was read; reading has ended. Nobody reads this."""


class Answering:
    """Answers for one gate."""

    def __init__(
        self,
        gate: Gate,
        database: Database,
        writer: OneWriter,
        *,
        within_s: float,
        at_most_s: float,
        clock: Callable[[], datetime],
    ) -> None:
        """`within_s`: from when on a verdict comes later; `at_most_s`: how long a request waits at most."""
        self._gate, self._database, self._writer = gate, database, writer
        self._within_s, self._at_most_s, self._clock = within_s, at_most_s, clock
        self._later: set[asyncio.Task[None]] = set()

    async def check(
        self,
        untrusted_upload: bytes,
        object_id: str | None = None,
        *,
        asker: Asker,
        may_come_later: bool = False,
        accept_language: str = "",
        caller_leaves: Callable[[], Awaitable[object]] | None = None,
    ) -> Verdict:
        """The verdict of one upload; `PENDING` only where it `may_come_later`.

        `accept_language` is what the uploader reads of a verdict that comes later.
        `caller_leaves` returns when the caller has hung up: then nothing is read for it any more.
        Raises what `Gate.check` raises, TakesTooLong and CallerGone.
        """
        began = time.perf_counter()
        try:
            verdict = await self._check(
                untrusted_upload,
                object_id,
                asker,
                may_come_later=may_come_later,
                accept_language=accept_language,
                caller_leaves=caller_leaves,
            )
        except NotContentError as error:
            metrics.count_unchecked(asker.door, error)
            raise
        metrics.count_time(asker.door, time.perf_counter() - began)
        metrics.count_verdict(asker.door, verdict)
        if verdict.matches:
            self._writer.saw(asker, untrusted_upload, [match.entry for match in verdict.matches], verdict.id)
        return verdict

    async def _check(
        self,
        untrusted_upload: bytes,
        object_id: str | None,
        asker: Asker,
        *,
        may_come_later: bool,
        accept_language: str,
        caller_leaves: Callable[[], Awaitable[object]] | None,
    ) -> Verdict:
        if not may_come_later and not find_video_format(untrusted_upload):
            return await self._gate.check(untrusted_upload, object_id, account=asker.account, where=asker.where)
        upload = secrets.token_hex(16)
        judging = asyncio.create_task(self._gate.check(untrusted_upload, object_id, upload, asker.account, asker.where))
        goes_on = False
        try:
            if await _done(judging, self._within_s if may_come_later else self._at_most_s, caller_leaves):
                return judging.result()
            if not may_come_later:
                raise TakesTooLong(
                    "Reading this video takes longer than a request may wait. Send it with ?pending=202, or cut it."
                )
            await asyncio.to_thread(pending.begin, self._database, upload, object_id, self._clock(), accept_language)
            finishing = asyncio.create_task(self._finish(upload, judging, asker))
            self._later.add(finishing)
            finishing.add_done_callback(self._later.discard)
            goes_on = True
            return Verdict(VerdictKind.PENDING, upload)
        finally:
            if not goes_on:
                judging.cancel()
                await asyncio.gather(judging, return_exceptions=True)

    async def stop(self) -> None:
        """End what is being read; at the next start the platform is told "unfinished"."""
        for task in self._later:
            task.cancel()
        await asyncio.gather(*self._later, return_exceptions=True)

    async def _finish(self, upload: str, judging: asyncio.Task[Verdict], asker: Asker) -> None:
        why = None
        try:
            verdict = await judging
            metrics.count_verdict(asker.door, verdict)
        except NotContentError as error:
            metrics.count_unchecked(asker.door, error)
            kind = VerdictKind.REFUSED if error.permanent else VerdictKind.UNFINISHED
            verdict, why = Verdict(kind, upload), str(error)
        # If the disk is full now, the next start says "unfinished".
        with contextlib.suppress(NotContentError):
            await asyncio.to_thread(self._settle, verdict, why)
            self._writer.news()

    def _settle(self, verdict: Verdict, why: str | None) -> None:
        with self._database.write() as connection:
            pending.settle(connection, verdict, self._clock(), why)


async def _done(
    judging: asyncio.Task[Verdict], within_s: float, caller_leaves: Callable[[], Awaitable[object]] | None
) -> bool:
    """Whether the verdict is there within so many seconds. Raises CallerGone."""
    leaving = asyncio.ensure_future(caller_leaves()) if caller_leaves else None
    try:
        await asyncio.wait(
            {judging, leaving} if leaving else {judging}, timeout=within_s, return_when=asyncio.FIRST_COMPLETED
        )
        if leaving and leaving.done() and not judging.done():
            raise CallerGone("The caller hung up. Send the video again.")
        return judging.done()
    finally:
        if leaving:
            leaving.cancel()
