"""`GET /v1/feed/…`: keys, polls and snapshots (docs/spec/feed.md §4)."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.views.decorators.http import require_GET, require_safe

from notcontent.exchange.answers import answer_json, answer_refusal, malformed, not_found
from notcontent.exchange.errors import Refused
from notcontent.exchange.folder import Folder
from notcontent.exchange.handler import ask_tables
from notcontent.exchange.partners.models import Stream
from notcontent.exchange.partners.tokens import Tokens
from notcontent.exchange.partners.watching import HeadWatch
from notcontent.exchange.today import utc_today
from notcontent.feed.head import Head
from notcontent.feed.text import MalformedText, check_number

MAX_WAIT_S = 25
PIECE_BYTES = 256 << 10
_ACKED_TOGETHER = 100
_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})", re.ASCII)
_SNAPSHOT = re.compile(r"([0-9]{1,18})-([0-9]{1,18})", re.ASCII)


tokens = Tokens(time.monotonic, utc_today, lambda: _watch().partners_mark())
_watches: dict[Path, HeadWatch] = {}
_acked: dict[str, tuple[int, int]] = {}
_heard_s: dict[str, float] = {}
#: How exactly it is kept when a client last asked.
HEARD_EVERY_S = 600.0


def _watch() -> HeadWatch:
    folder: Folder = settings.FOLDER
    if folder.path not in _watches:
        _watches[folder.path] = HeadWatch(folder)
    return _watches[folder.path]


@require_GET
async def give_keys(request: HttpRequest) -> HttpResponse:
    """`GET /v1/feed/keys`: the signed feed keys."""
    await tokens.check(request, "feed")
    folder: Folder = settings.FOLDER
    return answer_json(json.loads(folder.feed_keys.read_bytes()))


@require_GET
async def poll(request: HttpRequest) -> HttpResponse:
    """`GET /v1/feed/poll`: what is newer, or after a wait the head. Holds no thread and no database meanwhile."""
    bearer = await tokens.check(request, "feed")
    epoch, after = _ask_number(request, "epoch"), _ask_number(request, "after")
    wait_s = _ask_number(request, "wait", "0")
    if wait_s > MAX_WAIT_S:
        raise malformed(f"wait must be a whole number from 0 to {MAX_WAIT_S}.")
    await note_heard(bearer.feed)
    watch = _watch()
    seen = watch.now(bearer.feed)
    if seen is not None and epoch == seen.head.epoch:
        await _note_acked(bearer.feed, epoch, min(after, seen.head.number))
    if wait_s and (seen is None or not _is_news(seen.head, epoch, after)):
        await watch.wait_for_news(bearer.feed, lambda head: _is_news(head, epoch, after), wait_s)
        # Meanwhile the token may have been revoked, or the partner suspended.
        await tokens.check(request, "feed")
        seen = watch.now(bearer.feed)
    for _ in range(3):
        if seen is None:
            break
        if epoch != seen.head.epoch or after < seen.head.oldest - 1 or after >= seen.head.number:
            return answer_json({"head": seen.signed, "deltas": []})
        deltas = watch.deltas(seen.head, after)
        if deltas is not None:
            return answer_json({"head": seen.signed, "deltas": deltas})
        # The deltas were folded between reading the head and reading them: a newer head says so.
        await asyncio.sleep(0.1)
        seen = watch.now(bearer.feed)
    raise _not_ready()


def _is_news(head: Head, epoch: int, after: int) -> bool:
    return epoch != head.epoch or after != head.number


def _ask_number(request: HttpRequest, name: str, default: str = "") -> int:
    try:
        return check_number(request.GET.get(name, default))
    except MalformedText:
        raise malformed(f"{name} must be a plain whole number.") from None


class _Together:
    """What is noted of streams, written together: whoever comes while a write is under way shares the next one."""

    def __init__(self, write: Callable[[Mapping[str, int]], None]) -> None:
        self._store = write
        self._waiting: dict[str, int] = {}
        self._next: asyncio.Task[None] | None = None
        self._last: asyncio.Task[None] | None = None

    async def note(self, feed: str, number: int) -> None:
        """Durable when this returns."""
        self._waiting[feed] = number
        if self._next is None:
            self._next = asyncio.get_running_loop().create_task(self._write(self._last))
            self._last = self._next
        await asyncio.shield(self._next)

    async def _write(self, before: asyncio.Task[None] | None) -> None:
        if before is not None and before.get_loop() is asyncio.get_running_loop():
            await asyncio.wait([before])
        noted, self._waiting, self._next = self._waiting, {}, None
        await ask_tables(self._store, noted)


async def _note_acked(feed: str, epoch: int, number: int) -> None:
    """Remember what the guard holds; touches the database only when it moved."""
    known_epoch, known = _acked.get(feed, (-1, -1))
    if epoch == known_epoch and number <= known:
        return
    await _acks.note(feed, number)
    _acked[feed] = (epoch, number)


async def note_heard(feed: str) -> None:
    """Remember that this stream's client asked; touches the database every ten minutes only."""
    now_s = time.monotonic()
    if now_s - _heard_s.get(feed, -HEARD_EVERY_S) >= HEARD_EVERY_S:
        await _heard.note(feed, 0)
        _heard_s[feed] = now_s


