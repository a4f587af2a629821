"""The ledger of withdrawals: written before anything is acknowledged, whole after a sudden end, not changed unseen."""

from __future__ import annotations

import multiprocessing
import resource
import secrets
from datetime import date, timedelta
from pathlib import Path

import pytest

from notcontent.exchange.errors import LedgerBroken, LedgerMissing, LedgerUnwritable
from notcontent.exchange.ledger import Ledger, Place, Word
from tests.exchange.test_publisher import TODAY, Code, Desk, _letter, desk

__all__ = ["desk"]


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """An empty one."""
    made = Ledger(tmp_path / "other disk" / "withdrawals.ledger")
    made.begin()
    return made


def note(ledger: Ledger, times: int = 1, day: date = TODAY) -> list[str]:
    subjects = [secrets.token_hex(16) for _ in range(times)]
    ledger.append([(Word.WITHDRAWN, subject) for subject in subjects], day)
    return subjects


def subjects(ledger: Ledger) -> list[str]:
    return [line.subject for line in ledger.read().lines]


def test_what_was_noted_is_read_in_its_order(ledger: Ledger) -> None:
    assert ledger.read().lines == () and ledger.read().last.number == 0
    noted = note(ledger, 3) + note(ledger, 1) + note(ledger, 0)
    contents = ledger.read()
    assert [line.subject for line in contents.lines] == noted and contents.last.number == 4


@pytest.mark.parametrize("kept_bytes", range(1, 130, 17))
def test_a_line_that_was_torn_by_a_sudden_end_is_passed_over_and_written_over(ledger: Ledger, kept_bytes: int) -> None:
    noted = note(ledger, 2)
    whole = ledger.path.read_bytes()
    note(ledger)
    torn = ledger.path.read_bytes()[: len(whole) + kept_bytes]
    ledger.path.write_bytes(torn)
    assert subjects(ledger) == noted
    # A block of zeros is what some file systems leave of it.
    ledger.path.write_bytes(torn + b"\0" * 4096)
    assert subjects(ledger) == noted
    assert subjects(ledger) + note(ledger) == subjects(ledger)


def test_every_changed_byte_and_every_line_that_is_missing_is_found(ledger: Ledger) -> None:
    note(ledger, 3)
    whole = ledger.path.read_bytes()
    for at in range(len(whole) - 1):
        # The first line's name is compared with the one that the exchange knows.
        if len("notcontent-ledger/1 ") <= at < len("notcontent-ledger/1 ") + 16:
            continue
        ledger.path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(LedgerBroken):
            ledger.read()
    first, _, *others = whole.splitlines(keepends=True)
    ledger.path.write_bytes(first + b"".join(others))
    with pytest.raises(LedgerBroken):
        ledger.read()
    ledger.path.write_bytes(b"")
    for ask in (ledger.read, lambda: note(ledger)):
        with pytest.raises(LedgerBroken):
            ask()


def test_old_lines_are_dropped_and_the_chain_goes_on(ledger: Ledger) -> None:
    old, young = note(ledger, 3, TODAY - timedelta(days=40)), note(ledger, 2)
    before = ledger.read()
    middle = Place(before.last.ledger, 4, before.lines[3].sha256)
    assert ledger.drop_before(TODAY - timedelta(days=31)) == 3
    assert subjects(ledger) == young and old
    later = note(ledger, 1)
    after = ledger.read()
    assert [line.subject for line in after.lines] == young + later and after.last.number == 6
    assert after.continues(before.last) and after.continues(middle) and after.continues(after.first)
    assert not after.continues(Place(before.last.ledger, 2, before.lines[1].sha256)), "what followed was dropped"
    assert not before.continues(after.last), "an old copy"
    assert not after.continues(Place("0" * 16, 5, before.last.sha256)), "another ledger"
    assert ledger.drop_before(TODAY + timedelta(days=1)) == 3 and subjects(ledger) == []
    assert note(ledger) == subjects(ledger) and ledger.read().last.number == 7


def _note_many(path: Path) -> None:
    for _ in range(40):
        note(Ledger(path), 2)


