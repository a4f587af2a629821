"""How many pixels may be decoded at the same time."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator


class PixelBudget:
    """Pixels being decoded at once, handed out in order, so that a large picture is never passed over for ever.

    A picture larger than the whole budget goes alone.
    """

    def __init__(self, pixels: int) -> None:
        """So many pixels in all."""
        self._whole = pixels
        self.in_flight = 0
        self._queue: deque[tuple[int, asyncio.Future[None]]] = deque()

    @contextlib.asynccontextmanager
    async def hold(self, pixels: int) -> AsyncIterator[None]:
        """Wait until so many pixels are free; they are the caller's until the block ends."""
        share = min(pixels, self._whole)
        granted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append((share, granted))
        self._grant()
        try:
            await granted
            yield
        finally:
            # Nothing is awaited here: a caller cancelled at any moment gives back exactly what it was granted.
            if granted.done() and not granted.cancelled():
                self.in_flight -= share
            else:
                granted.cancel()
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
