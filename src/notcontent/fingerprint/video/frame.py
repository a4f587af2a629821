"""One moment of a video as a value, and what is enrolled of a whole one.

Pure: no decoder, no numpy. The guard's processes, which open no video, read this file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from notcontent.fingerprint.value import Fingerprint, MalformedFingerprint
from notcontent.fingerprint.views.view import TURN_BYTES, VIEW_BYTES


@dataclass(frozen=True, slots=True)
class Frame:
    """One look at one moment of a video: its eight fingerprints, in the order of `ORIENTATIONS`, 256 bytes.

    `second`: since the first frame, by the file's own clock. `quality`: 0 to 100. `trimmed`: without the bars at its
    edges; such a look comes beside the one at the whole frame. Raises `MalformedFingerprint`.
    """

    second: float
    quality: int
    turns: bytes
    trimmed: bool = False

    def __post_init__(self) -> None:
        if len(self.turns) != VIEW_BYTES or not 0 <= self.quality <= 100 or not 0 <= self.second < float("inf"):
            raise MalformedFingerprint("This is no frame of a video: it has a time, a quality and eight codes.")

    def turn(self, orientation: int) -> bytes:
        """The 32 bytes of the orientation at that place of `ORIENTATIONS`."""
        return self.turns[orientation * TURN_BYTES : (orientation + 1) * TURN_BYTES]

    @property
    def upright(self) -> Fingerprint:
        """The fingerprint of the frame as a person sees it."""
        return Fingerprint(self.turn(0))


@dataclass(frozen=True, slots=True)
class VideoFingerprint:
    """What is listed of a video: the upright fingerprints of 1 to 600 of its frames, in the order of time.

    `seconds`: how long the video is, as far as it could be read; `complete`: whether that was to its end.
    Raises `MalformedFingerprint`.
    """

    frames: tuple[Fingerprint, ...]
    seconds: float
    complete: bool = True
    kind: str = "video"

    MOST_FRAMES: ClassVar[int] = 600

    def __post_init__(self) -> None:
        if not 1 <= len(self.frames) <= self.MOST_FRAMES or self.kind != "video":
            raise MalformedFingerprint("These are not the codes of one video. Make them again from the video.")
