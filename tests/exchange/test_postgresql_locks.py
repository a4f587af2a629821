"""On PostgreSQL, who sends a case and who publishes don't come to wait for each other."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from typing import Any

import pytest

pytestmark = pytest.mark.peer


@pytest.mark.parametrize("tables", ["postgresql"], indirect=True)
def test_a_delta_is_cut_while_somebody_lists_another_entry_on_the_same_stream(tables: Any) -> None:
    from django.db import connection, transaction

    from notcontent.exchange.cases.models import Case
    from notcontent.exchange.lists.cutting import Cut, cut_delta
    from notcontent.exchange.lists.models import Entry, Listing
    from notcontent.exchange.lists.publisher import read_online_key
    from notcontent.exchange.partners.models import Partner, Stream

    stream = Stream.objects.create(partner=Partner.objects.create(name="One", country="ZZ"))
    case = Case.objects.create(locator_sha256="0" * 64, circumstance="online", opened=date(2026, 11, 22))
    first, second = (Entry.objects.create(case=case, kind="pdq", fingerprints=bytes(256)) for _ in range(2))
    Listing.objects.create(entry=first, stream=stream)
    tables.stream(stream.feed).mkdir(parents=True)

    def cut() -> Cut | None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '5s'")
            return cut_delta(tables, read_online_key(tables), stream.feed, datetime.now(UTC))
        finally:
            connection.close()

    with transaction.atomic(), ThreadPoolExecutor(1) as publisher:
        Listing.objects.create(entry=second, stream=stream)
        with connection.cursor() as cursor:
            # As its commit begins: that the stream is there is looked up, and the stream held until the end.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        made = publisher.submit(cut).result()
    assert made is not None and (made.number, made.operations) == (1, 1)
