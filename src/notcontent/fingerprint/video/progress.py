"""How far a video was read. Pure; told while it is read, and true at its end."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Reading:
    """`length_micros`: how long the video says it is, 0 if it doesn't; `complete`: nothing was broken or missing."""

    length_micros: int = 0
    done_micros: int = 0
    complete: bool = True

    @property
    def share(self) -> float:
        """0 to 1; 0 while the length is unknown."""
        return min(1.0, self.done_micros / self.length_micros) if self.length_micros else 0.0
