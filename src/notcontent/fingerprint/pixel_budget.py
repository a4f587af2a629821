"""How many pixels may be decoded at the same time."""

from __future__ import annotations

import asyncio
from collections import deque


class PixelBudget:
    """Pixels decoded at once or set aside for it, handed out in order: a large picture is never passed over for ever.

    A picture larger than the whole budget goes alone.
    """

    def __init__(self, pixels: int) -> None:
        """So many pixels in all."""
        self._whole = pixels
        self.in_flight = 0
        self._queue: deque[tuple[int, asyncio.Future[None]]] = deque()

    def take_at_once(self, pixels: int) -> int:
        """So many pixels, which the caller has to give back; 0 if they are not free or others wait."""
        if self._queue or self.in_flight + pixels > self._whole:
            return 0
        self.in_flight += pixels
        return pixels

    async def take(self, pixels: int) -> int:
        """Wait until so many pixels are free, or all there are if that is less. The caller has to give them back."""
        share = min(pixels, self._whole)
        granted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append((share, granted))
        self._grant()
        try:
            await granted
        except asyncio.CancelledError:
            # A caller cancelled at any moment gives back exactly what it was granted.
            self.give_back(0 if granted.cancelled() else share)
            raise
        return share

    def give_back(self, pixels: int) -> None:
        """Somebody else may have these."""
        self.in_flight -= pixels
        self._grant()

    def _grant(self) -> None:
        """Serve those first in line as far as the budget goes."""
        while self._queue:
            share, granted = self._queue[0]
            if not granted.cancelled():
                if self.in_flight + share > self._whole:
                    return
                self.in_flight += share
                granted.set_result(None)
            self._queue.popleft()
