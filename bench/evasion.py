"""How many altered copies of a listed picture are found, of seventy-one alterations, and is any other picture taken
for a listed one?

Every photograph is listed with its fingerprint, then every alteration of it is sent: bytes, opened as an upload is,
looked at view by view, with the guard's limits for a list of a million. The peer is what Hasher-Matcher-Actioner asks:
python-threatexchange's own hasher on the same bytes, upright, and its own matcher (31 bits, quality of 50 or more).

`false_matches` counts every look of every upload at every listed photograph that is not in it, also the looks that the
guard would have spared itself. The photographs are those of the test side, of packages on which no constant was chosen.
"""

from __future__ import annotations

import io
import multiprocessing
import os
import sys
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.alterations import ALTERATIONS, OTHERS, Alteration, Group, Picture, alter, prepared
from bench.support.evasion_pictures import draw_distances, draw_false_matches, draw_recall, draw_sheet
from bench.support.evasion_table import Row, as_markdown, print_rows, row_of, write_block
from bench.support.figures import options, progress, tell
from bench.support.photos import Photo, photographs
from bench.support.sources import Side
from bench.support.trial import TRIAL
from notcontent.fingerprint.compute import DecodeLimits, fingerprint_picture
from notcontent.fingerprint.decode import open_picture
from notcontent.fingerprint.orientations import ORIENTATIONS, Orientation
from notcontent.fingerprint.views.cascade import look_at
from notcontent.fingerprint.views.view import LEAST_LOOKED, TURN_BYTES, ViewKind
from notcontent.guard.limits import Limits, false_match_rate, limits_for

GOALS = {"mean_recall": [">=", 0.55], "rows_below": ["<=", 0], "false_matches": ["<=", 0]}
LIST_SIZE = 1_000_000
PAGE = Path(__file__).parents[1] / "docs" / "platform" / "evasion.md"
PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
LEAST_PHOTOS = 200
QUICK_PHOTOS = 5
#: The packages whose photographs an earlier trial of the cascade was made on. What it left is not fresh.
TRIED = {"gcompris-qt-data", "opencv-doc", "mate-backgrounds", "gnome-control-center-data"}
#: Where a near miss may be offered to a person: the whole and the trimmed picture, upright and mirrored.
NEAR_KINDS = {ViewKind.WHOLE, ViewKind.TRIMMED}
NEAR_TURNS = {ORIENTATIONS.index(Orientation.UPRIGHT), ORIENTATIONS.index(Orientation.MIRRORED)}
NEAR_BITS = (60, 50, 40)
TAIL_BITS = (50, 55, 60, 65, 70, 75, 80)

Codes = NDArray[np.uint64]
Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Look:
    """One look-up: a fingerprint, how far it may be, and where it comes from."""

    stage: int
    kind: ViewKind
    turn: int
    limit: int
    code: bytes


@dataclass(slots=True)
class Counted:
    """How often each distance, 0 to 256 bits, stood between an upload and a photograph that is not in it."""

    looks: Counts
    #: an upload and a photograph, the nearest of all looks; and of those for near misses
    pairs: Counts
    near_pairs: Counts

    def add(self, other: Counted) -> None:
        """What another process counted."""
        self.looks += other.looks
        self.pairs += other.pairs
        self.near_pairs += other.near_pairs


@dataclass(frozen=True, slots=True)
class Told:
    """What came out for one photograph. Tuples: one for each alteration."""

    found_by: tuple[ViewKind | None, ...]
    found_by_hma: tuple[bool, ...]
    nearest: tuple[int, ...]
    apart: Counted
    false_matches: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """The list: the photographs as they are altered, their fingerprints as four numbers each and as hexadecimal."""

    photos: tuple[Photo, ...]
    pictures: tuple[Picture, ...]
    codes: Codes
    hexes: tuple[str, ...]


def as_numbers(values: bytes) -> Codes:
    """Fingerprints of 32 bytes as rows of four numbers."""
    return np.frombuffer(values, np.uint64).reshape(-1, 4)


def distances(looks: Codes, listed: Codes) -> NDArray[np.uint16]:
    """Bits that differ: looks × listed."""
    differing = np.bitwise_count(looks[:, None, :] ^ listed[None, :, :])
    bits: NDArray[np.uint16] = differing.sum(axis=2, dtype=np.uint16)
    return bits


