"""The ICAP door's protocol, what it makes of forms and packed bodies, and what it holds."""

from __future__ import annotations

import contextlib
import gzip
import random
import socket
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notcontent.doors.icap.message import MAX_ENCLOSED_BYTES, NotUnderstood, field_of, parse_question
from notcontent.fingerprint.compute import fingerprint_picture
from tests.conftest import generated_picture
from tests.contracts.door_contract import Said, large_picture
from tests.contracts.test_icap_door import (
    FORM,
    PLAIN,
    RESPONSE,
    IcapAnswer,
    IcapClient,
    chunked,
    form_of,
    question,
    said,
)
from tests.doors.conftest import LISTED
from tests.doors.test_clamd import memory_mib
from tests.guard.running_guard import RunningGuard, free_port, guard_of, wait_until
from tests.guard.small_exchange import SmallExchange

OTHER = generated_picture(2)
GET = b"GET /album/1 HTTP/1.1\r\nHost: site.test\r\n\r\n"


@pytest.fixture(scope="module")
def guard(tmp_path_factory: pytest.TempPathFactory, exchange: SmallExchange) -> Iterator[RunningGuard]:
    settings = {
        "max_upload_mib": 1, "body_timeout_s": 4, "icap_port": free_port(), "icap_when_held": "stop",
        "icap_when_unchecked": "stop", "holds_per_claim_an_hour": 1000,
    }  # fmt: skip
    with guard_of(tmp_path_factory.mktemp("guard") / "data", exchange, settings) as running:
        yield running


@pytest.fixture
def here(guard: RunningGuard) -> tuple[str, int]:
    return "127.0.0.1", int(str(guard.settings["icap_port"]))


def ask(address: tuple[str, int], sent: bytes) -> IcapAnswer:
    with IcapClient(address) as client:
        client.send(sent)
        return client.answer()


def test_the_service_says_what_it_does(here: tuple[str, int]) -> None:
    answer = ask(here, b"OPTIONS icap://127.0.0.1/notcontent ICAP/1.0\r\nHost: a\r\n\r\n")
    assert answer.status == 200
    assert answer.fields["methods"] == "REQMOD, RESPMOD" and answer.fields["allow"] == "204"
    assert answer.fields["istag"].startswith('"') and len(answer.fields["istag"]) <= 34
    assert "preview" not in answer.fields


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"REQMOD icap://a/other ICAP/1.0\r\n\r\n", 404),
        (b"LOGMOD icap://a/notcontent ICAP/1.0\r\n\r\n", 405),
        (b"REQMOD icap://a/notcontent ICAP/2.0\r\n\r\n", 505),
        (b"REQMOD icap://a/notcontent ICAP/1.0\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", 505),
        (b"REQMOD icap://a/notcontent ICAP/1.0\r\nEncapsulated: req-hdr=0, req-body=-1\r\n\r\n", 400),
        (b"REQMOD icap://a/notcontent ICAP/1.0\r\nEncapsulated: req-hdr=9, req-body=1\r\n\r\n", 400),
        (b"REQMOD icap://a/notcontent ICAP/1.0\r\nEncapsulated: req-hdr=0, res-body=10\r\n\r\n", 400),
        (b"REQMOD icap://a/notcontent ICAP/1.0\r\nEncapsulated: req-body=0, req-hdr=10\r\n\r\n", 400),
        (b"REQMOD icap://a/notcontent ICAP/1.0\r\nEncapsulated: req-hdr=0, req-body=9999999\r\n\r\n", 400),
        (question("REQMOD", PLAIN) + b"xyz\r\n", 400),
        (question("REQMOD", PLAIN) + b"3\r\nabcd\r\n", 400),
        (question("REQMOD", PLAIN) + b"fffffffffffffff\r\n", 400),
    ],
)
def test_what_breaks_the_protocol_is_refused(here: tuple[str, int], sent: bytes, status: int) -> None:
    assert ask(here, sent).status == status


def test_a_head_without_an_end_is_cut_off(here: tuple[str, int]) -> None:
    with IcapClient(here) as client:
        client.send(b"REQMOD icap://a/notcontent ICAP/1.0\r\nX: " + b"a" * 500_000)
        with contextlib.suppress(ConnectionError):
            assert client.file.read() == b""


