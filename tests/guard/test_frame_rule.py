"""What a video's frames found becomes entries that match: one very near frame, or two far apart from each other."""

from __future__ import annotations

import time

import numpy as np
import pytest

from notcontent.fingerprint.video.frame import Frame
from notcontent.fingerprint.views.view import ViewKind
from notcontent.guard.frame_rule import APART_BITS, PAIR_BITS, FrameHit, limits_of, matches
from notcontent.guard.limits import BUDGET, false_match_rate

UPRIGHT, MIRRORED = 0, 5
MILLION = 1_000_000


def value(*bits: int) -> bytes:
    return sum(1 << bit for bit in bits).to_bytes(32, "big")


def look(second: float, bits: range, quality: int = 90, trimmed: bool = False) -> Frame:
    return Frame(second, quality, value(*bits) * 8, trimmed)


#: A minute of looks, of which the first ones take part: two far apart, one near the first.
FIRST, FAR, NEAR = look(0, range(0)), look(1, range(APART_BITS + 1)), look(2, range(APART_BITS))
MINUTE = [FIRST, FAR, NEAR, *(look(3 + place / 4, range(100, 110)) for place in range(237))]
LIMITS = limits_of(MILLION, MINUTE)
ALONE = LIMITS.alone.bits(ViewKind.FRAME)[UPRIGHT]


def entries(*hits: FrameHit, looks: list[Frame] = MINUTE) -> list[int]:
    return [match.entry for match in matches(looks, hits, limits_of(MILLION, looks))]


def test_one_frame_within_the_limit_that_all_looks_share_is_enough_and_a_bit_more_is_not() -> None:
    assert 12 < ALONE < PAIR_BITS
    assert entries(FrameHit(0, UPRIGHT, 7, ALONE)) == [7]
    assert entries(FrameHit(0, UPRIGHT, 7, ALONE + 1)) == []


def test_the_more_looks_and_the_longer_the_list_the_nearer_one_frame_must_be() -> None:
    still, hour = [FIRST], [FIRST] * 14_400
    alone = [limits_of(size, looks).alone.bits(ViewKind.FRAME)[UPRIGHT] for size, looks in (
        (MILLION, still), (MILLION, MINUTE), (MILLION, hour), (50 * MILLION, hour),
    )]  # fmt: skip
    assert alone == sorted(alone, reverse=True) and len(set(alone)) == 4


def test_two_hits_are_enough_if_no_chance_can_explain_both() -> None:
    assert entries(FrameHit(0, UPRIGHT, 7, PAIR_BITS), FrameHit(1, UPRIGHT, 7, PAIR_BITS)) == [7]
    # The same two, one bit too far; two looks too near to each other; one look twice; two entries; two orientations.
    for second in (
        FrameHit(1, UPRIGHT, 7, PAIR_BITS + 1),
        FrameHit(2, UPRIGHT, 7, PAIR_BITS),
        FrameHit(0, UPRIGHT, 7, PAIR_BITS),
        FrameHit(1, UPRIGHT, 8, PAIR_BITS),
        FrameHit(1, MIRRORED, 7, PAIR_BITS),
    ):
        assert entries(FrameHit(0, UPRIGHT, 7, PAIR_BITS), second) == []


def test_a_mirrored_video_matches_by_its_mirrored_frames() -> None:
    assert entries(FrameHit(0, MIRRORED, 3, 30), FrameHit(1, MIRRORED, 3, 30)) == [3]


def test_frames_of_little_quality_count_only_beside_another() -> None:
    dim = [look(0, range(0), quality=35), look(1, range(90), quality=35), *MINUTE[3:]]
    assert entries(FrameHit(0, UPRIGHT, 7, 0), looks=dim) == []
    assert entries(FrameHit(0, UPRIGHT, 7, 31), FrameHit(1, UPRIGHT, 7, 31), looks=dim) == [7]


def test_a_look_inside_bars_has_its_own_limit_and_pairs_with_a_whole_one() -> None:
    barred = [*MINUTE, look(70, range(120, 256), trimmed=True)]
    alone = limits_of(MILLION, barred).alone.bits(ViewKind.TRIMMED)[UPRIGHT]
    at = len(barred) - 1
    assert entries(FrameHit(at, UPRIGHT, 7, alone), looks=barred) == [7]
    assert entries(FrameHit(at, UPRIGHT, 7, alone + 1), looks=barred) == []
    assert entries(FrameHit(at, UPRIGHT, 7, 31), FrameHit(0, UPRIGHT, 7, 31), looks=barred) == [7]


def test_matches_come_nearest_first_and_name_their_best_hit() -> None:
    hits = [FrameHit(0, UPRIGHT, 5, 31), FrameHit(1, UPRIGHT, 5, 20), FrameHit(3, UPRIGHT, 9, 4)]
    found = matches(MINUTE, hits, LIMITS)
    assert [(match.entry, match.best.look, match.best.distance_bits, match.looks) for match in found] == [
        (9, 3, 4, 1),
        (5, 1, 20, 2),
    ]


def test_many_hits_that_are_all_near_one_another_are_judged_in_a_moment() -> None:
    same = [look(place / 4, range(place % 40)) for place in range(14_400)]
    hits = [FrameHit(place, UPRIGHT, 1, 31) for place in range(14_400)]
    began = time.process_time()
    assert matches(same, hits, limits_of(50 * MILLION, same)) == []
    assert time.process_time() - began < 3


@pytest.mark.parametrize("size", [10_000, MILLION, 50 * MILLION])
@pytest.mark.parametrize("count", [1, 240, 14_400])
def test_the_expected_false_matches_of_an_upload_stay_within_the_budget(size: int, count: int) -> None:
    looks = [look(place / 4, range(0)) for place in range(count)]
    limits = limits_of(size, looks)
    single = sum(
        count * size * false_match_rate(bits)
        for kind in (ViewKind.FRAME, ViewKind.TRIMMED)
        for bits in limits.alone.bits(kind)
        if bits >= 0
    )
    assert single <= BUDGET * 1.000001
    # Two chances at once, in one of eight orientations, on any of the entries of 600 frames: docs/spec/video.md.
    expected_hits = count * 600 * false_match_rate(limits.beside)
    assert size / 600 * 8 * expected_hits**2 / 2 <= BUDGET / 10


def test_two_hits_may_each_be_31_bits_off_unless_list_and_video_are_very_long() -> None:
    hour = [FIRST] * 14_400
    assert limits_of(MILLION, MINUTE).beside == limits_of(50 * MILLION, MINUTE).beside == PAIR_BITS
    assert limits_of(MILLION, hour).beside == PAIR_BITS > limits_of(50 * MILLION, [*hour, *hour]).beside > 20


def test_looks_that_differ_like_unrelated_pictures_are_told_apart_from_one_scene() -> None:
    random = np.random.default_rng(1)
    scene = random.integers(0, 256, 32, dtype=np.uint8)
    cut = random.integers(0, 256, 32, dtype=np.uint8)
    looks = [Frame(0, 90, scene.tobytes() * 8), Frame(1, 90, cut.tobytes() * 8), *MINUTE[2:]]
    assert entries(FrameHit(0, UPRIGHT, 2, 31), FrameHit(1, UPRIGHT, 2, 31), looks=looks) == [2]
