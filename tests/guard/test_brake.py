"""The brake bounds what claims that nobody has confirmed can hold."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from notcontent.guard.brake import Brake, BrakeLimits

START = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)


def seen(*claims: str) -> dict[str, bytes]:
    """What came near them is not known."""
    return dict.fromkeys(claims, b"")


def altered(fingerprint: bytes, bits: int, order: random.Random) -> bytes:
    """The fingerprint of an altered copy: so many bits are others."""
    changed = int.from_bytes(fingerprint)
    for bit in order.sample(range(256), bits):
        changed ^= 1 << bit
    return changed.to_bytes(32)


def test_copies_of_one_picture_count_once_however_many_there_are() -> None:
    order = random.Random(1)
    hers = order.randbytes(32)
    brake = Brake(BrakeLimits())
    for number in range(500):
        assert brake.may_hold(b"%d" % number, {"hers": altered(hers, number % 12, order)}, START)
    for number in range(19):
        assert brake.may_hold(b"other %d" % number, seen(f"claim {number}"), START)
    assert not brake.may_hold(b"other 19", seen("claim 19"), START), "together they took one place of twenty"
    assert brake.may_hold(b"one more", {"hers": altered(hers, 3, order)}, START), "and hers goes on being held"


def test_pictures_unlike_each_other_count_each() -> None:
    order = random.Random(2)
    planted = order.randbytes(32)
    brake = Brake(BrakeLimits(all_claims_at_least=1000))
    held = [brake.may_hold(b"%d" % number, {"planted": altered(planted, 31, order)}, START) for number in range(60)]
    assert sum(held) < 30 and not all(held[-20:])


def test_a_kind_is_forgotten_with_its_hour() -> None:
    order = random.Random(3)
    hers = order.randbytes(32)
    brake = Brake(BrakeLimits())
    brake.may_hold(b"first", {"hers": hers}, START)
    brake.may_hold(b"copy", {"hers": altered(hers, 2, order)}, START + timedelta(minutes=30))
    assert "hers" in brake._kinds and hers.hex() not in repr(brake)
    brake.count_upload(START + timedelta(minutes=90))
    assert not brake._kinds and not brake._held and not brake._new


def test_one_claim_holds_twenty_different_uploads_an_hour_and_the_next_passes() -> None:
    brake = Brake(BrakeLimits(all_claims_at_least=1000))
    for number in range(20):
        assert brake.may_hold(b"%d" % number, seen("claim"), START)
    assert not brake.may_hold(b"20", seen("claim"), START)
    assert brake.may_hold(b"20", seen("claim", "other"), START)
    assert brake.may_hold(b"20", seen("claim"), START + timedelta(hours=1))


def test_the_same_bytes_again_stay_held_and_count_once() -> None:
    brake = Brake(BrakeLimits())
    for _ in range(100):
        assert brake.may_hold(b"same", seen("claim"), START)
    for number in range(19):
        assert brake.may_hold(b"%d" % number, seen("claim"), START)
    assert not brake.may_hold(b"19", seen("claim"), START)
    assert brake.may_hold(b"same", seen("claim"), START)


def test_all_claims_together_hold_twenty_of_a_quiet_hour() -> None:
    brake = Brake(BrakeLimits())
    for number in range(20):
        assert brake.may_hold(b"%d" % number, seen(f"claim {number}"), START)
    assert not brake.may_hold(b"20", seen("claim 20"), START)


def test_all_claims_together_hold_a_thousandth_of_a_busy_hour() -> None:
    brake = Brake(BrakeLimits())
    for number in range(30_000):
        brake.count_upload(START + timedelta(seconds=number // 10))
    now = START + timedelta(minutes=50)
    held = sum(brake.may_hold(b"%d" % number, seen(f"claim {number}"), now) for number in range(100))
    assert held == 30


def test_uploads_of_the_hour_before_do_not_count() -> None:
    brake = Brake(BrakeLimits())
    for _ in range(50_000):
        brake.count_upload(START)
    now = START + timedelta(hours=1)
    assert sum(brake.may_hold(b"%d" % number, seen(f"claim {number}"), now) for number in range(60)) == 20


def test_the_brake_forgets_every_upload_within_the_hour_and_never_keeps_its_bytes() -> None:
    brake = Brake(BrakeLimits())
    brake.may_hold(b"the bytes of a picture", seen("claim"), START)
    assert b"the bytes of a picture" not in repr(brake).encode()
    brake.count_upload(START + timedelta(hours=1))
    assert not brake._held and not brake._holds and not brake._held_by