def looks_at(upload: bytes, limits: Limits) -> list[Look]:
    """Every look-up that the guard makes of an upload if it finds nothing."""
    looks = []
    for stage, views in enumerate(look_at(open_picture(upload, DecodeLimits()).reduced())):
        for view in views:
            if view.quality < LEAST_LOOKED:
                continue
            looks += _looks_of(stage, view.kind, view.turns, limits)
            if view.kind is ViewKind.WHOLE:
                complement = bytes(255 - byte for byte in view.turns)
                looks += _looks_of(stage, ViewKind.INVERTED, complement, limits)
    return looks


def _looks_of(stage: int, kind: ViewKind, turns: bytes, limits: Limits) -> list[Look]:
    return [
        Look(stage, kind, turn, limit, turns[turn * TURN_BYTES : (turn + 1) * TURN_BYTES])
        for turn, limit in enumerate(limits.bits(kind))
        if limit >= 0
    ]


def list_photos(photos: tuple[Photo, ...]) -> Listed:
    """Each at most 768 pixels long, as `alterations.py` says, and its canonical fingerprint."""
    pictures, values = [], b""
    for number, photo in enumerate(photos, 1):
        progress(f"listing {number} of {len(photos)}")
        picture = prepared(photo.data)
        out = io.BytesIO()
        picture.save(out, "PNG", compress_level=1)
        pictures.append(picture)
        values += fingerprint_picture(out.getvalue()).upright.value
    hexes = tuple(values[at : at + TURN_BYTES].hex() for at in range(0, len(values), TURN_BYTES))
    return Listed(photos, tuple(pictures), as_numbers(values), hexes)


def nothing_counted() -> Counted:
    """Zeros."""
    return Counted(*(np.zeros(257, np.int64) for _ in range(3)))


def holds_others(alteration: Alteration) -> bool:
    """Other photographs are in the upload, so finding them is right and is not counted."""
    return alteration.group is Group.COLLECTED or alteration.name.startswith("inset")


class Measuring:
    """The list, and what is done with one photograph of it. One object, copied into every process."""

    def __init__(self, listed: Listed) -> None:
        self.listed, self.limits = listed, limits_for(LIST_SIZE)

    def tell(self, place: int) -> Told:
        """All alterations of the photograph at that place."""
        seed = int(self.listed.photos[place].sha256[:8], 16)
        others = self._others(place, seed)
        found_by: list[ViewKind | None] = []
        by_hma, nearest, false_matches = [], [], []
        apart = nothing_counted()
        for alteration in ALTERATIONS:
            upload = alter(self.listed.pictures[place], alteration, seed, [self.listed.pictures[at] for at in others])
            looks = looks_at(upload, self.limits)
            bits = distances(as_numbers(b"".join(look.code for look in looks)), self.listed.codes)
            own = bits[:, place]
            found_by.append(_first_found(looks, own))
            nearest.append(int(own.min(initial=256)))
            by_hma.append(found_by_hma(upload, self.listed.hexes[place]))
            there = {place, *others} if holds_others(alteration) else {place}
            strangers = np.array([at for at in range(len(self.listed.photos)) if at not in there], int)
            _count(apart, looks, bits[:, strangers])
            limits = np.array([look.limit for look in looks])
            for row, column in np.argwhere(bits[:, strangers] <= limits[:, None]):
                stranger = self.listed.photos[strangers[column]]
                false_matches.append(
                    f"{alteration.name} of {self.listed.photos[place].name}, {looks[row].kind}: "
                    f"{bits[row, strangers[column]]} bits from {stranger.name}"
                )
        return Told(tuple(found_by), tuple(by_hma), tuple(nearest), apart, tuple(false_matches))

    def _others(self, place: int, seed: int) -> list[int]:
        rest = [at for at in range(len(self.listed.photos)) if at != place]
        return [int(at) for at in np.random.default_rng(seed).choice(rest, OTHERS, replace=False)]


def found_by_hma(upload: bytes, listed: str) -> bool:
    """As python-threatexchange does it: no fingerprint at a quality under 50, a match at 31 bits or less."""
    # Here, so that the figures can be tested where the peer is not installed.
    from threatexchange.signal_type.pdq.signal import PdqSignal

    asked = PdqSignal.hash_from_bytes(upload)
    return bool(asked) and PdqSignal.compare_hash(asked, listed).match


def _first_found(looks: list[Look], own: NDArray[np.uint16]) -> ViewKind | None:
    """The kind of view that found it: of the first stage that did, the nearest."""
    hits = [(look.stage, bits, look.kind) for look, bits in zip(looks, own, strict=True) if bits <= look.limit]
    return min(hits)[2] if hits else None


