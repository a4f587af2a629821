"""`/stopncii/v1/…`: pages and feedback for clients in StopNCII's shape (docs/spec/stopncii.md)."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from http import HTTPStatus

from asgiref.sync import sync_to_async
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET, require_POST

from notcontent.exchange.answers import answer_json, malformed, read_json
from notcontent.exchange.errors import Refused
from notcontent.exchange.lists.models import Listing, ListingState, ShapedHash
from notcontent.exchange.lists.shaping import day_of
from notcontent.exchange.partners.canaries import hear_of_canary_value
from notcontent.exchange.partners.models import Report, Stream
from notcontent.exchange.partners.polling import note_acked, note_heard, tokens
from notcontent.exchange.today import utc_today
from notcontent.feed.stopncii import (
    FROM_THE_BEGINNING,
    MAX_PAGE,
    MAX_TIME,
    PAGE_SIZE,
    Feedback,
    Opinion,
    Page,
    Record,
    format_page,
    parse_feedbacks,
)
from notcontent.feed.text import MalformedText

_NUMBER = re.compile(r"[0-9]{1,16}", re.ASCII)
_TOKEN = re.compile(r"([0-9]{1,16})-([0-9]{1,16})-([0-9a-f]{32})", re.ASCII)

#: What an opinion says of a match: verdict, decision, reason. The others say nothing that she could be told.
_TOLD = {
    Opinion.PENDING_REVIEW: ("hold", None, None),
    Opinion.BLOCKED: ("block", "block", "intimate"),
    Opinion.NOT_BLOCKED: ("hold", "release", "not_intimate"),
}


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a page begins: after this fingerprint of this day, in what there was up to this number."""

    up_to: int
    day: int
    id: str


@require_GET
async def fetch_hashes(request: HttpRequest) -> HttpResponse:
    """`GET /stopncii/v1/FetchHashes`: one page of what changed since then."""
    bearer = await tokens.check_pair(request, "fetch")
    await note_heard(bearer.feed)
    start = _whole(request, "startTimestamp", "")
    size = max(1, min(MAX_PAGE, _whole(request, "pageSize", str(PAGE_SIZE))))
    untrusted_token = request.GET.get("nextPageToken", "")
    page = await sync_to_async(give_page)(bearer.feed, start, size, _place(untrusted_token))
    return HttpResponse(format_page(page), content_type="application/json")


@require_POST
async def submit_feedback(request: HttpRequest) -> HttpResponse:
    """`POST /stopncii/v1/SubmitFeedback`: the same answer whatever is listed; durable when this answers."""
    bearer = await tokens.check_pair(request, "feedback")
    try:
        feedbacks = parse_feedbacks(read_json(request))
    except MalformedText as error:
        raise malformed(str(error)) from None
    await sync_to_async(hear_feedbacks)(bearer.feed, feedbacks)
    return answer_json({})


def _whole(request: HttpRequest, name: str, default: str) -> int:
    text = request.GET.get(name, default)
    if not _NUMBER.fullmatch(text) or int(text) > MAX_TIME:
        raise malformed(f"{name} must be a plain whole number.")
    return int(text)


def _place(untrusted_token: str) -> _Place | None:
    if not untrusted_token:
        return None
    match = _TOKEN.fullmatch(untrusted_token)
    if match is None:
        raise malformed("nextPageToken must be the one of the page before.")
    return _Place(int(match[1]), int(match[2]), match[3])


def give_page(feed: str, start: int, size: int, place: _Place | None) -> Page:
    """The page, marked as given before anybody sees it. Asking from a time says that all before it was taken.

    From the beginning there is nothing to withdraw: whoever asks so holds nothing. Raises `Refused` 409 for a time that
    this stream has not come to: then the client's list is not from here.
    """
    with transaction.atomic():
        stream = Stream.objects.select_for_update().get(feed=feed)
        lost = FROM_THE_BEGINNING < start < stream.oldest
        if lost or start > max(stream.number + 1, FROM_THE_BEGINNING):
            raise Refused(
                HTTPStatus.CONFLICT,
                "conflict",
                "This list has not come to that time; it was begun anew, or yours came from elsewhere.",
                "Clear what was fetched (`tx fetch --clear`, or delete the exchange in HMA), then fetch again.",
            )
        if place is None:
            note_acked(feed, start - 1)
        up_to = min(place.up_to, stream.number) if place else stream.number
        rows = _rows(feed, start, up_to, place)
        found = list(rows.order_by("day", "id")[: size + 1])
        given, more = found[:size], len(found) > size
        if up_to > stream.given_number:
            Stream.objects.filter(feed=feed).update(given_number=up_to)
        new = [row.id for row in given if not row.given]
        for at in range(0, len(new), 400):
            ShapedHash.objects.filter(id__in=new[at : at + 400]).update(given=True)
    records = tuple(Record(row.value, row.day, row.withdrawn is not None) for row in given)
    if more:
        last = given[-1]
        return Page(records, max(start, last.day), True, f"{up_to}-{last.day}-{last.id}")
    return Page(records, max(start, up_to + 1), False, None)


def _rows(feed: str, start: int, up_to: int, place: _Place | None) -> QuerySet[ShapedHash]:
    rows = ShapedHash.objects.filter(stream_id=feed, day__gte=day_of(start), number__gte=start, number__lte=up_to)
    if place is not None:
        rows = rows.filter(Q(day__gt=place.day) | Q(day=place.day, id__gt=place.id))
    if start <= FROM_THE_BEGINNING:
        rows = rows.filter(withdrawn=None)
    return rows


def hear_feedbacks(feed: str, feedbacks: tuple[Feedback, ...]) -> None:
    """Count each listing's feedback once, however often and of however many of its turns it is sent.

    A later one may add the decision, once.
    """
    with transaction.atomic():
        Stream.objects.select_for_update().get(feed=feed)
        for feedback in feedbacks:
            if feedback.opinion in _TOLD:
                _hear(feed, feedback)


def _hear(feed: str, feedback: Feedback) -> None:
    hear_of_canary_value(feed, feedback.value)
    verdict, decision, reason = _TOLD[feedback.opinion]
    held = Listing.objects.filter(stream_id=feed, state=ListingState.LIVE, shaped__value=feedback.value)
    for listing in held:
        report, made = Report.objects.get_or_create(
            stream_id=feed,
            report=hashlib.sha256(f"feedback {listing.id}".encode()).hexdigest()[:32],
            defaults={
                "listing": listing, "verdict": verdict, "decision": decision, "reason": reason, "day": utc_today()
            },
        )  # fmt: skip
        if not made and report.decision is None and decision is not None:
            report.decision, report.reason = decision, reason
            report.save(update_fields=["decision", "reason"])
