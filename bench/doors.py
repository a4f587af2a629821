"""What does a door cost over the bare HTTP door, and how does the HMA door do against HMA itself?

`hma_door_ratio`: photographs resized to two megapixels, all different, 99 % of them on no list, are sent as the same
form to `POST /m/lookup` of the guard's HMA door and of HMA, by the same client over four connections. Each server has
one worker and one core, for everything it runs; the client has another. The guard looks for all eight turns of each
upload and at no other view (`look_at = "whole"`), HMA for one.
`<door>_added_ms`: how much later one upload at a time is answered through a door than through the HTTP door, the median
over uploads that are sent through both in turn. `<door>_throughput`: uploads a second over four connections, as a share
of the HTTP door's.

HMA comes from a folder named by HMA_SOURCE (facebook/ThreatExchange); without it its figures are null.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.check import CLIENT_CORE, CONNECTIONS, SERVER_CORE, form, look_up_all, send_all, uploads
from bench.support import stream_doors
from bench.support.figures import options, progress, tell
from bench.support.hma import CannotRun, running_hma, source
from bench.support.long_list import LongList, random_values
from notcontent.fingerprint.compute import fingerprint_picture
from tests.guard.running_guard import RunningGuard

GOALS = {"hma_door_ratio": [">=", 10]}
SETTINGS: dict[str, object] = {"workers": 1, "decoder_workers": 1, "look_at": "whole", "verdict_cache": 0}


@dataclass(frozen=True)
class Door:
    """One way in: the settings that open it, an upload as it is sent there, and sending several of them at a time.

    `send` gives uploads a second, and for each upload whether it was stopped.
    """

    settings: dict[str, object]
    body: Callable[[bytes], bytes]
    send: Callable[[RunningGuard, Sequence[bytes], int], tuple[float, list[bool]]]


def _over_http(path: str, stopped: Callable[[Any], bool]) -> Callable[..., tuple[float, list[bool]]]:
    def send(guard: RunningGuard, bodies: Sequence[bytes], connections: int) -> tuple[float, list[bool]]:
        rate, answers = send_all(guard.url, path, guard.token, bodies, connections)
        return rate, [stopped(answer) for answer in answers]

    return send


DOORS = {
    "http": Door(
        {}, lambda picture: form("file", picture), _over_http("/v1/check?hold=202", lambda a: a["verdict"] == "hold")
    ),
    "hma": Door(
        {"hma": "on", "hma_when_held": "stop", "hma_when_unchecked": "stop"},
        lambda picture: form("photo", picture),
        _over_http("/hma/m/lookup", lambda answer: bool(answer["pdq"])),
    ),
    "clamd": Door(stream_doors.SETTINGS, lambda picture: picture, stream_doors.send_to_clamd),
    "icap": Door(stream_doors.SETTINGS, lambda picture: picture, stream_doors.send_to_icap),
}


def compare(folder: Path, entries: int, photos: int, rounds: int, timeout_s: float, with_hma: bool) -> dict[str, Any]:
    """All doors of one guard, and HMA, in turn, so that a busy machine is busy for all."""
    progress("making uploads")
    pictures = uploads(photos, timeout_s, 0.0)
    hits = set(range(0, photos, max(1, photos // max(1, photos // 100))))
    values = random_values(entries, 1).copy()
    for row, place in enumerate(sorted(hits)):
        values[row] = np.frombuffer(fingerprint_picture(pictures[place]).upright.value, np.uint8)
    bodies = {name: [door.body(picture) for picture in pictures] for name, door in DOORS.items()}
    rates: dict[str, list[float]] = {name: [] for name in DOORS}
    took_ms: dict[str, list[float]] = {name: [] for name in DOORS}
    theirs: list[float] = []
    (folder / "exchange").mkdir()
    with contextlib.ExitStack() as running:
        exchange = running.enter_context(LongList(folder / "exchange"))
        exchange.list_values(values, 2)
        settings = dict(SETTINGS)
        for door in DOORS.values():
            settings |= door.settings
        guard = RunningGuard(folder / "guard", exchange, settings)
        guard.set_up()
        os.sched_setaffinity(0, {SERVER_CORE})
        running.callback(guard.stop)
        guard.start()
        os.sched_setaffinity(0, {CLIENT_CORE})
        progress("HMA builds its index")
        hma = running.enter_context(running_hma(values, SERVER_CORE)) if with_hma else None
        for name, door in DOORS.items():
            door.send(guard, bodies[name][: CONNECTIONS * 2], CONNECTIONS)
        if hma:
            send_all(hma, "/m/lookup", None, bodies["hma"][: CONNECTIONS * 2])
        for number in range(rounds):
            progress(f"round {number + 1} of {rounds}")
            start, stop = number * photos // rounds, (number + 1) * photos // rounds
            for name, door in DOORS.items():
                rate, stopped = door.send(guard, bodies[name], CONNECTIONS)
                assert {place for place, it in enumerate(stopped) if it} == hits, f"the {name} door must be right"
                rates[name].append(rate)
            if hma:
                part = {place - start for place in hits if start <= place < stop}
                theirs.append(look_up_all(hma, bodies["hma"][start:stop], part))
            for place in range(start, stop):
                for name, door in DOORS.items():
                    began = time.perf_counter()
                    door.send(guard, [bodies[name][place]], 1)
                    took_ms[name].append(1000 * (time.perf_counter() - began))
    figures: dict[str, Any] = {"hma_uploads_a_second": round(statistics.median(theirs), 2) if hma else None}
    ratios = [one / other for one, other in zip(rates["hma"], theirs, strict=bool(theirs))]
    figures["hma_door_ratio"] = round(statistics.median(ratios), 1) if hma else None
    for name in DOORS:
        figures[f"{name}_door_uploads_a_second"] = round(statistics.median(rates[name]), 1)
        if name != "http":
            shares = [one / other for one, other in zip(rates[name], rates["http"], strict=True)]
            added = [one - other for one, other in zip(took_ms[name], took_ms["http"], strict=True)]
            figures[f"{name}_door_throughput"] = round(statistics.median(shares), 2)
            figures[f"{name}_door_added_ms"] = round(statistics.median(added), 2)
    figures["http_door_ms"] = round(statistics.median(took_ms["http"]), 2)
    return figures


def main() -> int:
    """Measure and print; exit code 1 if a measured figure misses its goal."""
    args = options(__doc__, "a short list, without HMA").parse_args()
    figures: dict[str, Any] = dict.fromkeys(GOALS)
    with_hma = source() is not None and not args.quick
    peers: dict[str, Any] = {"hma": "POST /m/lookup" if with_hma else "not run: no HMA_SOURCE"}
    if args.quick and source():
        peers["hma"] = "not run: --quick"
    sizes = (20_000, 40, 1, 20.0) if args.quick else (1_000_000, 200, 5, 180.0)
    with tempfile.TemporaryDirectory(prefix="notcontent-bench-") as name:
        try:
            figures |= compare(Path(name), *sizes, with_hma=with_hma)
        except CannotRun as error:
            peers["hma"] = f"not run: {error}"
    return tell(figures, GOALS, peers, as_json=args.json)


if __name__ == "__main__":
    sys.exit(main())
