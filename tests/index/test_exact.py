"""The search finds exactly what comparing everything finds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notcontent.index.exact import ExactIndex, NotAFingerprint


def value(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, 32, dtype=np.uint8)


def flipped(base: np.ndarray, bits: int) -> np.ndarray:
    unpacked = np.unpackbits(base)
    unpacked[:bits] ^= 1
    return np.packbits(unpacked)


def entry(number: int) -> str:
    return f"{number:032x}"


def test_a_copy_at_the_radius_is_found_and_one_bit_further_is_not() -> None:
    index = ExactIndex()
    index.add([entry(1), entry(2)], np.stack([flipped(value(0), 31), flipped(value(0), 32)]))
    found = index.search(value(0)[None], 31)
    assert [(m.entry, m.distance_bits) for m in found.nearest] == [(entry(1), 31)]
    assert found.total == 1


def test_the_complement_of_a_listed_value_is_256_bits_away_not_zero() -> None:
    index = ExactIndex()
    index.add([entry(1)], value(0)[None])
    assert index.search(~value(0)[None], 255).total == 0


def test_a_withdrawn_entry_never_matches_again_and_its_row_is_zero() -> None:
    index = ExactIndex()
    index.add([entry(1), entry(2)], np.stack([value(1), value(2)]))
    index.withdraw([entry(1)])
    assert index.search(value(1)[None], 31).total == 0
    assert index.search(np.zeros((1, 32), np.uint8), 31).total == 0
    assert index.search(value(2)[None], 31).total == 1
    assert value(1).tobytes() not in index._rows.words.T.tobytes()


def test_a_paused_entry_matches_nothing_until_it_is_resumed() -> None:
    index = ExactIndex()
    index.add([entry(1)], value(1)[None])
    index.pause([entry(1), entry(9)])
    assert index.search(value(1)[None], 0).total == 0
    index.resume([entry(1), entry(9)])
    assert index.search(value(1)[None], 0).total == 1


def test_a_hundred_nearest_are_listed_and_all_are_counted() -> None:
    index = ExactIndex()
    index.add([entry(n) for n in range(250)], np.stack([flipped(value(0), n % 25) for n in range(250)]))
    found = index.search(value(0)[None], 31)
    assert (len(found.nearest), found.total) == (100, 250)
    assert [m.distance_bits for m in found.nearest] == sorted(n % 25 for n in range(250))[:100]
    assert len(index.search(value(0)[None], 31, listed=250).nearest) == 250


def test_each_query_has_its_own_radius() -> None:
    index = ExactIndex()
    index.add([entry(1)], flipped(value(0), 30)[None])
    found = index.search(np.stack([value(0), value(0)]), [28, 31])
    assert [m.query for m in found.nearest] == [1]


def test_an_empty_index_and_an_empty_question_answer_nothing() -> None:
    index = ExactIndex()
    assert index.search(value(0)[None], 31).total == 0
    index.add([], np.zeros((0, 32), np.uint8))
    index.add([entry(1)], value(1)[None])
    assert index.search(np.zeros((0, 32), np.uint8), 31).total == 0


@pytest.mark.parametrize("shape", [(1, 31), (32,), (2, 64)])
def test_a_value_that_is_not_256_bits_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(NotAFingerprint):
        ExactIndex().add([entry(1)], np.zeros(shape, np.uint8))


# Few ids and near-equal values, so that additions meet withdrawals and distances lie on both sides of the radius.
operations = st.lists(
    st.tuples(st.sampled_from(["add", "withdraw", "pause", "resume"]), st.integers(0, 30), st.integers(0, 60)),
    max_size=120,
)


@settings(max_examples=60, deadline=None)
@given(operations, st.integers(0, 60), st.integers(0, 40))
def test_any_history_answers_as_comparing_everything_would(
    history: list[tuple[str, int, int]], query_bits: int, radius: int
) -> None:
    index, held, paused = ExactIndex(), dict[str, np.ndarray](), set[str]()
    for verb, number, bits in history:
        name = entry(number)
        if verb == "add":
            index.add([name], flipped(value(0), bits)[None])
            held.setdefault(name, flipped(value(0), bits))
        elif verb == "withdraw":
            index.withdraw([name])
            held.pop(name, None)
            paused.discard(name)
        elif verb == "pause":
            index.pause([name])
            paused |= {name} & held.keys()
        else:
            index.resume([name])
            paused.discard(name)
    query = flipped(value(0), query_bits)
    expected = {
        (name, int(np.unpackbits(each ^ query).sum()))
        for name, each in held.items()
        if name not in paused and np.unpackbits(each ^ query).sum() <= radius
    }
    found = index.search(query[None], radius)
    assert {(m.entry, m.distance_bits) for m in found.nearest} == expected
    assert found.total == len(expected) and len(index) == len(held)


def test_a_large_list_answers_as_comparing_everything_would() -> None:
    random = np.random.default_rng(7)
    values = random.integers(0, 256, (100_000, 32), dtype=np.uint8)
    values[70_000:70_040] = [flipped(values[5], n) for n in range(40)]
    index = ExactIndex()
    names = [entry(n) for n in range(len(values))]
    index.add(names[:50_000], values[:50_000])
    index.add(names[50_000:], values[50_000:])
    index.withdraw(names[70_003:70_006])
    distances = np.unpackbits(values ^ values[5], axis=1).sum(axis=1)
    expected = {
        (names[n], int(distances[n])) for n in np.flatnonzero(distances <= 31) if n not in range(70_003, 70_006)
    }
    assert {(m.entry, m.distance_bits) for m in index.search(values[5][None], 31).nearest} == expected
    assert len(expected) == 1 + 32 - 3
