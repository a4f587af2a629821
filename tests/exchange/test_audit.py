"""The audit: append-only, chained, signed; whatever byte of it is changed, the check finds the row."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.exchange.desk_people import TODAY, SignIn, open_account

ROWS = 6
COLUMNS = ["number", "day", "actor", "action", "subject", "reason", "previous_sha256", "row_sha256"]


@pytest.fixture
def rows(tables: Any) -> Any:
    """Six rows, and the folder of the exchange that has them."""
    from notcontent.exchange.desk.audit import write_audit

    for number in range(1, ROWS + 1):
        write_audit(
            day=TODAY, actor="Desk", action="tier seen", subject=f"{number:016x}", reason="sie sprach mit ihr ✓"
        )
    return tables


def sql(statement: str, *values: object) -> None:
    """By hand, as whoever has the database file can."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def drop_triggers() -> None:
    from django.db import connection

    if connection.vendor == "postgresql":
        sql("ALTER TABLE desk_auditrow DISABLE TRIGGER ALL")
        return
    for name in ("audit_no_update", "audit_no_delete", "audit_next_only"):
        sql(f"DROP TRIGGER IF EXISTS {name}")


def sign(folder: Any, day: date = TODAY) -> bool:
    from notcontent.exchange.desk.audit import sign_head
    from notcontent.exchange.lists.publisher import read_online_key

    return sign_head(folder, read_online_key(folder), day)


def fault(folder: Any, *kept: Any) -> Any:
    from notcontent.exchange.desk.audit import check_audit

    return check_audit(folder, list(kept))


def write_anew(first: int) -> None:
    """Chain every row from this one again, as whoever can write the database would to hide a change."""
    from notcontent.exchange.desk.audit import hash_row
    from notcontent.exchange.desk.models import AuditRow

    previous = AuditRow.objects.get(number=first - 1).row_sha256 if first > 1 else "0" * 64
    for row in list(AuditRow.objects.filter(number__gte=first).order_by("number")):
        row.previous_sha256 = previous
        previous = hash_row(row)
        sql(
            "UPDATE desk_auditrow SET previous_sha256 = %s, row_sha256 = %s WHERE number = %s",
            row.previous_sha256, previous, row.number,
        )  # fmt: skip


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE desk_auditrow SET reason = 'something else' WHERE number = 3",
        "UPDATE desk_auditrow SET day = day",
        "DELETE FROM desk_auditrow WHERE number = 6",
        "DELETE FROM desk_auditrow",
        pytest.param(
            "INSERT OR REPLACE INTO desk_auditrow SELECT number, day, 'Mira', action, subject, reason, "
            "previous_sha256, row_sha256 FROM desk_auditrow WHERE number = 3",
            marks=pytest.mark.on_sqlite,
        ),
        pytest.param(
            "INSERT OR REPLACE INTO desk_auditrow SELECT 7, day, 'Mira', action, subject, reason, previous_sha256, "
            "row_sha256 FROM desk_auditrow WHERE number = 3",
            marks=pytest.mark.on_sqlite,
        ),
        "INSERT INTO desk_auditrow SELECT 9, day, actor, action, subject, reason, previous_sha256, 'x' "
        "FROM desk_auditrow WHERE number = 3",
        "INSERT INTO desk_auditrow SELECT 0, day, actor, action, subject, reason, previous_sha256, 'x' "
        "FROM desk_auditrow WHERE number = 3",
    ],
)
def test_the_database_itself_refuses_what_is_written_by_hand(rows: Any, statement: str) -> None:
    from django.db import DatabaseError

    from notcontent.exchange.desk.models import AuditIsAppendOnly, AuditRow

    with pytest.raises(DatabaseError, match="append-only"):
        sql(statement)
    row = AuditRow.objects.get(number=3)
    with pytest.raises(AuditIsAppendOnly):
        row.save()
    with pytest.raises(AuditIsAppendOnly):
        row.delete()
    with pytest.raises(DatabaseError, match="append-only"):
        AuditRow.objects.update(reason="something else")
    assert fault(rows) is None and AuditRow.objects.count() == ROWS


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(number=3, column="number", at=0, flip=0x83, as_text=True)
@example(number=6, column="number", at=0, flip=0x83, as_text=False)
@given(
    number=st.integers(1, ROWS),
    column=st.sampled_from(COLUMNS),
    at=st.integers(0, 200),
    flip=st.integers(1, 255),
    as_text=st.booleans(),
)
def test_whatever_byte_of_a_row_is_changed_is_found(
    rows: Any, number: int, column: str, at: int, flip: int, as_text: bool
) -> None:
    from django.db import transaction

    drop_triggers()
    with transaction.atomic():
        if change_a_byte(number, column, at, flip, as_text):
            found = fault(rows)
            # What has another number now leaves a gap, or comes where another one is expected.
            where = range(1, ROWS + 1) if column == "number" else (number, number + 1)
            assert found is not None and found.number in where
        transaction.set_rollback(True)


