"""How every program in bench/ takes its options and tells its figures."""

from __future__ import annotations

import argparse
import json
import operator
import sys
from collections.abc import Callable, Mapping
from typing import Any

_HOLDS: dict[str, Callable[[Any, Any], bool]] = {"<=": operator.le, "<": operator.lt, ">=": operator.ge}
Goals = Mapping[str, list[Any]]


def options(description: str | None, quick: str) -> argparse.ArgumentParser:
    """A parser with `--json` and `--quick`; `quick` says what is left out to stay under 45 seconds."""
    parser = argparse.ArgumentParser(description=(description or "").split("\n", 1)[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help=f"under 45 seconds: {quick}")
    return parser


def tell(figures: Mapping[str, Any], goals: Goals, peers: Mapping[str, Any], *, as_json: bool) -> int:
    """Print figures, goals and peers; 1 if a measured figure misses its goal, else 0. None: not measured."""
    met = {
        name: None if figures.get(name) is None else _HOLDS[sign](figures[name], goal)
        for name, (sign, goal) in goals.items()
    }
    if as_json:
        print(json.dumps({"figures": figures, "goals": goals, "peers": peers}))
    else:
        progress("")
        for name, value in figures.items():
            sign, goal = goals.get(name, ("", ""))
            word = {True: "met", False: "MISSED", None: ""}[met.get(name)]
            print(f"{name:<30}{'not measured' if value is None else value!s:>26}   {sign} {goal}   {word}")
        for peer, said in peers.items():
            for name, value in said.items() if isinstance(said, Mapping) else {"": said}.items():
                print(f"{f'{peer} {name}'.strip():<30}{'not measured' if value is None else value!s:>26}")
    return int(any(word is False for word in met.values()))


def progress(line: str) -> None:
    """One line that is written over, on a terminal only."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)
