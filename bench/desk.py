"""A helpline's exchange after years: how fast the desk's pages come, how fast cases are taken in, and passed on.

100,000 cases with a million entries, two listings each, and two million reports of a thousand sites, on SQLite and on
a PostgreSQL server of its own. Then real processes on loopback: three workers of each face, a thousand sites that wait
for news, people who send cases, three colleagues who open pages at the same time.

`queue_p95_ms`, `case_p95_ms`: the desk's first page and a case's page while nothing else happens; `…_busy` beside 50
cases a second. `intake_per_s`: cases of three pictures for three sites each, as fast as they are taken, the sites
waiting; the devices' work was done before. `feed_1000_p95_s`: from sending a case for all thousand sites until the last
one has it, with 50 other cases a second meanwhile.

On a machine that does other work, times are its own as well. So `…_cpu_ms` and `feed_1000_cpu_s` tell what all of the
exchange's processes, and the database server's, worked for one page, case or feed, whatever else went on; `load` is how
many processes wanted to run, on average, while times were taken.

No peer stands beside these figures: no other helpline's system of this kind is open.
"""

from __future__ import annotations

import http.client
import json
import multiprocessing
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.loop import p95
from bench.support.desk_cpu import Worked
from bench.support.desk_load import People, ReadyCase, Sites, make_cases, page_times, send
from bench.support.desk_tables import Filled, Site, Size, fill
from bench.support.figures import options, progress, tell
from tests.exchange.databases import serve_postgresql
from tests.exchange.running import Running

GOALS_OF_ONE = {
    "queue_p95_ms": ["<", 200],
    "case_p95_ms": ["<", 200],
    "intake_per_s": [">=", 50],
    "feed_1000_p95_s": ["<=", 5],
}
DATABASES = ("sqlite", "postgresql")
GOALS = {f"{figure}_{database}": goal for database in DATABASES for figure, goal in GOALS_OF_ONE.items()}
QUICK = Size(cases=2_000, entries=20_000, reports=40_000, partners=50)
WORKERS = 3
PICTURES, SITES_EACH, BUSY_PER_S = 3, 3, 50.0
NEVER_S = 60.0


