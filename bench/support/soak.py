"""A guard at its limit for as long as one likes, with lists that change all the while: what becomes of it?

Every door is asked without a pause over several connections, and told pictures that are on no list, that are, and that
are just being listed or withdrawn. One list is a real exchange's, with cases that are opened and withdrawn, and once it
stands still for a while; the other has a million entries, of which some are added, confirmed, paused and withdrawn.
"""

from __future__ import annotations

import itertools
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from bench.support.door_clients import SETTINGS, Guarded
from bench.support.figures import progress
from bench.support.long_list import LongList, random_values
from bench.support.memory import VIDEO, Memory, guard_memory
from bench.support.soak_lists import Cases, Changes, Found, rows, wait_for
from bench.support.soak_load import Expected, Load, Shown
from notcontent.cli.demo_clip import filmed, saved
from notcontent.device.case import PictureCode
from notcontent.feed.entry import Tier
from notcontent.fingerprint.compute import fingerprint_picture
from notcontent.fingerprint.picture import PictureFingerprint
from notcontent.fingerprint.video.compute import fingerprint_video
from tests.conftest import generated_picture
from tests.exchange.running import Running
from tests.guard.running_guard import RunningGuard

#: Two processes that answer, two that open pictures. The brake, which bounds what claims can hold, has tests of its
#: own: here every match of a claim is to be stopped, so that it can be counted.
GUARD = SETTINGS | {
    "workers": 2, "decoder_workers": 2, "holds_per_claim_an_hour": 10**6, "claims_hold_at_least_an_hour": 10**6,
}  # fmt: skip
SIZES = ((720, 560), (1632, 1224))
#: Pictures of the load, and how often each kind is sent beside the others.
PASSING, LISTED, CHANGING = 60, 20, 12
WEIGHTS = {"passing": 15.0, "listed": 2.0, "changing": 1.0}


@dataclass(slots=True)
class Series:
    """What was seen every few seconds: seconds since the start, and the guard's memory."""

    at_s: list[float] = field(default_factory=list)
    memory: list[Memory] = field(default_factory=list)

    def add(self, at_s: float, memory: Memory) -> None:
        """One more look."""
        self.at_s.append(at_s)
        self.memory.append(memory)

    def resting_mb(self) -> list[float]:
        """All but the index and the process that reads a video, which lives as long as its video."""
        return [sum(mb for role, mb in each.by_role.items() if role != VIDEO) for each in self.memory]

    def index_mb(self) -> list[float]:
        """The index, as far as it is in memory."""
        return [each.index_mb for each in self.memory]

    def growth_mb_an_hour(self) -> float:
        """The slope of that over the second half."""
        half = len(self.at_s) // 2
        return float(np.polyfit(np.array(self.at_s[half:]) / 3600, self.resting_mb()[half:], 1)[0])


@dataclass(slots=True)
class Soaked:
    """Figures, and the memory they come from."""

    figures: dict[str, Any]
    series: Series
    notes: dict[str, Any]


def soak(minutes: float, entries: int, look_every_s: float) -> Soaked:
    """Set everything up, ask for so many minutes, then settle and count."""
    with tempfile.TemporaryDirectory(prefix="notcontent-soak-") as name:
        folder = Path(name)
        (folder / "long").mkdir()
        progress("making pictures")
        kinds = {"passing": PASSING, "listed": LISTED, "changing": 2 * CHANGING}
        seeds = itertools.count(90_000)
        made = {kind: [_shown(next(seeds), WEIGHTS[kind]) for _ in range(count)] for kind, count in kinds.items()}
        pictures = {kind: [shown for shown, _ in some] for kind, some in made.items()}
        videos = [Shown(saved(filmed([generated_picture(seed + n) for n in range(3)])), 1) for seed in (700, 710)]
        with LongList(folder / "long") as long:
            values = random_values(entries, 1).copy()
            for row, shown in enumerate(pictures["listed"]):
                values[row] = np.frombuffer(bytes.fromhex(shown.fingerprint), np.uint8)
                shown.expect(Expected.STOPPED)
            long.list_values(values, 2)
            long.add_video(_frames(videos[0].data, folder), Tier.SEEN)
            videos[0].expect(Expected.STOPPED)
            exchange = Running.set_up(folder / "exchange").start()
            partner = exchange.partner("Soak")
            guard = RunningGuard(folder / "guard", long, GUARD)
            guard.set_up()
            root = partner.state.root.text
            guard.command("follow", partner.url, "--token", partner.token, "--root-key", root, "--name", "cases")
            try:
                progress("the guard takes its lists")
                guard.start(ready=False)
                wait_for(guard.ready, "the guard to be ready", 300)
                found = Found(guard)
                cases = Cases(exchange, partner, found, made["changing"][:CHANGING])
                changes = Changes(long, found, pictures["changing"][CHANGING:])
                load = Load(Guarded.of(guard), list(itertools.chain(*pictures.values())), videos)
                return _run(guard, load, cases, changes, minutes, look_every_s)
            finally:
                guard.stop()
                exchange.stop()


