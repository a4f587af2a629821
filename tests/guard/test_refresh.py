"""Following an exchange that is honest, slow, away or lying."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from notcontent.feed.entry import Add, Pause, Resume, SetTier, Tier, Unknown, Withdraw
from notcontent.feed.follow import FollowError
from notcontent.feed.signature import SigningKey
from notcontent.guard.credential import Credential
from notcontent.guard.database import Database
from notcontent.guard.erasing import erase_withdrawn
from notcontent.guard.exchange_client import ExchangeAway, ExchangeClient
from notcontent.guard.followed import follow_list, read_lists, read_state, read_version
from notcontent.guard.listing import ListWriter
from notcontent.guard.refresh import Refresh
from notcontent.guard.slots import SlotFile
from tests.guard.small_exchange import SmallExchange, honest, lying_head, utc_now


def value() -> bytes:
    return secrets.token_bytes(32)


class Follower:
    """A guard's following side on one folder, without a door; asked for one round at a time."""

    def __init__(self, folder: Path, exchange: SmallExchange) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self.database = Database(folder)
        follow_list(
            self.database, name="list", url=exchange.url, token=exchange.token, root_key=exchange.root.public.text
        )
        self.slots = SlotFile(folder / "fingerprints.bin")
        self.followed = read_lists(self.database)[0]
        self.lists = ListWriter(self.database, self.slots, {self.followed.id: "list"}, folder, b"s" * 32)
        self.key = SigningKey.generate()
        self.credential = Credential(self.followed, key=self.key, database=self.database, clock=utc_now)
        self.refresh = Refresh(
            self.followed, database=self.database, slots=self.slots, lists=self.lists, key=self.key,
            credential=self.credential, folder=folder, clock=utc_now, news=lambda: None,
        )  # fmt: skip

    def round(self, times: int = 1) -> None:
        async def rounds() -> None:
            self.refresh._client = ExchangeClient(self.followed.url, self.credential)
            for _ in range(times):
                await self.refresh.one_round(0)
            await self.refresh._client.close()

        asyncio.run(rounds())

    def refusal(self) -> str:
        with pytest.raises(FollowError) as caught:
            self.round()
        # As the loop does: after a refusal the keys are asked for again.
        self.refresh._keys = None
        return caught.value.code.value

    def finds(self, fingerprint: bytes) -> list[str]:
        [nearest] = self.lists.find_upright(np.frombuffer(fingerprint, np.uint8)[None])
        assert nearest.total == len(nearest.found)
        return [each.shown.entry for each in nearest.found]

    def number(self) -> int:
        with self.database.read() as connection:
            return read_state(connection, self.followed.id).number

    def outbox(self) -> int:
        with self.database.read() as connection:
            return connection.execute("SELECT count(*) FROM outbox").fetchone()[0]

    def holds_bytes(self, fingerprint: bytes) -> bool:
        files = [path.read_bytes() for path in self.folder.rglob("*") if path.is_file()]
        return any(fingerprint in data or fingerprint.hex().encode() in data for data in files)

    def close(self) -> None:
        self.lists.close()
        self.slots.close()
        self.database.close()


@pytest.fixture
def follower(tmp_path: Path, exchange: SmallExchange) -> Iterator[Follower]:
    made = Follower(tmp_path / "guard", exchange)
    yield made
    made.close()


def test_an_empty_list_is_fresh_and_an_added_entry_is_found(exchange: SmallExchange, follower: Follower) -> None:
    follower.round()
    listed = value()
    entry = exchange.add(listed)
    follower.round()
    assert follower.finds(listed) == [entry] and follower.number() == 1
    assert exchange.guards == [follower.key.public.text]


def test_tiers_pauses_and_later_operations_reach_the_list(exchange: SmallExchange, follower: Follower) -> None:
    listed = value()
    entry = exchange.add(listed)
    exchange.cut(SetTier(entry, Tier.VERIFIED), Pause(entry))
    follower.round()
    assert follower.finds(listed) == []
    exchange.cut(Resume(entry))
    follower.round()
    [[found]] = [each.found for each in follower.lists.find_upright(np.frombuffer(listed, np.uint8)[None])]
    assert found.shown.tier is Tier.VERIFIED


def test_a_withdrawal_stops_erases_and_is_answered_with_two_receipts(
    exchange: SmallExchange, follower: Follower
) -> None:
    listed, kept = value(), value()
    entry, other = exchange.add(listed), exchange.add(kept)
    follower.round()
    assert follower.holds_bytes(listed)
    exchange.withdraw(entry)
    follower.round()
    assert follower.finds(listed) == [] and follower.finds(kept) == [other]
    assert not follower.holds_bytes(listed) and follower.holds_bytes(kept)
    assert follower.outbox() == 2


