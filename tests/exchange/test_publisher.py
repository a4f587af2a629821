"""The publisher: cut, numbered, signed; safe to die at every point; folded; erased."""

from __future__ import annotations

import base64
import itertools
import json
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from notcontent.exchange.folder import Folder
from notcontent.feed.delta import parse_delta
from notcontent.feed.entry import Add, Operation, SetTier, Tier, Withdraw
from notcontent.feed.follow import FollowState, check_count, check_deltas, check_head, check_keys, check_snapshot
from notcontent.feed.head import Head
from notcontent.feed.signature import PublicKey, Signed, SigningKey
from notcontent.feed.snapshot import read_snapshot
from tests.exchange.running import HELPLINE, picture_code, seal, video_code

TODAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Code:
    kind: str
    quality: int | None
    stored: bytes

    @classmethod
    def new(cls, seed: int | None = None) -> Code:
        made = picture_code(seed)
        return cls("pdq", made["quality"], bytes.fromhex("".join(made["orientations"])))

    @classmethod
    def video(cls, frames: int, seed: int | None = None) -> Code:
        return cls("video", None, bytes.fromhex("".join(video_code(frames, seed)["frames"])))

    @property
    def upright(self) -> str:
        return (self.stored if self.kind == "video" else self.stored[:32]).hex()


@dataclass
class Desk:
    """Everything a test of the publisher does, on tables and files of its own."""

    folder: Folder
    feed: str
    partner: str
    key: SigningKey

    @property
    def on_postgresql(self) -> bool:
        return not self.folder.database.exists()

    def open(self, *codes: Code, partners: Sequence[str] | None = None, locator: str | None = None, **more: Any) -> str:
        from notcontent.exchange.cases.opening import NewCase, open_case

        locator = locator or secrets.token_hex(32)
        new = NewCase(locator, "1" * 64, "2" * 64, "online", codes, partners or [self.partner], **more)
        open_case(new, 200, TODAY)
        return locator

    def withdraw(self, locator: str, forget: str = "matching", today: date = TODAY) -> None:
        from notcontent.exchange.cases.models import Forget
        from notcontent.exchange.cases.withdrawing import withdraw_case

        assert withdraw_case(locator, "2" * 64, Forget(forget), today) is not None

    def cut(self) -> list[Operation]:
        """Cut one delta, without its head."""
        from notcontent.exchange.lists.cutting import cut_delta
        from notcontent.exchange.partners.models import Stream

        self.folder.stream(self.feed).mkdir(parents=True, exist_ok=True)
        if cut_delta(self.folder, self.key, self.feed, NOW) is None:
            return []
        stream = Stream.objects.get(feed=self.feed)
        signed = json.loads(self.folder.delta(self.feed, stream.epoch, stream.number).read_bytes())
        return list(parse_delta(signed["text"]).operations)

    def write_head(self, now: datetime = NOW) -> None:
        from notcontent.exchange.lists.cutting import write_head

        write_head(self.folder, self.key, self.feed, now)

    def fold(self) -> None:
        from notcontent.exchange.lists.folding import fold_stream

        fold_stream(self.folder, self.key, self.feed, NOW)

    def erase(self) -> int:
        from notcontent.exchange.lists.erasing import erase_everywhere

        return erase_everywhere(self.folder, self.key, NOW)

    def restart(self) -> None:
        """What a publisher does first."""
        from notcontent.exchange.lists.publisher import Publisher

        Publisher(self.folder).start()

    def state(self) -> FollowState:
        """A follower that holds nothing yet, of the first epoch."""
        return FollowState(PublicKey.from_text(self.folder.root_public.read_text()), epoch=1)

    def head(self) -> Signed:
        """The stream's newest head, as it is handed out."""
        from notcontent.exchange.heads import read_heads

        return read_heads(self.folder.heads)[self.feed]

    def follow(
        self, state: FollowState | None = None, now: datetime | None = None
    ) -> tuple[FollowState, Head, dict[str, str]]:
        """A strict follower, from the start or from a state; its live entries as id and value."""
        state = state or self.state()
        keys, state = check_keys(state, Signed.from_json(json.loads(self.folder.feed_keys.read_bytes())))
        signed = self.head()
        head = check_head(state, signed, keys, now or datetime.now(UTC))
        live: dict[str, str] = {}
        if head.oldest > 1:
            path = self.folder.snapshot(self.feed, head.epoch, head.snapshot)
            with path.open("rb") as file:
                keys.keys[0].verify_file(file, path.with_name(path.name + ".minisig").read_text())
            snapshot = read_snapshot(path)
            state = check_snapshot(state, head, snapshot, head.snapshot_sha256, path.stat().st_size)
            live = {row["entry"].tobytes().hex(): row["value"].tobytes().hex() for row in snapshot.records}
            live |= {video.entry: video.frames.hex() for video in snapshot.videos}
        deltas = [
            Signed.from_json(json.loads(self.folder.delta(self.feed, head.epoch, number).read_bytes()))
            for number in range(head.oldest, head.number + 1)
        ]
        for delta, reached in check_deltas(state, head, deltas, keys):
            state = reached
            for operation in delta.operations:
                match operation:
                    case Add(entry, _, value, _):
                        live[entry] = value
                    case Withdraw(entry):
                        live.pop(entry, None)
        assert state.number == head.number
        check_count(len(live), head)
        return state, head, live


