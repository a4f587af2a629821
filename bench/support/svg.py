"""A picture of lines, boxes and words as SVG that reads well on white and on black pages."""

from __future__ import annotations

from html import escape
from pathlib import Path

_STYLE = """
svg { background: #ffffff; --ink: #1f2328; --soft: #6a737d; --line: #d8dee4; --ours: #0b6bcb; --peer: #c2410c;
      --band: #f3f5f7 }
@media (prefers-color-scheme: dark) {
  svg { background: #0d1117; --ink: #e6edf3; --soft: #9198a1; --line: #30363d; --ours: #58a6ff; --peer: #ff9e64;
        --band: #161b22 }
}
text { font: 13px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; fill: var(--ink) }
.title { font-weight: 600; font-size: 16px } .soft { fill: var(--soft); font-size: 12px } .group { font-weight: 600 }
.middle { text-anchor: middle } .end { text-anchor: end }
"""


class Drawing:
    """Pixels from the upper left corner. Colours are names: ink, soft, line, ours, peer, band."""

    def __init__(self, width: int, height: int, title: str) -> None:
        """An empty one; `title` is also what a screen reader says."""
        self._size, self._title = (width, height), title
        self._parts: list[str] = []

    def text(self, x: float, y: float, words: str, classes: str = "") -> None:
        """Words whose line stands on `y`."""
        self._parts.append(f'<text x="{x:.1f}" y="{y:.1f}" class="{classes}">{escape(words)}</text>')

    def box(self, x: float, y: float, width: float, height: float, colour: str, opacity: float = 1) -> None:
        """A filled box."""
        self._parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" '
            f'style="fill:var(--{colour})" opacity="{opacity}"/>'
        )

    def line(self, points: list[tuple[float, float]], colour: str, width: float = 1, dashes: str = "") -> None:
        """A line through the points."""
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        style = f"fill:none;stroke:var(--{colour});stroke-width:{width};stroke-dasharray:{dashes or 'none'}"
        self._parts.append(f'<polyline points="{path}" style="{style}"/>')

    def dot(self, x: float, y: float, colour: str, radius: float = 4) -> None:
        """A filled circle."""
        self._parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" style="fill:var(--{colour})"/>')

    def write(self, path: Path) -> None:
        """One file, complete in itself."""
        width, height = self._size
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
            f'height="{height}" role="img"><title>{escape(self._title)}</title><style>{_STYLE}</style>'
        )
        path.write_text("\n".join([head, *self._parts, "</svg>", ""]), "utf-8")
