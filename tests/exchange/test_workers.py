"""Several processes of a face, and a disk that is full for a while: nothing is lost, doubled or half done."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from django.db import OperationalError

from tests.exchange.conftest import set_up
from tests.exchange.databases import BOTH
from tests.exchange.running import Partner, Person, Running, picture_code, until, video_code

WORKERS = 3


@pytest.fixture(scope="module", params=BOTH)
def exchange(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A running exchange with several processes of her face and the desk's."""
    running = set_up(request, tmp_path_factory.mktemp("exchange") / "data").settle(workers=WORKERS).start()
    yield running
    running.stop()


def pids(exchange: Running, role: str) -> list[int]:
    return [pid for pid, words in exchange.processes().items() if role in words]


def test_cases_that_come_by_all_processes_at_once_are_kept_once_each(exchange: Running, partner: Partner) -> None:
    assert [len(pids(exchange, role)) for role in ("person", "desk", "partners", "publisher")] == [3, 3, 1, 1]
    people = [(Person(exchange), picture_code()) for _ in range(18)]
    with ThreadPoolExecutor(6) as senders:
        answers = list(senders.map(lambda one: one[0].send([one[1]], [partner.id]), people * 2))
    assert {answer.status_code for answer in answers} == {201}
    partner.follow_until(lambda: all(len(partner.holds(code)) == 1 for _, code in people))


@pytest.mark.on_sqlite
def test_each_process_knows_what_came_in_by_the_others(exchange: Running) -> None:
    clients = []
    # Whoever is free takes a connection; each client keeps its own, and with it its process.
    for _ in range(60):
        clients.append(httpx.Client(base_url=exchange.urls["person"], timeout=60))
        assert clients[-1].get("/v1/work").json()["bits"] >= 8
        if sum(_connections(pid) > 1 for pid in pids(exchange, "person")) > 1:
            break
    else:
        raise AssertionError("one process answers everything")
    for _ in range(4):
        videos = [video_code(600) for _ in range(9)]
        assert Person(exchange).send(videos, [], circumstance="no_file").status_code == 201
    told = {client.get("/v1/work").json()["bits"] for client in clients}
    assert len(told) == 1 and told.pop() > 8
    for client in clients:
        client.close()


def _connections(pid: int) -> int:
    count = 0
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        try:
            count += descriptor.readlink().name.startswith("socket:")
        except OSError:
            continue
    return count


@pytest.mark.on_sqlite
def test_a_full_disk_is_said_and_leaves_nothing_half_done(exchange: Running, partner: Partner) -> None:
    mina, late = Person(exchange), Person(exchange)
    hers, other = picture_code(), picture_code()
    assert mina.send([hers], [partner.id], wait_days=0).status_code == 201
    partner.follow_until(lambda: partner.holds(hers))
    body = late.body([other], [partner.id])
    head = partner.head
    limits = {pid: resource.prlimit(pid, resource.RLIMIT_FSIZE) for pid in exchange.processes()}
    try:
        for pid, (_, most) in limits.items():
            # Every write to a file fails from now on, whichever process makes it.
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, most))
        refused = [
            httpx.post(f"{late.url}/v1/cases", json=body, timeout=60),
            mina.withdraw("everything"),
            mina.withdraw(),
        ]
        for answer in refused:
            assert answer.status_code == 503 and answer.headers["Retry-After"] == "60", answer.text
            assert answer.json()["error"]["code"] == "storage" and "Nothing was changed" in answer.text
        assert mina.look().json()["withdrawn"] is None and late.look().status_code == 404
        assert exchange.process is not None and exchange.process.poll() is None
    finally:
        for pid, before in limits.items():
            resource.prlimit(pid, resource.RLIMIT_FSIZE, before)
    assert httpx.post(f"{late.url}/v1/cases", json=body, timeout=60).status_code == 201
    assert mina.withdraw("everything").status_code == 200
    partner.follow_until(lambda: len(partner.holds(other)) == 1 and not partner.holds(hers))
    assert partner.head and head and partner.head.number > head.number
    assert exchange.execute("PRAGMA integrity_check") == [("ok",)]
    until(lambda: not list(exchange.folder.rglob("*.part")))


@pytest.mark.on_sqlite
def test_a_database_that_may_not_grow_says_so_too(tables: object) -> None:
    from django.db import connection, transaction

    from notcontent.exchange.cases.models import Case
    from notcontent.exchange.storage import refuse_for_storage

    with connection.cursor() as cursor:
        [(pages,)] = cursor.execute("PRAGMA page_count").fetchall()
        cursor.execute(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(OperationalError) as caught, transaction.atomic():
        for number in range(1_000):
            Case.objects.create(locator_sha256=f"{number}", look_sha256="1" * 64, withdraw_sha256="2" * 64)
    refused = refuse_for_storage(caught.value)
    assert refused is not None and refused.code == "storage" and Case.objects.count() == 0
    assert refuse_for_storage(ValueError()) is None and refuse_for_storage(OperationalError()) is None
