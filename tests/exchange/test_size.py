"""What keeps an exchange fast when it is large: indexes that are used, short transactions, connections that stay.

How fast it is then is measured by `bench/desk.py`.
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.exchange.running import Person, Running, picture_code

TODAY = date(2026, 11, 22)


@pytest.fixture
def full(tables: Any) -> list[str]:
    """Two streams with a thousand listings each, of one case, of which none is due; their feeds."""
    from notcontent.exchange.cases.models import Case
    from notcontent.exchange.lists.models import Entry, Listing
    from notcontent.exchange.partners.models import Partner, Stream

    partners = Partner.objects.bulk_create([Partner(name=name, country="ZZ") for name in ("One", "Two")])
    streams = Stream.objects.bulk_create([Stream(partner=partner, number=1) for partner in partners])
    case = Case.objects.create(locator_sha256="0" * 64, look_sha256="1" * 64, circumstance="online", opened=TODAY)
    entries = Entry.objects.bulk_create(
        [Entry(case=case, kind="pdq", fingerprints=secrets.token_bytes(256), quality=90) for _ in range(1_000)]
    )
    Listing.objects.bulk_create(
        [
            Listing(entry=entry, stream=stream, state="live", due=False, added_number=1)
            for entry in entries
            for stream in streams
        ]
    )
    return [stream.feed for stream in streams]


@pytest.mark.on_sqlite
def test_what_a_stream_is_owed_is_not_sought_among_all_that_it_ever_got(full: list[str]) -> None:
    from notcontent.exchange.lists.measuring import measure_tables
    from notcontent.exchange.lists.models import Listing

    owed = [Listing.objects.filter(stream__in=full, due=True), Listing.objects.filter(stream=full[0], due=True)]
    assert not all("listing_due" in due.explain() for due in owed), "the planner knew already: measuring is not needed"
    measure_tables(TODAY)
    assert all("listing_due" in due.explain() for due in owed)


def test_codes_on_sites_lists_are_counted_as_the_streams_count_them(full: list[str]) -> None:
    from notcontent.exchange.desk.counting import count_all
    from notcontent.exchange.partners.canaries import plant_canaries
    from notcontent.exchange.partners.models import Canary, Client, Partner, Stream

    guard, shaped = Stream.objects.filter(feed__in=full).order_by("feed")
    plant_canaries(guard, 2)
    Canary.objects.update(state="live")
    guard.count, shaped.client = 1_002, Client.STOPNCII
    guard.save()
    # Of a client in StopNCII's shape each turn counts.
    shaped.count = 8_000
    shaped.save()
    Stream.objects.create(partner=Partner.objects.create(name="New", country="ZZ"))
    assert count_all()["live"] == 2_000


@pytest.mark.on_sqlite
def test_the_newest_cases_are_read_by_an_index(full: list[str]) -> None:
    from notcontent.exchange.cases.models import Case
    from notcontent.exchange.letters.models import Letter

    assert "case_by_day" in Case.objects.order_by("-opened", "id")[:200].explain()
    assert "letter_unread" in Letter.objects.filter(sender="you", read=False).explain()


def test_a_daily_job_holds_no_transaction_and_is_run_again_after_it_died(
    tables: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import connection

    from notcontent.exchange import daily

    held: list[bool] = []

    def work(_today: date) -> None:
        held.append(connection.in_atomic_block)
        if len(held) == 1:
            raise SystemExit

    monkeypatch.setattr(daily, "_jobs", {"work": daily.Job("work", work)})
    with pytest.raises(SystemExit):
        daily.run_what_is_due(TODAY)
    assert daily.last_days() == {"work": None}
    assert [daily.run_what_is_due(TODAY) for _ in range(2)] == [["work"], []]
    assert held == [False, False] and daily.last_days() == {"work": TODAY}


def test_many_letters_are_deleted_in_pieces_each_with_its_own_note(
    full: list[str], tables: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.conf import settings

    from notcontent.exchange.cases.models import Case
    from notcontent.exchange.desk import keeping
    from notcontent.exchange.desk.models import AuditRow
    from notcontent.exchange.letters.keeping import keep_letter
    from notcontent.exchange.letters.models import Letter

    monkeypatch.setattr(settings, "FOLDER", tables)
    monkeypatch.setattr(keeping, "_DELETED_TOGETHER", 2)
    case = Case.objects.get()
    for number in range(5):
        keep_letter(case, "you", b"words %d" % number, TODAY, "contact" if number == 0 else "message")
    Case.objects.update(closed=date(2026, 1, 1))
    keeping.delete_and_audit(TODAY)
    assert not Letter.objects.exists()
    assert list(AuditRow.objects.order_by("number").values_list("reason", flat=True)) == [
        "ways to reach somebody: 1; links and messages: 2",
        "ways to reach somebody: 0; links and messages: 2",
    ]


@pytest.mark.parametrize("exchange", ["sqlite"], indirect=True)
def test_a_face_keeps_its_connection_for_the_next_request(exchange: Running) -> None:
    partner = exchange.partner()
    person = next(pid for pid, words in exchange.processes().items() if "person" in words)

    def opened() -> set[str]:
        found = set()
        for link in Path(f"/proc/{person}/fd").iterdir():
            with suppress(FileNotFoundError):
                found |= {link.name} if os.readlink(link).endswith("exchange.sqlite3") else set()
        return found

    assert Person(exchange).send([picture_code()], [partner.id]).status_code == 201
    first = opened()
    for _ in range(5):
        assert Person(exchange).send([picture_code()], [partner.id]).status_code == 201
    assert first and opened() == first
