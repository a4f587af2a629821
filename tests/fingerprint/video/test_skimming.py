"""What is left undecoded of an upload costs no frame that is taken, and whoever lies about times gets all read."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import av
import pytest

from notcontent.fingerprint.video.sampling import QUERIED_PER_SECOND, Sampler
from notcontent.fingerprint.video.skimming import H264Kinds, Skimming

AVCC = b"\x01\x64\x00\x1f\xff"
IDR, P, B = 0x65, 0x41, 0x01


def packet(pts: int | None, dts: int | None, unit: int, size: int = 8) -> av.Packet:
    """A packet in thousandths of a second whose picture begins after a short notice (SEI)."""
    made = av.Packet(b"\0\0\0\x02\x06\0" + (size + 1).to_bytes(4, "big") + bytes([unit]) + bytes(size))
    made.pts, made.dts, made.time_base = pts, dts, Fraction(1, 1000)
    return made


def group(start: int, count: int) -> list[av.Packet]:
    """An IDR picture, then fours of 40 ms each: the last one first, the others made from it and from by nobody."""
    packets = [packet(start, start - 40, IDR)]
    for at in range(start + 40, start + 160 * count, 160):
        packets += [packet(at + 120, at - 40, P)] + [packet(at + n * 40, at + n * 40, B) for n in range(3)]
    return packets


def read(skimming: Skimming, packets: list[av.Packet]) -> tuple[list[int], list[int]]:
    """A decoder without delay: the times of what it decoded, in that order, and of what was taken."""
    decoded, taken = [], []
    kinds = H264Kinds(AVCC)
    held: list[int] = []

    def out(until: float) -> Iterator[int]:
        while held and min(held) < until:
            held.remove(least := min(held))
            yield least

    for one, spared in skimming.plan(packets):
        if one.pts is not None and not (spared and not kinds.of(one).referred):
            decoded.append(one.pts)
            held.append(one.pts)
        taken += [at for at in out((one.dts or 0) + 41) if skimming.takes(at * 1000)]
    taken += [at for at in out(float("inf")) if skimming.takes(at * 1000)]
    return decoded, taken


def skimming(length_ms: int = 5000) -> Skimming:
    return Skimming(Sampler(QUERIED_PER_SECOND), length_ms * 1000, H264Kinds(AVCC))


def eighth(at: int) -> int:
    return at * 8 // 1000


def test_one_frame_of_each_quarter_is_taken_and_it_is_the_first_of_an_eighth() -> None:
    packets = group(0, 12) + group(1920, 12)
    times = sorted(one.pts for one in packets if one.pts is not None)
    decoded, taken = read(skimming(), packets)
    assert [at * 4 // 1000 for at in taken] == list(range(max(times) * 4 // 1000 + 1))
    assert all(at == min(other for other in times if eighth(other) == eighth(at)) for at in taken)
    assert set(taken) <= set(decoded) and len(decoded) < len(times) / 2


def test_of_a_long_video_the_first_frame_of_each_quarter_is_taken_as_when_it_is_listed() -> None:
    packets = group(0, 12)
    times = [one.pts for one in packets if one.pts is not None]
    for length_ms in (60_000, 0):
        _, taken = read(skimming(length_ms), packets)
        assert taken == [min(at for at in times if at * 4 // 1000 == slot) for slot in range(len(taken))]


def test_nothing_that_later_frames_are_made_from_is_left_out_but_what_lies_before_a_fresh_start_is() -> None:
    packets = group(0, 12) + group(1920, 12)
    decoded, taken = read(skimming(), packets)
    kinds = {one.pts: H264Kinds(AVCC).of(one) for one in packets}
    for start, end in ((0, 1920), (1920, 4000)):
        last = max(at for at in taken if start <= at < end and at in decoded)
        needed = {at for at in kinds if at is not None and kinds[at].referred and start <= at < last}
        assert needed <= set(decoded)
    assert 1880 not in decoded and 1800 not in decoded


def test_frames_that_nobody_announced_end_skimming() -> None:
    plan = skimming()
    packets = group(0, 12)
    given = []
    for one, spared in plan.plan(packets):
        given.append(spared)
        plan.takes(((one.pts or 0) + 7) * 1000)
    assert len(given) == len(packets) and not any(given[2:])


def test_frames_that_never_come_end_skimming() -> None:
    plan = skimming(50_000)
    packets = group(0, 300)
    given = []
    for one, spared in plan.plan(packets):
        given.append(spared)
        if one.pts == 0:
            plan.takes(0)
    assert not any(given[len(given) // 2 :])


@pytest.mark.parametrize("odd", [packet(None, 900, B), packet(900, None, B)])
def test_a_packet_without_its_times_ends_skimming_and_loses_none_that_waits(odd: av.Packet) -> None:
    packets = group(0, 12)
    decoded, taken = read(skimming(), [*packets[:20], odd, *packets[20:]])
    assert {one.pts for one in packets[20:]} <= set(decoded)
    assert [at * 4 // 1000 for at in taken] == list(range(8))


def test_times_of_decoding_that_run_ahead_hide_no_quarter() -> None:
    packets = group(0, 24)
    for one in packets[2:]:
        one.dts = (one.dts or 0) + 1_000_000
    decoded, _ = read(skimming(), packets)
    assert {at * 4 // 1000 for at in decoded} == {(one.pts or 0) * 4 // 1000 for one in packets}


def test_packets_without_end_in_one_moment_are_not_kept_waiting() -> None:
    plan = skimming()
    waiting = most = 0
    packets = [packet(0, 0, IDR), *(packet(1, 1, P, 1000) for _ in range(2000))]

    def counted() -> Iterator[av.Packet]:
        nonlocal waiting, most
        for one in packets:
            waiting += 1
            most = max(most, waiting)
            yield one

    for _ in plan.plan(counted()):
        waiting -= 1
        plan.takes(0)
    assert most <= 300


def test_the_kind_of_a_picture_is_told_in_both_ways_of_writing_it_down() -> None:
    kinds = H264Kinds(None)
    assert kinds.of(av.Packet(b"\0\0\0\1\x09\x10\0\0\1\x65\x88")).begins
    assert not kinds.of(av.Packet(b"\0\0\1\x01\x88")).referred
    assert H264Kinds(AVCC).of(packet(0, 0, IDR)).begins and not H264Kinds(AVCC).of(packet(0, 0, B)).referred
    for nonsense in (b"\0", b"\0\0\1", b"\xff" * 4000, b"\0\0\0\0" * 500):
        for either in (kinds, H264Kinds(AVCC)):
            kind = either.of(av.Packet(nonsense))
            assert kind.referred and not kind.begins


@pytest.mark.parametrize("odd", [b"\0\0\0\1\x06\0\0\0\3\x65\0\0", b"\1\x64\0\x1f\xfd\xe1\0\0\0", b"\0\0\0\x09\x65\0"])
def test_a_file_once_written_otherwise_than_it_says_is_believed_no_more(odd: bytes) -> None:
    kinds = H264Kinds(AVCC)
    assert kinds.of(packet(0, 0, IDR)).begins
    for untrusted in (av.Packet(odd), packet(0, 0, IDR), packet(0, 0, B)):
        assert kinds.of(untrusted).referred and not kinds.of(untrusted).begins