def _run(
    guard: RunningGuard, load: Load, cases: Cases, changes: Changes, minutes: float, look_every_s: float
) -> Soaked:
    series, over, faults = Series(), threading.Event(), list[BaseException]()
    began = time.monotonic()

    def look() -> None:
        while not over.wait(look_every_s):
            series.add(time.monotonic() - began, guard_memory(guard.process.pid, guard.folder))

    def change() -> None:
        while not over.is_set():
            changes.step()

    def come_and_go() -> None:
        hung = False
        while not over.is_set():
            cases.step()
            if not hung and time.monotonic() - began > 60 * minutes / 4:
                cases.hang(min(45.0, 10 * minutes))
                hung = True

    def watched(work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as fault:  # noqa: BLE001 - told below, in the thread that waits
            faults.append(fault)

    threads = [threading.Thread(target=watched, args=(work,)) for work in (look, change, come_and_go)]
    try:
        load.start()
        for thread in threads:
            thread.start()
        while (now_s := time.monotonic() - began) < 60 * minutes and not faults:
            progress(f"{now_s / 60:.1f} of {minutes:g} minutes: {sum(map(len, load.told.took.values())):,} answers")
            time.sleep(0.5)
    finally:
        over.set()
        for thread in threads:
            thread.join()
        took_s = time.monotonic() - began
        load.stop()
    if faults:
        raise faults[0]
    return Soaked(*_settle(guard, load, cases, changes, series, took_s))


def _settle(
    guard: RunningGuard, load: Load, cases: Cases, changes: Changes, series: Series, took_s: float
) -> tuple[dict[str, Any], Series, dict[str, Any]]:
    """Wait until everything has been told, and count what was."""
    progress("waiting for what is still to be told")

    def outbox() -> dict[str, int]:
        return dict(guard.client.get("/readyz").json()["outbox"])

    # What does not come within this time counts as missing below.
    for true in (lambda: outbox()["waiting"] == 0, lambda: cases.missing_receipts() + changes.missing_receipts() == 0):
        try:
            wait_for(true, "the last receipts and reports")
        except SystemExit as late:
            progress(str(late))
    matches = Found(guard).matches()
    told, long_reports = load.told, changes.reports()
    of_cases = {report: entry for name, entry, report, _ in matches if name == "cases"}
    of_long = {report for name, _, report, _ in matches if name != "cases"}
    query = "SELECT report, decision FROM partners_report"
    case_rows = rows(cases.database, query)
    case_reports = dict(case_rows)
    withdrawn = {row[0] for row in rows(cases.database, "SELECT id FROM lists_listing WHERE state <> 'live'")}
    owed = cases.owed | {report for report, entry in of_cases.items() if entry not in withdrawn}
    arrived = {report for report, _ in long_reports}
    twice = len(case_rows) - len(case_reports) + sum(count - 1 for count in long_reports.values())
    decisions = {(report, told.decided[upload]) for _, _, report, upload in matches if upload in told.decided}
    heard = {(report, str(decision)) for report, decision in case_reports.items()} | set(long_reports)
    resting = series.resting_mb()
    figures: dict[str, Any] = {
        "soak_minutes": round(took_s / 60, 1),
        "soak_uploads": sum(map(len, told.took.values())),
        "soak_uploads_a_second": round(sum(map(len, told.took.values())) / took_s, 1),
        "soak_matches": len(matches),
        "soak_reports_lost": len(owed - case_reports.keys()) + len(of_long - arrived),
        "soak_reports_twice": twice,
        "soak_reports_of_nothing": len(case_reports.keys() - of_cases.keys()) + len(arrived - of_long),
        # The exchange takes no report on an entry that is withdrawn already (docs/spec/feed.md).
        "soak_reports_too_late": len(of_cases.keys() - owed - case_reports.keys()),
        "soak_decisions": len(decisions),
        "soak_decisions_lost": sum(
            1 for report, decision in decisions - heard if report in of_long or report in case_reports
        ),
        "soak_stops_unrecorded": told.stopped - len({upload for *_, upload in matches}),
        "soak_wrong_answers": sum(told.wrong.values()),
        "soak_errors": sum(told.errors.values()),
        "soak_cases_withdrawn": cases.withdrawn,
        "soak_withdrawals": cases.withdrawn + len(changes.withdrawn),
        "soak_receipts_missing": cases.missing_receipts() + changes.missing_receipts(),
        "soak_refused_by_exchange": outbox()["refused"],
        "soak_listed_median_s": round(statistics.median(cases.listed_s or [0]), 2),
        "soak_stopped_median_s": round(statistics.median(cases.stopped_s or [0]), 2),
        "soak_memory_mb": round(statistics.median(resting[-max(1, len(resting) // 10) :])),
        "soak_memory_most_mb": round(max(resting)),
        "soak_memory_video_most_mb": round(max(each.by_role.get(VIDEO, 0.0) for each in series.memory)),
        "soak_index_most_mb": round(max(series.index_mb())),
        "soak_growth_mb_an_hour": round(series.growth_mb_an_hour(), 1),
    }
    for door, took in told.took.items():
        for part, start, stop in (("", 0.0, 1.0), ("_first_third", 0.0, 1 / 3), ("_last_third", 2 / 3, 1.0)):
            times = [ms for at_s, ms in took if start * took_s <= at_s <= stop * took_s]
            if times:
                figures[f"soak_{door}_p50_ms{part}"] = round(statistics.median(times), 1)
                figures[f"soak_{door}_p99_ms{part}"] = round(float(np.quantile(times, 0.99)), 1)
    return figures, series, {"soak errors": dict(told.errors), "soak wrong": dict(told.wrong)}


def _shown(seed: int, weight: float) -> tuple[Shown, PictureCode]:
    data = generated_picture(seed, *SIZES[seed % len(SIZES)])
    made: PictureFingerprint = fingerprint_picture(data)
    code = PictureCode(made.quality, tuple(turned.hex for turned in made.orientations))
    return Shown(data, weight, fingerprint=made.upright.hex), code


def _frames(video: bytes, folder: Path) -> Sequence[bytes]:
    path = folder / "video.mp4"
    path.write_bytes(video)
    return [frame.value for frame in fingerprint_video(str(path)).frames]
