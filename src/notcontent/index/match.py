"""What a search answers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Match:
    """One entry near one query: which query (its row number), which entry (its id), how many of 256 bits differ."""

    entry: str
    distance_bits: int
    query: int


@dataclass(frozen=True, slots=True)
class Matches:
    """The nearest matches first, and how many there were in all, also when not all of them are listed here."""

    nearest: tuple[Match, ...]
    total: int
