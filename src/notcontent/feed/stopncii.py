"""The shape in which clients of StopNCII.org's hash exchange ask for a list and send feedback (docs/spec/stopncii.md).

Pure. Format and parse stand side by side. The client that sets the shape is python-threatexchange's; what it can't
bear is never written, and what it writes is all that is read.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NoReturn

from notcontent.feed.text import MalformedText, check_hex

#: The start that means "from the beginning", as the client sends it.
FROM_THE_BEGINNING = 10
#: What the client asks for, and the most that it is given.
PAGE_SIZE = 800
MAX_PAGE = 1_000
MAX_FEEDBACKS = 1_000
#: Every whole number that JSON carries safely.
MAX_TIME = (1 << 53) - 1
IMAGE_PDQ = "ImagePDQ"


@dataclass(frozen=True, slots=True)
class Record:
    """One fingerprint: `value` is 64 hex digits of PDQ, `time` whole seconds, withdrawn or active."""

    value: str
    time: int
    withdrawn: bool


@dataclass(frozen=True, slots=True)
class Page:
    """An answer. `next_time` is what to ask from later on; `token` leads to the next page while `has_more`."""

    records: tuple[Record, ...]
    next_time: int
    has_more: bool
    token: str | None


class Opinion(StrEnum):
    """What a platform can say of a fingerprint. The values are the shape's own."""

    UNKNOWN = "Unknown"
    NONE = "None"
    QUALITY_UNKNOWN = "QualityUnknown"
    PENDING_REVIEW = "PendingReview"
    BLOCKED = "Blocked"
    NOT_BLOCKED = "NotBlocked"
    WITHDRAWN = "Withdrawn"
    DELETED = "Deleted"


@dataclass(frozen=True, slots=True)
class Feedback:
    """What a platform says of one fingerprint (64 hex digits). Its free tags are not read."""

    value: str
    opinion: Opinion


def format_page(page: Page) -> str:
    """The page as JSON, without case numbers or other platforms' feedback: nothing tells one case of another."""
    return json.dumps(
        {
            "count": len(page.records),
            "nextPageToken": page.token,
            "nextSetTimestamp": page.next_time,
            "hasMoreRecords": page.has_more,
            "hashRecords": [
                {
                    "lastModtimestamp": record.time,
                    "signalType": IMAGE_PDQ,
                    "hashValue": record.value,
                    "hashStatus": "Withdrawn" if record.withdrawn else "Active",
                    "caseNumbers": {},
                    "CSPFeedbacks": [],
                }
                for record in page.records
            ],
        },
        separators=(",", ":"),
    )


def parse_page(untrusted_text: str) -> Page:
    """The page that `format_page` would write as this text. Raises `MalformedText`."""
    names = {"count", "nextPageToken", "nextSetTimestamp", "hasMoreRecords", "hashRecords"}
    offered = _object(_decode(untrusted_text), names)
    records = tuple(_parse_record(item) for item in _list(offered["hashRecords"], MAX_PAGE))
    token, has_more = offered["nextPageToken"], offered["hasMoreRecords"]
    if not isinstance(token, str | None) or not isinstance(has_more, bool) or has_more != (token is not None):
        raise MalformedText("A page's token and whether it has more do not fit together.")
    if _whole(offered["count"]) != len(records):
        raise MalformedText("A page's count is not that of its records.")
    return Page(records, _whole(offered["nextSetTimestamp"]), has_more, token)


def _parse_record(untrusted: object) -> Record:
    names = {"lastModtimestamp", "signalType", "hashValue", "hashStatus", "caseNumbers", "CSPFeedbacks"}
    item = _object(untrusted, names)
    if item["signalType"] != IMAGE_PDQ or item["caseNumbers"] != {} or item["CSPFeedbacks"] != []:
        raise MalformedText("A record says more than this exchange ever does.")
    if item["hashStatus"] not in ("Active", "Withdrawn"):
        raise MalformedText("A record's status is neither Active nor Withdrawn.")
    return Record(_hex(item["hashValue"]), _whole(item["lastModtimestamp"]), item["hashStatus"] == "Withdrawn")


def format_feedbacks(feedbacks: Sequence[Feedback]) -> str:
    """The body of SubmitFeedback as JSON, without tags."""
    told: list[dict[str, Any]] = [
        {"tags": [], "feedbackValue": each.opinion.value, "hashValue": each.value} for each in feedbacks
    ]
    return json.dumps({"count": len(told), "hashFeedbacks": told}, separators=(",", ":"))


def parse_feedbacks(untrusted: object) -> tuple[Feedback, ...]:
    """The feedback in a decoded body of SubmitFeedback; fingerprints of other kinds are passed over.

    Raises `MalformedText`.
    """
    offered = _object(untrusted, {"count", "hashFeedbacks"})
    items = [
        _object(item, {"tags", "feedbackValue", "hashValue"}) for item in _list(offered["hashFeedbacks"], MAX_FEEDBACKS)
    ]
    if _whole(offered["count"]) != len(items):
        raise MalformedText("count is not the number of the feedbacks.")
    return tuple(feedback for item in items if (feedback := _parse_feedback(item)) is not None)


def _parse_feedback(untrusted: dict[str, Any]) -> Feedback | None:
    tags, value = untrusted["tags"], untrusted["hashValue"]
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags) or not isinstance(value, str):
        raise MalformedText("tags must be a list of texts and hashValue a text.")
    try:
        opinion = Opinion(untrusted["feedbackValue"])
    except ValueError:
        raise MalformedText("feedbackValue is none of the shape's values.") from None
    try:
        return Feedback(check_hex(value, 64), opinion)
    except MalformedText:
        # An MD5, a URL, a text: nothing that this exchange ever lists.
        return None


def _decode(untrusted_text: str) -> object:
    try:
        return json.loads(untrusted_text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise MalformedText("The page is not plain JSON.") from None


def _refuse_constant(_: str) -> NoReturn:
    raise ValueError("not a JSON number")


def _object(untrusted: object, names: set[str]) -> dict[str, Any]:
    if not isinstance(untrusted, dict) or set(untrusted) != names:
        raise MalformedText(f"An object must have exactly these names: {', '.join(sorted(names))}.")
    return untrusted


def _list(untrusted: object, longest: int) -> list[Any]:
    if not isinstance(untrusted, list) or len(untrusted) > longest:
        raise MalformedText(f"A list must have at most {longest} items.")
    return untrusted


def _whole(untrusted: object) -> int:
    if isinstance(untrusted, bool) or not isinstance(untrusted, int) or not 0 <= untrusted <= MAX_TIME:
        raise MalformedText("A number is not whole or out of range.")
    return untrusted


def _hex(untrusted: object) -> str:
    if not isinstance(untrusted, str):
        raise MalformedText("A fingerprint is not a text.")
    return check_hex(untrusted, 64)
