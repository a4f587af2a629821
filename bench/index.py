"""How fast are the entries near a fingerprint found, and how fast do changes count?

The peer is python-threatexchange's default PDQ index (faiss). Both are built from the same random fingerprints and
asked the same questions in this process, pinned to one core, one thread, in CPU time. Ours is asked with hexadecimal
text as the peer is, but built from bytes, where the peer takes text only. Each is built in memory that was used before,
so that none pays for the other (`touch_memory`). Of the questions 95 in 100 are near nothing,
the others 0 to 31 bits from an entry.

call: one question at a time. stream: questions in order, 2,048 at a time, as micro-batches of many front ends or a
sweep hand them over. batch: one list of 20,000. Stream and batch stand against the peer's own batch call.
Random fingerprints are a fair stand-in, since the secret order of bits makes real ones look like them.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.support.figures import options, tell
from notcontent.index.folder import IndexFolder
from notcontent.index.reader import IndexReader, search_name

Values = NDArray[np.uint8]
GOALS = {
    "recall": [">=", 1],
    "call_ratio_1m": [">=", 40],
    "call_ratio_10m": [">=", 130],
    "stream_ratio_1m": [">=", 150],
    "stream_ratio_10m": [">=", 200],
    "batch_ratio_1m": [">=", 250],
    "batch_ratio_10m": [">=", 500],
    "call_p99_ms_10m": ["<", 0.2],
    "bytes_per_entry_10m": ["<=", 130],
    "build_ratio_10m": [">=", 20],
    "warm_start_ms_10m": ["<", 5],
    "change_visible_ms_10m": ["<", 5],
    "churn_cost": ["<", 0.15],
    "hot_entry_ratio": ["<=", 2],
}
SEED = b"sixteen secret bytes"
RADIUS_BITS = 31
BATCH, STREAM, CALLS = 20_000, 2048, 3000
FLOOD = 100_000
#: What the peer takes of memory for an entry, and a little more.
BUILD_BYTES = 800
CPU = time.process_time
RANDOM = np.random.default_rng(20261122)


def random_values(count: int) -> Values:
    return np.frombuffer(RANDOM.bytes(count * 32), np.uint8).reshape(count, 32).copy()


def near_to(values: Values, bits: NDArray[Any]) -> Values:
    """Each of the values with so many bits flipped."""
    order = np.argsort(RANDOM.random((len(values), 256)), axis=1)
    flips = np.zeros((len(values), 256), np.uint8)
    np.put_along_axis(flips, order, (np.arange(256) < bits[:, None]).astype(np.uint8), axis=1)
    return values ^ np.packbits(flips, axis=1)


def questions(values: Values, count: int) -> Values:
    asked = random_values(count)
    planted = np.arange(0, count, 20)
    asked[planted] = near_to(values[RANDOM.integers(0, len(values), len(planted))], planted // 20 % 32)
    return asked


def from_text(texts: list[str]) -> Values:
    return np.frombuffer(bytes.fromhex("".join(texts)), np.uint8).reshape(-1, 32)


def timed(work: Callable[[], object]) -> float:
    start = CPU()
    work()
    return CPU() - start


def compare_all(values: Values, index: IndexFolder, count: int) -> bool:
    """Whether every question gets the (id, distance) pairs that comparing everything finds; distances 0 to 31."""
    asked = np.concatenate([near_to(values[RANDOM.integers(0, len(values), count)], np.arange(count) % 34)])
    words = values.view(np.uint64)
    for batch in (asked, asked[:8], np.tile(asked, (-(-4096 // count), 1))):
        near = index.search(batch, RADIUS_BITS, 10_000)
        found: dict[int, set[tuple[int, int]]] = {number: set() for number in range(len(batch))}
        for number, entry, bits in zip(
            near.queries.tolist(), near.ids.tolist(), near.distances_bits.tolist(), strict=True
        ):
            found[number].add((entry, bits))
        if batch is asked:
            expected = {}
            for number, one in enumerate(asked):
                bits = np.bitwise_count(words ^ one.view(np.uint64)).sum(axis=1, dtype=np.uint16)
                expected[number] = {(int(at), int(bits[at])) for at in np.flatnonzero(bits <= RADIUS_BITS)}
        if any(pairs != expected[number % count] for number, pairs in found.items()):
            return False
    return True


class Peer:
    """python-threatexchange's index of the same values."""

    def __init__(self, values: Values) -> None:
        from threatexchange.signal_type.pdq.signal import PdqSignal

        entries = [(bytes(value).hex(), number) for number, value in enumerate(values)]
        made: list[Any] = []
        self.build_s = timed(lambda: made.append(PdqSignal.get_index_cls()(entries)))
        self._index = made[0]

    def call_s(self, texts: list[str]) -> float:
        return timed(lambda: [self._index.query(text) for text in texts]) / len(texts)

    def batch_s(self, texts: list[str]) -> float:
        return timed(lambda: self._index.index.search_with_distance_in_result(texts, RADIUS_BITS)) / len(texts)


