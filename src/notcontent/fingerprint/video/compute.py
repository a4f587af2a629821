"""A video becomes its looks, or what is listed of it, in this process. What a person's own device wants.

WARNING: a service reads what strangers send through `reader.VideoReader`, which runs this in locked worker processes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from notcontent.fingerprint.decode import DecodeLimits, decode_animation
from notcontent.fingerprint.pdq import Reduced
from notcontent.fingerprint.picture import Purpose
from notcontent.fingerprint.refusals import NotAPicture, PictureTooLarge, UnreadablePicture

from .container import Moment, read_video
from .enrolled import fold_enrolled
from .formats import ANIMATIONS, find_video_format
from .frame import Frame, VideoFingerprint
from .limits import VideoLimits
from .looks import look_at, look_inside_bars
from .progress import Reading
from .refusals import NotAVideo, UnreadableVideo, VideoTooLarge, VideoTooLong
from .sampling import (
    ENROLLED_PER_SECOND_IF_SHORT,
    LEAST_QUALITY,
    QUERIED_PER_SECOND,
    SECOND,
    Pruner,
    Sampler,
)

#: Animated pictures are held whole while they are read, unlike videos.
MAX_ANIMATION_BYTES = 64 * 1024 * 1024


def read_looks(
    untrusted: BinaryIO, length_bytes: int, limits: VideoLimits, purpose: Purpose, reading: Reading
) -> Iterator[tuple[Frame, ...]]:
    """The looks at each moment taken, as they are read; often there are none at a moment that shows nothing new.

    For `Purpose.QUERY` looks are pruned and those inside bars are among them; for `Purpose.ENROL` they are all there is
    at the denser rate, for `sampling.choose_enrolled`. Raises `PictureRefused` (the members in `video.refusals`).
    """
    if length_bytes > limits.max_bytes:
        raise VideoTooLarge
    sampler = Sampler(QUERIED_PER_SECOND if purpose is Purpose.QUERY else ENROLLED_PER_SECOND_IF_SHORT)
    whole, inside = Pruner(), Pruner()
    found = False
    for moment in _moments(untrusted, length_bytes, limits, sampler, reading, skim=purpose is Purpose.QUERY):
        found = True
        look = look_at(moment.micros, moment.picture)
        if purpose is Purpose.ENROL:
            yield (look,)
            continue
        looks = [look] if whole.keeps(look.upright, look.quality) else []
        trimmed = look_inside_bars(moment.micros, moment.picture)
        if trimmed is not None and inside.keeps(trimmed.upright, trimmed.quality):
            looks.append(trimmed)
        yield tuple(looks)
    if not found:
        raise UnreadableVideo


def _moments(
    untrusted: BinaryIO, length_bytes: int, limits: VideoLimits, sampler: Sampler, reading: Reading, *, skim: bool
) -> Iterator[Moment]:
    head = untrusted.read(min(length_bytes, 1 << 16))
    name = find_video_format(head)
    if name is None and head[:3] == b"GIF":
        name = "GIF"
    if name is None:
        raise NotAVideo
    untrusted.seek(0)
    if name in ANIMATIONS:
        yield from _animation(untrusted, length_bytes, limits, sampler, reading)
    else:
        yield from read_video(untrusted, name, limits, sampler, reading, skim=skim)


def _animation(
    untrusted: BinaryIO, length_bytes: int, limits: VideoLimits, sampler: Sampler, reading: Reading
) -> Iterator[Moment]:
    if length_bytes > MAX_ANIMATION_BYTES:
        raise VideoTooLarge
    bounds = DecodeLimits(MAX_ANIMATION_BYTES, limits.max_pixels, limits.max_side)
    try:
        for count, (micros, pixels) in enumerate(decode_animation(untrusted.read(), bounds)):
            if micros > limits.max_seconds * SECOND or count >= limits.max_frames:
                raise VideoTooLong
            reading.done_micros = micros
            if sampler.takes(micros):
                yield Moment(micros, Reduced(pixels, pixels.shape[0], pixels.shape[1]))
    except NotAPicture as error:
        raise NotAVideo from error
    except PictureTooLarge as error:
        raise VideoTooLarge from error
    except UnreadablePicture:
        # Frames before the broken one count; `read_looks` refuses a file without any.
        reading.complete = False


def fingerprint_video(
    path: Path | str, progress: Callable[[Reading], None] | None = None, limits: VideoLimits | None = None
) -> VideoFingerprint:
    """What is listed of the video in a file. `progress` is told how far it is after each moment.

    Raises `PictureRefused` (the members in `video.refusals`) and OSError.
    """
    reading = Reading()
    taken: list[Frame] = []
    with open(path, "rb") as file:
        file.seek(0, 2)
        length_bytes = file.tell()
        file.seek(0)
        for looks in read_looks(file, length_bytes, limits or VideoLimits(), Purpose.ENROL, reading):
            taken += [look for look in looks if look.quality >= LEAST_QUALITY]
            if progress is not None:
                progress(reading)
    return fold_enrolled(taken, reading)
