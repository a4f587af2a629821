"""Backup and restore: one sealed file each, no withdrawal undone, and no guard that takes one back."""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
import tarfile
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pyrage
import pytest

from notcontent.exchange.errors import BackupFailed, LedgerBroken, LedgerMissing, NotABackup, NotRestored
from notcontent.exchange.folder import Folder
from notcontent.exchange.ledger import Ledger, Word
from notcontent.exchange.restoring import restore
from notcontent.feed.signature import SigningKey
from notcontent.guard.delivery import Delivery
from notcontent.letter import parse_key
from tests.exchange.conftest import set_up
from tests.exchange.databases import BOTH
from tests.exchange.running import Partner, Person, Running, command, picture_code, until
from tests.exchange.test_publisher import TODAY, Code, Desk, desk
from tests.guard.test_refresh import Follower

__all__ = ["desk"]

KEY = pyrage.x25519.Identity.generate()
PUBLIC = (parse_key(str(KEY.to_public())),)


def back_up(desk: Desk, name: str = "backup.age") -> Path:
    from notcontent.exchange.backing_up import back_up as write

    file = desk.folder.path.parent / name
    write(desk.folder, file, PUBLIC, datetime.now(UTC).date())
    return file


def members(file: Path) -> dict[str, bytes]:
    with tarfile.open(fileobj=BytesIO(pyrage.decrypt(file.read_bytes(), [KEY]))) as tar:
        return {entry.name: tar.extractfile(entry).read() for entry in tar.getmembers()}


def test_a_backup_is_sealed_and_holds_what_it_says_and_no_ledger(desk: Desk) -> None:
    from django.conf import settings

    code, taken_back = Code.new(), Code.new()
    desk.open(code)
    before = settings.LEDGER.read().last.number
    desk.withdraw(desk.open(taken_back))
    file = back_up(desk)
    sealed = file.read_bytes()
    secrets_of = [desk.folder.online_key, desk.folder.secret, desk.folder.case_file_key]
    assert not any(secret.read_bytes().strip() in sealed for secret in secrets_of) and code.stored[:32] not in sealed
    assert file.stat().st_mode & 0o077 == 0
    inside = members(file)
    assert list(inside) == [
        "backup.json", "exchange.json", "secret", "online.key", "case-file.key", "root.pub", "feeds/keys.json",
        "ledger-name", "database",
    ]  # fmt: skip
    assert desk.on_postgresql or code.stored[:32] in inside["database"], "a dump is packed"
    assert json.loads(inside["backup.json"])["ledger"]["number"] == before + 1
    assert not any(b"notcontent-ledger" in data for data in inside.values())
    assert sorted(path.name for path in desk.folder.path.iterdir() if path.name.startswith("tmp")) == []
    with pytest.raises(BackupFailed):
        back_up(desk)


@pytest.mark.on_sqlite
def test_a_backup_is_one_moment_while_others_write(desk: Desk) -> None:
    """Open transactions are not in it, and nobody has to wait for it."""
    desk.open(Code.new())
    with sqlite3.connect(desk.folder.database, isolation_level=None) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("UPDATE cases_case SET circumstance = 'changed'")
        file = back_up(desk)
        writer.execute("COMMIT")
    copy = desk.folder.path.parent / "copy.sqlite3"
    copy.write_bytes(members(file)["database"])
    with sqlite3.connect(copy) as tables:
        assert tables.execute("SELECT circumstance FROM cases_case").fetchall() == [("online",)]
        assert tables.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_backup_that_can_not_be_written_leaves_nothing(desk: Desk) -> None:
    for file in (desk.folder.path / "no such folder" / "b.age",):
        from notcontent.exchange.backing_up import back_up as write

        with pytest.raises(BackupFailed):
            write(desk.folder, file, PUBLIC, TODAY)
        with pytest.raises(BackupFailed):
            write(desk.folder, desk.folder.path / "b.age", (), TODAY)
    assert not list(desk.folder.path.glob("*.age*"))