def _store_heard(feeds: Mapping[str, int]) -> None:
    Stream.objects.filter(feed__in=list(feeds)).update(heard=datetime.now(UTC))


def note_acked(feed: str, number: int) -> None:
    """The guard of this stream holds everything up to this number: date what that lists for the first time."""
    note_all_acked({feed: number})


def note_all_acked(held: Mapping[str, int]) -> None:
    """The same for several streams, by feed, a hundred in one transaction."""
    feeds = sorted(held)
    for start in range(0, len(feeds), _ACKED_TOGETHER):
        with transaction.atomic():
            some = Stream.objects.select_for_update(no_key=True).filter(feed__in=feeds[start : start + _ACKED_TOGETHER])
            before = some.order_by("feed").values_list("feed", "acked_number")
            moved = [(feed, number, held[feed]) for feed, number in before if held[feed] > number]
            today = utc_today().isoformat()
            with connection.cursor() as cursor:
                # By hand: a question of Django's takes ten times as long as such a row.
                cursor.executemany(
                    "UPDATE lists_listing SET listed_day = %s WHERE stream_id = %s"
                    " AND added_number > %s AND added_number <= %s"
                    # What was withdrawn by then may have come and gone unseen.
                    " AND (withdrawn_number IS NULL OR withdrawn_number > %s)",
                    [(today, feed, number, now, now) for feed, number, now in moved],
                )
                cursor.executemany(
                    "UPDATE partners_stream SET acked_number = %s WHERE feed = %s",
                    [(now, feed) for feed, _, now in moved],
                )


_acks, _heard = _Together(note_all_acked), _Together(_store_heard)


@require_safe
async def give_snapshot(request: HttpRequest, name: str) -> HttpResponseBase:
    """`GET /v1/feed/snapshots/E-N`: the bytes, whole or one range of them."""
    path, head = await _snapshot(request, name)
    etag = f'"{head.snapshot_sha256}"'
    try:
        length = path.stat().st_size
    except FileNotFoundError:
        raise not_found() from None
    if _names_etag(request.headers.get("If-None-Match", ""), etag):
        return HttpResponse(status=HTTPStatus.NOT_MODIFIED, headers={"ETag": etag})
    asked = request.headers.get("Range", "") if request.headers.get("If-Range", etag) == etag else ""
    part = _range_of(asked, length)
    start, end = part or (0, length)
    if start >= end:
        refusal = answer_refusal(
            Refused(
                HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
                "range",
                "The range lies outside of the snapshot.",
                "Ask for a range inside of it, or for the whole.",
            )
        )
        refusal["Content-Range"] = f"bytes */{length}"
        return refusal
    headers = {
        "Content-Type": "application/octet-stream",
        "ETag": etag,
        "Accept-Ranges": "bytes",
        "Content-Length": str(end - start),
        "Cache-Control": "no-store",
    }
    status = HTTPStatus.OK
    if part is not None:
        status = HTTPStatus.PARTIAL_CONTENT
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{length}"
    if request.method == "HEAD":
        return HttpResponse(status=status, headers=headers)
    return StreamingHttpResponse(_pieces(path, start, end), status=status, headers=headers)


def _range_of(untrusted_asked: str, length: int) -> tuple[int, int] | None:
    """Start and end (exclusive) of a single byte range; None for none or one that is no such range (RFC 9110 §14.2)."""
    match = _RANGE.fullmatch(untrusted_asked)
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if not first:
        return max(0, length - int(last)), length if int(last) else 0
    if last and int(last) < int(first):
        return None
    return int(first), min(length, int(last) + 1) if last else length


@require_safe
async def give_snapshot_signature(request: HttpRequest, name: str) -> HttpResponse:
    """`GET /v1/feed/snapshots/E-N.minisig`: its minisign signature."""
    path, _ = await _snapshot(request, name)
    try:
        signature = path.with_name(path.name + ".minisig").read_bytes()
    except FileNotFoundError:
        raise not_found() from None
    return HttpResponse(signature, content_type="text/plain; charset=utf-8")


async def _snapshot(request: HttpRequest, name: str) -> tuple[Path, Head]:
    bearer = await tokens.check(request, "feed")
    match = _SNAPSHOT.fullmatch(name)
    seen = _watch().now(bearer.feed)
    if match is None or seen is None:
        raise not_found()
    epoch, number = map(int, match.groups())
    if not seen.head.has_snapshot or (seen.head.epoch, seen.head.snapshot) != (epoch, number):
        raise not_found()
    folder: Folder = settings.FOLDER
    return folder.snapshot(bearer.feed, epoch, number), seen.head


async def _pieces(path: Path, start: int, end: int) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        file.seek(start)
        left = end - start
        while left > 0:
            piece = await asyncio.to_thread(file.read, min(PIECE_BYTES, left))
            if not piece:
                return
            left -= len(piece)
            yield piece


def _names_etag(header: str, etag: str) -> bool:
    return header.strip() == "*" or etag in (part.strip().removeprefix("W/") for part in header.split(","))


def _not_ready() -> Refused:
    return Refused(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "busy",
        "This stream has no head yet.",
        "Ask again in a second; the publisher writes it.",
        retry_after_s=1,
    )
