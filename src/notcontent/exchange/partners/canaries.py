"""Canaries: a few fingerprints that no picture has, on each partner's stream, so that a leaked list names its source.

A partner must not be able to tell them from entries. So they are fingerprints of drawn pictures, come only in deltas
that bring entries too, have an entry's random id and tier, and every answer to what a guard says of one is the answer
it would get for an entry. They are in no case, no count that anybody is shown, and no report.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from notcontent.exchange.lists.models import FINGERPRINT_BYTES, Entry
from notcontent.exchange.partners.drawing import draw_picture
from notcontent.exchange.partners.models import Canary, CanarySeen, CanaryState, Stream
from notcontent.exchange.today import utc_today
from notcontent.feed.entry import Tier
from notcontent.fingerprint.orientations import why_implausible
from notcontent.fingerprint.pdq import fingerprint_pixels

#: So many on each stream.
CANARIES = 5
#: One rides along with so many new entries (or fewer); more come together only where many entries do.
ENTRIES_FOR_ONE = 20
#: Nearer to no entry and no other canary than so many bits of 256, in any turn: far beyond every search radius.
LEAST_DISTANCE_BITS = 64
_READ_TOGETHER = 5_000


def plant_canaries(stream: Stream, count: int = CANARIES) -> None:
    """Make new canaries that wait for the stream's next entries. Reads the fingerprints of every entry once."""
    tier = Tier.VERIFIED if stream.verified_only else Tier.CLAIMED
    made = make_canaries(count)
    Canary.objects.bulk_create(Canary(stream=stream, fingerprints=value, tier=tier) for value in made)


def plant_where_none_are(today: date) -> None:
    """Every stream that has no canaries yet gets some; none in practice, where a list is small and looked at."""
    if not settings.PROFILE.practice:
        for stream in Stream.objects.filter(canaries=None):
            plant_canaries(stream)


def make_canaries(count: int) -> list[bytes]:
    """So many canaries, 256 bytes each: eight orientations as `Entry` holds them, far from all entries and canaries."""
    made: list[bytes] = []
    while len(made) < count:
        drawn = [_draw() for _ in range(count - len(made))]
        made += _far_ones(drawn, made)
    return made


def _draw() -> bytes:
    while True:
        result = fingerprint_pixels(draw_picture())
        if why_implausible(result.orientations, result.quality) is None:
            return b"".join(bytes.fromhex(turned.hex) for turned in result.orientations)


def _far_ones(drawn: Sequence[bytes], others: Sequence[bytes]) -> list[bytes]:
    """Those of the drawn ones that are far from each other, from the others and from all that is listed."""
    far: list[bytes] = []
    for value in drawn:
        rows = rows_of(b"".join([*far, *others]))
        if not len(rows) or nearest_bits(rows_of(value), rows) >= LEAST_DISTANCE_BITS:
            far.append(value)
    if not far:
        return far
    turns = [rows_of(value) for value in far]
    nearest = np.full(len(far), 256)
    for listed in _all_listed():
        nearest = np.minimum(nearest, [nearest_bits(one, listed) for one in turns])
    return [value for value, bits in zip(far, nearest, strict=True) if bits >= LEAST_DISTANCE_BITS]


def _all_listed() -> Iterator[NDArray[np.uint64]]:
    """The upright fingerprints of every entry and all fingerprints of every canary, (n, 4) a piece."""
    for rows in (Entry.objects.only("kind", "fingerprints"), Canary.objects.only("fingerprints")):
        held: list[bytes] = []
        for row in rows.iterator(_READ_TOGETHER):
            held.append(row.listed if isinstance(row, Entry) else bytes(row.fingerprints))
            if len(held) == _READ_TOGETHER:
                yield rows_of(b"".join(held))
                held = []
        if any(held):
            yield rows_of(b"".join(held))


def rows_of(value: bytes) -> NDArray[np.uint64]:
    """Fingerprints of 32 bytes, one after the other, as (n, 4)."""
    return np.frombuffer(value, np.uint64).reshape(-1, FINGERPRINT_BYTES // 8)


def nearest_bits(some: NDArray[np.uint64], others: NDArray[np.uint64]) -> int:
    """How many bits the nearest pair of these is apart; 256 where there is none."""
    if not len(others):
        return 256
    return min(int(np.bitwise_count(others ^ one).sum(axis=1).min()) for one in some)


def canaries_to_send(stream: Stream, new_entries: int) -> list[Canary]:
    """The waiting canaries that may go along with so many new entries; none where none is new."""
    room = -(-new_entries // ENTRIES_FOR_ONE)
    return list(stream.canaries.filter(state=CanaryState.WAITING).order_by("id")[:room]) if room else []


def canaries_to_withdraw(stream: Stream) -> list[Canary]:
    """Those that leave with the entries of their tier."""
    return list(stream.canaries.filter(state=CanaryState.LEAVING).order_by("id"))


def replace_claimed(stream: Stream) -> None:
    """After the stream was narrowed to verified entries: claimed canaries leave as claimed entries do, others come."""
    claimed = stream.canaries.filter(tier=Tier.CLAIMED)
    gone, _ = claimed.filter(state=CanaryState.WAITING).delete()
    left = claimed.filter(state=CanaryState.LIVE).update(state=CanaryState.LEAVING)
    if gone or left:
        plant_canaries(stream)


def hear_of_canary(feed: str, entry: str, report: str) -> bool:
    """Whether this id is a canary that the stream has; then it is noted that its partner reported a match."""
    canary = Canary.objects.filter(id=entry, stream_id=feed).first()
    if canary is None:
        return False
    if canary.state != CanaryState.LIVE:
        # As for an entry: what came while it was live still counts, what comes now does not.
        return canary.seen.filter(report=report).exists()
    CanarySeen.objects.get_or_create(canary=canary, report=report, defaults={"day": utc_today()})
    return True


def hear_of_canary_value(feed: str, value: str) -> None:
    """The same for a client that knows entries by their fingerprint, 64 hex digits, in any turn."""
    sought = bytes.fromhex(value)
    for canary in Canary.objects.filter(stream_id=feed, state=CanaryState.LIVE):
        held = bytes(canary.fingerprints)
        if any(held[at : at + FINGERPRINT_BYTES] == sought for at in range(0, len(held), FINGERPRINT_BYTES)):
            hear_of_canary(feed, canary.id, canary.id)


def was_withdrawn(feed: str, entry: str, number: int) -> bool:
    """Whether a receipt for this id at this number answers the withdrawal of a canary."""
    return Canary.objects.filter(id=entry, stream_id=feed, withdrawn_number__lte=number).exists()