def test_one_connection_takes_many_questions(here: tuple[str, int]) -> None:
    with IcapClient(here) as client:
        for picture, expected in ((OTHER, Said.PASS), (LISTED, Said.STOP), (OTHER, Said.PASS)):
            client.send(question("REQMOD", PLAIN) + chunked(picture))
            assert said(client.answer()) is expected
        client.send(question("REQMOD", GET, has_body=False))
        assert client.answer().status == 204
        client.send(question("REQMOD", PLAIN, more="Connection: close\r\nAllow: 204\r\n") + chunked(OTHER))
        assert client.answer().fields["connection"] == "close"
        assert client.file.read() == b""


def test_questions_sent_ahead_are_answered_in_order(here: tuple[str, int]) -> None:
    with IcapClient(here) as client:
        client.send(b"".join(question("REQMOD", PLAIN) + chunked(each) for each in (LISTED, OTHER, LISTED)))
        assert [said(client.answer()) for _ in range(3)] == [Said.STOP, Said.PASS, Said.STOP]


def test_without_204_the_same_message_comes_back(here: tuple[str, int]) -> None:
    asked = ask(here, question("REQMOD", PLAIN, more="") + chunked(OTHER))
    assert (asked.status, asked.fields["encapsulated"]) == (200, f"req-hdr=0, req-body={len(PLAIN)}")
    assert (asked.enclosed, asked.body) == (PLAIN, OTHER)
    # Of a response the answer holds the response alone.
    shown = ask(here, question("RESPMOD", GET, RESPONSE, more="") + chunked(OTHER))
    assert shown.fields["encapsulated"] == f"res-hdr=0, res-body={len(RESPONSE)}"
    assert (shown.enclosed, shown.body) == (RESPONSE, OTHER)
    empty = ask(here, question("RESPMOD", GET, RESPONSE, more="", has_body=False))
    assert (empty.fields["encapsulated"], empty.enclosed) == (f"res-hdr=0, null-body={len(RESPONSE)}", RESPONSE)
    assert ask(here, question("REQMOD", PLAIN, more="") + chunked(b"")).body == b""


def test_a_response_is_judged_like_an_upload(here: tuple[str, int]) -> None:
    assert said(ask(here, question("RESPMOD", GET, RESPONSE) + chunked(LISTED))) is Said.STOP
    assert said(ask(here, question("RESPMOD", GET, RESPONSE) + chunked(OTHER))) is Said.PASS


@pytest.mark.parametrize("preview_bytes", [0, 10, 5000])
@pytest.mark.parametrize("picture", [LISTED, OTHER], ids=["listed", "other"])
def test_a_preview_that_nobody_asked_for_is_followed_by_the_rest(
    here: tuple[str, int], preview_bytes: int, picture: bytes
) -> None:
    with IcapClient(here) as client:
        more = f"Preview: {preview_bytes}\r\n"
        client.send(question("REQMOD", PLAIN, more=more) + chunked(picture[:preview_bytes]))
        assert client.file.readline() == b"ICAP/1.0 100 Continue\r\n" and client.file.readline() == b"\r\n"
        client.send(chunked(picture[preview_bytes:]))
        answer = client.answer()
        assert said(answer) is (Said.STOP if picture is LISTED else Said.PASS)
        assert picture is LISTED or answer.body == picture


def test_a_preview_that_is_all_of_it_is_answered_at_once(here: tuple[str, int]) -> None:
    for picture, expected in ((LISTED, Said.STOP), (OTHER, Said.PASS)):
        sent = question("REQMOD", PLAIN, more="Preview: 500000\r\nAllow: 204\r\n") + chunked(picture)
        assert said(ask(here, sent.removesuffix(b"0\r\n\r\n") + b"0; ieof\r\n\r\n")) is expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ([OTHER, OTHER], Said.PASS),
        ([OTHER, LISTED], Said.STOP),
        ([LISTED, OTHER], Said.STOP),
        ([b"a letter", LISTED, b"{}"], Said.STOP),
        ([OTHER[:3000], LISTED], Said.STOP),
        ([OTHER[:3000], OTHER], Said.NOT_CHECKED),
        ([b"", b"text", b"%PDF-1.7 " + bytes(3 << 20)], Said.PASS),
        ([OTHER] * 40, Said.PASS),
    ],
)
def test_each_file_of_a_form_is_judged(here: tuple[str, int], files: list[bytes], expected: Said) -> None:
    assert said(ask(here, question("REQMOD", FORM) + chunked(form_of(*files)))) is expected


