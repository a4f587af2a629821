"""Which listed entries a video shows, by what its frames found. Pure: no clock, no file, no network.

One frame very near to an entry is enough; so are two that are only as near as a copy should be, if one chance can't
explain both. Two looks more than 62 bits apart can't both be within 31 of the same listed frame; at more than 80 they
are as different as pictures of different things. The arithmetic and the figures: docs/spec/video.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from notcontent.fingerprint.orientations import ORIENTATIONS
from notcontent.fingerprint.value import Fingerprint
from notcontent.fingerprint.video.frame import Frame, VideoFingerprint
from notcontent.fingerprint.views.view import ViewKind

from .limits import BUDGET, NOT_ASKED, Limits, false_match_rate, frame_limits

#: Looks are looked up within so many bits, in each of their eight orientations; two such hits make a match (fewer bits
#: where a list and a video are so long that this would cost more than its share of the budget).
PAIR_BITS: Final = 31
_SHARE: Final = BUDGET / 10
#: Two looks nearer to each other than this may owe their hits to one chance.
APART_BITS: Final = 80
#: A look of less quality counts only beside another one.
LEAST_QUALITY_ALONE: Final = 50
#: Looks that others of the same entry are compared with, so that nobody can make us slow.
_MOST_COMPARED: Final = 16


@dataclass(frozen=True, slots=True)
class FrameHit:
    """A look of the upload found a fingerprint of an entry.

    `look` is its place among the looks, `turn` the place of the orientation that was looked up in `ORIENTATIONS`;
    `entry` is whatever number the caller has for an entry. A listed picture is an entry with one fingerprint.
    """

    look: int
    turn: int
    entry: int
    distance_bits: int


@dataclass(frozen=True, slots=True)
class FrameMatch:
    """An entry that the video shows. `best`: its nearest hit; `looks`: how many looks found it, turned as that one."""

    entry: int
    best: FrameHit
    looks: int


@dataclass(frozen=True, slots=True)
class FrameLimits:
    """How near frames must be: `alone`, by kind of look and orientation; `beside`, each of two."""

    alone: Limits
    beside: int


def limits_of(searchable: int, looks: Sequence[Frame]) -> FrameLimits:
    """The limits for these looks on a list of so many fingerprints that can be found."""
    inside_bars = sum(look.trimmed for look in looks)
    alone = frame_limits(searchable, max(inside_bars, len(looks) - inside_bars))
    beside = next(
        bits for bits in range(PAIR_BITS, -1, -1) if not bits or _pairs(bits, searchable, len(looks)) <= _SHARE
    )
    return FrameLimits(alone, beside)


def _pairs(bits: int, searchable: int, looks: int) -> float:
    """Expected false matches by two hits: two chances, in one orientation, on one of the entries of 600 frames."""
    hits = looks * VideoFingerprint.MOST_FRAMES * false_match_rate(bits)
    return searchable / VideoFingerprint.MOST_FRAMES * len(ORIENTATIONS) * hits * hits / 2


def matches(looks: Sequence[Frame], hits: Iterable[FrameHit], limits: FrameLimits) -> list[FrameMatch]:
    """The entries that match, nearest first.

    `looks` are all those of the upload that were looked up; `limits` are those of `limits_of`.
    """
    grouped: dict[tuple[int, int], list[FrameHit]] = defaultdict(list)
    for hit in hits:
        grouped[hit.entry, hit.turn].append(hit)
    found: dict[int, FrameMatch] = {}
    for (entry, _), together in grouped.items():
        together.sort(key=lambda hit: (hit.distance_bits, hit.look))
        if not (_one_is_enough(looks, together, limits.alone) or _two_are(looks, together, limits.beside)):
            continue
        match = FrameMatch(entry, together[0], len({hit.look for hit in together}))
        if entry not in found or match.best.distance_bits < found[entry].best.distance_bits:
            found[entry] = match
    return sorted(found.values(), key=lambda match: (match.best.distance_bits, match.entry))


def _one_is_enough(looks: Sequence[Frame], together: list[FrameHit], limits: Limits) -> bool:
    for hit in together:
        kind = ViewKind.TRIMMED if looks[hit.look].trimmed else ViewKind.FRAME
        allowed = limits.bits(kind)[hit.turn]
        if allowed != NOT_ASKED and hit.distance_bits <= allowed and looks[hit.look].quality >= LEAST_QUALITY_ALONE:
            return True
    return False


def _two_are(looks: Sequence[Frame], together: list[FrameHit], limit_bits: int) -> bool:
    """Whether two hits in the same orientation are of looks far apart from each other."""
    compared: list[Fingerprint] = []
    for hit in together:
        if hit.distance_bits > limit_bits:
            continue
        seen = Fingerprint(looks[hit.look].turn(hit.turn))
        if any(seen.distance_bits(other) > APART_BITS for other in compared):
            return True
        if len(compared) < _MOST_COMPARED:
            compared.append(seen)
    return False
