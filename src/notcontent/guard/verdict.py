"""Verdicts: what the guard says of one upload."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from notcontent.feed.entry import Tier
from notcontent.fingerprint.orientations import Orientation
from notcontent.fingerprint.views.view import ViewKind

#: What the uploader may read, the same for every reason: it names no list, no tier, and says nothing of any person.
UPLOADER_TEXT = "This picture is held for a check."


class VerdictKind(StrEnum):
    """The three answers."""

    ALLOW = "allow"
    HOLD = "hold"
    BLOCK = "block"


@dataclass(frozen=True, slots=True)
class FoundEntry:
    """An entry that an upload is near to. For the host only.

    `entry` is 32 hex digits. `orientation` names how the upload is turned, relative to the listed picture
    (`quarter_cw`: whoever uploaded it turned the listed picture a quarter clockwise). `view` says where in the upload
    the listed picture is.
    """

    entry: str
    list_name: str
    tier: Tier
    distance_bits: int
    orientation: Orientation
    view: ViewKind


@dataclass(frozen=True, slots=True)
class Verdict:
    """One upload's verdict. `id` is 32 hex digits; `flagged` is an upload that passed although something was near.

    `review` is one that passed because nothing was near enough to count, and that a person should look at, because the
    platform asked for that: its `matches` are near misses.
    """

    kind: VerdictKind
    id: str
    flagged: bool = False
    matches: tuple[FoundEntry, ...] = ()
    review: bool = False

    @property
    def uploader_text(self) -> str | None:
        """The neutral sentence, or None when the upload passes."""
        return None if self.kind is VerdictKind.ALLOW else UPLOADER_TEXT
