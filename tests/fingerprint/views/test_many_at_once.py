"""What is made for many parts or lines at once is what is made for each alone."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from notcontent.fingerprint.views.codes import Box, blocks_of, qualities
from notcontent.fingerprint.views.divide import tiles
from notcontent.fingerprint.views.rectangles import Edges

SEEDS = st.integers(0, 2**32 - 1)


@settings(max_examples=40)
@given(SEEDS, st.integers(1, 12))
def test_parts_cut_together_are_the_parts_cut_one_by_one_and_their_integrals(seed: int, count: int) -> None:
    chance = np.random.default_rng(seed)
    luma = chance.integers(0, 256, (90, 130)).astype(np.float32)
    tops, lefts = chance.uniform(0, 40, (2, count))
    boxes = [
        Box(top, left, top + down, left + across)
        for top, left, down, across in zip(tops, lefts, *chance.uniform(24, 50, (2, count)), strict=True)
    ]
    together = blocks_of(luma, boxes)
    for box, block in zip(boxes, together, strict=True):
        assert np.allclose(block, blocks_of(luma, [box])[0], atol=1e-3)
        # Midpoint sums over a fine grid, for one coefficient of the 256.
        i, j = chance.integers(0, 16, 2)
        at = (np.arange(2000) + 0.5) / 2000
        rows, columns = (box.top + at * box.height).astype(int), (box.left + at * box.width).astype(int)
        expected = np.cos(np.pi * (i + 1) * at) @ luma[rows][:, columns] @ np.cos(np.pi * (j + 1) * at) / 2000**2
        assert abs(block[i, j] - expected) < 0.05


@settings(max_examples=40)
@given(SEEDS, st.integers(72, 600), st.integers(72, 600))
def test_a_part_is_the_same_to_the_bit_whether_its_waves_were_kept_or_not(seed: int, height: int, width: int) -> None:
    luma = np.random.default_rng(seed).integers(0, 256, (height, width)).astype(np.float32)
    boxes = [Box(0, 0, height, width), *tiles(Box(0, 0, height, width))]
    # One line and one row more: none of the boxes is an even part of that, and none of its waves is kept.
    wider = np.pad(luma, ((0, 1), (0, 1)))
    for box in boxes:
        assert np.array_equal(blocks_of(luma, [box]), blocks_of(wider, [box]))


@settings(max_examples=40)
@given(SEEDS, st.integers(1, 9))
def test_the_quality_of_a_block_is_the_same_alone_and_among_others(seed: int, count: int) -> None:
    blocks = np.random.default_rng(seed).normal(0, 1, (count, 16, 16)).astype(np.float32)
    alone = [qualities(block[None])[0] for block in blocks]
    assert np.abs(np.array(qualities(blocks)) - alone).max() <= 1


@settings(max_examples=40)
@given(SEEDS, st.integers(48, 130), st.integers(48, 130))
def test_the_upright_edges_of_a_picture_are_the_level_ones_of_its_transpose(seed: int, rows: int, columns: int) -> None:
    part = np.random.default_rng(seed).integers(0, 256, (rows, columns), dtype=np.uint8)
    upright, level = Edges.upright(part), Edges.level(np.ascontiguousarray(part.T))
    assert np.array_equal(upright.steps, level.steps) and np.array_equal(upright.summed, level.summed)
    differ = np.minimum(np.abs(np.diff(part.astype(int), axis=0)), 31)
    runs = columns // 8
    expected = differ[:, : runs * 8].reshape(rows - 1, runs, 8).sum(axis=2).T
    assert np.array_equal(Edges.level(part).steps[:, 1:-1], expected)
