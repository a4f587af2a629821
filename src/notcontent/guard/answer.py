"""A verdict as the platform's servers read it, whether it is answered at once, later, or printed by a sweep."""

from __future__ import annotations

from notcontent.guard.verdict import FoundEntry, Verdict
from notcontent.guard.words import Words


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
    uploader_text = verdict.uploader_text
    if uploader_text is not None and accept_language:
        uploader_text = Words.asked_for(accept_language).say("uploader.held")
    return {
        "verdict": verdict.kind,
        "id": verdict.id,
        "flagged": verdict.flagged,
        "review": verdict.review,
        "matches": [match_json(each) for each in verdict.matches],
        "uploader_text": uploader_text,
    }
