"""Accepted uploads that an entry finds later, if the platform switched that on."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from notcontent.feed.entry import Pause, Resume
from notcontent.fingerprint.compute import fingerprint_picture
from notcontent.fingerprint.picture import Purpose
from notcontent.guard import outbox
from tests.conftest import altered, generated_picture
from tests.guard.running_guard import RunningGuard, wait_until
from tests.guard.small_exchange import SmallExchange, utc_now


def guard_of(tmp_path: Path, exchange: SmallExchange, **settings: object) -> RunningGuard:
    settings = {"decoder_workers": 1, "keep_accepted_days": 30, **settings}
    return RunningGuard(tmp_path / "guard", exchange, settings)


def upright(picture: bytes) -> bytes:
    return fingerprint_picture(picture).orientations[0].value


def kept_as(picture: bytes) -> bytes:
    """What the gate makes of an upload: looked up, not listed, so a few bits may differ."""
    return fingerprint_picture(picture, purpose=Purpose.QUERY).orientations[0].value


def already_here(guard: RunningGuard, after: int = 0) -> list[dict]:
    return guard.client.get("/v1/backlog/matches", params={"after": after}).json()["matches"]


def until_found(guard: RunningGuard, count: int) -> list[dict]:
    wait_until(lambda: len(already_here(guard)) >= count, f"{count} matches")
    return already_here(guard)


def test_an_entry_finds_the_upload_that_was_there_before_it(tmp_path: Path, exchange: SmallExchange) -> None:
    guard = guard_of(tmp_path, exchange).start()
    picture, other = generated_picture(1), generated_picture(2)
    for name, data in (("post:1", picture), ("post:2", altered(picture, "mirrored")), ("post:3", other)):
        assert guard.check(data, object=name).json()["verdict"] == "allow"
    entry = exchange.add(upright(picture))
    found = until_found(guard, 2)
    assert {(each["object"], each["orientation"]) for each in found} == {("post:1", "upright"), ("post:2", "mirrored")}
    assert {each["entry"] for each in found} == {entry} and found[0]["tier"] == "claimed"
    # The next question begins after the last answer, and readiness counts.
    assert already_here(guard, after=found[-1]["number"]) == []
    assert guard.client.get("/readyz").json()["already_here"] == {"kept_days": 30, "found": 2, "searching": False}
    # The exchange hears that there are two, and nothing of which.
    wait_until(lambda: len(exchange.reports) == 2, "two reports")
    assert [(report["entry"], report["verdict"], report["decision"]) for report in exchange.reports] == [
        (entry, "here", None)
    ] * 2
    assert len({report["id"] for report in exchange.reports}) == 2
    assert "post:" not in json.dumps(exchange.reports)
    guard.stop()


def test_an_exchange_from_before_the_word_here_refuses_it_and_hears_everything_else(
    tmp_path: Path, exchange: SmallExchange
) -> None:
    exchange.verdicts = {"hold", "block", "flag"}
    guard = guard_of(tmp_path, exchange).start()
    before, later = generated_picture(1), generated_picture(2)
    for number in range(5):
        guard.check(before + bytes(number), object=f"post:{number}")
    exchange.add(upright(before))
    entry = exchange.add(upright(later))
    until_found(guard, 5)
    guard.catch_up()
    assert guard.check(later).json()["verdict"] == "hold"
    wait_until(
        lambda: guard.client.get("/readyz").json()["outbox"] == {"waiting": 0, "refused": 5},
        "all to be told or refused",
    )
    assert [(report["entry"], report["verdict"]) for report in exchange.reports] == [(entry, "hold")]
    guard.stop()


def test_a_match_goes_with_its_entry_and_hides_while_it_is_paused(tmp_path: Path, exchange: SmallExchange) -> None:
    guard = guard_of(tmp_path, exchange).start()
    picture = generated_picture(1)
    guard.check(picture, object="a")
    entry = exchange.add(upright(picture))
    until_found(guard, 1)
    exchange.cut(Pause(entry))
    guard.catch_up()
    assert already_here(guard) == []
    exchange.cut(Resume(entry))
    guard.catch_up()
    assert len(already_here(guard)) == 1
    exchange.withdraw(entry)
    guard.catch_up()
    assert already_here(guard) == []
    guard.stop()


def test_an_object_that_the_platform_deleted_is_forgotten(tmp_path: Path, exchange: SmallExchange) -> None:
    guard = guard_of(tmp_path, exchange).start()
    picture = generated_picture(1)
    guard.check(picture, object="a")
    assert guard.files_hold(kept_as(picture))
    assert guard.client.delete("/v1/objects/a").json() == {"forgotten": True}
    assert guard.client.delete("/v1/objects/a").json() == {"forgotten": False}
    assert not guard.files_hold(kept_as(picture))
    later = generated_picture(2)
    guard.check(later, object="b")
    exchange.add(upright(picture))
    exchange.add(upright(later))
    assert [each["object"] for each in until_found(guard, 1)] == ["b"]
    assert guard.client.delete("/v1/objects/b").json() == {"forgotten": True} and already_here(guard) == []
    guard.stop()


def test_the_same_object_again_has_its_new_picture(tmp_path: Path, exchange: SmallExchange) -> None:
    guard = guard_of(tmp_path, exchange).start()
    before, after = generated_picture(1), generated_picture(2)
    guard.check(before, object="a")
    guard.check(after, object="a")
    assert not guard.files_hold(kept_as(before)) and guard.files_hold(kept_as(after))
    exchange.add(upright(before))
    entry = exchange.add(upright(after))
    assert [each["entry"] for each in until_found(guard, 1)] == [entry]
    guard.stop()


def test_what_was_kept_survives_a_power_cut(tmp_path: Path, exchange: SmallExchange) -> None:
    guard = guard_of(tmp_path, exchange, workers=2).start()
    pictures = [generated_picture(seed) for seed in range(6)]
    for number, picture in enumerate(pictures):
        assert guard.check(picture, object=f"post:{number}").status_code == 200
    guard.kill()
    guard.start()
    for picture in pictures:
        exchange.add(upright(picture))
    assert {each["object"] for each in until_found(guard, 6)} == {f"post:{number}" for number in range(6)}
    guard.stop()


def test_it_is_off_unless_it_is_switched_on_and_off_again_erases_it(tmp_path: Path, exchange: SmallExchange) -> None:
    guard = guard_of(tmp_path, exchange, keep_accepted_days=0).start()
    picture = generated_picture(1)
    assert guard.check(picture, object="a").status_code == 200
    assert not guard.files_hold(kept_as(picture)) and not (guard.folder / "kept.bin").exists()
    guard.stop()
    guard.settings["keep_accepted_days"] = 1
    guard.start()
    guard.check(picture)
    assert not guard.files_hold(kept_as(picture))
    guard.check(picture, object="a")
    assert guard.files_hold(kept_as(picture))
    guard.stop()
    guard.settings["keep_accepted_days"] = 0
    guard.start()
    assert not guard.files_hold(kept_as(picture), b"object-a") and not (guard.folder / "kept.bin").exists()
    exchange.add(upright(picture))
    guard.catch_up()
    assert already_here(guard) == []
    guard.stop()


def test_a_held_upload_is_not_kept(tmp_path: Path, exchange: SmallExchange) -> None:
    guard = guard_of(tmp_path, exchange).start()
    picture = altered(generated_picture(1), "smaller")
    exchange.add(upright(generated_picture(1)))
    guard.catch_up()
    assert guard.check(picture, object="a").json()["verdict"] == "hold"
    assert not guard.files_hold(kept_as(picture))
    guard.stop()


@pytest.mark.parametrize("name", ["", "a" * 129, "a b", "ü", "a/b"])
def test_an_object_id_that_is_none_is_refused(tmp_path: Path, exchange: SmallExchange, name: str) -> None:
    from notcontent.doors.http.app import _object
    from notcontent.guard.door_errors import DoorError

    with pytest.raises(DoorError, match="128"):
        _object(name)


class Remembering:
    """A guard's folder with two lists' worth of nothing, and what it keeps; no process, a clock of its own."""

    def __init__(self, folder: Path) -> None:
        from notcontent.guard.database import Database
        from notcontent.guard.kept import Kept
        from notcontent.guard.listing import ListWriter
        from notcontent.guard.slots import SlotFile

        folder.mkdir(exist_ok=True)
        self.folder, seed = folder, b"s" * 32
        self.database = Database(folder)
        self.slots = SlotFile(folder / "fingerprints.bin")
        self.lists = ListWriter(self.database, self.slots, {1: "helpline"}, folder, seed)
        self.kept = Kept(self.database, folder, seed, self.lists, self.slots)

    def keep(self, name: str, values: bytes, *, now: object = None, flagged: bool = False) -> None:
        from notcontent.guard.one_writer import Accepted

        self.kept.keep([Accepted(name, values, flagged)], now or utc_now(), 30)  # type: ignore[arg-type]

    def list_entry(self, entry: str, value: bytes, *, searched: bool = False) -> None:
        [slot] = self.slots.write([value])
        with self.database.write() as connection:
            if not connection.execute("SELECT 1 FROM lists").fetchone():
                connection.execute(
                    "INSERT INTO lists (id, name, url, token, root_key, delta) VALUES (1, 'helpline', '', '', '', '')"
                )
            connection.execute("INSERT INTO entries VALUES (1, ?, ?, 'claimed', 0)", (entry, slot))
            if not searched:
                connection.execute("INSERT INTO unsearched VALUES (?)", (slot,))
        self.lists.settle(np.array([slot]))

    def found(self) -> list[tuple[str, str]]:
        from notcontent.guard.kept import read_already_here

        return [(each.object_id, each.entry) for each in read_already_here(self.database, 0)]

    def reports(self) -> list[tuple[str, str, str]]:
        bodies = outbox.waiting(self.database, 1, outbox.Post.REPORT).bodies
        return [(str(body["id"]), str(body["entry"]), str(body["verdict"])) for body in bodies]

    def close(self) -> None:
        self.kept.close()
        self.lists.close()
        self.slots.close()
        self.database.close()


def values_of(seed: int) -> bytes:
    return np.random.default_rng(seed).bytes(64)


def test_after_its_days_a_kept_upload_is_forgotten(tmp_path: Path) -> None:
    guard = Remembering(tmp_path / "guard")
    guard.keep("old", values_of(1), now=utc_now() - timedelta(days=30))
    guard.keep("new", values_of(2), now=utc_now() - timedelta(days=29))
    guard.kept.forget_expired(utc_now())
    for entry, seed in (("a" * 32, 1), ("b" * 32, 2)):
        guard.list_entry(entry, values_of(seed)[:32])
    assert guard.kept.look_back(utc_now()) == 1
    assert guard.found() == [("new", "b" * 32)]
    assert values_of(1)[:32] not in (guard.folder / "kept.bin").read_bytes()
    guard.close()


def test_an_entry_that_came_while_an_upload_was_judged_still_finds_it(tmp_path: Path) -> None:
    guard = Remembering(tmp_path / "guard")
    guard.list_entry("a" * 32, values_of(1)[32:])
    assert guard.kept.look_back(utc_now()) == 0
    guard.keep("late", values_of(1))
    assert guard.found() == [("late", "a" * 32)]
    guard.close()


def test_a_report_is_made_once_for_an_upload_and_an_entry(tmp_path: Path) -> None:
    guard = Remembering(tmp_path / "guard")
    guard.keep("one", values_of(1))
    guard.keep("two", values_of(1))
    guard.list_entry("a" * 32, values_of(1)[:32])
    assert guard.kept.look_back(utc_now()) == 2
    first = guard.reports()
    assert [(entry, verdict) for _, entry, verdict in first] == [("a" * 32, "here")] * 2
    # Looked for again, as after a crash: nothing is new.
    with guard.database.write() as connection:
        connection.execute("INSERT INTO unsearched SELECT slot FROM entries")
    assert guard.kept.look_back(utc_now()) == 0 and guard.reports() == first
    # The platform sends the same object again: what it is found by has the same name, which the exchange counts once.
    guard.keep("one", values_of(1))
    assert {name for name, *_ in guard.reports()} == {name for name, *_ in first}
    # Another entry of the same picture is another report, and no two names tell that they speak of one object.
    guard.list_entry("b" * 32, values_of(1)[:32])
    assert guard.kept.look_back(utc_now()) == 2
    assert len({name for name, *_ in guard.reports()}) == 4
    guard.close()


def test_entries_that_a_crash_left_unsearched_are_looked_for_at_the_next_start(tmp_path: Path) -> None:
    guard = Remembering(tmp_path / "guard")
    guard.keep("a", values_of(1))
    guard.list_entry("a" * 32, values_of(1)[:32])
    guard.close()
    guard = Remembering(tmp_path / "guard")
    assert guard.kept.look_back(utc_now()) == 1 and guard.found() == [("a", "a" * 32)]
    guard.close()


def test_a_lost_index_of_kept_uploads_is_made_again(tmp_path: Path) -> None:
    import shutil

    guard = Remembering(tmp_path / "guard")
    guard.keep("a", values_of(1))
    guard.close()
    shutil.rmtree(tmp_path / "guard" / "kept-index")
    guard = Remembering(tmp_path / "guard")
    guard.list_entry("a" * 32, values_of(1)[:32])
    assert guard.kept.look_back(utc_now()) == 1
    guard.close()


def test_when_the_kept_fingerprints_themselves_are_lost_they_are_simply_gone(tmp_path: Path) -> None:
    guard = Remembering(tmp_path / "guard")
    guard.keep("a", values_of(1))
    guard.close()
    (tmp_path / "guard" / "kept.bin").unlink()
    guard = Remembering(tmp_path / "guard")
    guard.list_entry("a" * 32, values_of(1)[:32])
    assert guard.kept.look_back(utc_now()) == 0 and not guard.kept.forget("a")
    guard.close()
