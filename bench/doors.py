"""What does a door cost over the bare HTTP door, how does the HMA door do against HMA, and does a guard last?

`hma_door_ratio`: photographs resized to two megapixels, all different, 99 % of them on no list, are sent as the same
form to `POST /m/lookup` of the guard's HMA door and of HMA, by the same client over four connections. Each server has
one worker and one core, for everything it runs; the client has another. The guard looks for all eight turns of each
upload and at no other view (`look_at = "whole"`), HMA for one.
`<door>_door_added_ms`: how much later one upload at a time is answered through a door than through the HTTP door, the
median over uploads that are sent through all in turn. `<door>_door_throughput`: uploads a second over four connections,
as a share of the HTTP door's. The validators for Django, Flask and Starlette ask with one client, and a connection for
each question. `sweep_files_a_second`: the same files read from a folder by `notcontent scan`, on the guard's core.
`memory_mb_10m`: all processes of a guard that follows a list of ten million, its doors all open, after uploads through
each of them; each page counts once. `memory_index_mb_10m` are those of the index in it, `memory_most_mb_10m` is the
most while it took the list.
`soak_…`: see bench/support/soak.py.

HMA comes from a folder named by HMA_SOURCE (facebook/ThreatExchange); without it its figures are null.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.check import CLIENT_CORE, CONNECTIONS, SERVER_CORE, look_up_all, uploads
from bench.check import send_all as send_to_hma
from bench.support.door_clients import DOORS, NOT_MEASURED, SETTINGS, Guarded, form, send_all
from bench.support.figures import options, progress, tell
from bench.support.hma import CannotRun, running_hma, source
from bench.support.long_list import LongList, random_values
from bench.support.memory import Memory, guard_memory
from bench.support.soak import soak
from bench.support.soak_picture import draw_memory
from notcontent.fingerprint.compute import fingerprint_picture
from tests.conftest import generated_picture
from tests.guard.running_guard import RunningGuard

GOALS = {
    "hma_door_ratio": [">=", 10],
    "soak_reports_lost": ["<=", 0],
    "soak_reports_twice": ["<=", 0],
    "soak_stops_unrecorded": ["<=", 0],
    "soak_wrong_answers": ["<=", 0],
    "soak_errors": ["<=", 0],
    "soak_receipts_missing": ["<=", 0],
    "soak_growth_mb_an_hour": ["<=", 20],
}
ONE_WORKER: dict[str, object] = {"workers": 1, "decoder_workers": 1, "look_at": "whole", "verdict_cache": 0}
LEAST_SWEPT = 400
SOAK_MINUTES = 30.0
PICTURE = Path(__file__).parents[1] / "docs" / "pictures" / "soak-memory.svg"


def compare(
    folder: Path, entries: int, photos: int, rounds: int, timeout_s: float, with_hma: bool
) -> tuple[dict[str, Any], str]:
    """All doors of one guard, and HMA, in turn, so that a busy machine is busy for all; and what was asked of HMA."""
    progress("making uploads")
    pictures = uploads(photos, timeout_s, 0.0)
    hits = set(range(0, photos, max(1, photos // max(1, photos // 100))))
    values = random_values(entries, 1).copy()
    for row, place in enumerate(sorted(hits)):
        values[row] = np.frombuffer(fingerprint_picture(pictures[place]).upright.value, np.uint8)
    bodies = {name: [door.body(picture) for picture in pictures] for name, door in DOORS.items()}
    to_hma = [form("photo", picture) for picture in pictures]
    rates: dict[str, list[float]] = {name: [] for name in DOORS}
    took_ms: dict[str, list[float]] = {name: [] for name in DOORS}
    theirs: list[float] = []
    (folder / "exchange").mkdir()
    with contextlib.ExitStack() as running:
        exchange = running.enter_context(LongList(folder / "exchange"))
        exchange.list_values(values, 2)
        guard = RunningGuard(folder / "guard", exchange, ONE_WORKER | SETTINGS)
        guard.set_up()
        os.sched_setaffinity(0, {SERVER_CORE})
        running.callback(guard.stop)
        guard.start()
        at = Guarded.of(guard)
        os.sched_setaffinity(0, {CLIENT_CORE})
        hma, asked = None, "not run: no HMA_SOURCE" if source() is None else "not run: --quick"
        if with_hma:
            progress("HMA builds its index")
            try:
                hma, asked = running.enter_context(running_hma(values, SERVER_CORE)), "POST /m/lookup"
            except CannotRun as error:
                asked = f"not run: {error}"
        for name, door in DOORS.items():
            send_all(door, at, bodies[name][: CONNECTIONS * 2], CONNECTIONS)
        if hma:
            send_to_hma(hma, "/m/lookup", None, to_hma[: CONNECTIONS * 2])
        for number in range(rounds):
            progress(f"round {number + 1} of {rounds}")
            start, stop = number * photos // rounds, (number + 1) * photos // rounds
            for name, door in DOORS.items():
                rate, stopped = send_all(door, at, bodies[name], CONNECTIONS)
                assert {place for place, it in enumerate(stopped) if it} == hits, f"the {name} door must be right"
                rates[name].append(rate)
            if hma:
                part = {place - start for place in hits if start <= place < stop}
                theirs.append(look_up_all(hma, to_hma[start:stop], part))
            clients = {name: door.connect(at) for name, door in DOORS.items()}
            for place in range(start, stop):
                for name, client in clients.items():
                    began = time.perf_counter()
                    client.is_stopped(bodies[name][place])
                    took_ms[name].append(1000 * (time.perf_counter() - began))
            for client in clients.values():
                client.close()
        os.sched_setaffinity(0, {SERVER_CORE})
        swept = sweep(folder, guard.folder, pictures)
        os.sched_setaffinity(0, set(range(os.cpu_count() or 1)))
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
    figures["sweep_files_a_second"] = swept
    return figures, asked


def sweep(folder: Path, guard: Path, pictures: list[bytes]) -> float | None:
    """Files a second that a sweep of a folder reads, its start left out; None where that can't be told apart."""
    took = []
    for count in (1, LEAST_SWEPT):
        files = folder / f"files-{count}"
        files.mkdir()
        for number in range(count):
            (files / f"{number}.jpg").write_bytes(pictures[number % len(pictures)])
        start = time.monotonic()
        words = ("-m", "notcontent.cli.main", "scan", files, "--folder", guard, "--workers", "1")
        done = subprocess.run([sys.executable, *words], capture_output=True, text=True, check=False)
        assert done.returncode in (0, 1), done.stderr
        took.append(time.monotonic() - start)
    return round((LEAST_SWEPT - 1) / (took[1] - took[0]), 1) if took[1] > took[0] else None


