"""How often a token may ask: so many a minute, all of which may come at once. Asks no clock: `now` is an argument."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Rates:
    """One bucket for each token that has a rate. Tokens are few: nothing here is bounded but by them."""

    _buckets: dict[str, tuple[float, float]] = field(default_factory=dict)

    def wait_s(self, caller: str, uploads_a_minute: int, now: float) -> float:
        """0 if this one may be sent now, and it is counted; else after how many seconds. `now`: seconds, monotonic."""
        left, since = self._buckets.get(caller, (float(uploads_a_minute), now))
        left = min(float(uploads_a_minute), left + (now - since) * uploads_a_minute / 60)
        if left < 1:
            self._buckets[caller] = (left, now)
            return (1 - left) * 60 / uploads_a_minute
        self._buckets[caller] = (left - 1, now)
        return 0.0