@pytest.fixture
def desk(tables: Folder) -> Desk:
    """Fresh tables with one partner."""
    from notcontent.exchange.lists.publisher import read_online_key
    from notcontent.exchange.partners.joining import add_partner

    joined = add_partner(name="Board", country="zz", site="", proves_forgetting=True, today=TODAY)
    return Desk(tables, joined.feed, joined.partner, read_online_key(tables))


def test_a_new_stream_has_an_empty_head_that_a_follower_takes(desk: Desk) -> None:
    desk.restart()
    _, head, live = desk.follow()
    assert (head.number, head.count, head.oldest, live) == (0, 0, 1, {})


def test_the_list_follows_what_happens_to_cases(desk: Desk) -> None:
    mina, other = Code.new(), Code.new()
    locator = desk.open(mina)
    desk.open(other)
    assert len(desk.cut()) == 2
    desk.withdraw(locator)
    (withdrawal,) = desk.cut()
    assert isinstance(withdrawal, Withdraw)
    desk.restart()
    _, head, live = desk.follow()
    assert (head.number, list(live.values())) == (2, [other.upright])


def test_operations_of_one_delta_stand_in_no_order(desk: Desk) -> None:
    codes = [Code.new() for _ in range(40)]
    for code in codes:
        desk.open(code)
    order = [operation.value for operation in desk.cut() if isinstance(operation, Add)]
    assert sorted(order) == sorted(code.upright for code in codes)
    assert order != [code.upright for code in codes]


def test_entries_of_one_case_have_unrelated_ids_on_every_stream(desk: Desk) -> None:
    from notcontent.exchange.lists.models import Entry, Listing
    from notcontent.exchange.partners.joining import add_partner

    other = add_partner(name="Other", country="zz", site="", proves_forgetting=True, today=TODAY)
    desk.open(Code.new(), Code.new(), partners=[desk.partner, other.partner])
    ids = [*Listing.objects.values_list("id", flat=True), *Entry.objects.values_list("id", flat=True)]
    assert len(set(ids)) == 6 and all(len(one) == 32 for one in ids)
    # No byte of one is repeated at its place in another more often than chance has it.
    for first, second in itertools.combinations(ids, 2):
        assert sum(a == b for a, b in zip(bytes.fromhex(first), bytes.fromhex(second), strict=True)) < 5