def test_an_entry_withdrawn_before_it_was_seen_is_never_taken(exchange: SmallExchange, follower: Follower) -> None:
    listed, entry = value(), secrets.token_hex(16)
    exchange.cut(Withdraw(entry))
    follower.round()
    assert follower.outbox() == 2
    exchange.cut(Add(entry, "pdq", listed.hex(), Tier.CLAIMED))
    exchange.live.pop(entry)
    follower.round()
    assert follower.finds(listed) == [] and not follower.holds_bytes(listed)


def test_an_add_and_its_withdrawal_in_one_delta_leave_nothing(exchange: SmallExchange, follower: Follower) -> None:
    one, two = secrets.token_hex(16), secrets.token_hex(16)
    first, second = value(), value()
    exchange.cut(
        Add(one, "pdq", first.hex(), Tier.CLAIMED), Withdraw(one),
        Withdraw(two), Add(two, "pdq", second.hex(), Tier.CLAIMED),
    )  # fmt: skip
    exchange.live.pop(two)
    follower.round()
    assert not follower.holds_bytes(first) and not follower.holds_bytes(second)
    assert follower.finds(first) == [] and follower.outbox() == 4


def test_an_id_added_twice_keeps_its_first_value_in_memory_and_on_disk(tmp_path: Path, exchange: SmallExchange) -> None:
    entry, first, second = secrets.token_hex(16), value(), value()
    exchange.cut(*(Add(entry, "pdq", each.hex(), Tier.CLAIMED) for each in (first, second)))
    for _ in range(2):  # the second time from disk
        follower = Follower(tmp_path / "guard", exchange)
        follower.round()
        assert follower.finds(first) == [entry] and follower.finds(second) == []
        assert not follower.holds_bytes(second)
        follower.close()


def test_what_only_newer_guards_understand_is_counted_and_passed_over(
    exchange: SmallExchange, follower: Follower
) -> None:
    entry = secrets.token_hex(16)
    exchange.cut(Unknown("greet everybody"), Unknown(f"add {entry} vpdq 00ff claimed", entry))
    follower.round()
    with follower.database.read() as connection:
        assert connection.execute("SELECT passed_over FROM lists").fetchone() == (2,)
    exchange.withdraw(entry)
    follower.round()
    assert follower.outbox() == 2


def test_more_deltas_than_one_answer_carries_are_followed_to_the_end(
    exchange: SmallExchange, follower: Follower
) -> None:
    values = [value() for _ in range(120)]
    entries = [exchange.add(each) for each in values]
    follower.round(3)
    assert follower.number() == 120 and follower.finds(values[119]) == [entries[119]]


def test_a_new_guard_starts_from_the_snapshot_and_follows_on(exchange: SmallExchange, follower: Follower) -> None:
    values = [value() for _ in range(20)]
    entries = [exchange.add(each) for each in values]
    exchange.cut(SetTier(entries[0], Tier.VERIFIED), Pause(entries[1]))
    exchange.fold()
    late = value()
    last = exchange.add(late)
    follower.round(2)
    assert follower.finds(values[0]) == [entries[0]] and follower.finds(values[1]) == []
    assert follower.finds(late) == [last]
    assert not list(follower.folder.glob("*.part"))


def test_a_guard_that_was_away_too_long_learns_of_withdrawals_from_the_snapshot(
    exchange: SmallExchange, follower: Follower
) -> None:
    gone, stays = value(), value()
    entry, other = exchange.add(gone), exchange.add(stays)
    follower.round()
    exchange.withdraw(entry)
    exchange.fold()
    follower.round(2)
    assert follower.finds(gone) == [] and follower.finds(stays) == [other]
    assert not follower.holds_bytes(gone) and follower.outbox() == 2


def test_a_snapshot_that_was_cut_off_goes_on_where_it_stopped(exchange: SmallExchange, follower: Follower) -> None:
    values = [value() for _ in range(300)]
    for each in values:
        exchange.add(each)
    exchange.fold()
    exchange.cut_snapshot_after = 1000
    assert follower.refusal() == "bad_snapshot"
    follower.round()
    assert exchange.ranges == ["bytes=1000-"]
    assert len(follower.finds(values[0])) == 1


