"""The seventy-one alterations: what anybody who repeats our figures relies on."""

from __future__ import annotations

import io
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import skimage
from PIL import Image

from bench.alterations import ALTERATIONS, LONGEST, OTHERS, PHONE, Alteration, Picture, alter, prepared

CAT = Path(skimage.__file__).parent / "data" / "chelsea.png"


@cache
def cat() -> Picture:
    return prepared(CAT.read_bytes())


@cache
def others() -> tuple[Picture, ...]:
    return tuple(cat().rotate(40 * number) for number in range(1, OTHERS + 1))


def altered(name: str, seed: int = 1) -> Picture:
    one = next(alteration for alteration in ALTERATIONS if alteration.name == name)
    return Image.open(io.BytesIO(alter(cat(), one, seed, others())))


def test_there_are_seventy_one_and_no_two_have_one_name() -> None:
    assert len({alteration.name for alteration in ALTERATIONS}) == len(ALTERATIONS) == 71


@pytest.mark.parametrize("alteration", ALTERATIONS, ids=lambda alteration: alteration.name)
def test_an_alteration_changes_the_picture_and_does_the_same_again(alteration: Alteration) -> None:
    before = cat().tobytes()
    made = alter(cat(), alteration, 1, others())
    assert made == alter(cat(), alteration, 1, others())
    assert cat().tobytes() == before
    shown = Image.open(io.BytesIO(made)).convert("RGB")
    unchanged = shown.size == cat().size and np.array_equal(np.asarray(shown), np.asarray(cat()))
    assert unchanged == (alteration.name == "identity")
    assert max(shown.size) <= 1280


def test_another_seed_cuts_elsewhere() -> None:
    assert altered("crop 10 %, random").tobytes() != altered("crop 10 %, random", 2).tobytes()
    assert altered("crop 10 %, centred").tobytes() == altered("crop 10 %, centred", 2).tobytes()


def test_sizes_are_what_the_names_say() -> None:
    width, height = cat().size
    assert altered("half size").size == (round(width / 2), height // 2)
    assert altered("screenshot in a chat").size == PHONE
    assert altered("crop 30 %, random").size == (round(0.7 * width), round(0.7 * height))
    assert altered("top 20 % cut off").size == (width, height - round(0.2 * height))
    assert altered("quarter turn").size == (height, width)
    assert max(altered("three generations").size) == 604
    assert altered("picture in picture 40 %").size == (640, 480)


def test_a_black_box_covers_the_share_it_names() -> None:
    black = (np.asarray(altered("black box 10 %").convert("L")) < 16).mean()
    assert black == pytest.approx(0.10, abs=0.02)


def test_the_picture_is_whole_in_one_tile_of_a_collage() -> None:
    collage = altered("collage 2x2")
    width, height = collage.width // 2, collage.height // 2
    own = np.asarray(cat().resize((width, height), Image.Resampling.LANCZOS)).astype(float)
    tiles = [collage.crop((x, y, x + width, y + height)) for x in (0, width) for y in (0, height)]
    off = [float(np.abs(np.asarray(tile).astype(float) - own).mean()) for tile in tiles]
    assert sorted(off)[0] < 5 < 15 < sorted(off)[1]


def test_large_pictures_are_made_smaller_first() -> None:
    out = io.BytesIO()
    Image.new("RGB", (4000, 1000), "red").save(out, "PNG")
    assert prepared(out.getvalue()).size == (LONGEST, 192)


def test_too_few_other_pictures_are_refused() -> None:
    with pytest.raises(ValueError, match="8 other pictures are needed, 7 were given"):
        alter(cat(), ALTERATIONS[0], 1, others()[:7])


def test_anybody_can_write_them_all_into_a_folder(tmp_path: Path) -> None:
    program = Path(__file__).parents[2] / "bench" / "alterations.py"
    done = subprocess.run([sys.executable, program, CAT, tmp_path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(list(tmp_path.iterdir())) == 71