def test_two_intakes_that_commit_in_the_opposite_order_are_both_sent(desk: Desk) -> None:
    from notcontent.exchange.lists.models import Listing

    early, late = Code.new(), Code.new()
    desk.open(early)
    # The early row becomes visible only after the late one was sent: as if its transaction had taken that long.
    slow = list(Listing.objects.values())
    Listing.objects.all().delete()
    desk.open(late)
    assert [op.value for op in desk.cut() if isinstance(op, Add)] == [late.upright]
    Listing.objects.bulk_create(Listing(**row) for row in slow)
    assert [op.value for op in desk.cut() if isinstance(op, Add)] == [early.upright]
    desk.restart()
    assert set(desk.follow()[2].values()) == {early.upright, late.upright}


def test_dying_after_the_file_and_before_the_tables_loses_and_doubles_nothing(desk: Desk) -> None:
    from django.db import transaction

    code = Code.new()
    desk.open(code)

    class Died(Exception):
        pass

    with pytest.raises(Died), transaction.atomic():
        assert len(desk.cut()) == 1
        raise Died
    left_over = desk.folder.delta(desk.feed, 1, 1)
    assert left_over.exists()
    desk.restart()
    assert not left_over.exists(), "a file that no head announces is deleted"
    assert desk.follow()[1].number == 0
    assert len(desk.cut()) == 1
    desk.write_head(datetime.now(UTC))
    assert list(desk.follow()[2].values()) == [code.upright]


def test_dying_after_the_tables_and_before_the_head_loses_and_doubles_nothing(desk: Desk) -> None:
    code = Code.new()
    desk.restart()
    desk.open(code)
    desk.cut()
    assert desk.follow()[1].number == 0, "the old head still stands"
    desk.restart()
    assert desk.cut() == []
    assert list(desk.follow()[2].values()) == [code.upright]


def test_dying_while_folding_leaves_a_list_that_a_follower_takes(desk: Desk) -> None:
    from notcontent.exchange.lists import folding

    desk.restart()
    kept, gone = Code.new(), Code.new()
    desk.open(kept)
    locator = desk.open(gone)
    desk.cut()
    desk.write_head(datetime.now(UTC))
    held, _, _ = desk.follow()
    desk.withdraw(locator)
    desk.cut()
    # Died before the tables knew of the snapshot: it is deleted. Died after: the deltas are.
    from django.db import transaction

    with transaction.atomic():
        assert folding._fold_if_nothing_due(desk.folder, desk.key, desk.feed, NOW)
        transaction.set_rollback(True)
    desk.restart()
    assert list(desk.follow()[2].values()) == [kept.upright]
    assert not list(desk.folder.stream(desk.feed).glob("*.snapshot*"))
    assert folding._fold_if_nothing_due(desk.folder, desk.key, desk.feed, NOW)
    desk.restart()
    assert list(desk.follow()[2].values()) == [kept.upright]
    assert not list(desk.folder.stream(desk.feed).glob("*.delta.json"))
    assert held.number == 1


def test_a_follower_that_is_up_to_date_goes_on_after_folding(desk: Desk) -> None:
    desk.open(Code.new())
    desk.cut()
    desk.fold()
    desk.write_head(datetime.now(UTC))
    state, head, _ = desk.follow()
    assert (head.snapshot, head.oldest) == (1, 2)
    desk.open(Code.new())
    desk.cut()
    desk.write_head(datetime.now(UTC))
    _, head, live = desk.follow(state)
    assert (head.number, len(live)) == (2, 2)