def ask_ours(index: IndexFolder, texts: list[str], step: int, rounds: int) -> float:
    """CPU seconds for a question, the median of several rounds."""

    def once() -> None:
        for start in range(0, len(texts), step):
            index.search(from_text(texts[start : start + step]), RADIUS_BITS)

    once()
    return float(np.median([timed(once) for _ in range(rounds)])) / len(texts)


def touch_memory(size_bytes: int) -> None:
    """Use memory and give it back.

    A virtual machine pays its host for every page that it has not used before: more than building an index costs, and
    whoever builds first would pay for both.
    """
    np.ones(size_bytes // 8)


def size(name: str, count: int, folder: Path, compared: int, peer_calls: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """The ratios for a list of this length; the index stays in the folder."""
    values = random_values(count)
    index = IndexFolder.write(folder, SEED)
    touch_memory(BUILD_BYTES * count)
    start = time.perf_counter()
    build_s = timed(lambda: index.add(np.arange(count, dtype=np.uint32), values))
    figures: dict[str, Any] = {f"build_s_{name}": round(time.perf_counter() - start, 2)}
    figures[f"recall_{name}"] = int(compare_all(values, index, compared))
    texts = [bytes(one).hex() for one in questions(values, BATCH)]
    touch_memory(BUILD_BYTES * count)
    peer = Peer(values)
    # In turns, so that a busy moment of the machine falls on both.
    ours: dict[str, list[float]] = {"call": [], "stream": [], "batch": []}
    theirs: dict[str, list[float]] = {"call": [], "batch": []}
    for turn in range(3):
        ours["call"].append(ask_ours(index, texts[:CALLS], 1, 1))
        theirs["call"].append(peer.call_s(texts[turn * peer_calls :][:peer_calls]))
        ours["stream"].append(ask_ours(index, texts, STREAM, 1))
        theirs["batch"].append(peer.batch_s(texts[turn * peer_calls :][:peer_calls]))
        ours["batch"].append(ask_ours(index, texts, BATCH, 1))
    mine = {way: float(np.median(times)) for way, times in ours.items()}
    foreign = {way: float(np.median(times)) for way, times in theirs.items()}
    for way, against in (("call", "call"), ("stream", "batch"), ("batch", "batch")):
        figures[f"{way}_ratio_{name}"] = round(foreign[against] / mine[way], 1)
        figures[f"{way}_a_second_{name}"] = round(1 / mine[way])
    figures[f"build_ratio_{name}"] = round(peer.build_s / build_s, 1)
    found = {f"{way}_a_second_{name}": round(1 / took) for way, took in foreign.items()}
    index.close()
    return figures, found | {f"build_s_{name}": round(peer.build_s, 1)}


def call_times(index: IndexFolder | IndexReader, asked: Values) -> tuple[NDArray[Any], NDArray[Any]]:
    """Milliseconds of each single call: on the processor, and on the clock."""
    cpu, wall = [], []
    for one in asked[:, None]:
        start, began = time.thread_time(), time.perf_counter()
        index.search(one, RADIUS_BITS)
        cpu.append(time.thread_time() - start)
        wall.append(time.perf_counter() - began)
    return np.array(cpu) * 1000, np.array(wall) * 1000


def alone(folder: Path, count: int) -> dict[str, Any]:
    """What needs no peer: single calls, size, start."""
    starts = []
    for one in random_values(9)[:, None]:
        began = time.perf_counter()
        with IndexReader.open(folder, SEED) as reader:
            reader.search(one, RADIUS_BITS)
            starts.append((time.perf_counter() - began) * 1000)
    with IndexReader.open(folder, SEED) as reader:
        call_times(reader, random_values(2000))
        cpu, wall = call_times(reader, random_values(10_000))
    stored = sum(path.stat().st_size for path in folder.iterdir())
    return {
        "call_p50_ms_10m": round(float(np.percentile(cpu, 50)), 4),
        "call_p99_ms_10m": round(float(np.percentile(cpu, 99)), 4),
        "call_p99_on_the_clock_ms_10m": round(float(np.percentile(wall, 99)), 4),
        "bytes_per_entry_10m": round(stored / count, 2),
        "warm_start_ms_10m": round(float(np.median(starts)), 2),
    }


def watch(folder: Path, pipe: Connection) -> None:
    """The second process: it never writes, and asks until it sees a change, or for a while."""
    with IndexReader.open(folder, SEED) as reader:
        pipe.send(None)
        while order := pipe.recv():
            if order[0] == "see":
                _, asked, expected = order
                pipe.send(None)
                while int(reader.search(asked, 0).totals[0]) != expected:
                    pass
                pipe.send(time.monotonic())
            else:
                asked, until, cpu, count = order[1], time.monotonic() + order[2], time.thread_time(), 0
                while time.monotonic() < until:
                    reader.search(asked[count % len(asked)][None], RADIUS_BITS)
                    count += 1
                pipe.send((time.thread_time() - cpu) / count)


def changes(folder: Path, rounds: int) -> dict[str, Any]:
    """Milliseconds until another process sees a change, and what changes cost its searches."""
    context = multiprocessing.get_context("spawn")
    pipe, theirs = context.Pipe()
    watcher = context.Process(target=watch, args=(folder, theirs))
    watcher.start()
    pipe.recv()
    took, quiet, churned = [], [], []
    with IndexFolder.write(folder, SEED) as index:
        stop = threading.Event()
        background = random_values(512)

        def keep_asking() -> None:
            count = 0
            while not stop.wait(0.0005):
                index.search(background[count % 512][None], RADIUS_BITS)
                count += 1

        asking = threading.Thread(target=keep_asking)
        asking.start()
        fresh, values = 3_000_000_000, random_values(rounds)
        for number in range(rounds):
            for expected, change in ((1, "add"), (0, "withdraw")):
                pipe.send(("see", values[number][None], expected))
                pipe.recv()
                time.sleep(0.01)
                began = time.monotonic()
                if change == "add":
                    index.add([fresh + number], values[number][None])
                else:
                    index.withdraw([fresh + number])
                took.append((pipe.recv() - began) * 1000)
        for _ in range(5):
            for times, busy in ((quiet, False), (churned, True)):
                pipe.send(("ask", background, 1.0))
                until = time.monotonic() + 1.0
                while busy and time.monotonic() < until:
                    fresh += 1
                    index.add([fresh + rounds], random_values(1))
                    index.withdraw([fresh + rounds])
                    time.sleep(0.02)
                times.append(pipe.recv())
        stop.set()
        asking.join()
    pipe.send(None)
    watcher.join()
    return {
        "change_visible_ms_10m": round(float(np.percentile(took, 95)), 2),
        "change_visible_p50_ms_10m": round(float(np.median(took)), 2),
        "churn_cost": round(float(np.median(churned)) / float(np.median(quiet)) - 1, 3),
    }


def hot(folder: Path, count: int) -> dict[str, Any]:
    """How much longer a call takes on a list that somebody flooded; the worst of three floods and four questions."""
    values = random_values(count)
    unrelated = random_values(600)
    worst: dict[str, float] = {}
    with IndexFolder.write(folder / "plain", SEED) as plain:
        plain.add(np.arange(count), values)
        for spread in (0, 8, 31):
            centre = random_values(1)
            flood = near_to(np.repeat(centre, FLOOD, axis=0), np.full(FLOOD, spread))
            with IndexFolder.write(folder / f"flooded{spread}", SEED) as flooded:
                flooded.add(np.arange(count + FLOOD), np.concatenate([values, flood]))
                some = np.repeat(centre, 600, axis=0)
                for name, asked in (
                    ("unrelated", unrelated),
                    ("centre", some),
                    ("12_bits", near_to(some, np.full(600, 12))),
                    ("31_bits", near_to(some, np.full(600, 31))),
                ):
                    # In turns again; the plain list is asked as many unrelated questions.
                    ours, theirs = [], []
                    for part in range(0, 600, 100):
                        theirs.append(call_times(plain, unrelated[part : part + 100])[0])
                        ours.append(call_times(flooded, asked[part : part + 100])[0])
                    ratio = np.median(np.concatenate(ours[1:])) / np.median(np.concatenate(theirs[1:]))
                    worst[f"spread_{spread}_{name}"] = round(float(ratio), 2)
    return {"hot_entry_ratio": max(worst.values()), **{f"hot_{name}": ratio for name, ratio in worst.items()}}


def measure(quick: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    """Figures and the peer's; null for what a quick run leaves out."""
    if hasattr(os, "sched_setaffinity"):
        cores = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {max(cores)})
    figures: dict[str, Any] = dict.fromkeys(GOALS)
    figures["search"] = search_name()
    peer: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(dir="/var/tmp") as temporary:
        folder = Path(temporary)
        found, peer = size("1m", 1_000_000, folder / "1m", 30 if quick else 200, 300 if quick else 1000)
        figures |= found
        figures |= hot(folder, 300_000 if quick else 1_000_000)
        if not quick:
            found, theirs = size("10m", 10_000_000, folder / "10m", 100, 300)
            figures |= found
            peer |= theirs
            figures |= alone(folder / "10m", 10_000_000)
            if hasattr(os, "sched_setaffinity"):
                os.sched_setaffinity(0, cores)
            figures |= changes(folder / "10m", 30)
        figures["recall"] = min(value for name, value in figures.items() if name.startswith("recall_"))
    return figures, {"threatexchange": peer}


def main() -> int:
    """Measure and print; exit code 1 if a measured figure misses its goal."""
    args = options(__doc__, "no list of ten million").parse_args()
    figures, peers = measure(args.quick)
    return tell(figures, GOALS, peers, as_json=args.json)


if __name__ == "__main__":
    if os.environ.get("OMP_NUM_THREADS") != "1":
        # faiss and numpy read it when they are loaded: one thread, for us and for the peer.
        os.environ |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        os.execv(sys.executable, [sys.executable, *sys.argv])
    sys.exit(main())
