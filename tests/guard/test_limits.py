"""Limits: one upload's false matches stay within the budget at every size of list."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from notcontent.fingerprint.orientations import ORIENTATIONS, Orientation
from notcontent.fingerprint.pdq import fingerprint_pixels
from notcontent.fingerprint.views import cascade, divide, rectangles, tilt, tones
from notcontent.fingerprint.views.view import MOST_VIEWS, ViewKind
from notcontent.guard.limits import (
    BUDGET,
    FRAME_TABLE,
    NOT_ASKED,
    TABLE,
    Limits,
    Row,
    false_match_rate,
    frame_limits,
    limits_for,
)
from tests.fingerprint.photos import photos

SIZES = st.integers(0, 10**10)
FRAMES = st.integers(1, 5000)
COMMON = {Orientation.UPRIGHT, Orientation.MIRRORED}


def expected_false_matches(limits: Limits, table: tuple[Row, ...], searchable: int) -> float:
    """Counted from what is really asked, not from the shares."""
    views = {row.kind: row.most_views for row in table}
    return sum(
        searchable * most * sum(false_match_rate(bits) for bits in limits.bits(kind) if bits != NOT_ASKED)
        for kind, most in views.items()
    )


@given(SIZES)
def test_the_false_matches_of_all_look_ups_of_an_upload_are_within_the_budget(searchable: int) -> None:
    assert expected_false_matches(limits_for(searchable), TABLE, searchable) <= BUDGET


@given(SIZES, FRAMES)
def test_the_frames_of_a_video_share_one_budget(searchable: int, frames: int) -> None:
    limits = frame_limits(searchable, frames)
    assert frames * expected_false_matches(limits, FRAME_TABLE, searchable) <= BUDGET


@given(SIZES, st.integers(0, 10**10), FRAMES)
def test_limits_shrink_as_lists_grow_and_never_grow(searchable: int, more: int, frames: int) -> None:
    for smaller, larger in (
        (limits_for(searchable), limits_for(searchable + more)),
        (frame_limits(searchable, frames), frame_limits(searchable + more, frames)),
    ):
        for kind in ViewKind:
            assert all(a >= b for a, b in zip(smaller.bits(kind), larger.bits(kind), strict=True))


@given(SIZES)
def test_no_limit_is_above_what_the_index_searches_and_turned_ones_are_no_wider(searchable: int) -> None:
    for kind in ViewKind:
        bits = dict(zip(ORIENTATIONS, limits_for(searchable).bits(kind), strict=True))
        assert all(NOT_ASKED <= one <= 31 for one in bits.values())
        turned = max(bits[turn] for turn in ORIENTATIONS if turn not in COMMON)
        assert turned <= bits[Orientation.MIRRORED] <= bits[Orientation.UPRIGHT]


def test_a_million_fingerprints_leave_the_whole_picture_the_customary_31_bits() -> None:
    limits = limits_for(1_000_000)
    # Distances of photographs are even: 30 finds what 31 does.
    ones = {int.from_bytes(fingerprint_pixels(one).orientations[0].value).bit_count() for one in photos().values()}
    assert ones == {128}
    assert limits.bits(ViewKind.WHOLE)[0] == 30
    # Little of the budget is left unused there.
    assert expected_false_matches(limits, TABLE, 1_000_000) >= 0.85 * BUDGET


def test_the_complement_is_asked_upright_and_mirrored_only() -> None:
    bits = dict(zip(ORIENTATIONS, limits_for(1).bits(ViewKind.INVERTED), strict=True))
    assert {turn for turn, one in bits.items() if one != NOT_ASKED} == COMMON


def test_the_table_counts_as_many_views_as_the_cascade_can_make() -> None:
    most = {row.kind: row.most_views for row in TABLE}
    assert most == {
        ViewKind.WHOLE: 1,
        ViewKind.INVERTED: 1,
        ViewKind.RESIZED: cascade.MOST_RESIZED,
        ViewKind.TONED: tones.MOST_TONED,
        ViewKind.TRIMMED: cascade.MOST_TRIMMED,
        ViewKind.RECTANGLE: rectangles.MOST_RECTANGLES,
        ViewKind.TILE: divide.MOST_TILES,
        ViewKind.TILTED: tilt.MOST_TILTED,
    }
    # The complement is made from the whole picture's view.
    assert sum(most.values()) - most[ViewKind.INVERTED] == MOST_VIEWS


def test_no_orientation_has_two_shares() -> None:
    for table in (TABLE, FRAME_TABLE):
        asked = [(row.kind, turn) for row in table for turn in row.turns]
        assert len(asked) == len(set(asked))


def test_the_shares_are_of_one_budget() -> None:
    assert sum(row.share for row in TABLE) <= 1 + 1e-9
    assert sum(row.share for row in FRAME_TABLE) <= 1 + 1e-9


def test_the_rate_is_the_extrapolation_that_the_documents_tell() -> None:
    for bits, told in ((50, 5.5e-10), (40, 1e-11), (31, 1.2e-13), (24, 2.5e-15)):
        assert math.isclose(false_match_rate(bits), told, rel_tol=0.25)