def test_a_withdrawal_wins_over_a_tier_that_was_still_to_be_sent(desk: Desk) -> None:
    from notcontent.exchange.desk.tiers import set_tier
    from notcontent.exchange.errors import UnknownName
    from notcontent.exchange.lists.models import Entry

    locator = desk.open(Code.new())
    (added,) = desk.cut()
    assert isinstance(added, Add)
    assert set_tier(added.entry, Tier.VERIFIED, actor="Desk", reason="talked to her", today=TODAY) == 1
    assert desk.cut() == [SetTier(added.entry, Tier.VERIFIED)]
    set_tier(Entry.objects.get().id, Tier.SEEN, actor="Desk", reason="a mistake", today=TODAY)
    desk.withdraw(locator)
    assert desk.cut() == [Withdraw(added.entry)]
    assert desk.cut() == []
    with pytest.raises(UnknownName):
        set_tier(added.entry, Tier.VERIFIED, actor="Desk", reason="too late", today=TODAY)


def test_erasing_leaves_the_bytes_in_no_file(desk: Desk) -> None:
    from notcontent.exchange.cases.models import Case

    secret, kept = Code.new(), Code.new()
    many = [Code.new() for _ in range(150)]
    locator = desk.open(secret, *many[:75])
    desk.open(kept, *many[75:])
    desk.restart()
    desk.cut()
    desk.fold()
    assert _files_with(desk.folder, secret), "the search finds what is there"
    desk.withdraw(locator)
    assert desk.erase() == 1
    assert _files_with(desk.folder, secret) == []
    assert _files_with(desk.folder, kept), "another case keeps its own"
    case = Case.objects.get(locator_sha256=locator)
    assert case.withdrawn == TODAY and case.erased_here == NOW.date()


def test_two_cases_with_one_picture_are_erased_one_by_one(desk: Desk) -> None:
    code = Code.new()
    mina, censor = desk.open(code), desk.open(code)
    assert len(desk.cut()) == 2
    desk.withdraw(censor)
    desk.erase()
    desk.write_head(datetime.now(UTC))
    assert list(desk.follow()[2].values()) == [code.upright]
    desk.withdraw(mina)
    desk.erase()
    desk.write_head(datetime.now(UTC))
    assert desk.follow()[2] == {}
    assert _files_with(desk.folder, code) == []


def test_a_video_is_sent_tiered_and_folded_like_a_picture(desk: Desk) -> None:
    from notcontent.exchange.desk.tiers import set_tier

    video, other, picture = Code.video(600), Code.video(1), Code.new()
    desk.open(video, picture, other)
    added = {operation.value: operation for operation in desk.cut() if isinstance(operation, Add)}
    assert {value: add.kind for value, add in added.items()} == {
        video.upright: "video", other.upright: "video", picture.upright: "pdq",
    }  # fmt: skip
    entry = added[video.upright].entry
    set_tier(entry, Tier.VERIFIED, actor="Desk", reason="talked to her", today=TODAY)
    assert desk.cut() == [SetTier(entry, Tier.VERIFIED)]
    desk.fold()
    desk.write_head(datetime.now(UTC))
    _, head, live = desk.follow()
    assert head.count == 3 and live == {add.entry: value for value, add in added.items()}
    snapshot = read_snapshot(desk.folder.snapshot(desk.feed, 1, 2))
    assert [(one.tier, one.paused) for one in snapshot.videos if one.entry == entry] == [(Tier.VERIFIED, False)]


def test_erasing_leaves_no_frame_of_a_withdrawn_video_in_any_file(desk: Desk) -> None:
    from notcontent.exchange.lists.models import Entry

    secret, kept = Code.video(600), Code.video(50)
    locator = desk.open(secret, Code.new())
    desk.open(kept)
    desk.restart()
    desk.cut()
    desk.fold()
    assert len(_files_with(desk.folder, secret)) >= 2, "the search finds what is there"
    desk.withdraw(locator)
    assert Entry.objects.filter(kind="video", fingerprints=b"").count() == 1
    assert len(desk.cut()) == 2
    assert desk.erase() == 1
    assert _files_with(desk.folder, secret) == []
    assert _files_with(desk.folder, kept), "another case keeps its own"
    desk.write_head(datetime.now(UTC))
    assert list(desk.follow()[2].values()) == [kept.upright]


