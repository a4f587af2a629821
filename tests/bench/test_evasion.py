"""The figures of bench/evasion.py: what is counted as found, and as false."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench.alterations import ALTERATIONS, OTHERS, alter
from bench.evasion import GOALS, Listed, Measuring, as_numbers, distances, found_by_hma, holds_others, list_photos
from bench.support.evasion_table import wilson, write_block
from bench.support.photos import Photo
from bench.support.trial import TRIAL
from tests.bench.test_alterations import CAT, cat, others
from tests.fingerprint.photos import photos


@pytest.fixture(scope="module")
def listed() -> Listed:
    files = []
    for name, pixels in photos().items():
        out = io.BytesIO()
        Image.fromarray(pixels).save(out, "PNG")
        files.append(Photo(name, "generated", f"{len(files):064x}", out.getvalue()))
    files.append(Photo("the same cat", "generated", f"{len(files):064x}", CAT.read_bytes()))
    return list_photos((*files[:OTHERS], files[-1]))


def test_every_alteration_has_a_floor_and_no_other_has() -> None:
    assert set(TRIAL) == {alteration.name for alteration in ALTERATIONS}
    assert sum(cascade for _, cascade in TRIAL.values()) / len(TRIAL) == pytest.approx(53.8, abs=0.5)


def test_distances_are_those_of_counting_bits_one_by_one() -> None:
    values = np.random.default_rng(1).bytes(32 * 5)
    bits = np.unpackbits(np.frombuffer(values, np.uint8).reshape(5, 32), axis=1)
    one_by_one = (bits[:, None] != bits[None]).sum(axis=2)
    assert np.array_equal(distances(as_numbers(values), as_numbers(values)), one_by_one)


@pytest.mark.peer
def test_a_photograph_is_found_in_its_copies_and_its_double_is_told_as_a_false_match(listed: Listed) -> None:
    names = [photo.name for photo in listed.photos]
    told = Measuring(listed).tell(names.index("chelsea"))
    found = {alteration.name: kind for alteration, kind in zip(ALTERATIONS, told.found_by, strict=True)}
    assert found["identity"] == "whole" and found["mirror"] == "whole" and found["inverted colours"] == "inverted"
    assert found["screenshot, black bars"] == "trimmed"
    assert found["crop 30 %, random"] is None
    # The same cat is listed a second time, so every copy that is found is also near to that one.
    assert any(line.endswith("from the same cat") for line in told.false_matches)
    assert not any(line.endswith("from coffee") for line in told.false_matches)


@pytest.mark.peer
def test_hma_asks_upright_only(listed: Listed) -> None:
    at = [photo.name for photo in listed.photos].index("chelsea")
    by_name = {alteration.name: alteration for alteration in ALTERATIONS}
    assert found_by_hma(alter(cat(), by_name["JPEG 50"], 1, others()), listed.hexes[at])
    assert not found_by_hma(alter(cat(), by_name["mirror"], 1, others()), listed.hexes[at])


def test_what_holds_other_photographs_is_known() -> None:
    named = {alteration.name for alteration in ALTERATIONS if holds_others(alteration)}
    assert len(named) == 8 and {"collage 3x3", "picture in picture 40 %", "inset 25 %"} < named


def test_the_wilson_interval_is_that_of_the_tables() -> None:
    assert wilson(0, 10) == pytest.approx((0, 0.2775), abs=1e-4)
    assert wilson(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert all(wilson(of, of)[1] == 1 for of in range(1, 1000))


def test_figures_go_into_the_block_that_is_marked_for_them(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- written by: python bench/evasion.py --write -->\nold\n<!-- end -->\nafter\n")
    write_block(page, ["one", "two"])
    assert page.read_text().splitlines()[2:5] == ["one", "", "two"]
    page.write_text("no block")
    with pytest.raises(ValueError, match=r"page\.md has no block"):
        write_block(page, ["one"])


def test_the_goals_are_those_that_are_promised() -> None:
    assert GOALS == {"mean_recall": [">=", 0.55], "rows_below": ["<=", 0], "false_matches": ["<=", 0]}