def test_several_processes_note_beside_one_another_while_old_lines_are_dropped(ledger: Ledger) -> None:
    note(ledger, 5, TODAY - timedelta(days=40))
    fork = multiprocessing.get_context("fork")
    workers = [fork.Process(target=_note_many, args=(ledger.path,)) for _ in range(3)]
    for worker in workers:
        worker.start()
    ledger.drop_before(TODAY)
    for worker in workers:
        worker.join()
    contents = ledger.read()
    assert len(contents.lines) == 240 and contents.last.number == 245


def test_a_full_disk_or_a_missing_one_is_said_and_nothing_is_withdrawn(desk: Desk) -> None:
    from django.conf import settings

    from notcontent.exchange.cases.models import Case

    locator, size = desk.open(Code.new()), settings.LEDGER.path.stat().st_size
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    # Room for half a line: what is written beyond it fails as it does on a full disk.
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 1, limits[1]))
    try:
        with pytest.raises(LedgerUnwritable):
            settings.LEDGER.append([(Word.WITHDRAWN, "0" * 32)], TODAY)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    settings.LEDGER.path.rename(desk.folder.path / "away")
    with pytest.raises(LedgerMissing):
        desk.withdraw(locator)
    assert Case.objects.get().withdrawn is None
    (desk.folder.path / "away").rename(settings.LEDGER.path)
    desk.withdraw(locator)
    assert Case.objects.get().withdrawn == TODAY and len(subjects(settings.LEDGER)) == 1


def test_every_withdrawal_is_noted_by_random_ids_alone(desk: Desk) -> None:
    from django.conf import settings

    from notcontent.exchange.cases.models import Case
    from notcontent.exchange.cases.withdrawing import withdraw_what_is_due
    from notcontent.exchange.lists.models import Entry

    at_once, later, both = desk.open(Code.new(), Code.new()), desk.open(Code.new(), wait_days=3), desk.open(Code.new())
    ids = {case.locator_sha256: case for case in Case.objects.all()}
    of = {locator: set(Entry.objects.filter(case=case).values_list("id", flat=True)) for locator, case in ids.items()}
    desk.withdraw(at_once)
    assert set(subjects(settings.LEDGER)) == of[at_once]
    desk.withdraw(later, "everything")
    assert set(subjects(settings.LEDGER)) == of[at_once], "what waits can still be stopped"
    withdraw_what_is_due(TODAY + timedelta(days=3))
    assert set(subjects(settings.LEDGER)) == of[at_once] | of[later] | {ids[later].id}
    desk.withdraw(both)
    desk.withdraw(both, "everything")
    desk.withdraw(both, "everything")
    assert len(subjects(settings.LEDGER)) == 2 + 2 + 2
    text = settings.LEDGER.path.read_text()
    assert not any(locator in text for locator in (at_once, later, both))


def test_what_stands_in_the_ledger_alone_is_carried_out_by_the_publisher(desk: Desk) -> None:
    from django.conf import settings
    from django.db import transaction

    from notcontent.exchange.cases.models import Case
    from notcontent.exchange.lists.models import Entry
    from notcontent.exchange.lists.publisher import LOOK_AT_THE_DAY_EVERY_S, Publisher

    stops, forgets, kept = desk.open(Code.new()), desk.open(Code.new(), letter=_letter()), desk.open(Code.new())
    desk.cut()
    publisher = Publisher(desk.folder)
    publisher.start()
    publisher.turn(0.0)
    for locator, forget in ((stops, "matching"), (forgets, "everything")):
        # The machine dies, or the disk is full, after the ledger was written and before the transaction commits.
        with transaction.atomic():
            desk.withdraw(locator, forget)
            transaction.set_rollback(True)
    assert Case.objects.filter(withdrawn=None).count() == 3 and len(subjects(settings.LEDGER)) == 3
    publisher.turn(LOOK_AT_THE_DAY_EVERY_S)
    cases = {case.locator_sha256: case for case in Case.objects.all()}
    assert cases[stops].forget == "matching" and cases[forgets].is_forgotten and cases[kept].withdrawn is None
    assert Entry.objects.exclude(fingerprints=b"").count() == 1 and cases[forgets].letters.count() == 0
    assert len(desk.follow()[2]) == 1 and len(subjects(settings.LEDGER)) == 3
    Publisher(desk.folder).start()
    assert len(desk.follow()[2]) == 1