def test_erasing_leaves_no_byte_of_a_forgotten_letter_in_any_file(desk: Desk) -> None:
    from notcontent.exchange.cases.models import Case
    from notcontent.exchange.desk.letters import answer_case, fetch_letter
    from notcontent.exchange.letters.models import Letter

    hers, answer, kept = (_letter() for _ in range(3))
    locator = desk.open(Code.new(), letter=hers)
    desk.open(Code.new(), letter=kept)
    case = Case.objects.get(locator_sha256=locator)
    fetch_letter(case.letters.get().id, actor="Desk", today=TODAY)
    answer_case(case.id, answer, actor="Desk", today=TODAY)
    desk.withdraw(locator, "matching")
    assert desk.erase() == 1
    assert _files_with_letter(desk.folder, hers) and _files_with_letter(desk.folder, answer)
    # Erased before, the case says so no longer until these bytes are gone as well.
    desk.withdraw(locator, "everything")
    assert Case.objects.get(id=case.id).erased_here is None and Letter.objects.count() == 1
    assert desk.erase() == 1
    assert _files_with_letter(desk.folder, hers) == _files_with_letter(desk.folder, answer) == []
    assert _files_with_letter(desk.folder, kept), "another case keeps its own"
    assert Case.objects.get(id=case.id).erased_here == NOW.date()


def test_a_withdrawal_that_waits_happens_on_its_day_and_not_before(desk: Desk) -> None:
    from notcontent.exchange.cases.looking import status_of
    from notcontent.exchange.cases.models import Case
    from notcontent.exchange.cases.withdrawing import stop_withdrawal, withdraw_what_is_due

    stays, goes, stopped = (desk.open(Code.new(), wait_days=3, letter=_letter()) for _ in range(3))
    assert len(desk.cut()) == 3
    for locator in (goes, stopped):
        desk.withdraw(locator, "everything")
    # Asked again a day later, it happens no later.
    desk.withdraw(goes, "everything", TODAY + timedelta(days=1))
    assert stop_withdrawal(stopped, "2" * 64) is not None
    assert withdraw_what_is_due(TODAY + timedelta(days=2)) == 0 and desk.cut() == []
    day = TODAY + timedelta(days=3)
    assert withdraw_what_is_due(day) == 1 and withdraw_what_is_due(day) == 0
    assert [type(operation) for operation in desk.cut()] == [Withdraw]
    case = Case.objects.get(locator_sha256=goes)
    assert (case.withdrawn, case.withdraws_on, case.is_forgotten) == (day, None, True)
    assert stop_withdrawal(goes, "2" * 64).withdrawn == day, "what has happened can't be stopped"
    assert status_of(case, 0, day).letters == ()
    for locator in (stays, stopped):
        case = Case.objects.get(locator_sha256=locator)
        assert (case.withdrawn, case.withdraws_on, case.letters.count()) == (None, None, 1)


def test_the_publisher_carries_out_what_waited_also_when_it_was_away_that_day(desk: Desk) -> None:
    from notcontent.exchange.cases.models import Case
    from notcontent.exchange.lists.publisher import LOOK_AT_THE_DAY_EVERY_S, Publisher

    locator = desk.open(Code.new(), wait_days=3)
    publisher = Publisher(desk.folder)
    publisher.start()
    publisher.turn(0.0)
    desk.withdraw(locator, today=datetime.now(UTC).date() - timedelta(days=10))
    publisher.turn(LOOK_AT_THE_DAY_EVERY_S - 1)
    assert Case.objects.get().withdrawn is None
    publisher.turn(LOOK_AT_THE_DAY_EVERY_S)
    assert Case.objects.get().withdrawn == datetime.now(UTC).date()
    assert desk.follow()[2] == {}


