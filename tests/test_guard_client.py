"""A host's side of a guard: every answer becomes pass or stop, by a rule that the host stated."""

from __future__ import annotations

import io
import itertools
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from notcontent.feed.entry import Tier
from notcontent.fingerprint.compute import fingerprint_picture
from notcontent.guard.words import Words
from notcontent.guard_client import (
    BadClientSettings,
    GuardCannotAnswer,
    GuardClient,
    GuardUnreachable,
    NoPicture,
    NotAGuard,
    Outcome,
    Rule,
    Said,
    TokenRefused,
    UploadNotRead,
)
from tests.conftest import generated_picture
from tests.guard.running_guard import UPLOADER_TEXT, RunningGuard
from tests.guard.small_exchange import SmallExchange

OPEN, CLOSED = Rule(Outcome.PASS, Outcome.PASS, Outcome.PASS), Rule(Outcome.STOP, Outcome.STOP, Outcome.STOP)
CLAIMED, VERIFIED = generated_picture(1), generated_picture(2)


@pytest.fixture(scope="module")
def guard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGuard]:
    folder = tmp_path_factory.mktemp("client")
    (folder / "exchange").mkdir()
    with SmallExchange(folder / "exchange") as exchange:
        running = RunningGuard(folder / "guard", exchange, {"decoder_workers": 1, "max_upload_mib": 1}).start()
        exchange.add(fingerprint_picture(CLAIMED).orientations[0].value)
        exchange.add(fingerprint_picture(VERIFIED).orientations[0].value, Tier.VERIFIED)
        running.catch_up()
        yield running
        running.stop()


