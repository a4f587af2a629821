"""Which frames count is a matter of times and fingerprints alone, and every implementation agrees."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notcontent.fingerprint.value import Fingerprint
from notcontent.fingerprint.video.sampling import (
    LEAST_QUALITY,
    MOST_ENROLLED,
    NEAR_BITS,
    SECOND,
    choose_enrolled,
    prune,
    sample,
    thin,
)
from tests.fingerprint.make_vectors import VECTORS

VIDEO = json.loads((VECTORS / "video.json").read_text())
TIMES = st.lists(st.integers(0, 200 * SECOND), max_size=200).map(sorted)


def bits(*places: int) -> Fingerprint:
    return Fingerprint(sum(1 << place for place in set(places)).to_bytes(32, "big"))


@pytest.mark.parametrize("row", VIDEO["sampling"], ids=lambda row: row["name"])
def test_times_are_sampled_as_the_vectors_say(row: dict[str, Any]) -> None:
    assert sample(row["times_us"], 4) == row["at_4_per_second"]
    assert sample(row["times_us"], 8) == row["at_8_per_second"]


@pytest.mark.parametrize("row", VIDEO["choosing"], ids=lambda row: row["name"])
def test_frames_are_chosen_as_the_vectors_say(row: dict[str, Any]) -> None:
    uprights = [Fingerprint.from_hex(one) for one in row["pdq"]]
    assert prune(uprights, row["quality"]) == row["pruned"]
    assert choose_enrolled(row["times_us"], uprights, row["quality"], row["length_us"]) == row["enrolled"]


@pytest.mark.parametrize("row", VIDEO["thinning"], ids=lambda row: str(row["count"]))
def test_many_are_thinned_as_the_vectors_say(row: dict[str, Any]) -> None:
    assert thin(row["count"]) == row["kept"]


def test_the_first_frame_of_each_quarter_of_a_second_is_taken() -> None:
    thirty_a_second = [place * SECOND // 30 for place in range(61)]
    assert [thirty_a_second[place] for place in sample(thirty_a_second, 4)] == [
        0, 266_666, 500_000, 766_666, 1_000_000, 1_266_666, 1_500_000, 1_766_666, 2_000_000,
    ]  # fmt: skip


def test_a_clock_that_runs_backwards_gives_nothing_twice() -> None:
    assert sample([0, 300_000, 100_000, 260_000, 600_000], 4) == [0, 1, 4]


@given(TIMES)
def test_sampling_again_what_was_taken_more_densely_is_sampling_once(times: list[int]) -> None:
    dense = sample(times, 8)
    assert [dense[place] for place in sample([times[place] for place in dense], 4)] == sample(times, 4)


def test_near_equal_neighbours_and_frames_that_show_too_little_are_left_out() -> None:
    near, far = bits(*range(NEAR_BITS)), bits(*range(NEAR_BITS + 1))
    assert prune([bits(), near, far, near, far], [90, 90, 90, 90, 90]) == [0, 2]
    assert prune([bits(), far, bits()], [LEAST_QUALITY, LEAST_QUALITY - 1, 90]) == [0]


def test_a_slow_change_is_kept_as_often_as_it_adds_up() -> None:
    drift = [bits(*range(step)) for step in range(100)]
    assert prune(drift, [90] * 100) == list(range(0, 100, NEAR_BITS + 1))


@given(st.integers(0, 100_000))
def test_thinning_keeps_order_begins_at_the_beginning_and_stays_within_the_cap(count: int) -> None:
    places = thin(count)
    assert len(places) == min(count, MOST_ENROLLED)
    assert places == sorted(set(places)) and (not places or (places[0] == 0 and places[-1] < count))


def test_a_long_video_is_enrolled_more_thinly_and_never_beyond_the_cap() -> None:
    different = [Fingerprint(bytes([place % 251, place // 251]) * 16) for place in range(20_000)]
    for seconds, most in ((59, 8 * 59), (61, 4 * 61), (2_000, MOST_ENROLLED)):
        times = [place * SECOND // 8 for place in range(8 * seconds)]
        chosen = choose_enrolled(times, different[: len(times)], [90] * len(times), times[-1])
        assert 0 < len(chosen) <= most
        assert (seconds < 60) == any(place % 2 for place in chosen[:600])