def test_a_broken_form_was_not_checked(here: tuple[str, int], guard: RunningGuard) -> None:
    for body in (form_of(OTHER)[:-30], b"no form at all", b""):
        assert said(ask(here, question("REQMOD", FORM) + chunked(body))) is Said.NOT_CHECKED
    assert (
        said(ask(here, question("REQMOD", FORM.replace(b"; boundary=nEvEr", b"")) + chunked(b"a"))) is Said.NOT_CHECKED
    )
    long = FORM.replace(b"nEvEr", b"n" * 5000)
    assert said(ask(here, question("REQMOD", long) + chunked(b"a"))) is Said.NOT_CHECKED
    crumbs = question("REQMOD", FORM) + chunked(form_of(OTHER[:2000], LISTED), 3)
    assert said(ask(here, crumbs)) is Said.STOP
    assert guard.log.read_text() == ""


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [
        (b"gzip", gzip.compress),
        (b"deflate", zlib.compress),
        (b"x-gzip", lambda d: gzip.compress(b"") + gzip.compress(d)),
    ],
)
def test_packed_bodies_are_unpacked(here: tuple[str, int], encoding: bytes, pack: object) -> None:
    for head, make in ((PLAIN, lambda file: file), (FORM, form_of)):
        packed_head = head.replace(b"Host:", b"Content-Encoding: " + encoding + b"\r\nHost:")
        for picture, expected in ((LISTED, Said.STOP), (OTHER, Said.PASS), (b"<p>A page.", Said.PASS)):
            sent = question("REQMOD", packed_head) + chunked(pack(make(picture)))  # type: ignore[operator]
            assert said(ask(here, sent)) is expected


def test_a_form_of_very_many_parts_was_not_checked(here: tuple[str, int]) -> None:
    head = FORM.replace(b"Host:", b"Content-Encoding: gzip\r\nHost:")
    assert said(ask(here, question("REQMOD", FORM) + chunked(form_of(*[b"a"] * 900)))) is Said.PASS
    for sent in (question("REQMOD", FORM) + chunked(form_of(*[b"a"] * 1100)),
                 question("REQMOD", head) + chunked(gzip.compress(form_of(*[b"a"] * 12_000)))):  # fmt: skip
        assert said(ask(here, sent)) is Said.NOT_CHECKED


def test_a_bomb_of_packed_bytes_is_not_unpacked_to_its_end(here: tuple[str, int], guard: RunningGuard) -> None:
    head = PLAIN.replace(b"Host:", b"Content-Encoding: gzip\r\nHost:")
    bomb = gzip.compress(b"\xff\xd8\xff" + bytes(500 << 20))
    before = memory_mib(guard.process.pid)
    assert said(ask(here, question("REQMOD", head) + chunked(bomb))) is Said.NOT_CHECKED
    assert memory_mib(guard.process.pid) - before < 20
    for twice in (b"gzip, gzip", b"br"):
        other = PLAIN.replace(b"Host:", b"Content-Encoding: " + twice + b"\r\nHost:")
        assert said(ask(here, question("REQMOD", other) + chunked(b"whatever"))) is Said.NOT_CHECKED
        page = other.replace(b"application/octet-stream", b"text/html")
        assert said(ask(here, question("REQMOD", page) + chunked(b"whatever"))) is Said.PASS


