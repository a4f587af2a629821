"""Untrusted videos become pixels. The one file that loads PyAV, and with it FFmpeg.

What comes out is the brightness of the frames that are asked for, as it is stored (limited range stays as it is: the
fingerprint does not change when brightness is scaled), and how a frame is turned so that it is seen the right way up.

WARNING: a service calls this in a locked worker process only, see `reader.py`.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, BinaryIO, Final, NoReturn

import av
import numpy as np
from av.sidedata.sidedata import Type as SideDataType
from numpy.typing import NDArray

from notcontent.fingerprint.orientations import Orientation
from notcontent.fingerprint.pdq import Reduced

from .limits import VideoLimits
from .progress import Reading
from .refusals import UnreadableVideo, VideoTooHard, VideoTooLarge, VideoTooLong
from .sampling import SECOND, Sampler
from .skimming import H264Kinds, Skimming, to_micros

#: What people's devices and platforms make, and what they made twenty years ago. The rest of FFmpeg is never started.
CODECS: Final = frozenset({
    "h264", "hevc", "av1", "libdav1d", "vp8", "vp9", "mpeg4", "mpeg1video", "mpeg2video", "mjpeg", "h263", "theora",
    "flv", "msmpeg4", "msmpeg4v2", "wmv1", "wmv2", "wmv3", "vc1", "cinepak", "prores",
})  # fmt: skip

#: Pixel formats whose first plane is brightness in bytes. Others are converted.
_BRIGHTNESS_FIRST: Final = frozenset({
    "yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p", "yuv440p", "yuvj440p", "yuv411p", "yuvj411p",
    "yuv410p", "yuva420p", "yuva422p", "yuva444p", "nv12", "nv21", "nv16", "gray",
})  # fmt: skip

#: The four numbers that turn a display matrix -> how the stored frame is turned. Source: ISO/IEC 14496-12, §6.2.2.
_SHOWN: Final = {
    (1, 0, 0, 1): Orientation.UPRIGHT,
    (0, 1, -1, 0): Orientation.QUARTER_CW,
    (-1, 0, 0, -1): Orientation.HALF_TURN,
    (0, -1, 1, 0): Orientation.QUARTER_CCW,
    (-1, 0, 0, 1): Orientation.MIRRORED,
    (1, 0, 0, -1): Orientation.FLIPPED,
    (0, 1, 1, 0): Orientation.TRANSPOSED,
    (0, -1, -1, 0): Orientation.ANTITRANSPOSED,
}
#: Bits for each pixel from which only key frames of H.264 are smoothed: 6 Mbit/s for 720p at 25 frames a second.
_FINE_BITS: Final = 0.25
_READ_BYTES: Final = 1 << 18
#: The last frame may begin so long before the end.
_LAST_FRAME: Final = 2 * SECOND
#: So many frames at most are decoded to come to a moment from the one before it that stands alone; and to come to the
#: one that matched.
_MOST_BEFORE: Final = 60
_MOST_BEFORE_MATCH: Final = 300


@dataclass(frozen=True, slots=True)
class Moment:
    """A frame that was asked for. Its pixels are valid until the next one is."""

    micros: int
    picture: Reduced


def read_video(
    untrusted: BinaryIO, format_name: str, limits: VideoLimits, sampler: Sampler, reading: Reading, *, skim: bool
) -> Iterator[Moment]:
    """The moments that `sampler` takes.

    `skim`: leave out what nothing that is taken is made from, and smooth only what others are made from, or in fine
    files only key frames; faster, and a few bits off. `reading` is kept up to date. A broken tail ends the video early;
    what was read before it counts. Raises `UnreadableVideo`, `VideoTooLarge`, `VideoTooLong`, `VideoTooHard`.
    """
    with _opened(untrusted, format_name, limits) as (container, stream):
        context = stream.codec_context
        reading.length_micros = _declared_length(container, stream)
        if reading.length_micros > limits.max_seconds * SECOND:
            raise VideoTooLong
        if skim:
            rough = "nokey" if _is_fine(container, stream, reading.length_micros) else "noref"
            context.options |= {"skip_loop_filter": rough}
        skimming = None
        # AVI has no times of presentation, so its packets don't say when their frames are shown.
        if skim and format_name != "avi":
            kinds = H264Kinds(context.extradata) if context.name == "h264" else None
            skimming = Skimming(sampler, reading.length_micros, kinds)
        yield from _moments(container, stream, limits, sampler, reading, skimming=skimming)
        if reading.done_micros + _LAST_FRAME < reading.length_micros:
            reading.complete = False


def read_moments(
    untrusted: BinaryIO, format_name: str, limits: VideoLimits, most: int, at_micros: int | None
) -> Iterator[Moment]:
    """At most `most` moments, spread over the video, the first first; and the one at `at_micros`.

    Where no frame that stands alone lies near before such a time, an earlier one than it: few are decoded.
    Raises `UnreadableVideo`, `VideoTooLarge`.
    """
    with _opened(untrusted, format_name, limits) as (container, stream):
        length = _declared_length(container, stream)
        others = most - (at_micros is not None)
        wanted = [(number * length // others, _MOST_BEFORE) for number in range(others if length else 1)]
        wanted += [] if at_micros is None else [(at_micros, _MOST_BEFORE_MATCH)]
        start = to_micros(stream.start_time or 0, stream.time_base)
        seen = set()
        for micros, most_before in wanted:
            with suppress(av.error.FFmpegError):
                if micros:
                    # Times of the stream, in ticks of its own clock.
                    ticks = int(
                        (micros + start) * stream.time_base.denominator // (SECOND * stream.time_base.numerator)
                    )
                    container.seek(ticks, stream=stream)
                frame = _frame_at(container, stream, micros + start, most_before)
                if frame is not None and frame.pts not in seen:
                    _check_size(frame.width, frame.height, limits)
                    seen.add(frame.pts)
                    since = to_micros(frame.pts or 0, stream.time_base) - start
                    yield Moment(
                        since, Reduced(_brightness(frame), frame.height, frame.width, shown=_read_shown(frame))
                    )


def _frame_at(container: Any, stream: Any, micros: int, most_before: int) -> Any:
    """The last of the next frames that is not after that time; the next one if all are."""
    found = None
    for number, frame in enumerate(container.decode(stream)):
        if found is not None and to_micros(frame.pts or 0, stream.time_base) > micros:
            break
        found = frame
        if number == most_before:
            break
    return found


@contextmanager
def _opened(untrusted: BinaryIO, format_name: str, limits: VideoLimits) -> Iterator[tuple[Any, Any]]:
    """The container and the stream of pictures in it, to be decoded within limits."""
    with _errors_translated():
        # Playlists and references could name other files: none is ever opened.
        options = {"protocol_whitelist": ""}
        with av.open(
            untrusted, format=format_name, options=options, io_open=_open_nothing, buffer_size=_READ_BYTES
        ) as container:
            stream: Any = container.streams.best("video")
            if stream is None or stream.codec_context.name not in CODECS:
                raise UnreadableVideo
            if av.stream.Disposition.attached_pic in stream.disposition:
                raise UnreadableVideo
            context = stream.codec_context
            _check_size(context.width, context.height, limits)
            context.thread_count, context.thread_type = 1, "NONE"
            context.options = {"max_pixels": str(limits.max_pixels)}
            yield container, stream


def _moments(
    container: Any, stream: Any, limits: VideoLimits, sampler: Sampler, reading: Reading, *, skimming: Skimming | None
) -> Iterator[Moment]:
    first: int | None = None
    last = step = count = 0
    if stream.average_rate:
        step = int(SECOND / stream.average_rate)
    packets = _packets(container, stream, reading)
    for packet, spared in skimming.plan(packets) if skimming is not None else ((one, False) for one in packets):
        if skimming is not None:
            stream.codec_context.skip_frame = "NONREF" if spared else "DEFAULT"
        for frame in _frames(packet, reading, skimming):
            count += 1
            reading.complete = reading.complete and not frame.is_corrupt
            _check_size(frame.width, frame.height, limits)
            stamp = last + step if frame.pts is None else to_micros(frame.pts, frame.time_base or stream.time_base)
            first = stamp if first is None else first
            last = stamp
            micros = stamp - first
            if micros > limits.max_seconds * SECOND or count > limits.max_frames:
                raise VideoTooLong
            reading.done_micros = max(reading.done_micros, micros)
            if skimming.takes(stamp) if skimming is not None else micros >= 0 and sampler.takes(micros):
                pixels = _brightness(frame)
                yield Moment(micros, Reduced(pixels, frame.height, frame.width, shown=_read_shown(frame)))


def _packets(container: Any, stream: Any, reading: Reading) -> Iterator[Any]:
    """The packets of a stream, as far as they can be read; the last, empty one brings out what decoders held back."""
    try:
        yield from container.demux(stream)
    except av.error.EOFError:
        return
    except av.error.InvalidDataError:
        reading.complete = False


def _frames(packet: Any, reading: Reading, skimming: Skimming | None) -> Any:
    """The frames that come out when a packet goes in; none, if it can't be decoded."""
    try:
        return packet.decode()
    except av.error.EOFError:
        return ()
    except av.error.InvalidDataError:
        reading.complete = False
        if skimming is not None:
            skimming.stop()
        return ()


