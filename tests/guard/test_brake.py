"""The brake bounds what claims that nobody has confirmed can hold."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from notcontent.guard.brake import Brake, BrakeLimits

START = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)


def test_one_claim_holds_twenty_different_uploads_an_hour_and_the_next_passes() -> None:
    brake = Brake(BrakeLimits(all_claims_at_least=1000))
    for number in range(20):
        assert brake.may_hold(b"%d" % number, ["claim"], START)
    assert not brake.may_hold(b"20", ["claim"], START)
    assert brake.may_hold(b"20", ["claim", "other"], START)
    assert brake.may_hold(b"20", ["claim"], START + timedelta(hours=1))


def test_the_same_bytes_again_stay_held_and_count_once() -> None:
    brake = Brake(BrakeLimits())
    for _ in range(100):
        assert brake.may_hold(b"same", ["claim"], START)
    for number in range(19):
        assert brake.may_hold(b"%d" % number, ["claim"], START)
    assert not brake.may_hold(b"19", ["claim"], START)
    assert brake.may_hold(b"same", ["claim"], START)


def test_all_claims_together_hold_twenty_of_a_quiet_hour() -> None:
    brake = Brake(BrakeLimits())
    for number in range(20):
        assert brake.may_hold(b"%d" % number, [f"claim {number}"], START)
    assert not brake.may_hold(b"20", ["claim 20"], START)


def test_all_claims_together_hold_a_thousandth_of_a_busy_hour() -> None:
    brake = Brake(BrakeLimits())
    for number in range(30_000):
        brake.count_upload(START + timedelta(seconds=number // 10))
    now = START + timedelta(minutes=50)
    held = sum(brake.may_hold(b"%d" % number, [f"claim {number}"], now) for number in range(100))
    assert held == 30


def test_uploads_of_the_hour_before_do_not_count() -> None:
    brake = Brake(BrakeLimits())
    for _ in range(50_000):
        brake.count_upload(START)
    now = START + timedelta(hours=1)
    assert sum(brake.may_hold(b"%d" % number, [f"claim {number}"], now) for number in range(60)) == 20


def test_the_brake_forgets_every_upload_within_the_hour_and_never_keeps_its_bytes() -> None:
    brake = Brake(BrakeLimits())
    brake.may_hold(b"the bytes of a picture", ["claim"], START)
    assert b"the bytes of a picture" not in repr(brake).encode()
    brake.count_upload(START + timedelta(hours=1))
    assert not brake._held and not brake._holds and not brake._held_by
