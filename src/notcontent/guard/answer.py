"""A verdict as the platform's servers read it, whether it is answered at once, later, or printed by a sweep."""

from __future__ import annotations

from notcontent.guard.verdict import FoundEntry, Verdict, VerdictKind
from notcontent.guard.words import Words

_UNREADABLE, _UNCHECKED = "uploader.unreadable", "uploader.unchecked"
#: What is wrong with the upload itself; everything else may pass by.
_OF_THE_UPLOAD = frozenset({400, 408, 413, 415, 422})


def match_json(found: FoundEntry) -> dict[str, object]:
    """One match (docs/spec/guard.md)."""
    return {
        "entry": found.entry,
        "list": found.list_name,
        "tier": found.tier,
        "distance_bits": found.distance_bits,
        "orientation": found.orientation,
        "view": found.view,
        "at_s": found.at_s,
    }


def verdict_json(verdict: Verdict, accept_language: str = "") -> dict[str, object]:
    """A whole verdict (docs/spec/guard.md), with what the uploader may read in a language that is asked for."""
    return {
        "verdict": verdict.kind,
        "id": verdict.id,
        "flagged": verdict.flagged,
        "review": verdict.review,
        "matches": [match_json(each) for each in verdict.matches],
        "uploader_text": _uploader_text(verdict.kind, accept_language),
    }


def unchecked_text(status: int, accept_language: str) -> str:
    """What the uploader may read where there is no verdict but an error of this status."""
    return Words.asked_for(accept_language).say(_UNREADABLE if status in _OF_THE_UPLOAD else _UNCHECKED)


def _uploader_text(kind: VerdictKind, accept_language: str) -> str | None:
    """The same for every match: it names no list, no tier, and says nothing of any person. None for one that passes."""
    match kind:
        case VerdictKind.ALLOW:
            return None
        case VerdictKind.REFUSED | VerdictKind.UNFINISHED:
            key = _UNREADABLE if kind is VerdictKind.REFUSED else _UNCHECKED
        case _:
            key = "uploader.held"
    return Words.asked_for(accept_language).say(key)