def memory_of(folder: Path, entries: int) -> tuple[Memory, float]:
    """What a guard with the usual settings takes with a list so long; and the most that it took until then, in MB."""
    progress(f"signing a snapshot of {entries:,}")
    (folder / "long").mkdir()
    with LongList(folder / "long") as exchange:
        exchange.list_values(random_values(entries, 3), 4)
        guard = RunningGuard(folder / "guard-long", exchange, dict(SETTINGS))
        guard.set_up()
        progress(f"a new guard takes {entries:,} entries")
        guard.start(ready=False)
        most, over = [0.0], threading.Event()

        def look() -> None:
            while not over.wait(0.2):
                most[0] = max(most[0], guard_memory(guard.process.pid, guard.folder).total_mb)

        looking = threading.Thread(target=look)
        looking.start()
        try:
            end = time.monotonic() + 900
            while not guard.ready():
                assert time.monotonic() < end, "the guard was not ready after 15 minutes"
                time.sleep(0.1)
            at, pictures = Guarded.of(guard), [generated_picture(seed, 1632, 1224) for seed in range(50)]
            for door in DOORS.values():
                send_all(door, at, [door.body(picture) for picture in pictures], CONNECTIONS)
            return guard_memory(guard.process.pid, guard.folder), most[0]
        finally:
            over.set()
            looking.join()
            guard.stop()


def main() -> int:
    """Measure and print; exit code 1 if a measured figure misses its goal."""
    parser = options(__doc__, "short lists, without HMA, seconds of the soak")
    parser.add_argument("--only", choices=("doors", "memory", "soak"), help="one of the three parts")
    parser.add_argument("--soak", type=float, metavar="MINUTES", help="the soak alone, so long (default: 30)")
    parser.add_argument("--write", action="store_true", help=f"draw the soak's memory: {PICTURE.name}")
    args = parser.parse_args()
    only = {"soak"} if args.soak else {args.only} if args.only else {"doors", "memory", "soak"}
    figures: dict[str, Any] = dict.fromkeys(GOALS)
    peers: dict[str, Any] = {"hma": "not run"} | NOT_MEASURED
    with tempfile.TemporaryDirectory(prefix="notcontent-bench-") as name:
        if "doors" in only:
            sizes = (20_000, 40, 1, 20.0) if args.quick else (1_000_000, 200, 5, 180.0)
            measured, peers["hma"] = compare(Path(name), *sizes, with_hma=source() is not None and not args.quick)
            figures |= measured
        if "memory" in only:
            memory, most = memory_of(Path(name), 100_000 if args.quick else 10_000_000)
            size = "100k" if args.quick else "10m"
            figures[f"memory_mb_{size}"] = round(memory.total_mb)
            figures[f"memory_index_mb_{size}"] = round(memory.index_mb)
            figures[f"memory_most_mb_{size}"] = round(most)
            figures |= {f"memory_{role}_mb_{size}": round(mb) for role, mb in memory.by_role.items()}
    if "soak" in only:
        minutes = args.soak or (0.2 if args.quick else SOAK_MINUTES)
        soaked = soak(minutes, 20_000 if args.quick else 1_000_000, 1.0 if minutes < 5 else 5.0)
        figures |= soaked.figures
        peers |= soaked.notes
        if args.write:
            draw_memory(soaked.series, PICTURE)
    return tell(figures, GOALS, peers, as_json=args.json)


if __name__ == "__main__":
    sys.exit(main())
