"""What a sweep is told: addresses of buckets and what queues say, read strictly."""

from __future__ import annotations

import json

import pytest

from notcontent.doors.sweep.bucket import Address, NotABucket, read_address
from notcontent.doors.sweep.queue import NotAnEvent, read_event


def test_addresses_and_events_are_read_strictly() -> None:
    assert read_address("s3://b") == read_address("s3://b/") == Address("b", "")
    assert read_address("s3://b/a?b#c/d") == Address("b", "a?b#c/d")
    for wrong in ("s3:/b", "s3://", "https://b/c", "b"):
        with pytest.raises(NotABucket):
            read_address(wrong)
    assert read_event('{"Event": "s3:TestEvent", "Bucket": "b"}') == []
    thing = {"bucket": {"name": "b"}, "object": {"key": "a+b/%C3%BC%2B"}}
    records = [{"eventName": "ObjectCreated:Put", "s3": thing}, {"eventName": "ObjectRemoved:Delete", "s3": thing}]
    assert read_event(json.dumps({"Records": records})) == [Address("b", "a b/ü+")]
    for wrong in ("", "[]", "{}", '{"Records": 3}', '{"Records": [{}]}', "[" * 100_000):
        with pytest.raises(NotAnEvent):
            read_event(wrong)