def test_dying_while_what_waited_is_carried_out_leaves_all_of_it_or_nothing(desk: Desk) -> None:
    from django.db import transaction

    from notcontent.exchange.cases.models import Case
    from notcontent.exchange.cases.withdrawing import withdraw_what_is_due
    from notcontent.exchange.lists.models import Entry

    locator = desk.open(Code.new(), wait_days=3, letter=_letter())
    desk.withdraw(locator, "everything")
    day = TODAY + timedelta(days=3)
    with transaction.atomic():
        assert withdraw_what_is_due(day) == 1
        transaction.set_rollback(True)
    case = Case.objects.get()
    assert (case.withdrawn, case.letters.count(), Entry.objects.exclude(fingerprints=b"").count()) == (None, 1, 1)
    assert withdraw_what_is_due(day) == 1
    case = Case.objects.get()
    assert (case.withdrawn, case.letters.count(), Entry.objects.exclude(fingerprints=b"").count()) == (day, 0, 0)


def test_a_case_withdrawn_before_there_were_letters_is_brought_up_to_date(desk: Desk) -> None:
    from django.core.management import call_command

    from notcontent.exchange.cases.models import Case

    locator = desk.open(Code.new())
    desk.open(Code.new())
    desk.withdraw(locator)
    call_command("migrate", "letters", "zero", verbosity=0)
    call_command("migrate", "cases", "0001", verbosity=0)
    call_command("migrate", verbosity=0)
    assert dict(Case.objects.values_list("withdrawn", "forget")) == {TODAY: "matching", None: ""}


def test_a_delta_ends_before_it_grows_large(desk: Desk) -> None:
    from notcontent.exchange.lists.cutting import MAX_TEXT_BYTES

    videos = [Code.video(600) for _ in range(130)]
    for start in range(0, len(videos), 10):
        desk.open(*videos[start : start + 10])
    sizes = []
    while operations := desk.cut():
        sizes.append(sum(len(operation.value) for operation in operations if isinstance(operation, Add)))
    assert len(sizes) == 3 and sum(sizes) == 130 * 600 * 64
    assert all(MAX_TEXT_BYTES - 50_000 < size <= MAX_TEXT_BYTES for size in sizes[:-1])
    desk.restart()
    assert sorted(desk.follow()[2].values()) == sorted(video.upright for video in videos)


