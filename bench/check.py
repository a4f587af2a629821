"""How many uploads does a guard check over HTTP, against HMA; how soon is a new guard ready; how fast is a look back?

`http_ratio_plain`: pictures of two megapixels, all different, 99 % of them on no list, are sent to each server by the
same client over four connections; a list of a million entries. Each server has one worker and one core, for everything
it runs; the client has another. The guard looks for all eight turns of each upload; HMA's `POST /m/lookup` for one.
`bootstrap_s_10m`: from the start of a guard on an empty folder to its first `/readyz` of 200, with the snapshot of ten
million entries coming over loopback. `backlog_ms_10m`: one new entry against ten million accepted uploads, each kept
upright and mirrored: the median of looking back as the guard does, database and all.

HMA comes from a folder named by HMA_SOURCE (facebook/ThreatExchange); without it its figures are null.
"""

from __future__ import annotations

import contextlib
import http.client
import io
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
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.support.figures import options, progress, tell
from bench.support.hma import CannotRun, running_hma, source
from bench.support.long_list import LongList, random_values
from bench.support.photos import photographs
from notcontent.fingerprint.compute import fingerprint_picture
from notcontent.guard.database import Database
from notcontent.guard.kept import Kept
from notcontent.guard.listing import ListWriter
from notcontent.guard.slots import SlotFile
from notcontent.guard.writer import utc_now
from tests.guard.running_guard import RunningGuard

GOALS = {"http_ratio_plain": [">=", 10], "bootstrap_s_10m": ["<=", 120], "backlog_ms_10m": ["<", 50]}
SIZE, QUALITY = (1632, 1224), 88
LEAST_PHOTOS, CONNECTIONS = 200, 4
SERVER_CORE, CLIENT_CORE = 0, 1
BOUNDARY = "bench-" + "0" * 24


def uploads(least: int, timeout_s: float) -> list[bytes]:
    """Different JPEGs of two megapixels, from photographs of public packages."""
    have = photographs(timeout_s).photos[: 2 * least]
    if len(have) < least:
        raise SystemExit(f"Only {len(have)} photographs could be got; {least} are needed: see bench/support/.")
    made = []
    for photo in have[:least]:
        picture = Image.open(io.BytesIO(photo.data)).convert("RGB")
        ratio = min(picture.width / SIZE[0], picture.height / SIZE[1])
        width, height = int(SIZE[0] * ratio), int(SIZE[1] * ratio)
        left, top = (picture.width - width) // 2, (picture.height - height) // 2
        resized = picture.crop((left, top, left + width, top + height)).resize(SIZE, Image.Resampling.LANCZOS)
        # A camera's noise: enlarged photographs are smoother, and decode faster, than real uploads.
        noise = np.random.default_rng(len(made)).normal(0, 4, (SIZE[1], SIZE[0], 1)).astype(np.float32)
        grainy = Image.fromarray((np.asarray(resized) + noise).clip(0, 255).astype(np.uint8))
        buffer = io.BytesIO()
        grainy.save(buffer, "JPEG", quality=QUALITY)
        made.append(buffer.getvalue())
    return made


def form(field: str, data: bytes) -> bytes:
    """An upload as a browser's form sends it."""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{field}"; filename="a"\r\n'
    return head.encode() + b"Content-Type: image/jpeg\r\n\r\n" + data + f"\r\n--{BOUNDARY}--\r\n".encode()


def send_all(address: str, path: str, token: str | None, bodies: Sequence[bytes]) -> tuple[float, list[Any]]:
    """Every body once over four connections; uploads a second, and the answers in order."""
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

    threads = [threading.Thread(target=work) for _ in range(CONNECTIONS)]
    start = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(bodies) / (time.monotonic() - start), answers


def http_ratio(
    folder: Path, entries: int, photos: int, rounds: int, timeout_s: float, with_hma: bool
) -> dict[str, Any]:
    """Both servers on the same uploads and the same list, in turn, so that a busy machine is busy for both."""
    progress("making uploads")
    pictures = uploads(photos, timeout_s)
    listed = max(1, photos // 100)
    # The listed ones lie among the others, where each part of the uploads has its share of them.
    hits = {place * photos // listed for place in range(listed)}
    values = random_values(entries, 1).copy()
    for row, place in enumerate(sorted(hits)):
        values[row] = np.frombuffer(fingerprint_picture(pictures[place]).upright.value, np.uint8)
    ours, theirs, ratios = [], [], []
    (folder / "http").mkdir()
    with contextlib.ExitStack() as running:
        exchange = running.enter_context(LongList(folder / "http"))
        exchange.list_values(values, 2)
        guard = RunningGuard(folder / "guard", exchange, {"workers": 1, "decoder_workers": 1, "look_at": "whole"})
        guard.set_up()
        os.sched_setaffinity(0, {SERVER_CORE})
        running.callback(guard.stop)
        guard.start()
        os.sched_setaffinity(0, {CLIENT_CORE})
        progress("HMA builds its index")
        hma = running.enter_context(running_hma(values, SERVER_CORE)) if with_hma else None
        to_guard = [form("file", picture) for picture in pictures]
        to_hma = [form("photo", picture) for picture in pictures]
        send_all(guard.url, "/v1/check?hold=202", guard.token, to_guard[: CONNECTIONS * 2])
        if hma:
            send_all(hma, "/m/lookup", None, to_hma[: CONNECTIONS * 2])
        for number in range(rounds):
            progress(f"round {number + 1} of {rounds}")
            rate, answers = send_all(guard.url, "/v1/check?hold=202", guard.token, to_guard)
            held = {place for place, answer in enumerate(answers) if answer["verdict"] == "hold"}
            assert held == hits and all(a["verdict"] in ("hold", "allow") for a in answers), "the guard must be right"
            ours.append(rate)
            if hma:
                part = range(number * photos // rounds, (number + 1) * photos // rounds)
                rate, answers = send_all(hma, "/m/lookup", None, to_hma[part.start : part.stop])
                matched = {place for place, answer in zip(part, answers, strict=True) if answer["pdq"]}
                assert matched == hits & set(part), "HMA must be right"
                theirs.append(rate)
                ratios.append(ours[-1] / rate)
        search = guard.client.get("/readyz").json()["search"]
    return {
        "guard_uploads_a_second": round(statistics.median(ours), 1),
        "guard_search": search,
        "hma_uploads_a_second": round(statistics.median(theirs), 2) if theirs else None,
        "http_ratio_plain": round(statistics.median(ratios), 1) if ratios else None,
    }


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
