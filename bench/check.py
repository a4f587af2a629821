"""How many uploads does a guard check over HTTP, against HMA; how soon is a new guard ready; how fast is a look back?

`http_ratio_plain`: photographs resized to two megapixels, all different, 99 % of them on no list, are sent to each
server by the same client over four connections; a list of a million entries. Each server has one worker and one core,
for everything it runs; the client has another. The guard looks for all eight turns of each upload; HMA's
`POST /m/lookup` for one. `http_ratio`: the guard looks at every view of each upload, the whole cascade.
`http_ratio_plain_noise` and `http_ratio_noise`: the same photographs with a camera's noise, whose files are twice as
long; unpacking them is most of the guard's work.
`bootstrap_s_10m`: from the start of a guard on an empty folder to its first `/readyz` of 200, with the snapshot of ten
million entries coming over loopback. `backlog_ms_10m`: one new entry against ten million accepted uploads, each kept
upright and mirrored: the median of looking back as the guard does, database and all.

HMA comes from a folder named by HMA_SOURCE (facebook/ThreatExchange); without it its figures are null.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import secrets
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.support.door_clients import BOUNDARY, form
from bench.support.figures import options, progress, tell
from bench.support.hma import CannotRun, running_hma, source
from bench.support.long_list import LongList, random_values
from bench.support.photos import GRAIN, encode, largest, opened, photographs
from notcontent.fingerprint.compute import fingerprint_picture
from notcontent.guard.database import Database
from notcontent.guard.kept import Kept
from notcontent.guard.listing import ListWriter
from notcontent.guard.slots import SlotFile
from notcontent.guard.writer import utc_now
from tests.guard.running_guard import RunningGuard

GOALS = {
    "http_ratio_plain": [">=", 10],
    "http_ratio": [">=", 5],
    "bootstrap_s_10m": ["<=", 120],
    "backlog_ms_10m": ["<", 50],
}
SIZE = (1632, 1224)
#: What the names of the figures end in, and the noise of the uploads.
KINDS = {"": 0.0, "_noise": GRAIN}
#: What the names of the guard's figures begin with, and what the guard looks at (its setting `look_at`).
LOOKS = {"_plain": "whole", "": "views"}
LEAST_PHOTOS, CONNECTIONS = 200, 4
SERVER_CORE, CLIENT_CORE = 0, 1


def uploads(least: int, timeout_s: float, grain: float) -> list[bytes]:
    """Different JPEGs of two megapixels, from photographs of public packages, with noise if asked for."""
    photos = largest(photographs(timeout_s).photos, least)
    if len(photos) < least:
        raise SystemExit(f"Only {len(photos)} photographs could be got; {least} are needed: see bench/support/.")
    return [encode(opened(photo), SIZE, grain) for photo in photos]


def send_all(
    address: str, path: str, token: str | None, bodies: Sequence[bytes], connections: int = CONNECTIONS
) -> tuple[float, list[Any]]:
    """Every body once over so many connections; uploads a second, and the answers in order."""
    parts = urlsplit(address)
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    answers: list[Any] = [None] * len(bodies)
    waiting = iter(range(len(bodies)))
    taking = threading.Lock()

    def work() -> None:
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=120)
        while True:
            with taking:
                which = next(waiting, None)
            if which is None:
                break
            connection.request("POST", path, bodies[which], headers)
            response = connection.getresponse()
            answers[which] = json.loads(response.read())
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(connections)]
    start = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(bodies) / (time.monotonic() - start), answers


def cpu_ms(guard: RunningGuard) -> tuple[float, float]:
    """CPU milliseconds so far of the process that answers, and of those that open pictures, dead ones included."""
    pid = guard.process.pid
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    user, system, *of_dead = _cpu_ticks(pid)
    opening = sum(of_dead) + sum(sum(_cpu_ticks(int(child))) for child in children)
    tick_ms = 1000 / os.sysconf("SC_CLK_TCK")
    return (user + system) * tick_ms, opening * tick_ms


def _cpu_ticks(pid: int) -> list[int]:
    """User and system time of a process, and of its children that ended. Source: proc(5)."""
    return [int(word) for word in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:15]]


def check_all(guard: RunningGuard, bodies: Sequence[bytes], hits: set[int]) -> tuple[float, float, float]:
    """Send every body to the guard: uploads a second, and CPU milliseconds an upload, answering and opening."""
    before = cpu_ms(guard)
    rate, answers = send_all(guard.url, "/v1/check?hold=202", guard.token, bodies)
    held = {place for place, answer in enumerate(answers) if answer["verdict"] == "hold"}
    assert held == hits and all(a["verdict"] in ("hold", "allow") for a in answers), "the guard must be right"
    answering, opening = ((late - early) / len(bodies) for early, late in zip(before, cpu_ms(guard), strict=True))
    return rate, answering, opening


def look_up_all(hma: str, bodies: Sequence[bytes], hits: set[int]) -> float:
    """Send every body to HMA: uploads a second."""
    rate, answers = send_all(hma, "/m/lookup", None, bodies)
    assert {place for place, answer in enumerate(answers) if answer["pdq"]} == hits, "HMA must be right"
    return rate


def http_ratio(
    folder: Path, entries: int, photos: int, rounds: int, timeout_s: float, with_hma: bool
) -> dict[str, Any]:
    """Both servers on the same uploads and the same list, in turn, so that a busy machine is busy for both."""
    progress("making uploads")
    pictures = {kind: uploads(photos, timeout_s, grain) for kind, grain in KINDS.items()}
    listed = max(1, photos // 100)
    # The listed ones lie among the others, where each part of the uploads has its share of them.
    hits = {place * photos // listed for place in range(listed)}
    values = random_values(entries, 1).copy()
    for row, place in enumerate(sorted(hits)):
        values[row] = np.frombuffer(fingerprint_picture(pictures[""][place]).upright.value, np.uint8)
    ours: dict[tuple[str, str], list[tuple[float, float, float]]] = {
        (look, kind): [] for look in LOOKS for kind in KINDS
    }
    theirs: dict[str, list[float]] = {kind: [] for kind in KINDS}
    (folder / "http").mkdir()
    with contextlib.ExitStack() as running:
        exchange = running.enter_context(LongList(folder / "http"))
        exchange.list_values(values, 2)
        guards = {}
        for look, looked_at in LOOKS.items():
            settings = {"workers": 1, "decoder_workers": 1, "look_at": looked_at, "verdict_cache": 0}
            guards[look] = guard = RunningGuard(folder / f"guard{look}", exchange, settings)
            guard.set_up()
            os.sched_setaffinity(0, {SERVER_CORE})
            running.callback(guard.stop)
            guard.start()
            os.sched_setaffinity(0, {CLIENT_CORE})
        progress("HMA builds its index")
        hma = running.enter_context(running_hma(values, SERVER_CORE)) if with_hma else None
        to_guard = {kind: [form("file", picture) for picture in some] for kind, some in pictures.items()}
        to_hma = {kind: [form("photo", picture) for picture in some] for kind, some in pictures.items()}
        for guard in guards.values():
            send_all(guard.url, "/v1/check?hold=202", guard.token, to_guard[""][: CONNECTIONS * 2])
        if hma:
            send_all(hma, "/m/lookup", None, to_hma[""][: CONNECTIONS * 2])
        for number, kind in ((number, kind) for number in range(rounds) for kind in KINDS):
            progress(f"round {number + 1} of {rounds}{kind}")
            for look, guard in guards.items():
                ours.setdefault((look, kind), []).append(check_all(guard, to_guard[kind], hits))
            if hma:
                start, stop = number * photos // rounds, (number + 1) * photos // rounds
                part = {place - start for place in hits if start <= place < stop}
                theirs[kind].append(look_up_all(hma, to_hma[kind][start:stop], part))
        figures: dict[str, Any] = {"guard_search": guards[""].client.get("/readyz").json()["search"]}
    for kind in KINDS:
        figures[f"upload_kb{kind}"] = round(statistics.mean(map(len, pictures[kind])) / 1000)
        figures[f"hma_uploads_a_second{kind}"] = round(statistics.median(theirs[kind]), 2) if hma else None
    for (look, kind), measured in ours.items():
        rates, answering, opening = zip(*measured, strict=True)
        ratios = [one / other for one, other in zip(rates, theirs[kind], strict=bool(theirs[kind]))]
        figures |= {
            f"guard_uploads_a_second{look}{kind}": round(statistics.median(rates), 1),
            f"guard_http_cpu_ms{look}{kind}": round(statistics.median(answering), 2),
            f"guard_decoder_cpu_ms{look}{kind}": round(statistics.median(opening), 2),
            f"http_ratio{look}{kind}": round(statistics.median(ratios), 1) if hma else None,
        }
    return figures


def bootstrap(folder: Path, entries: int) -> float:
    """Seconds from starting an empty guard to its first readiness."""
    progress(f"signing a snapshot of {entries:,}")
    (folder / "long").mkdir()
    with LongList(folder / "long") as exchange:
        values = random_values(entries, 3)
        exchange.list_values(values, 4)
        guard = RunningGuard(folder / "new-guard", exchange, {"decoder_workers": 1})
        guard.set_up()
        progress(f"a new guard takes {entries:,} entries")
        start = time.monotonic()
        guard.start(ready=False)
        while not guard.ready():
            time.sleep(0.05)
            if time.monotonic() - start > 900:
                raise SystemExit("The guard was not ready after 15 minutes: " + guard.client.get("/readyz").text)
        took = time.monotonic() - start
        found = guard.client.post("/v1/match", json={"pdq": [values[n].tobytes().hex() for n in (0, entries - 1)]})
        totals = [each["total"] for each in found.json()["results"]]
        assert totals == [1, 1], totals
        guard.stop()
    return took


def look_back(folder: Path, kept_uploads: int, rounds: int) -> float:
    """Milliseconds to look for one new entry among so many accepted uploads, the median."""
    progress(f"keeping {kept_uploads:,} uploads")
    home = folder / "kept"
    home.mkdir()
    database, seed = Database(home), secrets.token_bytes(32)
    file = SlotFile(home / "kept.bin", 64)
    values = random_values(2 * kept_uploads, 5).reshape(-1, 64)
    slots = file.write_rows(values).tolist()
    file.close()
    later = (utc_now() + timedelta(days=9)).date().isoformat()
    with database.write() as connection:
        rows = ((slot, f"object-{slot}", later) for slot in slots)
        connection.executemany("INSERT INTO kept VALUES (?, ?, ?)", rows)
        connection.execute(
            "INSERT INTO lists (id, name, url, token, root_key, delta) VALUES (1, 'helpline', '', '', '', '')"
        )
    entries = SlotFile(home / "fingerprints.bin")
    lists = ListWriter(database, entries, {1: "helpline"}, home, seed)
    progress(f"indexing {kept_uploads:,} uploads")
    kept = Kept(database, home, seed, lists, entries)
    took = []
    for number in range(rounds):
        [slot] = entries.write([values[number * 7][:32].tobytes()])
        with database.write() as connection:
            connection.execute("INSERT INTO entries VALUES (1, ?, ?, 'claimed', 0)", (f"{number:032x}", slot))
            connection.execute("INSERT INTO unsearched VALUES (?)", (slot,))
        start = time.perf_counter()
        assert kept.look_back(utc_now()) == 1
        took.append(1000 * (time.perf_counter() - start))
    for each in (kept, lists, entries, database):
        each.close()
    return statistics.median(took)


def measure(quick: bool, only: set[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """All figures; None for those that were not run, and why not, by name."""
    figures: dict[str, Any] = dict.fromkeys(GOALS)
    peers: dict[str, Any] = {"hma": "not run: no HMA_SOURCE" if source() is None else "POST /m/lookup"}
    with tempfile.TemporaryDirectory(prefix="notcontent-bench-") as name:
        folder = Path(name)
        if "http" in only:
            sizes = (20_000, 40, 1, 20.0) if quick else (1_000_000, LEAST_PHOTOS, 5, 180.0)
            try:
                figures |= http_ratio(folder, *sizes, with_hma=source() is not None and not quick)
                if quick:
                    peers["hma"] = "not run: --quick"
            except CannotRun as error:
                peers["hma"] = f"not run: {error}"
            os.sched_setaffinity(0, set(range(os.cpu_count() or 1)))
        if "bootstrap" in only:
            took = bootstrap(folder, 100_000 if quick else 10_000_000)
            figures["bootstrap_s_100k" if quick else "bootstrap_s_10m"] = round(took, 2)
        if "backlog" in only:
            took = look_back(folder, 100_000 if quick else 10_000_000, 20)
            figures["backlog_ms_100k" if quick else "backlog_ms_10m"] = round(took, 2)
    return figures, peers


def main() -> int:
    """Measure and print; exit code 1 if a measured figure misses its goal."""
    parser = options(__doc__, "short lists, without HMA")
    parser.add_argument("--only", choices=("http", "bootstrap", "backlog"), help="one of the three parts")
    args = parser.parse_args()
    figures, peers = measure(args.quick, {args.only} if args.only else {"http", "bootstrap", "backlog"})
    return tell(figures, GOALS, peers, as_json=args.json)


if __name__ == "__main__":
    sys.exit(main())