def change_a_byte(number: int, column: str, at: int, flip: int, as_text: bool) -> bool:
    """Change one byte of a stored value; False where the database can't hold the changed one."""
    from django.db import connection

    if connection.vendor == "postgresql":
        return change_a_byte_of_its_text(number, column, at, flip)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT CAST(CAST({column} AS TEXT) AS BLOB) FROM desk_auditrow WHERE number = %s", [number])
        changed = flipped(cursor.fetchone()[0], at, flip)
        # SQLite keeps anything in any column, as text or as bytes. Two rows of one number can't be stored, so there is
        # nothing to be found then.
        stored = "CAST(%s AS TEXT)" if as_text else "%s"
        cursor.execute(f"UPDATE OR IGNORE desk_auditrow SET {column} = {stored} WHERE number = %s", [changed, number])
        return bool(cursor.rowcount)


def change_a_byte_of_its_text(number: int, column: str, at: int, flip: int) -> bool:
    """The same in PostgreSQL, which holds only what is of the column's type; False where it reads the same value."""
    from django.db import DataError, IntegrityError, connection, transaction

    with connection.cursor() as cursor:
        cursor.execute(f"SELECT convert_to({column}::text, 'UTF8') FROM desk_auditrow WHERE number = %s", [number])
        before = bytes(cursor.fetchone()[0])
        try:
            changed = flipped(before, at, flip).decode()
            with transaction.atomic():
                cursor.execute(f"UPDATE desk_auditrow SET {column} = %s WHERE number = %s", [changed, number])
        except (DataError, IntegrityError, UnicodeError, ValueError):
            return False
        now_at = changed if column == "number" else number
        cursor.execute(f"SELECT convert_to({column}::text, 'UTF8') FROM desk_auditrow WHERE number = %s", [now_at])
        return bytes(cursor.fetchone()[0]) != before


def flipped(value: bytes, at: int, flip: int) -> bytes:
    changed = bytearray(value)
    changed[at % len(changed)] ^= flip
    return bytes(changed)


@pytest.mark.on_sqlite  # PostgreSQL keeps a day as a number, so there is one way to write it
@pytest.mark.parametrize("other", ["2026-W47-7", "20261122", "2026-11-22 00:00:00", " 2026-11-22", ""])
def test_a_day_written_otherwise_is_another_day(rows: Any, other: str) -> None:
    drop_triggers()
    sql("UPDATE desk_auditrow SET day = %s WHERE number = 4", other)
    assert fault(rows).number == 4


def test_a_row_taken_out_is_named(rows: Any) -> None:
    drop_triggers()
    sql("DELETE FROM desk_auditrow WHERE number = 3")
    assert fault(rows).number == 3 and "row 3 is missing" in fault(rows).text


def test_what_was_signed_can_be_neither_cut_short_nor_written_anew(rows: Any) -> None:
    from django.db import transaction

    assert sign(rows)
    drop_triggers()
    with transaction.atomic():
        sql("DELETE FROM desk_auditrow WHERE number >= 5")
        assert fault(rows).number == 5 and "there were 6" in fault(rows).text
        transaction.set_rollback(True)
    with transaction.atomic():
        sql("UPDATE desk_auditrow SET reason = 'something else' WHERE number = 2")
        write_anew(2)
        assert "from 1 to 6" in fault(rows).text
        assert not sign(rows, TODAY + timedelta(days=1)), "what no longer fits gets no signature"
        transaction.set_rollback(True)
    with transaction.atomic():
        sql("DELETE FROM desk_auditrow")
        assert fault(rows).number == 1
        transaction.set_rollback(True)
    assert fault(rows) is None


def test_the_range_between_two_heads_is_named(rows: Any) -> None:
    from notcontent.exchange.desk.audit import write_audit

    sign(rows)
    for number in range(4):
        write_audit(day=TODAY, actor="Desk", action="tier seen", subject=f"{number}", reason="later")
    sign(rows, TODAY + timedelta(days=1))
    assert fault(rows) is None
    drop_triggers()
    sql("UPDATE desk_auditrow SET reason = 'something else' WHERE number = 8")
    write_anew(8)
    assert "from 7 to 10" in fault(rows).text and fault(rows).number == 7