@pytest.mark.parametrize("allow", ["Allow: 204\r\n", ""])
def test_everyday_traffic_passes_at_any_size_and_is_not_held(
    here: tuple[str, int], guard: RunningGuard, allow: str
) -> None:
    page = b"<!doctype html>" + bytes(30 << 20)
    before = memory_mib(guard.process.pid)
    head = RESPONSE.replace(b"image/jpeg", b"text/html")
    sent = question("RESPMOD", GET, head, more=allow) + chunked(page)
    with IcapClient(here) as client:
        sending = threading.Thread(target=client.send, args=(sent,))
        sending.start()
        answer = client.answer()
        sending.join(60)
    assert said(answer) is Said.PASS and (allow or answer.body == page)
    assert memory_mib(guard.process.pid) - before < 15


def test_what_is_larger_than_can_be_held_is_stopped_with_and_without_204(here: tuple[str, int]) -> None:
    huge = large_picture()
    assert said(ask(here, question("REQMOD", PLAIN) + chunked(huge))) is Said.NOT_CHECKED
    assert said(ask(here, question("REQMOD", PLAIN, more="") + chunked(huge))) is Said.NOT_CHECKED
    many = form_of(*[OTHER] * 40)
    assert len(many) > 1 << 20
    assert said(ask(here, question("REQMOD", FORM, more="") + chunked(many))) is Said.NOT_CHECKED


def test_where_that_is_stated_what_cannot_be_checked_passes_but_a_match_does_not(
    tmp_path: Path, exchange: SmallExchange
) -> None:
    settings = {"max_upload_mib": 1, "icap_port": free_port(), "icap_when_held": "stop", "icap_when_unchecked": "pass"}
    lenient = RunningGuard(tmp_path / "data", exchange, settings).start()
    try:
        lenient.catch_up()
        here = ("127.0.0.1", int(str(settings["icap_port"])))
        huge = large_picture()
        assert said(ask(here, question("REQMOD", PLAIN) + chunked(huge))) is Said.PASS
        assert ask(here, question("REQMOD", PLAIN, more="") + chunked(huge)).body == huge
        assert ask(here, question("REQMOD", PLAIN, more="") + chunked(OTHER[:3000])).body == OTHER[:3000]
        assert said(ask(here, question("REQMOD", FORM) + chunked(form_of(huge, LISTED)))) is Said.STOP
        # What has gone back already is cut off before its end.
        with IcapClient(here) as client, pytest.raises(ValueError, match="invalid literal"):
            client.send(question("REQMOD", FORM, more="") + chunked(form_of(huge, LISTED)))
            client.answer()
    finally:
        lenient.stop()


def test_the_tag_changes_with_the_list_and_with_nothing_else(
    here: tuple[str, int], guard: RunningGuard, exchange: SmallExchange
) -> None:
    def tag() -> str:
        return ask(here, question("REQMOD", GET, has_body=False)).fields["istag"]

    before = tag()
    ask(here, question("REQMOD", PLAIN) + chunked(LISTED))
    assert tag() == before
    entry = exchange.add(fingerprint_picture(generated_picture(3)).orientations[0].value)
    guard.catch_up()
    after = tag()
    assert after != before
    exchange.withdraw(entry)
    guard.catch_up()
    assert tag() not in (before, after)


def test_clients_that_fall_silent_are_closed_and_stall_nobody(here: tuple[str, int]) -> None:
    beginnings = [
        b"",
        b"REQMOD icap",
        question("REQMOD", PLAIN)[:-20],
        question("REQMOD", PLAIN) + b"ffff\r\n\xff\xd8\xff",
    ]
    silent = []
    for beginning in beginnings * 25:
        silent.append((beginning, socket.create_connection(here)))
        silent[-1][1].sendall(beginning)
    assert said(ask(here, question("REQMOD", PLAIN) + chunked(LISTED))) is Said.STOP
    for beginning, connection in silent:
        connection.settimeout(60)
        heard = connection.recv(4096)
        assert heard == b"" or (b"ICAP/1.0 408 " in heard and b"REQMOD" in beginning)
        connection.close()