def test_what_must_not_be_restored_is_refused_and_leaves_the_folder_as_it_was(desk: Desk) -> None:
    ledger = Ledger(desk.folder.ledger(""))
    desk.withdraw(desk.open(Code.new()))
    early = ledger.path.read_bytes()
    desk.withdraw(desk.open(Code.new()))
    file, identity, new = back_up(desk), str(KEY), Folder(desk.folder.path.parent / "new")
    kept = ledger.path.read_bytes()
    place = desk.folder.path.parent / "elsewhere"
    place.write_bytes(kept)

    def refuses(error: type[Exception], *, key: str = identity, at: Path | None = place, **settings: object) -> str:
        profile = json.loads(desk.folder.profile.read_bytes()) | settings
        with pytest.raises(error) as caught:
            restore(file, new, key, at, json.dumps(profile).encode() if settings else None)
        assert not new.path.exists()
        return str(caught.value)

    assert "never restored without the ledger" in refuses(NotRestored, at=None)
    refuses(LedgerMissing, at=place.with_name("nothing"))
    refuses(NotABackup, key=str(pyrage.x25519.Identity.generate()))
    refuses(NotABackup, key="no key")
    other = None if desk.on_postgresql else {"name": "exchange"}
    assert "kind" in refuses(NotRestored, postgresql=other)
    assert "days old" in refuses(NotRestored, keep_backups_days=-1)
    for other in (early, kept[:-3] + b"\n", kept.replace(kept[20:36], b"0" * 16)):
        place.write_bytes(other)
        refuses(LedgerBroken)
    place.write_bytes(kept)
    whole = file.read_bytes()
    file.write_bytes(whole[:-100])
    refuses(NotABackup)
    file.write_bytes(whole)
    new.path.mkdir()
    (new.path / "something").touch()
    with pytest.raises(NotRestored):
        restore(file, new, identity, place, None)
    assert [path.name for path in new.path.iterdir()] == ["something"] and place.read_bytes() == kept


def test_old_lines_leave_the_ledger_once_no_backup_can_be_as_old(desk: Desk) -> None:
    from notcontent.exchange.daily import run_what_is_due

    desk.withdraw(desk.open(Code.new()), today=TODAY - timedelta(days=32))
    desk.withdraw(desk.open(Code.new()), today=TODAY - timedelta(days=30))
    run_what_is_due(TODAY)
    assert [line.day for line in Ledger(desk.folder.ledger("")).read().lines] == [TODAY - timedelta(30)]


def test_a_new_epoch_gives_up_nothing_that_a_guard_may_hold(desk: Desk) -> None:
    """A guard never takes again what a snapshot lacked, so what still waited in the backup stands in it."""
    from notcontent.exchange.lists.epochs import begin_epoch
    from notcontent.exchange.lists.models import Listing

    live, waits, gone, leaving = Code.new(), Code.new(), Code.new(), Code.new()
    desk.open(live)
    withdrawn = [desk.open(code) for code in (gone, leaving)]
    desk.cut()
    desk.withdraw(withdrawn[0])
    desk.cut()
    desk.withdraw(withdrawn[1])
    desk.open(waits)
    begin_epoch(desk.folder, desk.key, 5, datetime.now(UTC))
    _, head, held = desk.follow(replace(desk.state(), epoch=5))
    assert (head.epoch, head.number, head.snapshot, head.count) == (5, 3, 3, 2)
    assert set(held.values()) == {live.upright, waits.upright}
    assert {type(operation).__name__ for operation in desk.cut()} == {"Withdraw"}
    desk.restart()
    assert desk.follow(replace(desk.state(), epoch=5))[1].count == 2
    assert Listing.objects.filter(state="gone", withdrawn_number=4).count() == 2


def test_a_client_that_knows_no_epochs_has_to_begin_anew(desk: Desk) -> None:
    from notcontent.exchange.errors import Refused
    from notcontent.exchange.lists.epochs import begin_epoch
    from notcontent.exchange.lists.models import ShapedHash
    from notcontent.exchange.lists.shaping import take_step
    from notcontent.exchange.partners.joining import add_partner
    from notcontent.exchange.partners.shaped import give_page

    site = add_partner(name="S", country="zz", site="", proves_forgetting=False, today=TODAY, client="stopncii")
    opened = [desk.open(Code.new(), partners=[site.partner]) for _ in range(3)]
    today = datetime.now(UTC).date()
    take_step(site.feed, today)
    before = give_page(site.feed, 10, 800, None)
    desk.withdraw(opened[0])
    take_step(site.feed, today)
    assert begin_epoch(desk.folder, desk.key, 2, datetime.now(UTC)) == ["S"]
    # The lost exchange went on counting for the rest of that day.
    for start in (before.next_time, before.next_time + 3_600):
        with pytest.raises(Refused):
            give_page(site.feed, start, 800, None)
    anew = give_page(site.feed, 10, 5, None)
    assert anew.has_more and anew.next_time > before.next_time
    assert len(give_page(site.feed, anew.next_time, 800, None).records) == 16, "cut off there, it goes on from there"
    assert ShapedHash.objects.filter(withdrawn__isnull=False).count() == 0


@dataclass(frozen=True)
class Served:
    """What a guard is told to follow."""

    url: str
    token: str
    root: object