def test_a_restored_exchange_with_a_new_epoch_is_followed_and_what_it_forgot_stays_forgotten(
    exchange: SmallExchange, follower: Follower
) -> None:
    listed, withdrawn = value(), value()
    exchange.add(listed)
    entry = exchange.add(withdrawn)
    kept = list(exchange.texts), dict(exchange.live)
    exchange.withdraw(entry)
    follower.round()
    exchange.texts, exchange.live, exchange.epoch = *kept, 2
    exchange.fold()
    follower.round(2)
    assert len(follower.finds(listed)) == 1
    assert follower.finds(withdrawn) == [] and not follower.holds_bytes(withdrawn)


def test_a_full_follower_starts_again_where_it_stopped(tmp_path: Path, exchange: SmallExchange) -> None:
    first = Follower(tmp_path / "guard", exchange)
    listed = value()
    entry = exchange.add(listed)
    first.round()
    first.close()
    again = Follower(tmp_path / "guard", exchange)
    assert again.finds(listed) == [entry] and again.number() == 1
    again.close()


def test_a_crash_between_stopping_and_erasing_is_made_good(tmp_path: Path, exchange: SmallExchange) -> None:
    listed = value()
    entry = exchange.add(listed)
    follower = Follower(tmp_path / "guard", exchange)
    follower.round()
    follower.refresh._erase = lambda: None  # type: ignore[method-assign]
    exchange.withdraw(entry)
    follower.round()
    assert follower.finds(listed) == [] and follower.outbox() == 1 and follower.holds_bytes(listed)
    follower.close()
    again = Follower(tmp_path / "guard", exchange)
    erase_withdrawn(
        again.followed, database=again.database, slots=again.slots, lists=again.lists, key=again.key,
        folder=again.folder, now=utc_now(),
    )  # fmt: skip
    assert not again.holds_bytes(listed) and again.outbox() == 2
    again.close()


def test_values_that_a_crash_left_without_an_entry_are_zeroed_at_the_next_start(
    tmp_path: Path, exchange: SmallExchange
) -> None:
    follower = Follower(tmp_path / "guard", exchange)
    orphan = value()
    follower.slots.write([orphan])
    assert follower.holds_bytes(orphan)
    follower.close()
    again = Follower(tmp_path / "guard", exchange)
    assert not again.holds_bytes(orphan)
    again.close()


def test_an_exchange_that_is_away_changes_nothing(exchange: SmallExchange, follower: Follower) -> None:
    listed = value()
    exchange.add(listed)
    follower.round()
    exchange.close()
    with pytest.raises(ExchangeAway):
        follower.round()
    assert len(follower.finds(listed)) == 1
    exchange.open()
    follower.round()


# Each refusal of docs/spec/feed.md §5: what the exchange does, and the code. Before it, one entry is held.


def other_key(exchange: SmallExchange) -> None:
    exchange.signer = SigningKey.generate()


def revoked(exchange: SmallExchange) -> None:
    exchange.revoked, exchange.sequence = (exchange.key.public.key_id,), 2


def older_keys(exchange: SmallExchange) -> None:
    exchange.sequence = 0


def keys_of_another_root(exchange: SmallExchange) -> None:
    exchange.root_signer = SigningKey.generate()


def another_stream(exchange: SmallExchange) -> None:
    exchange.lie_about_head = lying_head(feed="ab" * 16)


def expired(exchange: SmallExchange) -> None:
    exchange.clock = lambda: utc_now() - timedelta(minutes=11)


def from_the_future(exchange: SmallExchange) -> None:
    exchange.clock = lambda: utc_now() + timedelta(minutes=6)


def lower_number(exchange: SmallExchange) -> None:
    exchange.texts.pop()


def lower_epoch(exchange: SmallExchange) -> None:
    exchange.epoch = 0


def other_history(exchange: SmallExchange) -> None:
    exchange.texts.pop()
    exchange.add(value())


def other_history_that_went_on(exchange: SmallExchange) -> None:
    exchange.texts.pop()
    exchange.add(value())
    exchange.add(value())


def missing_delta(exchange: SmallExchange) -> None:
    exchange.add(value())
    exchange.add(value())
    exchange.lie_in_poll = lambda answer: {**answer, "deltas": answer["deltas"][1:]}


def withheld_deltas(exchange: SmallExchange) -> None:
    exchange.add(value())
    exchange.lie_in_poll = lambda answer: {**answer, "deltas": []}


def wrong_count(exchange: SmallExchange) -> None:
    exchange.add(value())
    exchange.lie_about_head = lambda head: replace(head, count=head.count + 1)


def foreign_snapshot(exchange: SmallExchange) -> None:
    exchange.add(value())
    exchange.fold()
    exchange.lie_in_snapshot = lambda data: data[:-1] + bytes([data[-1] ^ 1])


