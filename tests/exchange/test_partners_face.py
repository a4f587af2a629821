"""What guards and the exchange say to each other."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from notcontent.feed.entry import SetTier
from notcontent.feed.receipt import ReceiptState
from notcontent.feed.signature import PublicKey, SigningKey
from tests.exchange.running import Partner, Person, Running, command, head_of, operations_of, picture_code


def listed(partner: Partner, person: Person) -> str:
    """A new picture code of this person on this stream; the id it has there."""
    code = picture_code()
    assert person.send([code], [partner.id]).status_code == 201
    partner.follow_until(lambda: partner.holds(code))
    (entry,) = partner.holds(code)
    return entry


@pytest.mark.parametrize(
    "method_and_path", ["GET /v1/feed/keys", "GET /v1/feed/poll?epoch=1&after=0", "POST /v1/reports"]
)
def test_nothing_is_told_without_a_token(exchange: Running, method_and_path: str) -> None:
    method, path = method_and_path.split()
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic abc"}, {"Authorization": "Bearer"}):
        answer = httpx.request(method, exchange.urls["partners"] + path, headers=headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "unauthorized")


def test_a_poll_is_answered_on_the_connection_that_a_large_body_came_by(exchange: Running, partner: Partner) -> None:
    with httpx.Client(base_url=exchange.urls["partners"], headers={"Authorization": f"Bearer {partner.token}"}) as one:
        for _ in range(3):
            # So much that the server stops reading for a while, and goes on inside of this request.
            assert one.post("/v1/reports", content=b"x" * 1_000_000).status_code == 400
            assert one.get("/v1/feed/poll?epoch=1&after=0&wait=0").status_code == 200


def test_tokens_are_kept_as_hashes_and_end(exchange: Running) -> None:
    partner = exchange.partner("A site whose token ends")
    assert partner.get("/v1/feed/keys").status_code == 200
    assert _files_with(exchange.folder, partner.token.encode()) == []
    other = exchange.partner("A site whose token ends")
    yesterday = (datetime.now(UTC).date() - timedelta(days=1)).isoformat()
    digest = hashlib.sha256(other.token.encode()).hexdigest()
    statement = "UPDATE partners_token SET expires = ? WHERE token_sha256 = ?"
    assert exchange.execute(statement, yesterday, digest) == [(1,)]
    answer = other.get("/v1/feed/keys")
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden")


def test_a_token_that_may_only_read_reports_nothing(exchange: Running) -> None:
    partner = exchange.partner("A site that only reads")
    digest = hashlib.sha256(partner.token.encode()).hexdigest()
    exchange.execute("UPDATE partners_token SET scope = 'feed' WHERE token_sha256 = ?", digest)
    assert partner.get("/v1/feed/keys").status_code == 200
    assert partner.register().status_code == 403


def _files_with(folder: Path, wanted: bytes) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and wanted in path.read_bytes()]


def test_a_token_sees_its_own_stream_only(exchange: Running, partner: Partner, mina: Person) -> None:
    other = exchange.partner("Somebody else")
    entry = listed(partner, mina)
    other.poll()
    assert other.feed != partner.feed and entry not in other.live


def test_a_waiting_poll_is_answered_when_something_is_cut(exchange: Running, partner: Partner, mina: Person) -> None:
    partner.poll()
    before = time.monotonic()
    assert partner.poll(wait_s=1) == 0
    assert time.monotonic() - before > 0.8
    code = picture_code()
    body = mina.body([code], [partner.id])
    httpx.post(f"{mina.url}/v1/cases", json=body, timeout=60)
    sent = time.monotonic()
    partner.poll(wait_s=25)
    assert partner.holds(code) and time.monotonic() - sent < 20


def test_a_follower_that_is_too_far_behind_or_ahead_gets_the_head_at_once(partner: Partner, mina: Person) -> None:
    listed(partner, mina)
    for epoch, after in ((0, 0), (2, 0), (1, 10**6)):
        before = time.monotonic()
        answer = partner.get(f"/v1/feed/poll?epoch={epoch}&after={after}&wait=25").json()
        assert answer["deltas"] == [] and head_of(answer).number >= 1
        assert time.monotonic() - before < 20


@pytest.mark.parametrize(
    "question", ["", "epoch=1", "epoch=1&after=-1", "epoch=1&after=x", "epoch=1&after=0&wait=26", "epoch=1&after=01"]
)
def test_a_poll_that_asks_badly_is_refused(partner: Partner, question: str) -> None:
    assert partner.get(f"/v1/feed/poll?{question}").status_code == 400


def test_a_delta_tells_no_case_and_no_time_finer_than_a_day(partner: Partner, mina: Person) -> None:
    entry = listed(partner, mina)
    answer = partner.get("/v1/feed/poll?epoch=1&after=0").json()
    assert any(getattr(operation, "entry", "") == entry for operation in operations_of(answer))
    for delta in answer["deltas"]:
        assert "T" not in delta["text"].split("day: ")[1].split("\n")[0]
        assert (
            mina.locator not in delta["text"]
            and hashlib.sha256(bytes.fromhex(mina.locator)).hexdigest() not in delta["text"]
        )


def test_a_snapshot_comes_whole_in_ranges_and_signed(exchange: Running, mina: Person) -> None:
    partner = exchange.partner("A site that starts late")
    mina.send([picture_code() for _ in range(20)], [partner.id])
    partner.follow_until(lambda: len(partner.live) == 20)
    other = Person(exchange)
    other.send([picture_code()], [partner.id])
    partner.follow_until(lambda: len(partner.live) == 21)
    other.withdraw()
    partner.follow_until(lambda: len(partner.live) == 20)
    command(exchange.folder, "erase")
    answer = partner.get("/v1/feed/poll?epoch=1&after=0&wait=25").json()
    head = head_of(answer)
    assert answer["deltas"] == [] and head.oldest == head.number + 1 == head.snapshot + 1
    path = f"/v1/feed/snapshots/{head.epoch}-{head.snapshot}"

    whole = partner.get(path)
    assert whole.status_code == 200 and len(whole.content) == head.snapshot_bytes
    assert hashlib.sha256(whole.content).hexdigest() == head.snapshot_sha256
    etag = whole.headers["etag"]
    assert etag == f'"{head.snapshot_sha256}"'

    half = partner.get(path, Range="bytes=100-", **{"If-Range": etag})
    assert half.status_code == 206 and whole.content[:100] + half.content == whole.content
    assert half.headers["content-range"] == f"bytes 100-{len(whole.content) - 1}/{len(whole.content)}"
    assert partner.get(path, Range="bytes=5-9").content == whole.content[5:10]
    assert partner.get(path, Range="bytes=-7").content == whole.content[-7:]
    assert partner.get(path, Range=f"bytes={len(whole.content)}-").status_code == 416
    assert partner.get(path, Range="bytes=100-", **{"If-Range": '"another"'}).content == whole.content
    assert partner.get(path, Range="lines=1-2").content == whole.content
    assert partner.get(path, Range="bytes=0-1,4-5").content == whole.content
    assert partner.get(path, **{"If-None-Match": etag}).status_code == 304

    signature = partner.get(path + ".minisig")
    assert signature.headers["content-type"].startswith("text/plain")
    keys = partner.get("/v1/feed/keys").json()["text"]
    online = PublicKey.from_text(next(line[5:] for line in keys.splitlines() if line.startswith("key: ")))
    import io

    online.verify_file(io.BytesIO(whole.content), signature.text)
    for wrong in ("1-0", "2-1", "x", "1-1.minisig", "99999999999999999999-1"):
        assert partner.get(f"/v1/feed/snapshots/{wrong}").status_code == 404


def test_a_guards_key_is_registered_once(exchange: Running) -> None:
    partner = exchange.partner("A site with two guards")
    assert partner.register().json() == {"feed": partner.feed}
    assert partner.register().status_code == 200
    partner.key = SigningKey.generate()
    assert partner.register().status_code == 409
    assert partner.post("/v1/guards", {"public_key": "nonsense"}).status_code == 422


def test_receipts_come_twice_and_count_once(exchange: Running, mina: Person) -> None:
    partner = exchange.partner("A site with receipts")
    entry = listed(partner, mina)
    assert partner.send_receipts(entry, state=ReceiptState.STOPPED).status_code == 422, "no key was registered yet"
    partner.register()
    assert partner.send_receipts(entry, state=ReceiptState.STOPPED).json() == {"accepted": 0, "ignored": 1}
    mina.withdraw()
    partner.follow_until(lambda: entry not in partner.live)
    for _ in range(2):
        assert partner.send_receipts(entry, state=ReceiptState.STOPPED).json() == {"accepted": 1, "ignored": 0}
    assert mina.site_state() == "stopped"
    unknown = secrets.token_hex(16)
    assert partner.send_receipts(entry, unknown, state=ReceiptState.ERASED).json() == {"accepted": 1, "ignored": 1}
    assert mina.site_state() == "erased"


def test_one_false_receipt_refuses_the_whole_body(exchange: Running, mina: Person) -> None:
    partner = exchange.partner("A site with a false receipt")
    entry = listed(partner, mina)
    partner.register()
    mina.withdraw()
    partner.follow_until(lambda: entry not in partner.live)
    good = partner.receipt(entry, ReceiptState.STOPPED)
    forged = good | {"text": good["text"].replace("stopped", "erased")}
    foreign = partner.receipt(entry, ReceiptState.STOPPED, feed="0" * 32)
    for bad in (forged, foreign, {"text": "x"}, 5):
        assert partner.post("/v1/receipts", {"receipts": [good, bad]}).status_code == 422
    assert mina.site_state() == "stopping"
    partner.key = SigningKey.generate()
    assert partner.send_receipts(entry, state=ReceiptState.STOPPED).status_code == 422


def test_a_report_counts_once_and_takes_a_decision_once(exchange: Running, mina: Person) -> None:
    partner = exchange.partner("A site with reports")
    entry = listed(partner, mina)
    report = secrets.token_hex(16)
    for _ in range(2):
        assert partner.report(entry, id=report).json() == {"accepted": 1, "ignored": 0}
    assert mina.look().json()["sites"][0]["hits"] == "once"
    partner.report(entry, id=report, decision="release", reason="not_intimate")
    assert mina.look().json()["sites"][0]["hits"] == "none"
    partner.report(entry, id=report, decision="block", reason="intimate")
    assert mina.look().json()["sites"][0]["hits"] == "none", "a decision is added once"
    assert partner.report(secrets.token_hex(16)).json() == {"accepted": 0, "ignored": 1}
    mina.withdraw()
    partner.follow_until(lambda: entry not in partner.live)
    assert partner.report(entry).json() == {"accepted": 0, "ignored": 1}


def test_she_learns_that_a_site_has_copies_from_before_she_came(exchange: Running, mina: Person) -> None:
    partner, other = exchange.partner("A site with a past"), exchange.partner("A site without one")
    code = picture_code()
    mina.send([code], [partner.id, other.id])
    for each in (partner, other):
        each.follow_until(lambda each=each: each.holds(code))
        each.report(*each.holds(code))
    sites = {site["id"]: site for site in mina.look().json()["sites"]}
    assert [(sites[each.id]["hits"], sites[each.id]["already_there"]) for each in (partner, other)] == [
        ("once", False)
    ] * 2
    for _ in range(2):
        assert partner.report(*partner.holds(code), verdict="here").json() == {"accepted": 1, "ignored": 0}
    sites = {site["id"]: site for site in mina.look().json()["sites"]}
    assert (sites[partner.id]["hits"], sites[partner.id]["already_there"]) == ("a few times", True)
    assert (sites[other.id]["hits"], sites[other.id]["already_there"]) == ("once", False)


@pytest.mark.parametrize(
    "changed",
    [{"verdict": "allow"}, {"decision": "maybe"}, {"reason": "because"}, {"day": "today"}, {"id": "x"}, {"link": 1}],
)
def test_a_malformed_report_is_refused(partner: Partner, changed: dict[str, object]) -> None:
    assert partner.report("0" * 32, **changed).status_code == 400


def test_a_tier_set_by_command_reaches_the_stream(exchange: Running, partner: Partner, mina: Person) -> None:
    entry = listed(partner, mina)
    said = command(exchange.folder, "tier", entry, "verified", "--by", "Desk", "--reason", "she showed who she is")
    assert "audit" in said
    partner.follow_until(lambda: partner.live[entry][1] == "verified")
    assert any(operation == SetTier(entry, "verified") for _, operation in partner.operations)  # type: ignore[arg-type]
    assert "No live entry" in command(
        exchange.folder, "tier", "0" * 32, "verified", "--by", "Desk", "--reason", "x", fails=True
    )


def test_hits_are_kept_back_for_the_set_days(tables: object) -> None:
    from notcontent.exchange.cases.looking import find_case, status_of
    from notcontent.exchange.cases.opening import NewCase, open_case
    from notcontent.exchange.lists.models import Listing
    from notcontent.exchange.partners.joining import add_partner
    from notcontent.exchange.partners.models import Report
    from tests.exchange.test_publisher import Code

    day = date(2026, 11, 22)
    joined = add_partner(name="Board", country="zz", site="", proves_forgetting=True, today=day)
    open_case(NewCase("0" * 64, "1" * 64, "2" * 64, "online", [Code.new()], [joined.partner]), 200, day)
    Report.objects.create(
        stream_id=joined.feed, report="3" * 32, listing=Listing.objects.get(), verdict="here", day=day
    )
    case = find_case("0" * 64, "1" * 64)
    assert case is not None
    told = [status_of(case, 1, day + timedelta(days=later)).sites[0] for later in (0, 1)]
    assert [(site.hits, site.already_there) for site in told] == [("none", False), ("once", True)]


@pytest.mark.on_sqlite
def test_a_thousand_waiting_polls_hold_no_thread_and_no_database_connection(exchange: Running, mina: Person) -> None:
    partner = exchange.partner("A site with a thousand guards")
    partner.poll()
    pid = _process_of(exchange, "partners")
    threads, files = _threads(pid), _open_tables(pid)

    async def many() -> tuple[int, int, list[bytes]]:
        waiting = [asyncio.create_task(_raw_poll(partner, 25)) for _ in range(1_000)]
        await asyncio.sleep(6)
        assert not any(task.done() for task in waiting)
        seen = _threads(pid), _open_tables(pid)
        code = picture_code()
        body = await asyncio.to_thread(mina.body, [code], [partner.id])
        async with httpx.AsyncClient() as client:
            assert (await client.post(f"{mina.url}/v1/cases", json=body, timeout=60)).status_code == 201
        answers = await asyncio.gather(*waiting)
        return *seen, answers

    threads_then, files_then, answers = asyncio.run(many())
    assert threads_then <= threads + 2
    assert files_then <= files + 1
    assert all(b"200 OK" in answer and b"add " in answer for answer in answers)


async def _raw_poll(partner: Partner, wait_s: int) -> bytes:
    address = urlsplit(partner.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    question = f"GET /v1/feed/poll?epoch=1&after=0&wait={wait_s} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    writer.write(f"{question}Authorization: Bearer {partner.token}\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    return answer


def _process_of(exchange: Running, role: str) -> int:
    assert exchange.process is not None
    for status in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = status.read_bytes().split(b"\0")
        except OSError:
            continue
        if str(exchange.folder).encode() in words and role.encode() in words:
            return int(status.parent.name)
    raise AssertionError("no such process")


def _threads(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/task").iterdir()))


def _open_tables(pid: int) -> int:
    """How often the process has the database open."""
    found = 0
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        try:
            found += "sqlite3" in str(descriptor.readlink())
        except OSError:
            continue
    return found