class Guard:
    """A guard's following side and its outbox, on a folder of its own, beside a real exchange."""

    def __init__(self, folder: Path, partner: Partner) -> None:
        self.folder, self.partner = folder, partner
        self.key = SigningKey.generate()
        self.follower: Follower | None = None

    def start(self) -> None:
        """Follow the exchange at the address that it has now."""
        self.stop()
        root = type("Root", (), {"public": self.partner.state.root})
        self.follower = Follower(self.folder, Served(self.partner.url, self.partner.token, root))  # type: ignore[arg-type]
        self.follower.key = self.follower.refresh._key = self.follower.credential._key = self.key

    def stop(self) -> None:
        if self.follower:
            self.follower.close()
        self.follower = None

    def follow(self) -> None:
        """A round, and bring every receipt to the exchange."""
        assert self.follower
        self.follower.round()

        async def deliver() -> None:
            delivery = Delivery(self.follower.followed, self.follower.database, self.follower.credential)
            await delivery.empty()
            await delivery._client.close()

        asyncio.run(deliver())

    def stops(self, code: dict[str, object]) -> bool:
        """Whether an upload of this picture is found."""
        assert self.follower
        return bool(self.follower.finds(bytes.fromhex(code["orientations"][0])))  # type: ignore[index]


@pytest.fixture(params=BOTH)
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> Running:
    """An exchange of its own, set up and not started."""
    return set_up(request, tmp_path / "data")


def test_what_was_withdrawn_after_the_backup_passes_on_every_guard_after_a_restore(
    fresh: Running, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    exchange, ledger = fresh, Ledger(tmp_path / "other disk" / "ledger")
    exchange.settle(ledger=str(ledger.path), backup_keys=PUBLIC)
    Folder(exchange.folder).ledger_mark.unlink()
    exchange.start()
    near, away = (Guard(tmp_path / name, exchange.partner(name)) for name in ("near", "away"))
    mina, forgets, keeps, late, went = (Person(exchange) for _ in range(5))
    codes = {person.locator: picture_code() for person in (mina, forgets, keeps, late, went)}

    def opens(person: Person) -> None:
        assert person.send([codes[person.locator]], [near.partner.id, away.partner.id]).status_code == 201

    def holds(guard: Guard, *people: Person) -> bool:
        guard.follow()
        return [guard.stops(codes[one.locator]) for one in (mina, forgets, keeps, late, went)] == [
            one in people for one in (mina, forgets, keeps, late, went)
        ]

    for person in (mina, forgets, keeps, went):
        opens(person)
    forgets.write("a few words")
    for guard in (near, away):
        guard.start()
        until(lambda guard=guard: holds(guard, mina, forgets, keeps, went))
    went.withdraw()
    command(exchange.folder, "backup", tmp_path / "backup.age")
    opens(late)
    mina.withdraw()
    forgets.withdraw("everything")
    until(lambda: holds(near, keeps, late))
    assert "erased" in {site["state"] for site in went.look().json()["sites"]}, "a receipt that the backup lacks"
    exchange.stop()
    for guard in (near, away):
        guard.stop()
    settings = json.loads((exchange.folder / "exchange.json").read_text())
    shutil.rmtree(exchange.folder)

    (tmp_path / "key").write_text(f"{KEY}\n")
    again: tuple[object, ...] = ("restore", tmp_path / "backup.age", "--key", tmp_path / "key")
    if settings["postgresql"] is not None:
        assert "already has tables" in command(exchange.folder, *again, fails=True)
        settings["postgresql"] = request.getfixturevalue("postgresql").create()
        (tmp_path / "settings.json").write_text(json.dumps(settings))
        again = (*again, "--settings", tmp_path / "settings.json")
    # As if it had been restored before, from this backup or another: every epoch is used once.
    ledger.append([(Word.RESTORED, "6")], TODAY)
    said = command(exchange.folder, *again)
    assert "2 cases were withdrawn since" in said and "epoch 7" in said
    exchange.start()
    for guard in (near, away):
        guard.start()
        until(lambda guard=guard: holds(guard, keeps))
        assert not guard.follower.holds_bytes(bytes.fromhex(codes[mina.locator]["orientations"][0]))
    # The signed words that were lost come again, from who forgot before and from who forgets only now.
    for person in (mina, forgets, went):
        until(
            lambda person=person: (
                holds(near, keeps)
                and holds(away, keeps)
                and {site["state"] for site in person.look().json()["sites"]} == {"erased"}
            )
        )
    assert forgets.look().json()["letters"] == [] and late.look().status_code == 404
    assert keeps.look().json()["withdrawn"] is None
    exchange.stop()
    for guard in (near, away):
        guard.stop()
