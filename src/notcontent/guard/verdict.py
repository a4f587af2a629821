"""Verdicts: what the guard says of one upload."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from notcontent.feed.entry import Tier
from notcontent.fingerprint.orientations import Orientation
from notcontent.fingerprint.views.view import ViewKind


class VerdictKind(StrEnum):
    """The three answers; and three that only a video gets whose caller said that its verdict may come later."""

    ALLOW = "allow"
    HOLD = "hold"
    BLOCK = "block"
    #: It is being read.
    PENDING = "pending"
    #: It can't be read: to be refused like any broken file.
    REFUSED = "refused"
    #: The guard could not finish: to be sent again.
    UNFINISHED = "unfinished"


@dataclass(frozen=True, slots=True)
class FoundEntry:
    """An entry that an upload is near to. For the host only.

    `entry` is 32 hex digits. `orientation` names how the upload is turned, relative to the listed picture
    (`quarter_cw`: whoever uploaded it turned the listed picture a quarter clockwise). `view` says where in the upload
    the listed picture is, and in a video `at_s` says when: seconds after its first frame. None for a picture.
    """

    entry: str
    list_name: str
    tier: Tier
    distance_bits: int
    orientation: Orientation
    view: ViewKind
    at_s: float | None = None


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
