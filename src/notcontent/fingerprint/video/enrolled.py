"""What is listed of a whole video, out of the looks at it. Pure, so that the process that reads no video can do it."""

from __future__ import annotations

from collections.abc import Sequence

from .frame import Frame, VideoFingerprint
from .progress import Reading
from .refusals import VideoShowsNothing
from .sampling import SECOND, choose_enrolled


def fold_enrolled(looks: Sequence[Frame], reading: Reading) -> VideoFingerprint:
    """The listed frames, out of all looks that `Purpose.ENROL` gave and how far they reached.

    Raises `VideoShowsNothing`.
    """
    uprights = [look.upright for look in looks]
    times = [round(look.second * SECOND) for look in looks]
    chosen = choose_enrolled(times, uprights, [look.quality for look in looks], reading.done_micros)
    if not chosen:
        raise VideoShowsNothing
    return VideoFingerprint(tuple(uprights[place] for place in chosen), reading.done_micros / SECOND, reading.complete)