def _count(apart: Counted, looks: list[Look], bits: NDArray[np.uint16]) -> None:
    if not looks:
        return
    apart.looks += np.bincount(bits.ravel(), minlength=257)
    apart.pairs += np.bincount(bits.min(axis=0), minlength=257)
    near = [at for at, look in enumerate(looks) if look.kind in NEAR_KINDS and look.turn in NEAR_TURNS]
    if near:
        apart.near_pairs += np.bincount(bits[near].min(axis=0), minlength=257)


_MEASURING: Measuring


def _tell(place: int) -> Told:
    return _MEASURING.tell(place)


def tell_all(listed: Listed, places: list[int]) -> list[Told]:
    """What came out for the photographs at these places, made by as many processes as there are cores."""
    global _MEASURING  # noqa: PLW0603  (the processes are forked: they share the pictures)
    _MEASURING = Measuring(listed)
    told = []
    with multiprocessing.get_context("fork").Pool(len(os.sched_getaffinity(0)), os.nice, (10,)) as pool:
        for number, one in enumerate(pool.imap(_tell, places), 1):
            told.append(one)
            progress(f"{number} of {len(places)} photographs, {len(ALTERATIONS)} alterations of each")
    return told


def rows_of(told: list[Told]) -> list[Row]:
    """One for each alteration, in their order."""
    rows = []
    for at, alteration in enumerate(ALTERATIONS):
        views = Counter(str(kind) for one in told if (kind := one.found_by[at]))
        hma = sum(one.found_by_hma[at] for one in told)
        rows.append(row_of(alteration, dict(views.most_common()), hma, len(told), TRIAL[alteration.name][1]))
    return rows


def recall(told: list[Told]) -> float | None:
    """The mean over the alterations."""
    return round(float(np.mean([[kind is not None for kind in one.found_by] for one in told])), 4) if told else None


@dataclass(frozen=True, slots=True)
class Measured:
    """All that came out. `copies`: how many altered copies had their nearest look at each distance."""

    figures: dict[str, Any]
    hma: dict[str, Any]
    rows: list[Row]
    apart: Counted
    copies: Counts


