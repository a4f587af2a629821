"""The views of an upload, cheap ones first: look at the next stage only if nothing was found in the one before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from notcontent.fingerprint.pdq import Reduced, fingerprint_reduced

from .codes import LEAST_SIDE, Box, blocks_of, turns_of, views_of
from .divide import between_gaps, tiles
from .luma import Luma, luma_of
from .picked import picked
from .rectangles import MOST_RECTANGLES, rectangles
from .shapes import usual_shapes
from .tilt import slants, straightened
from .tones import toned
from .trim import MOST_GUESSES, trims
from .view import LEAST_LOOKED, View, ViewKind

MOST_RESIZED: Final = 1
#: The likeliest guess where the picture lies is looked at a second time.
MOST_TRIMMED: Final = MOST_GUESSES + 1


def look_at(picture: Reduced) -> Iterator[tuple[View, ...]]:
    """Stage after stage of views of an upload that is looked up. A later stage is made only when it is asked for.

    First the whole picture, and without its surround if it has one; then in other tones, and its parts. Never more than
    `MOST_VIEWS`.
    Steps, limits and costs: docs/spec/views.md.
    """
    made = fingerprint_reduced(picture)
    whole = View(ViewKind.WHOLE, made.quality, b"".join(turn.value for turn in made.orientations))
    if min(picture.pixels.shape[:2]) < LEAST_SIDE:
        yield (whole,)
        return
    luma = luma_of(picture)
    floats = luma.astype(np.float32)
    trimmed = trims(luma)
    wholly = blocks_of(floats, [Box(0, 0, *luma.shape), *(each.box for each in trimmed)])
    (resized,) = turns_of(wholly[:MOST_RESIZED])
    yield (
        whole,
        # The same picture is as telling.
        View(ViewKind.RESIZED, made.quality, resized),
        *views_of({ViewKind.TRIMMED: wholly[MOST_RESIZED:]}, LEAST_LOOKED),
    )
    inside = next((each.box for each in trimmed if each.clear), Box(0, 0, *luma.shape))
    shapes = [box for likelier in trimmed[:1] for box in usual_shapes(luma, likelier)]
    boxes = [*between_gaps(floats, inside), *shapes, *rectangles(luma, inside)][:MOST_RECTANGLES]
    # Where the decoder left every pixel, as PDQ counts them.
    every = luma.size == picture.height * picture.width
    again = picked(luma, [each.box for each in trimmed[:1] if every])
    parts = blocks_of(floats, [*boxes, *tiles(inside)])
    yield (
        *views_of({ViewKind.TRIMMED: again}, LEAST_LOOKED),
        *views_of(
            {
                ViewKind.TONED: toned(luma, *_as_decoded(picture, luma)),
                ViewKind.RECTANGLE: parts[: len(boxes)],
                ViewKind.TILE: parts[len(boxes) :],
                ViewKind.TILTED: straightened(luma, slants(luma)),
            }
        ),
    )


def _as_decoded(picture: Reduced, luma: Luma) -> tuple[tuple[int, int], int]:
    """Height, width and scale of the picture that the brightness shows, as a person sees it."""
    if luma.size < picture.pixels.shape[0] * picture.pixels.shape[1]:
        # Means of several pixels are a picture of their own.
        return luma.shape, 1
    sideways = luma.shape != picture.pixels.shape[:2]
    return (picture.width, picture.height) if sideways else (picture.height, picture.width), picture.scale