def _open_nothing(*_: object) -> NoReturn:
    raise OSError


def _declared_length(container: Any, stream: Any) -> int:
    if stream.duration and stream.time_base:
        return max(0, to_micros(stream.duration, stream.time_base))
    return max(0, int(container.duration or 0) * SECOND // av.time_base)


def _is_fine(container: Any, stream: Any, length_micros: int) -> bool:
    """Whether an H.264 file has so many bits for each pixel that little of it is owed to the filter of block edges."""
    context, rate = stream.codec_context, stream.average_rate
    if context.name != "h264" or not rate or not length_micros:
        return False
    pixels = context.width * context.height * float(rate) * length_micros / SECOND
    return bool(8 * container.size > _FINE_BITS * pixels)


def _check_size(width: int, height: int, limits: VideoLimits) -> None:
    if width * height > limits.max_pixels or max(width, height) > limits.max_side:
        raise VideoTooLarge


def _brightness(frame: Any) -> NDArray[np.uint8]:
    """The brightness of a frame, height × width bytes; a view of the decoder's own plane where that is possible."""
    if frame.format.name not in _BRIGHTNESS_FIRST or frame.planes[0].line_size < frame.width:
        frame = frame.reformat(format="gray", threads=1)
    plane = frame.planes[0]
    stored = np.frombuffer(plane, np.uint8, count=plane.line_size * frame.height)
    pixels: NDArray[np.uint8] = stored.reshape(frame.height, plane.line_size)[:, : frame.width]
    return pixels


def _read_shown(frame: Any) -> Orientation:
    """What the display matrix asks for; upright where there is none or it does more than turn by quarters."""
    found = next((data for data in frame.side_data if data.type == SideDataType.DISPLAYMATRIX), None)
    if found is None:
        return Orientation.UPRIGHT
    matrix = np.frombuffer(found, np.int32)
    if len(matrix) != 9:
        return Orientation.UPRIGHT
    a, b, c, d = (int(one) for one in np.sign(matrix[[0, 1, 3, 4]]))
    return _SHOWN.get((a, b, c, d), Orientation.UPRIGHT)


@contextmanager
def _errors_translated() -> Iterator[None]:
    try:
        yield
    except MemoryError as error:
        raise VideoTooHard from error
    except (av.error.FFmpegError, ArithmeticError, LookupError, OSError, ValueError) as error:
        raise UnreadableVideo from error


def warm_up_codecs() -> None:
    """Make and read one small video, and open every other decoder, so that a locked-in process needs nothing more."""
    made = io.BytesIO()
    with av.open(made, "w", format="matroska") as container:
        stream = container.add_stream("mpeg4", rate=8)
        stream.width, stream.height, stream.pix_fmt = 96, 80, "yuv420p"
        for shade in (40, 200):
            frame = av.VideoFrame.from_ndarray(np.full((80, 96), shade, np.uint8), "gray")
            container.mux(stream.encode(frame.reformat(format="yuv420p", threads=1)))
        container.mux(stream.encode())
    made.seek(0)
    for _ in read_video(made, "matroska", VideoLimits(), Sampler(8), Reading(), skim=True):
        pass
    for name in CODECS & av.codecs_available:
        with suppress(av.error.FFmpegError):
            av.CodecContext.create(name, "r").open()
