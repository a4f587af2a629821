"""A few moments of a stranger's video, grey and coarse, side by side: what kind of video it is, and little of whom.

WARNING: a service calls this in a locked worker process only, see `fingerprint/preview.py`.
"""

from __future__ import annotations

import io
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from notcontent.fingerprint.coarse import reduce_to
from notcontent.fingerprint.decode import DecodeLimits, decode_animation
from notcontent.fingerprint.pdq import Reduced, turn_pixels

from .container import Moment, read_moments
from .formats import ANIMATIONS
from .limits import VideoLimits
from .refusals import UnreadableVideo
from .sampling import thin

#: Frames at most, and how many pixels lie between two.
MOST_FRAMES = 5
GAP = 4
#: Of an animated picture so many frames are read, of which a few are taken.
_MOST_READ = 600
_BETWEEN = 128


def draw_strip(
    untrusted_bytes: bytes, format_name: str, limits: DecodeLimits, side: int, at_micros: int | None
) -> NDArray[np.uint8]:
    """The frames in the order of time, each at most `side` pixels long: (h, w, 3) uint8, w at most 5 × side + 4 × 4.

    `format_name` as `find_video_format` says it. `at_micros`: a moment that is among them, as near as it can be had.
    Raises `PictureRefused`.
    """
    if format_name in ANIMATIONS:
        moments = _animated(untrusted_bytes, limits, side, at_micros)
    else:
        bounds = VideoLimits(max_bytes=limits.max_bytes, max_pixels=limits.max_pixels, max_side=limits.max_side)
        read = read_moments(io.BytesIO(untrusted_bytes), format_name, bounds, MOST_FRAMES, at_micros)
        moments = {moment.micros: _small(moment, side) for moment in read}
    if not moments:
        raise UnreadableVideo
    frames = [moments[micros] for micros in sorted(moments)]
    height = max(frame.shape[0] for frame in frames)
    parts: list[NDArray[np.uint8]] = []
    for frame in frames:
        above = (height - frame.shape[0]) // 2
        room = ((above, height - frame.shape[0] - above), (0, 0), (0, 0))
        parts += [np.full((height, GAP, 3), _BETWEEN, np.uint8), np.pad(frame, room, constant_values=_BETWEEN)]
    return np.concatenate(parts[1:], axis=1)


def _small(moment: Moment, side: int) -> NDArray[np.uint8]:
    return np.ascontiguousarray(turn_pixels(reduce_to(moment.picture.pixels, side), moment.picture.shown))


def _animated(
    untrusted_bytes: bytes, limits: DecodeLimits, side: int, at_micros: int | None
) -> dict[int, NDArray[np.uint8]]:
    read = dict(_read(untrusted_bytes, limits, side))
    times = sorted(read)
    chosen = {times[place] for place in thin(len(times), MOST_FRAMES - (at_micros is not None))}
    if at_micros is not None:
        chosen.add(min(times, key=lambda micros: abs(micros - at_micros)))
    return {micros: read[micros] for micros in chosen}


def _read(untrusted_bytes: bytes, limits: DecodeLimits, side: int) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    for number, (micros, pixels) in enumerate(decode_animation(untrusted_bytes, limits)):
        if number == _MOST_READ:
            return
        yield micros, _small(Moment(micros, Reduced(pixels, *pixels.shape[:2])), side)