def test_nothing_of_a_client_is_logged_whatever_goes_wrong(here: tuple[str, int], guard: RunningGuard) -> None:
    more = "X-Client-IP: 203.0.113.77\r\nX-Client-Username: mina\r\nAllow: 204\r\n"
    for body in (chunked(LISTED), chunked(OTHER[:3000]), b"zzz\r\n", b"5\r\nab"):
        with IcapClient(here) as client:
            client.send(question("REQMOD", PLAIN, more=more) + body)
            client.socket.shutdown(socket.SHUT_WR)
            client.file.read()
    log = guard.log.read_text()
    assert "203.0.113" not in log and "mina" not in log and "Traceback" not in log


def test_one_connection_too_many_is_closed_and_the_others_go_on(here: tuple[str, int]) -> None:
    held = [socket.create_connection(here) for _ in range(256)]
    with IcapClient(here) as client:
        client.send(question("REQMOD", GET, has_body=False))
        with contextlib.suppress(ConnectionError):
            assert client.file.read() == b""
    for connection in held:
        connection.close()
    wait_until(lambda: answers(here), "a place")


def answers(address: tuple[str, int]) -> bool:
    with contextlib.suppress(OSError, IndexError):
        return ask(address, question("REQMOD", GET, has_body=False)).status == 204
    return False


def mutated(message: bytes, drawn: random.Random) -> bytes:
    data = bytearray(message)
    for _ in range(drawn.randint(1, 6)):
        place = drawn.randrange(len(data))
        match drawn.randrange(3):
            case 0:
                data[place] = drawn.randrange(256)
            case 1:
                del data[place : place + drawn.randint(1, 30)]
            case _:
                data[place:place] = drawn.choice([b"\r\n", b"0\r\n\r\n", b";", b"--nEvEr", b"\0", b"ffffffff"])
    return bytes(data)


def test_broken_messages_of_all_kinds_leave_it_standing(here: tuple[str, int], guard: RunningGuard) -> None:
    drawn = random.Random(6)
    small = generated_picture(5, 64, 64)
    whole = [
        question("REQMOD", FORM) + chunked(form_of(small, b"text"), 500),
        question("RESPMOD", GET, RESPONSE, more="Preview: 100\r\n") + chunked(small[:100]) + chunked(small[100:]),
        question("REQMOD", PLAIN.replace(b"Host:", b"Content-Encoding: gzip\r\nHost:")) + chunked(gzip.compress(small)),
    ]
    for number in range(300):
        with IcapClient(here) as client:
            client.send(mutated(whole[number % 3], drawn))
            with contextlib.suppress(OSError):
                client.socket.shutdown(socket.SHUT_WR)
                client.file.read()
    assert said(ask(here, question("REQMOD", PLAIN) + chunked(LISTED))) is Said.STOP
    assert guard.log.read_text() == ""


@given(st.binary(max_size=300))
def test_any_head_is_read_or_refused(untrusted: bytes) -> None:
    for head in (untrusted, b"REQMOD icap://a/notcontent ICAP/1.0\r\nEncapsulated: " + untrusted):
        try:
            read = parse_question(head)
        except NotUnderstood:
            continue
        assert 0 <= read.enclosed_bytes <= MAX_ENCLOSED_BYTES


def test_the_page_of_a_stopped_upload_is_in_the_language_of_the_request_inside(here: tuple[str, int]) -> None:
    asks = PLAIN[:-2] + b"Accept-Language: ar, en;q=0.5\r\n\r\n"
    for sent in (question("REQMOD", asks), question("RESPMOD", asks, RESPONSE)):
        answer = ask(here, sent + chunked(LISTED))
        assert answer.enclosed.startswith(b"HTTP/1.1 403 Forbidden\r\n")
        assert answer.enclosed.count(b"Content-Length: %d\r\n" % len(answer.body)) == 1
        assert '<html lang="ar" dir="rtl">' in answer.body.decode() and "هذا الملف محجوز للفحص" in answer.body.decode()


def test_a_field_is_found_however_it_is_written() -> None:
    head = b"POST / HTTP/1.1\r\nX-Content-Type: a\r\ncontent-TYPE :  image/png \r\nHost: b\r\n\r\n"
    assert field_of(head, b"content-type") == b"image/png"
    assert field_of(head, b"content-encoding") == b""
