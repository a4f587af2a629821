"""The shape of StopNCII.org's exchange: what is written, what is read, and what is never said."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notcontent.feed.stopncii import (
    Feedback,
    Opinion,
    Page,
    Record,
    format_feedbacks,
    format_page,
    parse_feedbacks,
    parse_page,
)
from notcontent.feed.text import MalformedText

VALUES = st.binary(min_size=32, max_size=32).map(bytes.hex)
TIMES = st.integers(0, (1 << 53) - 1)
RECORDS = st.lists(st.builds(Record, VALUES, TIMES, st.booleans()), max_size=5).map(tuple)
PAGES = st.builds(lambda records, time, token: Page(records, time, token is not None, token), RECORDS, TIMES,
                  st.none() | st.text(max_size=60))  # fmt: skip


@given(PAGES)
def test_a_page_survives_the_journey(page: Page) -> None:
    text = format_page(page)
    assert parse_page(text) == page
    assert format_page(parse_page(text)) == text


@given(st.lists(st.builds(Feedback, VALUES, st.sampled_from(Opinion)), max_size=5))
def test_feedback_survives_the_journey(feedbacks: list[Feedback]) -> None:
    assert parse_feedbacks(json.loads(format_feedbacks(feedbacks))) == tuple(feedbacks)


def test_a_page_is_what_the_clients_library_takes() -> None:
    # The whole answer, as python-threatexchange 1.2.16 and 1.2.17 read it without dropping anything.
    page = Page((Record("ab" * 32, 1_763_769_600, False), Record("cd" * 32, 1_763_769_601, True)), 17, True, "next")
    empty: dict[str, Any] = {"signalType": "ImagePDQ", "caseNumbers": {}, "CSPFeedbacks": []}
    assert json.loads(format_page(page)) == {
        "count": 2,
        "nextPageToken": "next",
        "nextSetTimestamp": 17,
        "hasMoreRecords": True,
        "hashRecords": [
            {"lastModtimestamp": 1_763_769_600, "hashValue": "ab" * 32, "hashStatus": "Active"} | empty,
            {"lastModtimestamp": 1_763_769_601, "hashValue": "cd" * 32, "hashStatus": "Withdrawn"} | empty,
        ],
    }


GOOD = json.loads(format_page(Page((Record("ab" * 32, 5, False),), 6, False, None)))


@pytest.mark.parametrize(
    "changed",
    [
        {"count": 2},
        {"count": True},
        {"count": "1"},
        {"nextSetTimestamp": -1},
        {"nextSetTimestamp": 1.5},
        {"nextSetTimestamp": 1 << 53},
        {"hasMoreRecords": 1},
        {"hasMoreRecords": True},
        {"nextPageToken": "x"},
        {"nextPageToken": 5},
        {"hashRecords": None},
        {"more": 1},
        {"hashRecords": [GOOD["hashRecords"][0] | {"hashValue": "AB" * 32}]},
        {"hashRecords": [GOOD["hashRecords"][0] | {"hashValue": "0" * 32}]},
        {"hashRecords": [GOOD["hashRecords"][0] | {"hashValue": None}]},
        {"hashRecords": [GOOD["hashRecords"][0] | {"hashStatus": "Unknown"}]},
        {"hashRecords": [GOOD["hashRecords"][0] | {"signalType": "VideoMD5"}]},
        {"hashRecords": [GOOD["hashRecords"][0] | {"caseNumbers": {"12": "Active"}}]},
        {"hashRecords": [GOOD["hashRecords"][0] | {"CSPFeedbacks": [{}]}]},
        {"hashRecords": [5]},
    ],
)
def test_a_malformed_page_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(MalformedText):
        parse_page(json.dumps(GOOD | changed))


@pytest.mark.parametrize("text", ["", "[]", "{}", "NaN", "[" * 100_000])
def test_what_is_no_page_is_refused(text: str) -> None:
    with pytest.raises(MalformedText):
        parse_page(text)


def test_feedback_as_the_client_posts_it_is_read_without_its_tags() -> None:
    posted = {"count": 1, "hashFeedbacks": [{"tags": ["ncii"], "feedbackValue": "Blocked", "hashValue": "ab" * 32}]}
    assert parse_feedbacks(posted) == (Feedback("ab" * 32, Opinion.BLOCKED),)


def test_feedback_on_what_is_never_listed_is_passed_over() -> None:
    others = [{"tags": [], "feedbackValue": "Blocked", "hashValue": value} for value in ("d41d8cd9", "https://x", "")]
    assert parse_feedbacks({"count": 3, "hashFeedbacks": others}) == ()


@pytest.mark.parametrize(
    "changed",
    [
        {"count": 2},
        {"hashFeedbacks": {}},
        {"more": 1},
        {"hashFeedbacks": [{"tags": None, "feedbackValue": "Blocked", "hashValue": "ab" * 32}]},
        {"hashFeedbacks": [{"tags": [5], "feedbackValue": "Blocked", "hashValue": "ab" * 32}]},
        {"hashFeedbacks": [{"tags": [], "feedbackValue": "Undefined", "hashValue": "ab" * 32}]},
        {"hashFeedbacks": [{"tags": [], "feedbackValue": [], "hashValue": "ab" * 32}]},
        {"hashFeedbacks": [{"tags": [], "feedbackValue": "Blocked", "hashValue": 5}]},
        {"hashFeedbacks": [{"tags": [], "feedbackValue": "Blocked"}]},
    ],
)
def test_malformed_feedback_is_refused(changed: dict[str, Any]) -> None:
    good = json.loads(format_feedbacks([Feedback("ab" * 32, Opinion.BLOCKED)]))
    with pytest.raises(MalformedText):
        parse_feedbacks(good | changed)
