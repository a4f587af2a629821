"""What one video may be and use. Pure: the process that owns a reader loads no decoder."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class VideoLimits:
    """What one video may be (bytes of the file, length, pixels of a frame and along one side, frames) and use."""

    max_bytes: int = 4 * 1024 * 1024 * 1024
    max_seconds: int = 2 * 60 * 60
    max_pixels: int = 4096 * 4096
    max_side: int = 8192
    max_frames: int = 1_000_000
    #: wall clock and CPU time for one video, and what its worker may map beyond what it holds before it begins
    timeout_s: float = 1800.0
    cpu_s: int = 900
    memory_bytes: int = 1024 * 1024 * 1024
