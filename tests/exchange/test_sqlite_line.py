"""Whoever writes to SQLite waits in line: who has the turn, and when it is given back."""

from __future__ import annotations

import fcntl
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from datetime import date
from http import HTTPStatus
from typing import Any

import pytest

pytestmark = pytest.mark.on_sqlite


@pytest.fixture
def line(tables: Any) -> Iterator[int]:
    """The file that is waited for, open."""
    from django.db import connection

    descriptor = os.open(f"{connection.settings_dict['NAME']}-line", os.O_RDWR | os.O_CREAT, 0o600)
    yield descriptor
    os.close(descriptor)


def is_free(line: int) -> bool:
    try:
        fcntl.flock(line, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    fcntl.flock(line, fcntl.LOCK_UN)
    return True


def write() -> None:
    from notcontent.exchange.partners.models import Partner

    Partner.objects.create(name=secrets.token_hex(8), country="ZZ")


def in_another_thread(work: Callable[[], None]) -> threading.Thread:
    from django.db import connection

    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_a_transaction_has_the_turn_until_it_ends_however_it_ends(line: int) -> None:
    from django.db import connection, transaction

    with transaction.atomic():
        assert not is_free(line)
        with transaction.atomic():
            write()
        assert not is_free(line)
    assert is_free(line)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        write()
        assert not is_free(line)
        _ = 1 / 0
    assert is_free(line)
    with transaction.atomic():
        connection.close()
        assert is_free(line)
        transaction.set_rollback(True)
    assert is_free(line)
    write()
    assert is_free(line)


def test_what_is_done_after_the_commit_is_no_part_of_the_turn(line: int) -> None:
    from django.db import transaction

    seen: list[bool] = []
    with transaction.atomic():
        write()
        transaction.on_commit(lambda: seen.append(is_free(line)))
    assert seen == [True]


def test_a_single_statement_waits_its_turn_and_reading_does_not(line: int) -> None:
    from notcontent.exchange.partners.models import Partner

    write()
    fcntl.flock(line, fcntl.LOCK_EX)
    done = threading.Event()

    def work() -> None:
        Partner.objects.update(country="YY")
        done.set()

    thread = in_another_thread(work)
    assert [partner.country for partner in Partner.objects.all()] == ["ZZ"]
    assert not done.wait(0.3)
    fcntl.flock(line, fcntl.LOCK_UN)
    thread.join(60)
    assert done.is_set() and Partner.objects.get().country == "YY" and is_free(line)


def test_who_waited_too_long_is_told_to_come_back_and_lets_the_next_go_on(
    line: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import Error, connection

    from notcontent.exchange.storage import refuse_for_storage

    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "timeout", 0.1)
    fcntl.flock(line, fcntl.LOCK_EX)

    def free_later() -> None:
        time.sleep(0.5)
        fcntl.flock(line, fcntl.LOCK_UN)

    thread = threading.Thread(target=free_later)
    thread.start()
    with pytest.raises(Error) as raised:
        write()
    thread.join(60)
    refused = refuse_for_storage(raised.value)
    assert refused is not None and (refused.status, refused.code) == (HTTPStatus.SERVICE_UNAVAILABLE, "busy")
    assert is_free(line)
    write()


def test_somebody_who_does_not_stand_in_line_is_waited_for_all_the_same(
    line: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sqlite3

    from django.db import Error, connection

    from notcontent.exchange.storage import refuse_for_storage

    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 100")
    other = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Error) as raised:
        write()
    refused = refuse_for_storage(raised.value)
    assert refused is not None and refused.code == "busy" and is_free(line)
    other.execute("ROLLBACK")
    other.close()
    write()
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 30000")


def test_many_that_write_at_once_lose_nothing(line: int) -> None:
    from django.db import transaction

    from notcontent.exchange.cases.models import Case

    case = Case.objects.create(locator_sha256="0" * 64, circumstance="online", opened=date(2026, 1, 1))

    def work() -> None:
        for _ in range(20):
            with transaction.atomic():
                mine = Case.objects.get(id=case.id)
                mine.opened = date.fromordinal(mine.opened.toordinal() + 1)
                mine.save(update_fields=["opened"])

    threads = [in_another_thread(work) for _ in range(8)]
    for thread in threads:
        thread.join(60)
    case.refresh_from_db()
    assert (case.opened - date(2026, 1, 1)).days == 160 and is_free(line)
