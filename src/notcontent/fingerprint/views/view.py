"""A view: one way to look at an upload, with its eight fingerprints.

Pure: no decoder, no numpy. The guard's processes, which open no picture, read this file.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from notcontent.fingerprint.orientations import ORIENTATIONS
from notcontent.fingerprint.value import MalformedFingerprint

#: The whole picture and the trimmed one are looked up from this quality on. An entry has 50 or more, and a copy that is
#: darker, paler or blurred keeps a part of that. Parts need as much as an entry: a piece of sky is no picture.
LEAST_LOOKED: Final = 20

#: No upload has more views than this. How many each kind may have stands beside what makes it; a test adds them up.
MOST_VIEWS: Final = 40
#: They come in so many stages at most. Whoever has had the last one need not ask whether there is another.
MOST_STAGES: Final = 2

TURN_BYTES = 32
VIEW_BYTES = TURN_BYTES * len(ORIENTATIONS)


class ViewKind(StrEnum):
    """What was looked at. A match says it, so that people know where in an upload to look."""

    #: the picture as it was sent
    WHOLE = "whole"
    #: the same, by sums that do not hang on how many pixels it has: a smaller copy
    RESIZED = "resized"
    #: the same, its tones made lighter, darker or pulled apart
    TONED = "toned"
    #: its colours inverted: the complement of the whole picture's fingerprint
    INVERTED = "inverted"
    #: without a uniform border, bars, or the surface around it in a screenshot
    TRIMMED = "trimmed"
    #: a box bounded by long straight edges
    RECTANGLE = "rectangle"
    #: one part of an even division: a collage
    TILE = "tile"
    #: turned back by a few degrees
    TILTED = "tilted"
    #: one moment of a video
    FRAME = "frame"


@dataclass(frozen=True, slots=True)
class View:
    """One view. `turns`: its eight fingerprints of 32 bytes in the order of `ORIENTATIONS`; `quality`: 0 to 100.

    Raises `MalformedFingerprint`.
    """

    kind: ViewKind
    quality: int
    turns: bytes

    def __post_init__(self) -> None:
        if len(self.turns) != VIEW_BYTES or not 0 <= self.quality <= 100:
            raise MalformedFingerprint("This is no view of a picture: it has eight codes and a quality from 0 to 100.")