def measure(side: Side, quick: bool) -> Measured:
    """Figures, the peer's, the table, and what the pictures are drawn from."""
    have = photographs(20 if quick else 300, (side,))
    for sentence in have.missing:
        print(sentence, file=sys.stderr)
    figures: dict[str, Any] = {"photos": len(have.photos), "side": str(side), **dict.fromkeys(GOALS)}
    apart = nothing_counted()
    if len(have.photos) < LEAST_PHOTOS:
        print(f"Only {len(have.photos)} photographs: too few to measure on.", file=sys.stderr)
        return Measured(figures, {"mean_recall_hma": None}, [], apart, apart.looks)
    listed = list_photos(have.photos)
    places = list(range(len(have.photos)))
    if quick:
        places = places[:: len(places) // QUICK_PHOTOS][:QUICK_PHOTOS]
    told = tell_all(listed, places)
    for one in told:
        apart.add(one.apart)
    rows = rows_of(told)
    false_matches = [line for one in told for line in one.false_matches]
    print(*false_matches[:50], sep="\n", file=sys.stderr)
    fresh = [one for place, one in zip(places, told, strict=True) if have.photos[place].package not in TRIED]
    comparisons, pairs = int(apart.looks.sum()), int(apart.near_pairs.sum())
    figures |= {
        "altered_photos": len(told),
        "mean_recall": recall(told),
        "mean_recall_fresh": recall(fresh),
        "fresh_photos": len(fresh),
        "rows_below": None if quick else sum(row.is_below for row in rows),
        "false_matches": len(false_matches),
        "comparisons": comparisons,
        "comparisons_bound": None if false_matches else float(f"{3 / comparisons:.1e}"),
        "looks_per_upload": round(comparisons / int(apart.pairs.sum()), 1),
        "nearest_stranger_bits": int(apart.looks.nonzero()[0][0]),
        "near_miss_pairs": pairs,
    }
    for bits in NEAR_BITS:
        figures[f"near_misses_{bits}"] = int(apart.near_pairs[: bits + 1].sum())
    hma = {"mean_recall_hma": round(float(np.mean([one.found_by_hma for one in told])), 4)}
    return Measured(
        figures, hma, rows, apart, np.bincount([bits for one in told for bits in one.nearest], minlength=257)
    )


def tail_of(apart: Counted) -> list[tuple[int, int, float]]:
    """How often strangers came so near: bits, how often, and how often the limits' extrapolation expects it."""
    comparisons = int(apart.looks.sum())
    return [(bits, int(apart.looks[: bits + 1].sum()), comparisons * false_match_rate(bits)) for bits in TAIL_BITS]


def write_page(measured: Measured) -> None:
    """The table and the pictures of docs/platform/evasion.md."""
    figures = measured.figures
    tail = [
        f"| {bits} | {count} | {expected:{'.0f' if expected >= 10 else '.1g'}} |"
        for bits, count, expected in tail_of(measured.apart)
    ]
    near = ", ".join(f"{figures[f'near_misses_{bits}']} at {bits} bits" for bits in NEAR_BITS)
    below = [
        f"{row.name} ({row.ours:.1%}, HMA {row.hma:.1%}, trial {row.trial:.0%})"
        for row in measured.rows
        if row.is_below
    ]
    paragraphs = [
        f"On {figures['altered_photos']} photographs, the mean of the 71 alterations: **{figures['mean_recall']:.1%}** "
        f"found by the cascade, {measured.hma['mean_recall_hma']:.1%} by plain PDQ as HMA asks. On the "
        f"{figures['fresh_photos']} photographs of packages that not even the first trial had seen: "
        f"{figures['mean_recall_fresh']:.1%}.",
        f"**{figures['false_matches']} false matches** in {figures['comparisons']:,} comparisons of an upload's looks "
        f"with photographs that are not in it. The nearest was {figures['nearest_stranger_bits']} bits away.",
        "\n".join(["| within, bits | measured | extrapolated |", "|---|---|---|", *tail]),
        f"Near misses, as a person may be offered them, of {figures['near_miss_pairs']:,} pairs of an upload and "
        f"another photograph: {near}.",
        "Alterations whose 95 % interval lies under what the first trial found on its own 50 photographs: "
        + ("; ".join(below) or "none")
        + ".",
        as_markdown(measured.rows),
    ]
    write_block(PAGE, paragraphs)
    limits = {bits for kind in ViewKind for bits in limits_for(LIST_SIZE).bits(kind) if bits >= 0}
    draw_distances(PICTURES / "evasion-distances.svg", measured.copies, measured.apart.pairs, limits)
    draw_recall(PICTURES / "evasion-recall.svg", measured.rows)
    draw_false_matches(PICTURES / "evasion-false-matches.svg", figures["comparisons"], figures["looks_per_upload"])
    shown = photographs(sides=(Side.TUNING,)).photos
    cat = next(prepared(photo.data) for photo in shown if photo.name == "chelsea.png")
    draw_sheet(PICTURES / "evasion-sheet.jpg", cat, [prepared(photo.data) for photo in shown[-OTHERS:]])


def main() -> int:
    """Measure and print; exit code 1 if a measured figure misses its goal."""
    parser = options(__doc__, f"{QUICK_PHOTOS} photographs are altered")
    parser.add_argument("--tuning", action="store_true", help="the photographs that constants are chosen on")
    parser.add_argument("--write", action="store_true", help="write the table and pictures of docs/platform/evasion.md")
    args = parser.parse_args()
    measured = measure(Side.TUNING if args.tuning else Side.TEST, args.quick)
    if args.write:
        write_page(measured)
    if args.json:
        measured.figures["rows"] = [asdict(row) for row in measured.rows]
        counts = {"copies": measured.copies, "strangers": measured.apart.pairs, "comparisons": measured.apart.looks}
        measured.figures["distances"] = {name: each.tolist() for name, each in counts.items()}
    else:
        print_rows(measured.rows)
        print(f"\n{'strangers within':>20}{'measured':>12}{'extrapolated':>14}")
        for bits, count, expected in tail_of(measured.apart):
            print(f"{bits:>15} bits{count:12}{expected:14.2g}")
    return tell(measured.figures, GOALS, {"HMA": measured.hma}, as_json=args.json)


if __name__ == "__main__":
    if os.environ.get("OPENBLAS_NUM_THREADS") != "1":
        # numpy reads it when it is loaded: the processes share the cores as it is.
        os.environ |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        os.execv(sys.executable, [sys.executable, *sys.argv])
    sys.exit(main())