def test_a_changed_or_foreign_head_is_refused(rows: Any, tmp_path: Path) -> None:
    from notcontent.exchange.desk.audit import online_keys
    from notcontent.exchange.desk.audit_head import AuditHead, read_head_file, write_signed_head
    from notcontent.exchange.desk.errors import AuditHeadUnreadable
    from notcontent.feed.signature import SigningKey

    sign(rows)
    head = next(rows.audit.glob("*.head"))
    kept = shutil.copytree(rows.audit, tmp_path / "elsewhere")
    head.write_text(head.read_text().replace("row: 6", "row: 4"))
    with pytest.raises(AuditHeadUnreadable):
        fault(rows)
    head.unlink()
    head.with_name(head.name + ".minisig").unlink()
    assert fault(rows) is None, "without any head only the chain can be checked"
    drop_triggers()
    sql("DELETE FROM desk_auditrow WHERE number >= 5")
    assert fault(rows) is None
    assert fault(rows, read_head_file(kept / head.name, online_keys(rows))).number == 5, "a copy elsewhere shows it"
    write_signed_head(rows, SigningKey.generate(), AuditHead(TODAY, 4, "0" * 64))
    with pytest.raises(AuditHeadUnreadable):
        fault(rows)


def test_the_publisher_signs_one_head_a_day(rows: Any) -> None:
    from notcontent.exchange.desk.audit_head import parse_audit_head
    from notcontent.exchange.lists.publisher import Publisher

    Publisher(rows).turn(0.0)
    Publisher(rows).turn(0.0)
    (head,) = rows.audit.glob("*.head")
    assert parse_audit_head(head.read_text()).number == ROWS


def test_names_stand_in_no_row_and_are_shown_as_long_as_they_are_known(desk: SignIn) -> None:
    from notcontent.exchange.desk.audit import write_audit
    from notcontent.exchange.desk.models import AuditRow
    from notcontent.exchange.desk.roles import Role

    iris = desk("iris", Role.AUDITOR)
    row = write_audit(day=TODAY, actor="iris", action="tier seen", subject="0" * 16, reason="looked at it")
    assert "iris" not in json.dumps(list(AuditRow.objects.values()), default=str)
    page = iris.get("/audit").text
    assert (
        f'<td class="number">{row.number}</td>' in page and "<bdi>iris</bdi></td>" in page and ">tier seen</td>" in page
    )
    assert "The audit holds" in iris.get("/audit/verify").text
    drop_triggers()
    sql("UPDATE desk_auditrow SET reason = 'another' WHERE number = %s", row.number)
    assert f"Row {row.number}" in iris.get("/audit/verify").text


def test_the_command_says_whether_it_holds(rows: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert audit("sign", rows) == 0 and audit("verify", rows) == 0
    assert "The audit holds: 6 rows, 1 signed head" in capsys.readouterr().out
    assert audit("show", rows, "--from-row", "6") == 0
    assert capsys.readouterr().out.count("\n") == 1
    drop_triggers()
    sql("UPDATE desk_auditrow SET actor = 'Mira' WHERE number = 2")
    assert audit("verify", rows) == 1 and "row 2 or" in capsys.readouterr().out
    assert audit("sign", rows) == 1 and "Nothing was signed" in capsys.readouterr().out


def audit(word: str, folder: Any, *more: str) -> int:
    """`notcontent exchange audit …` in this process, on the tables of this test."""
    from notcontent.cli.main import main

    return int(main(["exchange", "audit", word, "--folder", str(folder.path), *more]))


@pytest.fixture
def minisign() -> Iterator[str]:
    """The real program."""
    program = shutil.which("minisign")
    if program is None:
        pytest.skip("minisign is not installed")
    yield program


@pytest.mark.peer
def test_real_minisign_verifies_a_head(rows: Any, minisign: str) -> None:
    from notcontent.exchange.desk.audit import online_keys

    sign(rows)
    (head,) = rows.audit.glob("*.head")
    check = [minisign, "-V", "-m", str(head), "-P", online_keys(rows)[0].text]
    assert subprocess.run(check, capture_output=True, check=False).returncode == 0
    head.write_text(head.read_text().replace("row: 6", "row: 5"))
    assert subprocess.run(check, capture_output=True, check=False).returncode != 0


def test_an_account_is_written_down_by_its_id(tables: Any) -> None:
    from notcontent.exchange.desk.models import AuditRow

    account = open_account("mira")
    assert AuditRow.objects.get().subject == account.id and AuditRow.objects.get().actor == "command line"
