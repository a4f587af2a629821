"""The picture of a soak in docs/developer/figures.md: a guard's memory over time."""

from __future__ import annotations

import math
from pathlib import Path

from bench.support.soak import Series
from bench.support.svg import Drawing

WIDTH, HEIGHT = 760, 320


def draw_memory(series: Series, path: Path) -> None:
    """Megabytes of all processes and of the index that they share, by minutes."""
    lines = {"all its processes": series.resting_mb(), "the index that they share": series.index_mb()}
    left, right, top, bottom = 60, WIDTH - 20, 70, 270
    most = max(max(line) for line in lines.values())
    step = next(step for step in (10, 20, 50, 100, 200, 500, 1_000, 5_000) if most / step <= 6)
    highest, minutes = step * math.ceil(most / step), series.at_s[-1] / 60
    drawing = Drawing(WIDTH, HEIGHT, "Memory of a guard at its limit, over time")
    drawing.text(20, 28, "Memory of a guard at its limit, while its lists change", "title")
    drawing.text(20, 48, "MB (each page counts once), by minutes; without the process that reads a video", "soft")
    for mb in range(0, highest + 1, step):
        y = bottom - (bottom - top) * mb / highest
        drawing.line([(left, y), (right, y)], "line")
        drawing.text(left - 6, y + 4, f"{mb:,}", "soft end")
    every = max(1, round(minutes / 6))
    for minute in range(0, int(minutes) + 1, every):
        drawing.text(left + (right - left) * minute / minutes, bottom + 20, str(minute), "soft middle")
    for (name, line), colour in zip(lines.items(), ("ours", "peer"), strict=True):
        points = [
            (left + (right - left) * at_s / series.at_s[-1], bottom - (bottom - top) * mb / highest)
            for at_s, mb in zip(series.at_s, line, strict=True)
        ]
        drawing.line(points, colour, 1.5)
        drawing.text(right, points[-1][1] - 8, name, "end")
    drawing.write(path)
