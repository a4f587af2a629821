"""A process that turns one stranger's picture into one too coarse to be worth anything, and ends.

Started by `preview.py`. It loads every decoder, locks itself in as `worker.py` does, reads one picture (or, where it is
told that it is one, a video, of which it makes a strip of frames) and writes `P`, width and height (two bytes each,
big-endian) and RGB bytes; or `R` and a refusal's code; or, where a decoder broke, nothing.
"""

from __future__ import annotations

import argparse
import struct
import sys
import warnings

from .lockdown import end_with_parent, lock_down
from .refusals import PictureRefused, PictureTooHard
from .worker import keep_memory, parse_arguments, pin_threads

#: The longer side of a picture, or of a frame, in pixels; and the most that a whole strip is wide.
SIDE = 48
STRIP_WIDTH = 256


def main() -> None:
    """Make one preview."""
    pin_threads()
    keep_memory()
    import numpy as np  # noqa: PLC0415 - must see the line above

    from .coarse import reduce_to  # noqa: PLC0415
    from .decode import DecodeLimits, open_picture  # noqa: PLC0415
    from .workbench import PictureDecoder  # noqa: PLC0415

    end_with_parent()
    warnings.simplefilter("ignore")
    parser = argparse.ArgumentParser(description="Started by notcontent itself, not by people.")
    parser.add_argument("--video")
    parser.add_argument("--at-micros", type=int)
    wanted, words = parser.parse_known_args()
    arguments = parse_arguments(words)
    limits = DecodeLimits(arguments.max_bytes, arguments.max_pixels, arguments.max_side)
    PictureDecoder(arguments.max_bytes, arguments.max_pixels, arguments.max_side).warm_up()
    reduce_to(np.zeros((300, 200), np.uint8), SIDE)
    if wanted.video:
        from .video.container import warm_up_codecs  # noqa: PLC0415 - loads FFmpeg, which pictures don't need
        from .video.strip import draw_strip  # noqa: PLC0415

        warm_up_codecs()
    lock_down(arguments.memory_bytes, arguments.cpu_s)
    try:
        untrusted_bytes = sys.stdin.buffer.read()
        if wanted.video:
            small = draw_strip(untrusted_bytes, wanted.video, limits, SIDE, wanted.at_micros)
        else:
            small = reduce_to(open_picture(untrusted_bytes, limits).pixels(), SIDE)
        answer = b"P" + struct.pack(">HH", small.shape[1], small.shape[0]) + small.tobytes()
    except PictureRefused as error:
        answer = b"R" + error.code.encode()
    except MemoryError:
        answer = b"R" + PictureTooHard.code.encode()
    sys.stdout.buffer.write(answer)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