def long_snapshot(exchange: SmallExchange) -> None:
    exchange.add(value())
    exchange.fold()
    exchange.lie_in_snapshot = lambda data: data + bytes(100)


def snapshot_signed_by_another(exchange: SmallExchange) -> None:
    exchange.add(value())
    exchange.fold()
    path = exchange.folder / f"1-{exchange.number}"
    with path.open("rb") as file:
        path.with_suffix(".minisig").write_text(SigningKey.generate().sign_bytes(file, "notcontent-snapshot"))


def torn_text(exchange: SmallExchange) -> None:
    exchange.add(value())
    signed = exchange.key.sign("notcontent-delta/1\nnonsense\n").to_json()
    exchange.lie_in_poll = lambda answer: {**answer, "deltas": [signed]}


def not_an_answer(exchange: SmallExchange) -> None:
    exchange.lie_in_poll = lambda answer: {"head": answer["head"], "deltas": "none"}


ATTACKS = [
    (other_key, "bad_signature"),
    (keys_of_another_root, "bad_signature"),
    (snapshot_signed_by_another, "bad_signature"),
    (revoked, "revoked_key"),
    (older_keys, "keys_rolled_back"),
    (another_stream, "wrong_feed"),
    (expired, "head_expired"),
    (from_the_future, "head_expired"),
    (lower_number, "rolled_back"),
    (lower_epoch, "rolled_back"),
    (other_history, "fork"),
    (other_history_that_went_on, "fork"),
    (missing_delta, "gap"),
    (withheld_deltas, "gap"),
    (wrong_count, "wrong_count"),
    (foreign_snapshot, "bad_snapshot"),
    (long_snapshot, "bad_snapshot"),
    (torn_text, "malformed"),
    (not_an_answer, "malformed"),
]


@pytest.mark.parametrize(("attack", "code"), ATTACKS, ids=[f"{attack.__name__}" for attack, _ in ATTACKS])
def test_an_attack_is_refused_and_the_last_good_list_stays(
    attack,
    code: str,
    exchange: SmallExchange,
    follower: Follower,
) -> None:
    listed = value()
    entry = exchange.add(listed)
    follower.round()
    follower.refresh._keys = None
    before = follower.folder.joinpath("fingerprints.bin").read_bytes().rstrip(b"\0")
    attack(exchange)
    assert follower.refusal() == code
    assert follower.finds(listed) == [entry] and follower.number() == 1
    # Nothing that was refused stays on the disk.
    assert follower.folder.joinpath("fingerprints.bin").read_bytes().rstrip(b"\0") == before


def test_every_code_of_the_specification_has_an_attack() -> None:
    from notcontent.feed.follow import Refusal

    assert {code for _, code in ATTACKS} == {refusal.value for refusal in Refusal}


def test_after_a_wrong_count_an_honest_exchange_is_followed_again(exchange: SmallExchange, follower: Follower) -> None:
    wrong_count(exchange)
    assert follower.refusal() == "wrong_count"
    honest(exchange)
    follower.round()
    assert follower.number() == 1


def test_a_list_that_differs_although_every_signature_is_right_is_fetched_again(
    exchange: SmallExchange, follower: Follower
) -> None:
    listed = value()
    exchange.add(listed)
    follower.round()
    with follower.database.write() as connection:
        connection.execute("DELETE FROM entries")
        connection.execute("UPDATE lists SET live = 0")
    assert follower.refusal() == "wrong_count"
    exchange.add(value())
    exchange.fold()
    follower.round()
    assert len(follower.finds(listed)) == 1


def test_a_list_that_was_fetched_again_at_the_same_number_is_another_version(
    exchange: SmallExchange, follower: Follower
) -> None:
    listed = value()
    entry = exchange.add(listed)
    exchange.fold()
    follower.round(2)
    with follower.database.write() as connection:
        connection.execute("DELETE FROM entries")
        connection.execute("UPDATE lists SET live = 0")
    assert follower.refusal() == "wrong_count"
    # So far an upload near this entry passes, and may be remembered so.
    before = read_version(follower.database)
    follower.round()
    assert follower.finds(listed) == [entry] and follower.number() == 1
    assert read_version(follower.database) not in (None, before)
    # Where nothing has changed, what was learnt may stay.
    now = read_version(follower.database)
    follower.round()
    assert read_version(follower.database) == now


def test_the_moment_of_freshness_is_kept(exchange: SmallExchange, follower: Follower) -> None:
    follower.round()
    with follower.database.read() as connection:
        seconds = connection.execute("SELECT fresh_at FROM lists").fetchone()[0]
    assert abs(seconds - datetime.now().timestamp()) < 5
