"""What the processes of an exchange, and of its database server, worked meanwhile."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

_TICK_S = 1 / os.sysconf("SC_CLK_TCK")


class Worked:
    """CPU time by what was going on, of all processes in whose command line one of these words stands."""

    def __init__(self, words: Sequence[str]) -> None:
        """Nothing is measured yet."""
        self._words = words
        self._seconds: dict[str, float] = {}
        self._loads: list[float] = []

    @contextmanager
    def during(self, what: str) -> Iterator[None]:
        """Measure for as long as this lasts."""
        before = self._ticks()
        yield
        self._seconds[what] = (self._ticks() - before) * _TICK_S
        self._loads.append(os.getloadavg()[0])

    def seconds(self, what: str) -> float:
        """CPU seconds of all of them together, meanwhile."""
        return self._seconds[what]

    @property
    def load(self) -> float:
        """How many processes of the whole machine ran or waited to run, on average."""
        return sum(self._loads) / len(self._loads)

    def _ticks(self) -> int:
        """Theirs and of their children that have ended: a connection's process at the database ends with it."""
        found: dict[int, tuple[str, int, int]] = {}
        for place in Path("/proc").glob("[0-9]*"):
            try:
                command = (place / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                fields = (place / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            found[int(place.name)] = (command, int(fields[1]), sum(map(int, fields[11:15])))
        mine = {id for id, (command, _parent, _ticks) in found.items() if any(word in command for word in self._words)}
        # A process of the server that serves one connection has another name.
        return sum(ticks for id, (_command, parent, ticks) in found.items() if id in mine or parent in mine)