@contextmanager
def answering(*answers: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """A server that reads one request a connection and gives these answers in turn; and what it was sent."""
    sent: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        for answer in answers:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                data = b""
                while not (b"\r\n\r\n" in data and (data.endswith((b"UPLOAD", b"0\r\n\r\n")))):
                    if not (block := connection.recv(65536)):
                        break
                    data += block
                sent.append(data)
                connection.sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", sent
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(60)


def reply(status: int, body: bytes, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} x", f"Content-Length: {len(body)}", "Connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def test_an_unlisted_upload_passes_and_a_listed_one_becomes_what_the_rule_says(guard: RunningGuard) -> None:
    for rule, held in ((OPEN, Outcome.PASS), (CLOSED, Outcome.STOP)):
        client = GuardClient(guard.url, guard.token, rule)
        passed, hold, block = map(client.check, (generated_picture(7), CLAIMED, VERIFIED))
        assert (passed.outcome, passed.said, passed.uploader_text) == (Outcome.PASS, Said.ALLOW, None)
        assert (hold.outcome, hold.said) == (held, Said.HOLD)
        assert hold.uploader_text == (None if held is Outcome.PASS else UPLOADER_TEXT)
        assert (block.outcome, block.said) == (Outcome.STOP, Said.BLOCK)
        assert block.uploader_text == UPLOADER_TEXT
        assert hold.upload and client.state(hold.upload) == "open"
        assert client.state("0" * 32) is None


@pytest.mark.parametrize("rule", [OPEN, CLOSED])
def test_what_cannot_be_looked_at_meets_what_the_rule_says_and_a_reason(guard: RunningGuard, rule: Rule) -> None:
    client = GuardClient(guard.url, guard.token, rule)
    for upload, said, error in (
        (generated_picture(1)[:3000], Said.UNCHECKED, UploadNotRead),
        (b"", Said.NO_PICTURE, NoPicture),
        # A picture, if of a kind that nobody here opens: not to pass as a document would.
        (b"\0\0\0\x18ftypheic" + bytes(5000), Said.UNCHECKED, UploadNotRead),
        (b"\xff\xd8\xff" + bytes(3 << 20), Said.UNCHECKED, UploadNotRead),
        (b"%PDF-1.4 and no picture", Said.NO_PICTURE, NoPicture),
    ):
        answer = client.check(upload)
        assert (answer.outcome, answer.said, type(answer.error)) == (rule.when_unchecked, said, error)
        assert (answer.uploader_text is None) is (answer.outcome is Outcome.PASS)


def test_uploaders_read_what_is_stopped_in_their_language(guard: RunningGuard) -> None:
    client = GuardClient(guard.url, guard.token, CLOSED)
    told = {
        (language, text): client.check(upload, accept_language=language).uploader_text
        for language in ("ko-KR,en;q=0.5", "de", "fr", "x\r\nX-Other: y")
        for text, upload in (("held", VERIFIED), ("unreadable", b"%PDF-1.4 and no picture"))
    }
    for (language, text), said in told.items():
        assert said == Words.asked_for(language).say(f"uploader.{text}"), language
    assert len(set(told.values())) == 6
    away = GuardClient("http://127.0.0.1:1", guard.token, CLOSED).check(VERIFIED, accept_language="de")
    assert away.uploader_text == Words.asked_for("").say("uploader.unchecked")


def test_the_three_parts_of_a_rule_are_asked_for_singly() -> None:
    for parts in itertools.product(Outcome, repeat=3):
        rule = Rule(*parts)
        assert [rule.outcome(said) for said in (Said.HOLD, Said.UNCHECKED, Said.NO_PICTURE)] == list(parts)
        assert rule.outcome(Said.ALLOW) is Outcome.PASS and rule.outcome(Said.BLOCK) is Outcome.STOP


def test_nothing_is_decided_silently() -> None:
    with pytest.raises(TypeError):
        GuardClient("http://127.0.0.1:1", "token")  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        Rule(Outcome.STOP)  # type: ignore[call-arg]
    for word in ("", "allow", "PASS", None):
        with pytest.raises(BadClientSettings, match=r"when_unchecked has to say 'pass' or 'stop'"):
            Rule(Outcome.STOP, word, Outcome.STOP)  # type: ignore[arg-type]
    assert Rule("stop", "pass", "pass").when_unchecked is Outcome.PASS  # type: ignore[arg-type]


@pytest.mark.parametrize("url", ["", "10.9.8.7:8100", "ftp://guard", "http://", "http://guard:70000", "http://a/?b=c"])
def test_an_address_that_is_none_is_said_at_once_and_not_repeated(url: str) -> None:
    with pytest.raises(BadClientSettings) as error:
        GuardClient(url, "token", CLOSED)
    assert "guard:70000" not in str(error.value) and "10.9.8.7" not in str(error.value)


@pytest.mark.parametrize("token", ["", " ", "a\r\nX-Other: b", "tökén"])
def test_a_token_that_is_none_is_said_at_once(token: str) -> None:
    with pytest.raises(BadClientSettings):
        GuardClient("http://127.0.0.1:1", token, CLOSED)


def test_a_file_is_sent_from_where_it_stands_and_a_pipe_in_chunks(guard: RunningGuard, tmp_path: Path) -> None:
    client = GuardClient(guard.url, guard.token, CLOSED)
    path = tmp_path / "upload"
    path.write_bytes(b"a head of another program" + VERIFIED)
    with path.open("rb") as file:
        file.seek(len(b"a head of another program"))
        assert client.check(file).said is Said.BLOCK
    process = subprocess.Popen(
        [sys.executable, "-c", f"import sys; sys.stdout.buffer.write(open({str(path)!r}, 'rb').read()[25:])"],
        stdout=subprocess.PIPE,
    )
    assert process.stdout and not process.stdout.seekable()
    assert client.check(process.stdout).said is Said.BLOCK
    process.stdout.close()
    process.wait(60)


def test_a_large_file_is_never_held_in_memory() -> None:
    class Endless(io.RawIOBase):
        largest, left = 0, 20 << 20

        def readable(self) -> bool:
            return True

        def read(self, size: int = -1) -> bytes:
            assert size > 0
            self.largest, given = max(self.largest, size), min(size, self.left)
            self.left -= given
            return bytes(given)

    endless = Endless()
    with answering(reply(451, b'{"verdict": "block", "id": "1", "uploader_text": "x"}')) as (url, sent):
        # The server keeps what it gets; the client does not.
        assert GuardClient(url, "token", CLOSED).check(endless).said is Said.BLOCK  # type: ignore[arg-type]
    assert endless.left == 0 and endless.largest <= 1 << 20 and b"chunked" in sent[0][:500]


def test_a_fault_in_reading_the_file_is_no_fault_of_the_guard() -> None:
    class Broken(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            raise OSError(5, "input/output error")

    with answering(b"") as (url, _), pytest.raises(OSError, match="input/output"):
        GuardClient(url, "token", OPEN).check(Broken())  # type: ignore[arg-type]


def test_a_guard_without_room_is_asked_once_more_and_one_with_an_old_list_is_not() -> None:
    full = reply(503, b'{"error": {"code": "no_room"}}', "Retry-After: 1")
    allow = reply(200, b'{"verdict": "allow", "id": "1", "uploader_text": null}')
    with answering(full, allow) as (url, sent):
        start = time.monotonic()
        assert GuardClient(url, "token", CLOSED).check(b"UPLOAD").said is Said.ALLOW
        assert time.monotonic() - start >= 1 and len(sent) == 2 and sent[0] == sent[1]
    with answering(full, full, allow) as (url, sent):
        assert isinstance(GuardClient(url, "token", CLOSED).check(b"UPLOAD").error, GuardCannotAnswer)
        assert len(sent) == 2
    often = reply(429, b'{"error": {"code": "too_often"}}', "Retry-After: 1")
    with answering(often, allow) as (url, sent):
        assert isinstance(GuardClient(url, "token", CLOSED).check(b"UPLOAD").error, GuardCannotAnswer)
        assert len(sent) == 1
    with answering(reply(503, b'{"error": {"code": "list"}}', "Retry-After: 1"), allow) as (url, sent):
        assert isinstance(GuardClient(url, "token", CLOSED).check(b"UPLOAD").error, GuardCannotAnswer)
        assert len(sent) == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"", b"SSH-2.0-OpenSSH\r\n", reply(200, b""), reply(200, b"<html>"), reply(200, b"[" * 100_000),
        reply(200, b'{"verdict": "pending"}'), reply(200, b'{"verdict": "block", "id": "1", "uploader_text": "x"}'),
        reply(200, b'{"verdict": "allow"}'), reply(302, b"", "Location: http://127.0.0.1:1/"), reply(404, b"{}"),
        reply(500, b"{}"), reply(200, b'{"verdict": "allow", "id": "1"}' + b" " * (2 << 20)),
    ],
    ids=str,
)  # fmt: skip
def test_what_no_guard_would_say_lets_nothing_through(answer: bytes) -> None:
    with answering(answer) as (url, _):
        got = GuardClient(url, "token", CLOSED).check(b"UPLOAD")
    assert got.outcome is Outcome.STOP and got.said is Said.UNCHECKED
    assert isinstance(got.error, NotAGuard | GuardUnreachable)
    assert "127.0.0.1" not in str(got.error) and "token" not in str(got.error)


def test_a_silent_guard_and_none_at_all_are_given_up(guard: RunningGuard) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        client = GuardClient(f"http://127.0.0.1:{silent.getsockname()[1]}", "token", OPEN, timeout_s=0.3)
        answer = client.check(b"UPLOAD")
        assert answer.outcome is Outcome.PASS and isinstance(answer.error, GuardUnreachable)
    assert isinstance(client.check(b"UPLOAD").error, GuardUnreachable)
    assert isinstance(GuardClient(guard.url, "other", OPEN).check(VERIFIED).error, TokenRefused)


def test_it_loads_nothing_but_the_standard_library() -> None:
    program = (
        "import sys; before = set(sys.modules); import notcontent.guard_client\n"
        "print(sorted({m.split('.')[0] for m in set(sys.modules) - before} - set(sys.stdlib_module_names)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['notcontent']"
