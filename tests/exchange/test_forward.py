"""An exchange of the previous release is brought forward with all that it holds.

`earlier/tables-0.1.0.sql` is what that release itself wrote: its tables on SQLite, with two sites, four cases (one
withdrawn, one that waits for it), a letter each way, a report, a receipt, an account and the audit.
"""

from __future__ import annotations

import sqlite3
from datetime import date
from pathlib import Path

import pytest

from notcontent.exchange.folder import Folder
from tests.exchange.test_publisher import TODAY, Code, Desk

EARLIER = Path(__file__).parent / "earlier" / "tables-0.1.0.sql"
#: The last steps of the tables that the release knew.
STEPS = {"cases": "0002", "desk": "0001", "letters": "0001", "lists": "0004", "partners": "0003"}


@pytest.fixture
def earlier(tables: Folder) -> Desk:
    """The previous release's tables and rows, brought forward."""
    from django.core.management import call_command
    from django.db import connection

    from notcontent.exchange.lists.publisher import read_online_key
    from notcontent.exchange.partners.models import Partner

    connection.close()
    if connection.vendor == "sqlite":
        tables.database.unlink()
        with sqlite3.connect(tables.database) as made:
            made.executescript(EARLIER.read_text())
    else:
        _fill_postgresql()
    call_command("migrate", verbosity=0, interactive=False)
    board = Partner.objects.get(name="Board")
    return Desk(tables, board.stream.feed, board.id, read_online_key(tables))


def _fill_postgresql() -> None:
    """The release's tables as its own steps make them, and the same rows."""
    from django.apps import apps
    from django.core.management import call_command
    from django.core.management.color import no_style
    from django.db import connection

    source = sqlite3.connect(":memory:")
    source.executescript(EARLIER.read_text())
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA public CASCADE")
        cursor.execute("CREATE SCHEMA public")
    for app in ("contenttypes", "auth", "sessions"):
        call_command("migrate", app, verbosity=0, interactive=False)
    for app, step in STEPS.items():
        call_command("migrate", app, step, verbosity=0, interactive=False)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'TRUNCATE "{table}" CASCADE')
        for table in connection.introspection.table_names(cursor):
            rows = source.execute(f'SELECT * FROM "{table}"')
            names = [column[0] for column in rows.description]
            cursor.execute(
                "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND data_type = 'boolean'",
                [table],
            )
            truths = {name for (name,) in cursor.fetchall()}
            marks = ", ".join(["%s"] * len(names))
            columns = ", ".join(f'"{name}"' for name in names)
            for row in rows:
                values = [bool(value) if name in truths else value for name, value in zip(names, row, strict=True)]
                cursor.execute(f'INSERT INTO "{table}" ({columns}) VALUES ({marks})', values)
        cursor.execute("SET session_replication_role = origin")
        there = set(connection.introspection.table_names(cursor))
        models = [model for model in apps.get_models(include_auto_created=True) if model._meta.db_table in there]
        for statement in connection.ops.sequence_reset_sql(no_style(), models):
            cursor.execute(statement)


def test_the_tables_of_the_previous_release_are_brought_forward_with_all_they_hold(earlier: Desk) -> None:
    from django.contrib.auth.models import User

    from notcontent.exchange.cases.looking import status_of
    from notcontent.exchange.cases.models import Case
    from notcontent.exchange.desk.audit import first_broken_row
    from notcontent.exchange.desk.models import AuditRow
    from notcontent.exchange.lists.models import Entry
    from notcontent.exchange.partners.models import Report

    kept, waits, gone, added = (Case.objects.get(locator_sha256=f"{number}" * 64) for number in (1, 2, 3, 4))
    assert [case.entries.count() for case in (kept, waits, gone, added)] == [2, 1, 1, 2]
    stored = {bytes(entry.fingerprints) for entry in Entry.objects.exclude(fingerprints=b"")}
    assert stored == {code.stored for code in (Code.new(1), Code.new(2), Code.video(3, 4), Code.new(5), Code.new(6))}
    assert (gone.withdrawn, gone.forget, waits.withdraws_on is not None) == (TODAY.replace(day=28), "matching", True)
    status = status_of(kept, 0, TODAY.replace(day=29))
    assert len(status.letters) == 2 and kept.later_sites and status.sites[0].hits in {"none", "once"}
    assert {site.partner.name for site in status.sites} == {"Board", "Shaped"}
    assert Entry.objects.get(tier="verified").case == kept and Report.objects.get().decision == "block"
    assert User.objects.get().username == "Desk" and first_broken_row() is None and AuditRow.objects.count() == 3


def test_what_was_brought_forward_goes_on(earlier: Desk) -> None:
    from notcontent.exchange.cases.withdrawing import withdraw_what_is_due
    from notcontent.exchange.lists.publisher import Publisher

    # The signed files stayed with the release; they are made anew from the tables.
    earlier.fold()
    publisher = Publisher(earlier.folder)
    publisher.start()
    new = Code.new()
    earlier.open(new)
    earlier.withdraw("1" * 64)
    assert withdraw_what_is_due(date(2026, 12, 1)) == 1, "what waited happens on its day"
    publisher.turn(0.0)
    live = set(earlier.follow()[2].values())
    assert live == {new.upright, Code.new(5).upright, Code.new(6).upright}