def test_the_tables_from_before_videos_are_brought_up_to_date(desk: Desk) -> None:
    from django.core.management import call_command
    from django.db import connection

    code = Code.new()
    desk.open(code)
    call_command("migrate", "lists", "0002", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("SELECT kind, quality, length(orientations) FROM lists_entry")
        assert cursor.fetchall() == [("pdq", code.quality, 256)]
    call_command("migrate", "lists", verbosity=0)
    desk.open(Code.video(2))
    desk.cut()
    desk.restart()
    assert code.upright in desk.follow()[2].values() and len(desk.follow()[2]) == 2


def _letter() -> bytes:
    return seal({"text": secrets.token_hex(2_000)}, HELPLINE.to_public())


def _every_file(folder: Folder) -> list[Path]:
    """The data folder's, and on PostgreSQL its tables' as the server keeps them. (Its log of changes is not erased.)"""
    from django.db import connection

    found = list(folder.path.rglob("*"))
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("CHECKPOINT")
            cursor.execute(
                "SELECT current_setting('data_directory'), oid FROM pg_database WHERE datname = current_database()"
            )
            [(place, database)] = cursor.fetchall()
        # Numbers from here on are of tables that somebody made; below stand those of the server itself.
        made = (Path(place) / "base" / str(database)).iterdir()
        found += [path for path in made if int(re.sub(r"\D.*", "", path.name) or 0) >= 16_384]
    return [path for path in found if path.is_file()]


def _files_with_letter(folder: Folder, sealed: bytes) -> list[str]:
    """Files of the data folder that hold any 32 bytes of the letter, raw, as hex or in base64."""
    # Beyond the words that every sealed letter begins with.
    pieces = [sealed[start : start + 32] for start in range(64, len(sealed) - 31, 32)]
    assert len(pieces) > 100
    wanted = [form for piece in pieces for form in (piece, piece.hex().encode())]
    text = base64.b64encode(sealed)
    wanted += [text[start : start + 32] for start in range(96, len(text) - 31, 32)]
    return [
        path.name
        for path in _every_file(folder)
        if any(form in data for data in [path.read_bytes()] for form in wanted)
    ]


def _files_with(folder: Folder, code: Code) -> list[str]:
    """Files of the data folder that hold any of its fingerprints, raw or as hex."""
    values = [code.stored[start : start + 32] for start in range(0, len(code.stored), 32)]
    wanted = [form for value in values for form in (value, value.hex().encode(), value.hex().upper().encode())]
    return [
        path.name
        for path in _every_file(folder)
        if any(form in data for data in [path.read_bytes()] for form in wanted)
    ]


def test_old_bytes_are_erased_within_a_day_without_being_asked(desk: Desk) -> None:
    import os

    from notcontent.exchange.lists.publisher import ERASE_EVERY, Publisher, pending_erasures

    publisher = Publisher(desk.folder)
    publisher.start()
    publisher.turn(0.0)
    code = Code.new()
    locator = desk.open(code)
    publisher.turn(1.0)
    desk.withdraw(locator)
    publisher.turn(2.0)
    publisher.turn(70.0)
    assert pending_erasures() == 1, "not yet due"
    long_ago = (datetime.now(UTC) - ERASE_EVERY - timedelta(minutes=1)).timestamp()
    os.utime(desk.folder.last_erasure, (long_ago, long_ago))
    publisher.turn(140.0)
    assert pending_erasures() == 0
    assert _files_with(desk.folder, code) == []


def test_a_new_exchange_erases_nothing_at_first_so_its_first_deltas_stay_as_they_were_cut(desk: Desk) -> None:
    from notcontent.exchange.lists.publisher import Publisher

    # A case that comes before the publisher's first turn.
    desk.open(Code.new())
    publisher = Publisher(desk.folder)
    publisher.start()
    publisher.turn(0.0)
    _, head, live = desk.follow()
    assert (head.number, head.oldest, len(live)) == (1, 1, 1)


def test_deltas_are_cut_at_most_once_a_second(desk: Desk) -> None:
    from notcontent.exchange.lists.publisher import Publisher

    publisher = Publisher(desk.folder)
    publisher.start()
    for tenth in range(30):
        desk.open(Code.new())
        publisher.turn(tenth / 10)
    _, head, live = desk.follow()
    assert head.number == 3 and len(live) == 21


def test_a_head_is_signed_again_without_news(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    from notcontent.exchange.lists import publisher as module

    publisher = module.Publisher(desk.folder)
    publisher.start()
    before = desk.head()
    started_s, started = time.monotonic(), datetime.now(UTC)
    for later_s, again in ((10.0, False), (59.0, True)):
        monkeypatch.setattr(module, "_now", lambda later_s=later_s: started + timedelta(seconds=later_s))
        publisher.turn(started_s + later_s)
        assert (desk.head() != before) == again


def test_within_a_minute_nothing_tells_when_a_list_was_changed_before(desk: Desk) -> None:
    from notcontent.exchange.lists.publisher import Publisher

    publisher = Publisher(desk.folder)
    publisher.start()
    for second in range(5):
        desk.open(Code.new())
        publisher.turn(float(second))
    assert desk.folder.heads.read_bytes().count(desk.feed.encode()) > 2
    publisher.turn(61.0)
    assert desk.folder.heads.read_bytes().count(b"\n") == 1
    assert desk.follow()[1].number == 5


def test_there_is_only_one_publisher(desk: Desk) -> None:
    from notcontent.exchange.errors import PublisherBusy
    from notcontent.exchange.lists.publisher import only_publisher

    with only_publisher(desk.folder), pytest.raises(PublisherBusy), only_publisher(desk.folder):
        pass