def measure(
    database: str, size: Size, *, pages: int, cases: int, probes: int, kept: Path | None = None
) -> dict[str, float | None]:
    """All figures on one database; a feed that never reached the last site is None.

    `kept` is where a filled exchange on SQLite is kept for the next run; a copy of it is measured.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="notcontent-bench-"))) / "data"
        if kept is not None:
            filled = keep_filled(kept, size)
            shutil.copytree(kept / "data", folder)
            exchange = Running(folder)
        else:
            exchange = Running.set_up(folder).settle(workers=WORKERS)
            if database == "postgresql":
                server = stack.enter_context(serve_postgresql(durable=True))
                exchange.settle(postgresql=server.create())
                (folder / "exchange.sqlite3").unlink()
            filled = _fill_aside(folder, size)
        exchange.start()
        stack.callback(exchange.stop)
        worked = Worked([str(folder), f"-p {server.port}"] if database == "postgresql" else [str(folder)])
        return _measure_running(exchange, worked, filled, pages=pages, cases=cases, probes=probes)


def _measure_running(
    exchange: Running, worked: Worked, filled: Filled, *, pages: int, cases: int, probes: int
) -> dict[str, float | None]:
    person = exchange.urls["person"]
    colleagues = [exchange.desk(name, "desk") for name in ("mira", "noor", "sun")]
    case_pages = [f"/cases/{case}" for case in filled.cases]
    page_times(colleagues, ["/"] * 3 + case_pages[:3])
    with worked.during("queue"):
        queue = page_times(colleagues, ["/"] * pages)
    with worked.during("case"):
        case = page_times(colleagues, case_pages[:pages])
    progress("the devices' work")
    alone = max(1, probes // 4)
    flood, stream, whole = (
        make_cases(person, count, pictures, filled.sites, sites_each)
        for count, pictures, sites_each in (
            (cases, PICTURES, SITES_EACH),
            (3 * cases, PICTURES, SITES_EACH),
            (probes + alone, 1, len(filled.sites)),
        )
    )
    sites = Sites(int(str(urlsplit(exchange.urls["partners"]).port)), filled.sites)
    try:
        with worked.during("intake"):
            intake = People(person, flood, senders=6).finish()
        progress(f"intake {intake:.0f} a second")
        with worked.during("feed"):
            feed_alone = _time_feed(person, sites, whole[:alone])
        people = People(person, stream, senders=6, per_second=BUSY_PER_S)
        feed = _time_feed(person, sites, whole[alone:])
        queue_busy = page_times(colleagues, ["/"] * (pages // 2))
        case_busy = page_times(colleagues, case_pages[pages:][: pages // 2])
        sustained = people.stop()
    finally:
        sites.stop()
    return {
        "queue_p95_ms": _ms(queue),
        "case_p95_ms": _ms(case),
        "intake_per_s": round(intake, 1),
        "feed_1000_p95_s": p95(feed) if len(feed) == probes else None,
        "intake_beside_per_s": round(sustained, 1),
        "queue_busy_p95_ms": _ms(queue_busy),
        "case_busy_p95_ms": _ms(case_busy),
        "feed_1000_alone_s": round(max(feed_alone), 2) if len(feed_alone) == alone else None,
        "queue_cpu_ms": round(1000 * worked.seconds("queue") / pages, 1),
        "case_cpu_ms": round(1000 * worked.seconds("case") / pages, 1),
        "intake_cpu_ms": round(1000 * worked.seconds("intake") / cases, 1),
        "feed_1000_cpu_s": round(worked.seconds("feed") / alone, 1),
        "load": round(worked.load, 1),
    }


def _time_feed(person: str, sites: Sites, probes: Sequence[ReadyCase]) -> list[float]:
    where = urlsplit(person)
    times = []
    for number, probe in enumerate(probes, 1):
        line = http.client.HTTPConnection(str(where.hostname), where.port, timeout=60)
        sites.watch_for(probe.value)
        began_s = time.monotonic()
        send(line, probe)
        reached_s = sites.reached_all(NEVER_S)
        if reached_s is not None:
            times.append(reached_s - began_s)
            progress(f"feed {number} of {len(probes)}: {times[-1]:.2f} s")
    return times


def _ms(seconds: Sequence[float]) -> float:
    return round(1000 * p95(list(seconds)), 1)


def keep_filled(kept: Path, size: Size) -> Filled:
    """The exchange of this size that is kept there, filled now where there is none yet.

    Ends the program where it was filled on another day or with another size: what came lately would be old.
    """
    told, today = kept / "filled.json", datetime.now(UTC).date().isoformat()
    if not kept.exists():
        kept.mkdir(parents=True)
        Running.set_up(kept / "data").settle(workers=WORKERS)
        told.write_text(json.dumps({"day": today, "size": asdict(size)} | asdict(_fill_aside(kept / "data", size))))
    found = json.loads(told.read_text()) if told.exists() else {}
    if (found.get("day"), found.get("size")) != (today, asdict(size)):
        raise SystemExit("The folder was filled on another day, with another size or not to its end: name a new one.")
    return Filled([Site(**site) for site in found["sites"]], found["cases"])


def _fill_aside(folder: Path, size: Size) -> Filled:
    """Fill the exchange in a process of its own: Django is of one folder for as long as a process lives."""
    began_s = time.monotonic()
    mine, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_fill, args=(folder, size, theirs))
    process.start()
    theirs.close()
    try:
        filled: Filled = mine.recv()
    finally:
        process.join()
    progress(f"filled in {time.monotonic() - began_s:.0f} s")
    return filled


def _fill(path: Path, size: Size, told: Connection) -> None:
    from notcontent.exchange.daily import run_what_is_due
    from notcontent.exchange.folder import Folder
    from notcontent.exchange.serving import bring_tables_up_to_date

    folder = Folder(path)
    bring_tables_up_to_date(folder)
    from notcontent.exchange.lists.folding import fold_stream
    from notcontent.exchange.lists.publisher import read_online_key

    filled = fill(size)
    key = read_online_key(folder)
    for number, site in enumerate(filled.sites, 1):
        fold_stream(folder, key, site.feed, datetime.now(UTC))
        progress(f"snapshot {number} of {len(filled.sites)}")
    # Years of months are counted, and the day's other jobs done, before anybody is measured.
    run_what_is_due(datetime.now(UTC).date())
    # Its daily erasing rewrites the whole file; it was just written.
    folder.last_erasure.touch()
    told.send(filled)


def main() -> int:
    """Measure and print; exit code 1 if a measured figure misses its goal."""
    parser = options(__doc__, "2,000 cases, 50 sites, SQLite alone")
    parser.add_argument("--on", choices=DATABASES, help="this database alone")
    parser.add_argument(
        "--folder", type=Path, help="SQLite alone: keep the filled exchange here for other runs on the same day"
    )
    args = parser.parse_args()
    if args.folder:
        args.on = "sqlite"
    size, counts = (QUICK, (30, 100, 3)) if args.quick else (Size(), (100, 1_000, 12))
    figures: dict[str, float | None] = {}
    for database in DATABASES:
        left_out = (args.on and args.on != database) or (args.quick and not args.on and database == "postgresql")
        if database == "postgresql" and not left_out and not _postgresql_is_there():
            print("PostgreSQL is not measured: its programs are not in /usr/lib/postgresql (apt install postgresql).")
            left_out = True
        measured = {}
        if not left_out:
            pages, cases, probes = counts
            measured = measure(database, size, pages=pages, cases=cases, probes=probes, kept=args.folder)
        figures |= {f"{name}_{database}": measured.get(name) for name in measured or GOALS_OF_ONE}
    return tell(figures, GOALS, {}, as_json=args.json)


def _postgresql_is_there() -> bool:
    return any(Path("/usr/lib/postgresql").glob("*/bin/postgres"))


if __name__ == "__main__":
    sys.exit(main())
