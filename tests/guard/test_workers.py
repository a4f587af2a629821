"""Several processes answer, one writes: what is counted once stays counted once."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from notcontent.fingerprint.compute import fingerprint_picture
from tests.conftest import generated_picture
from tests.guard.running_guard import RunningGuard, wait_until
from tests.guard.small_exchange import SmallExchange

WORKERS = 3


def guard_of(tmp_path: Path, exchange: SmallExchange, **settings: object) -> RunningGuard:
    guard = RunningGuard(tmp_path / "guard", exchange, {"workers": WORKERS, "decoder_workers": 1, **settings}).start()
    wait_until(lambda: len(beside(guard)) == WORKERS - 1, "the other processes")
    return guard


def beside(guard: RunningGuard) -> list[int]:
    """The processes that answer beside the one that writes."""
    children = Path(f"/proc/{guard.process.pid}/task/{guard.process.pid}/children").read_text().split()
    return [int(child) for child in children if b"notcontent.cli.guard" in Path(f"/proc/{child}/cmdline").read_bytes()]


def ask(guard: RunningGuard, method: str, path: str, **more: object) -> httpx.Response:
    """On a connection of its own, so that any of the processes may take it."""
    headers = {"Authorization": f"Bearer {guard.token}", "Connection": "close"}
    return httpx.request(method, guard.url + path, headers=headers, timeout=60, trust_env=False, **more)  # type: ignore[arg-type]


def at_once(questions: list[Callable[[], httpx.Response]]) -> list[httpx.Response]:
    """The answers in the order of the questions, which are asked together."""
    with ThreadPoolExecutor(len(questions)) as askers:
        return [asked.result(60) for asked in [askers.submit(question) for question in questions]]


def test_an_entry_counts_in_every_process_and_its_withdrawal_too(tmp_path: Path, exchange: SmallExchange) -> None:
    guard = guard_of(tmp_path, exchange, holds_per_claim_an_hour=1000, claims_hold_at_least_an_hour=1000)
    picture = generated_picture(1)
    entry = exchange.add(fingerprint_picture(picture).orientations[0].value)
    guard.catch_up()
    held = at_once([lambda: ask(guard, "POST", "/v1/check", content=picture) for _ in range(12)])
    assert Counter(answer.json()["verdict"] for answer in held) == {"hold": 12}
    exchange.withdraw(entry)
    guard.catch_up()
    passed = at_once([lambda: ask(guard, "POST", "/v1/check", content=picture) for _ in range(12)])
    assert Counter(answer.json()["verdict"] for answer in passed) == {"allow": 12}
    wait_until(lambda: exchange.receipt_states(entry) == ["stopped", "erased"], "both receipts")
    wait_until(lambda: len(exchange.reports) == 12, "a report from every process")
    assert guard.stop() == 0


def test_the_brake_counts_over_all_processes(tmp_path: Path, exchange: SmallExchange) -> None:
    guard = guard_of(tmp_path, exchange, claims_hold_at_least_an_hour=3)
    uploads = [generated_picture(seed) for seed in range(200, 212)]
    for picture in uploads:
        exchange.add(fingerprint_picture(picture).orientations[0].value)
    guard.catch_up()
    answers = at_once([lambda u=upload: ask(guard, "POST", "/v1/check", content=u) for upload in uploads])
    assert Counter(answer.json()["verdict"] for answer in answers) == {"hold": 3, "allow": 9}
    # The same bytes again are the same hold, whichever process they reach; and so are copies of what is held.
    again = at_once([lambda u=upload: ask(guard, "POST", "/v1/check", content=u) for upload in uploads])
    assert Counter(answer.json()["verdict"] for answer in again) == {"hold": 3, "allow": 9}
    held = next(upload for upload, answer in zip(uploads, answers, strict=True) if answer.json()["verdict"] == "hold")
    copies = at_once([lambda n=n: ask(guard, "POST", "/v1/check", content=held + bytes(n)) for n in range(1, 9)])
    assert Counter(answer.json()["verdict"] for answer in copies) == {"hold": 8}
    assert guard.stop() == 0


def test_a_hold_is_decided_once_over_all_processes(tmp_path: Path, exchange: SmallExchange) -> None:
    guard = guard_of(tmp_path, exchange)
    picture = generated_picture(3)
    exchange.add(fingerprint_picture(picture).orientations[0].value)
    guard.catch_up()
    upload = ask(guard, "POST", "/v1/check", content=picture).json()["id"]
    bodies = [{"decision": "block" if n % 2 else "release", "reason": "intimate"} for n in range(12)]
    path = f"/v1/uploads/{upload}/decision"
    answers = at_once([lambda b=body: ask(guard, "POST", path, json=b) for body in bodies])
    assert Counter(answer.status_code for answer in answers) == {200: 6, 409: 6}
    [state] = {answer.json()["state"] for answer in answers if answer.status_code == 200}
    assert state == ask(guard, "GET", f"/v1/uploads/{upload}").json()["state"]
    wait_until(lambda: [r for r in exchange.reports if r["decision"]], "the decision's report")
    assert len([r for r in exchange.reports if r["decision"]]) == 1
    assert guard.stop() == 0


def test_a_process_that_dies_is_replaced_and_nobody_is_refused(tmp_path: Path, exchange: SmallExchange) -> None:
    guard = guard_of(tmp_path, exchange)
    dead = set(beside(guard))
    for process in dead:
        os.kill(process, signal.SIGKILL)
    for _ in range(5):
        assert ask(guard, "POST", "/v1/check", content=generated_picture(7)).status_code == 200
    wait_until(lambda: len(set(beside(guard)) - dead) == WORKERS - 1, "others in their place", 20)
    assert Counter(a.status_code for a in at_once([lambda: ask(guard, "GET", "/readyz") for _ in range(9)])) == {200: 9}
    assert guard.stop() == 0


def test_when_the_writing_process_is_killed_the_others_end(tmp_path: Path, exchange: SmallExchange) -> None:
    guard = guard_of(tmp_path, exchange)
    others = beside(guard)
    os.kill(guard.process.pid, signal.SIGKILL)
    guard.process.wait()
    wait_until(lambda: not any(Path(f"/proc/{process}").exists() for process in others), "the others to end", 20)
    RunningGuard.running.remove(guard)
    guard.client.close()
    guard.process.stdout.close()


def test_what_stands_in_a_lists_way_is_said_by_every_process(tmp_path: Path, exchange: SmallExchange) -> None:
    guard = guard_of(tmp_path, exchange)
    exchange.close()

    def all_say_it() -> bool:
        answers = at_once([lambda: ask(guard, "GET", "/readyz") for _ in range(9)])
        return {answer.json()["lists"][0]["trouble"] for answer in answers} == {"away"}

    wait_until(all_say_it, "every process to say that the exchange is away", 20)
    exchange.open()
    assert guard.stop() == 0
