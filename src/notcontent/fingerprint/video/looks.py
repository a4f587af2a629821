"""Pixels of a moment become looks: at the whole frame, and without the bars at its edges where it has some."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from notcontent.fingerprint.pdq import Reduced, fingerprint_reduced

from .frame import Frame
from .sampling import SECOND

#: A line of a bar: its samples' standard deviation is at most so many grey levels.
_BAR_DEVIATION: Final = 6.0
#: Fewer lines than this share that show something: a title on black, not a frame with bars.
_LEAST_SHOWING: Final = 0.2
#: Bars that take less than this share of the area are not worth another look.
_LEAST_TRIMMED: Final = 0.03
#: Samples of a line that its deviation is reckoned from.
_SAMPLES: Final = 160


def look_at(micros: int, picture: Reduced) -> Frame:
    """The look at the whole frame, in its eight orientations."""
    return _look(micros, picture, trimmed=False)


def look_inside_bars(micros: int, picture: Reduced) -> Frame | None:
    """The look at what is inside the bars; None where there are none."""
    box = find_content(picture.pixels)
    if box is None:
        return None
    inside = picture.pixels[box]
    return _look(micros, replace(picture, pixels=inside, height=inside.shape[0], width=inside.shape[1]), trimmed=True)


def _look(micros: int, picture: Reduced, *, trimmed: bool) -> Frame:
    made = fingerprint_reduced(picture)
    turns = b"".join(one.value for one in made.orientations)
    return Frame(micros / SECOND, made.quality, turns, trimmed)


def find_content(pixels: NDArray[np.uint8]) -> tuple[slice, slice] | None:
    """Rows and columns between the bars of height × width bytes of brightness; None if nothing is to be trimmed."""
    height, width = pixels.shape
    rows = _span(pixels[:, :: max(1, width // _SAMPLES)])
    columns = _span(pixels[:: max(1, height // _SAMPLES)].T)
    if rows is None or columns is None:
        return None
    area = (rows.stop - rows.start) * (columns.stop - columns.start)
    return (rows, columns) if area <= (1 - _LEAST_TRIMMED) * height * width else None


def _span(lines: NDArray[np.uint8]) -> slice | None:
    """From the first to the last line that shows something."""
    # In half the time of numpy's standard deviation, which every frame would feel.
    values = lines.astype(np.float32)
    variances = np.einsum("ij,ij->i", values, values) / values.shape[1] - values.mean(axis=1) ** 2
    showing = np.flatnonzero(variances > _BAR_DEVIATION**2)
    if len(showing) < _LEAST_SHOWING * len(lines):
        return None
    return slice(int(showing[0]), int(showing[-1]) + 1)
