"""What a guard counts, for Prometheus. No label says anything about a person, an upload, a place or a caller.

Several processes answer uploads, and any of them may be asked for the numbers. So each keeps its counts in files that
all of them can read (prometheus_client's multiprocess mode), and whichever is asked adds them up; how the lists and the
outbox are stands in the database that all read. The files lie in the data folder, hold numbers and these labels only,
and are made anew at every start.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from notcontent.errors import NotContentError
from notcontent.guard.errors import StorageUnavailable
from notcontent.guard.readiness import Readiness
from notcontent.guard.verdict import Verdict

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_PREFIX = "notcontent_guard_"
_STEPS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_LONG_STEPS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0, 600.0)


def _counter(name: str, meaning: str, *labels: str) -> Counter:
    return Counter(_PREFIX + name, meaning, labels, registry=None)


def _histogram(name: str, meaning: str, steps_s: tuple[float, ...], *labels: str) -> Histogram:
    return Histogram(_PREFIX + name, meaning, labels, buckets=steps_s, registry=None)


_UPLOADS = _counter(
    "uploads", "Uploads that got a verdict; one answered `pending` counts again when its verdict is there.",
    "door", "verdict",
)  # fmt: skip
_UNCHECKED = _counter("unchecked", "Uploads that could not be checked, by the cause.", "door", "cause")
_MATCHES = _counter(
    "matches", "Entries that uploads were found to match (near misses are not counted).", "list", "tier"
)
_CHECK_S = _histogram("check_seconds", "From the whole upload to its verdict.", _LONG_STEPS_S, "door")
_HASH_S = _histogram("hash_seconds", "Opening a picture and making the fingerprints that were looked up.", _STEPS_S)
_MATCH_S = _histogram("match_seconds", "Searching the lists for one picture's fingerprints.", _STEPS_S)
_REMEMBERED = _counter("verdict_cache", "Uploads that the verdict cache was asked about.", "result")
_TOO_OFTEN = _counter("too_often", "Uploads refused because a token's rate was used up.")
_PROBING = _counter("probing_alarms", "Alarms for one place that asks with many near copies of one picture.")
_SPINOFFS = _counter("spinoff_alarms", "Places that were called a likely successor of a closed one.")
COUNTED: Final = (
    _UPLOADS, _UNCHECKED, _MATCHES, _CHECK_S, _HASH_S, _MATCH_S, _REMEMBERED, _TOO_OFTEN, _PROBING,
    _SPINOFFS,
)  # fmt: skip

#: What is read when it is asked for: name, meaning, labels.
READ: Final = (
    ("ready", "1 while uploads can be judged by every list, else 0.", ()),
    ("list_age_seconds", "How long ago a valid head last agreed with this list.", ("list",)),
    ("list_entries", "Live entries of this list.", ("list",)),
    ("list_ready", "1 while this list may be answered from.", ("list",)),
    ("outbox_waiting", "Receipts and reports that wait for their exchange.", ()),
    ("outbox_refused", "Receipts and reports that their exchange will never take.", ()),
    ("videos_pending", "Videos whose verdict comes later.", ()),
    ("callbacks_untold", "Later verdicts that the platform has not taken.", ()),
    ("events_untold", "Events that the platform has not taken.", ()),
    ("open_uploads", "Held uploads that wait for a person.", ()),
    ("notices", "Open notices that the platform received, by how their 48 hours stand.", ("clock",)),
)


class Laps:
    """How long one upload's hashing and matching take; told once, at the end."""

    def __init__(self) -> None:
        """The clock runs, and hashing begins."""
        self._since, self._hash_s, self._match_s = time.perf_counter(), 0.0, 0.0

    def hashed(self) -> None:
        """Some fingerprints are there."""
        self._hash_s += self._lap()

    def matched(self) -> None:
        """They have been searched for."""
        self._match_s += self._lap()

    def tell(self) -> None:
        """It is over."""
        _HASH_S.observe(self._hash_s)
        _MATCH_S.observe(self._match_s)

    def _lap(self) -> float:
        now = time.perf_counter()
        took, self._since = now - self._since, now
        return took


def count_verdict(door: str, verdict: Verdict) -> None:
    """An upload got this verdict."""
    said = "flagged" if verdict.flagged else "review" if verdict.review else verdict.kind
    _UPLOADS.labels(door, said).inc()
    if not verdict.review:
        for match in verdict.matches:
            _MATCHES.labels(match.list_name, match.tier).inc()


def count_time(door: str, seconds: float) -> None:
    """So long an upload took."""
    _CHECK_S.labels(door).observe(seconds)


def count_unchecked(door: str, error: NotContentError) -> None:
    """An upload could not be checked. A door's own errors are told apart by their code, all others by their class."""
    word = getattr(error, "code", None) or re.sub(r"(?<!^)(?=[A-Z])", "_", type(error).__name__).lower()
    _UNCHECKED.labels(door, word).inc()


def count_remembered(hit: bool) -> None:
    """The verdict cache was asked."""
    _REMEMBERED.labels("hit" if hit else "miss").inc()


def count_too_often() -> None:
    """A token's rate was used up."""
    _TOO_OFTEN.inc()


def count_probing() -> None:
    """Somebody seems to try how far a picture has to be altered."""
    _PROBING.inc()


def count_spinoffs(alarms: int) -> None:
    """So many places were called a likely successor."""
    _SPINOFFS.inc(alarms)


class _State(Collector):
    """How the lists and the outbox are at this moment."""

    def __init__(self, readiness: Readiness) -> None:
        self._readiness = readiness

    def collect(self) -> Iterator[GaugeMetricFamily]:
        families = {name: GaugeMetricFamily(_PREFIX + name, meaning, labels=labels) for name, meaning, labels in READ}

        def say(name: str, value: float | None, *labels: str) -> None:
            if value is not None:
                families[name].add_metric(labels, value)

        try:
            lists, counts = self._readiness.lists(), self._readiness.counts()
        except StorageUnavailable:
            say("ready", 0)
        else:
            say("ready", bool(lists) and all(each.ready for each in lists))
            for each in lists:
                say("list_age_seconds", each.age_s, each.name)
                say("list_entries", each.count, each.name)
                say("list_ready", each.ready, each.name)
            say("outbox_waiting", counts.waiting)
            say("outbox_refused", counts.refused)
            say("videos_pending", counts.pending)
            say("callbacks_untold", counts.untold)
            say("events_untold", counts.events)
            say("open_uploads", counts.open)
            for clock, number in counts.notices.items():
                say("notices", number, clock)
        yield from families.values()


def render(readiness: Readiness) -> bytes:
    """Everything, in Prometheus' text format."""
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    registry.register(_State(readiness))
    return generate_latest(registry)


def described() -> list[tuple[str, str, tuple[str, ...], str]]:
    """Name, kind, labels and meaning of every metric, as Prometheus sees it."""
    rows = []
    for each in COUNTED:
        [family] = each.describe()
        name = family.name + ("_total" if family.type == "counter" else "")
        rows.append((name, family.type, tuple(each._labelnames), family.documentation))
    return rows + [(_PREFIX + name, "gauge", labels, meaning) for name, meaning, labels in READ]
