"""Which frames of a video count. Pure functions of times and fingerprints: the page follows them to the letter.

Times are whole microseconds since the first frame, so that everybody cuts time in the same places. `vectors/video.json`
holds all implementations to this file; docs/spec/video.md says why the numbers are what they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from notcontent.fingerprint.value import Fingerprint

SECOND: Final = 1_000_000
#: Frames looked at in a second of an upload, and of a video that is enrolled. A short one is enrolled more densely, so
#: that a cut that moves the grid of times still meets it.
QUERIED_PER_SECOND: Final = 4
ENROLLED_PER_SECOND: Final = 4
ENROLLED_PER_SECOND_IF_SHORT: Final = 8
SHORT: Final = 60 * SECOND
#: A frame so near to the last one kept says nothing new.
NEAR_BITS: Final = 8
#: Frames below this show too little: black, a fade, a blank slide.
LEAST_QUALITY: Final = 30
MOST_ENROLLED: Final = 600


class Sampler:
    """Takes the first frame of every 1 / `per_second` of a second. For use while frames arrive."""

    def __init__(self, per_second: int) -> None:
        self._per_second = per_second
        self._slot = -1

    def slot(self, micros: int) -> int:
        """Which of the equal parts of time that moment lies in."""
        return micros * self._per_second // SECOND

    def takes(self, micros: int) -> bool:
        """Whether the frame at that time is taken. A time that goes backwards never is."""
        slot = self.slot(micros)
        if slot <= self._slot:
            return False
        self._slot = slot
        return True


class Pruner:
    """Keeps frames that show enough, and something else than the last one kept. For use while frames arrive."""

    def __init__(self) -> None:
        self._last: Fingerprint | None = None

    def keeps(self, upright: Fingerprint, quality: int) -> bool:
        """Whether this frame, by its upright fingerprint and its quality, is kept."""
        if quality < LEAST_QUALITY or (self._last is not None and self._last.distance_bits(upright) <= NEAR_BITS):
            return False
        self._last = upright
        return True


def sample(times_micros: Sequence[int], per_second: int) -> list[int]:
    """Places of the frames that are looked at."""
    sampler = Sampler(per_second)
    return [place for place, micros in enumerate(times_micros) if sampler.takes(micros)]


def prune(uprights: Sequence[Fingerprint], qualities: Sequence[int]) -> list[int]:
    """Places of the frames that are kept of those looked at."""
    pruner = Pruner()
    return [place for place, pair in enumerate(zip(uprights, qualities, strict=True)) if pruner.keeps(*pair)]


def thin(count: int, most: int = MOST_ENROLLED) -> list[int]:
    """Places of at most `most` of `count` frames, evenly spread."""
    return list(range(count)) if count <= most else [place * count // most for place in range(most)]


def choose_enrolled(
    times_micros: Sequence[int], uprights: Sequence[Fingerprint], qualities: Sequence[int], length_micros: int
) -> list[int]:
    """Places of the frames to enrol, of those taken at `ENROLLED_PER_SECOND_IF_SHORT`.

    `length_micros` is the time of the last frame there is, taken or not. The first frame of a quarter of a second is
    also the first of an eighth, so a long video is sampled again from what was taken, whatever its length turns out to
    be at its end.
    """
    dense = length_micros < SHORT
    sampled = sample(times_micros, ENROLLED_PER_SECOND_IF_SHORT if dense else ENROLLED_PER_SECOND)
    kept = prune([uprights[place] for place in sampled], [qualities[place] for place in sampled])
    return [sampled[kept[place]] for place in thin(len(kept))]
