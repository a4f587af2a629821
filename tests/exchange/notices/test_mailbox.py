"""Answers out of a mailbox at a provider: a real IMAP server, which nobody here wrote."""

from __future__ import annotations

import hashlib
import os
import signal
import smtplib
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.exchange.notices.conftest import LINK, Her
from tests.exchange.notices.dovecot import PASSWORD, USER, Provider, serve_dovecot
from tests.exchange.notices.peers import Mailbox
from tests.exchange.notices.test_replies import PICTURE, answer, kept
from tests.exchange.notices.test_sending import prepare, send
from tests.exchange.running import until

pytestmark = pytest.mark.peer
ELSE = b"From: a friend\r\nTo: notices@helpline.example\r\nSubject: lunch\r\n\r\nTomorrow?\r\n"


@pytest.fixture(scope="module")
def dovecot() -> Iterator[Provider]:
    with serve_dovecot() as provider:
        yield provider


@pytest.fixture
def provider(dovecot: Provider, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    """The helpline's empty mailbox, named in exchange.json."""
    from django.conf import settings

    dovecot.empty()
    told = {"host": "127.0.0.1", "port": str(dovecot.port), "user": USER, "password": PASSWORD}
    settings.PROFILE = replace(settings.PROFILE, mailbox=told)
    monkeypatch.setenv("SSL_CERT_FILE", str(dovecot.certificate))
    yield dovecot


def fetch() -> int:
    from notcontent.exchange.notices.imap import Place, fetch_replies

    return fetch_replies(Place())[0]


def test_an_answer_is_taken_out_of_the_mailbox_sealed_and_what_else_lies_there_is_left_unread(
    mina: Her, mailbox: Mailbox, provider: Provider
) -> None:
    from notcontent.exchange.notices.imap import Place, fetch_replies

    notice = send(prepare(mina))
    address = mailbox.mails[0][1]["Reply-To"]
    unknown = answer("notices+00000000000000000000@helpline.example").as_bytes()
    for mail in (ELSE, answer(address).as_bytes(), unknown):
        provider.put(mail)
    taken, place = fetch_replies(Place())
    assert taken == 1
    [told] = kept(mina)
    assert "Ticket 4711" in told["text"] and "<img" not in told["text"] and told["notice"] == notice.id
    assert [one["sha256"] for one in told["attached"]] == [hashlib.sha256(PICTURE).hexdigest()]
    assert provider.flags() == [(), ()]
    # From there on, only what is new is looked at.
    assert fetch_replies(place) == (0, place)
    provider.put(answer(address, Comments="another one").as_bytes())
    assert fetch_replies(place)[0] == 1 and len(kept(mina)) == 2
    # Nothing rests on the place: a mailbox that was numbered anew is read from its start.
    provider.put(answer(address, Comments="a third one").as_bytes())
    assert fetch_replies(Place(place.validity + 1, 1_000))[0] == 1 and len(kept(mina)) == 3


@pytest.mark.on_sqlite
def test_a_bounce_is_found_by_whom_it_was_delivered_to(mina: Her, mailbox: Mailbox, provider: Provider) -> None:
    from notcontent.exchange.notices.models import Notice
    from notcontent.exchange.notices.states import State

    notice = send(prepare(mina))
    provider.put(
        f"Delivered-To: {mailbox.mails[0][1]['Reply-To']}\r\n".encode()
        + b'Content-Type: multipart/report; report-type=delivery-status; boundary="B"\r\n\r\n--B\r\n'
        b"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\nAction: failed\r\n\r\n--B--\r\n"
    )
    assert fetch() == 1 and Notice.objects.get(id=notice.id).stands is State.BOUNCED


@pytest.mark.on_sqlite
def test_an_answer_to_the_sender_instead_is_found_by_what_it_answers(
    mina: Her, mailbox: Mailbox, provider: Provider
) -> None:
    notice = send(prepare(mina))
    other = notice.proof.replace(notice.id, "0" * 16)
    to_sender = answer("notices@helpline.example").as_bytes()
    provider.put(f"References: <before@board.example>\r\n {notice.proof}\r\n".encode() + to_sender)
    provider.put(f"In-Reply-To: {other}\r\n".encode() + to_sender)
    assert fetch() == 1 and [told["notice"] for told in kept(mina)] == [notice.id]
    assert len(provider.flags()) == 1


@pytest.mark.on_sqlite
def test_what_cannot_be_kept_stays_there_and_keeps_back_nothing_else(
    mina: Her, mailbox: Mailbox, provider: Provider
) -> None:
    from notcontent.exchange.letters import keeping

    first, second = send(prepare(mina)), send(prepare(mina))
    mine, _ = (mail["Reply-To"] for _, mail in mailbox.mails)
    provider.put(answer(mine).as_bytes())
    provider.put(answer(mine).as_bytes() + b"x" * 70 + b"\r\n" + b"x\r\n" * (2 << 20))
    limit, keeping.MAX_LETTERS = keeping.MAX_LETTERS, 0
    try:
        assert fetch() == 0
    finally:
        keeping.MAX_LETTERS = limit
    assert len(provider.flags()) == 2 and kept(mina) == []
    assert fetch() == 2 and fetch() == 1
    # A mail that is too long is told of, once, and stays where somebody can read it.
    assert len(provider.flags()) == 1
    assert ["longer than is kept here" in told["text"] for told in kept(mina)] == [False, True]
    assert first.id != second.id


@pytest.mark.on_sqlite
def test_a_full_disk_here_is_told_as_one_and_the_answer_waits_in_the_mailbox(
    mina: Her, mailbox: Mailbox, provider: Provider
) -> None:
    from django.conf import settings

    from notcontent.exchange.profile import read_profile, write_profile

    send(prepare(mina))
    provider.put(answer(mailbox.mails[0][1]["Reply-To"]).as_bytes())
    folder = settings.FOLDER
    write_profile(folder, replace(read_profile(folder), mailbox=settings.PROFILE.mailbox))
    words = [sys.executable, "-m", "notcontent.cli.main", "exchange", "replies", "--mailbox", "--once"]
    words += ["--folder", str(folder.path)]
    # No file of this process may grow, as on a full disk.
    full = subprocess.run(["prlimit", "--fsize=0", *words], check=False, capture_output=True, text=True, timeout=120)
    assert full.returncode != 0 and "could not be kept on this machine" in full.stderr, full.stderr
    assert len(provider.flags()) == 1 and kept(mina) == []
    assert subprocess.run(words, check=True, capture_output=True, timeout=120).stdout == b"1 taken\n"
    assert len(kept(mina)) == 1 and provider.flags() == []


@pytest.mark.on_sqlite
def test_a_mail_server_is_asked_to_try_again_while_the_disk_is_full(mina: Her, mailbox: Mailbox) -> None:
    from django.conf import settings

    send(prepare(mina))
    address = mailbox.mails[0][1]["Reply-To"]
    words = [sys.executable, "-m", "notcontent.cli.main", "exchange", "replies", "--port", "0"]
    words += ["--folder", str(settings.FOLDER.path)]
    for full in (True, False):
        door = subprocess.Popen([*(["prlimit", "--fsize=0"] if full else []), *words], stdout=subprocess.PIPE)
        assert door.stdout is not None
        port = int(door.stdout.readline().rpartition(b":")[2])
        with smtplib.LMTP("127.0.0.1", port) as relay:
            if full:
                with pytest.raises(smtplib.SMTPDataError) as refused:
                    relay.send_message(answer(address), to_addrs=[address])
                assert refused.value.smtp_code == 451 and kept(mina) == []
            else:
                relay.send_message(answer(address), to_addrs=[address])
        door.terminate()
        door.wait()
    assert len(kept(mina)) == 1


@pytest.mark.on_sqlite
def test_without_the_right_certificate_or_password_nothing_is_asked(
    mina: Her, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.conf import settings

    from notcontent.exchange.notices.errors import MailboxFailed, MailNotSetUp

    for changed in ({"password": "wrong"}, {"mailbox": "Elsewhere"}):
        settings.PROFILE = replace(settings.PROFILE, mailbox=settings.PROFILE.mailbox | changed)
        with pytest.raises(MailboxFailed) as failed:
            fetch()
        assert PASSWORD not in str(failed.value) and USER not in str(failed.value)
        settings.PROFILE = replace(settings.PROFILE, mailbox=settings.PROFILE.mailbox | {"password": PASSWORD})
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(MailboxFailed):
        fetch()
    for wrong in (None, {}, {"host": "mail.example", "user": "u", "password": "p", "encryption": "none"}):
        settings.PROFILE = replace(settings.PROFILE, mailbox=wrong)
        with pytest.raises(MailNotSetUp):
            fetch()


@pytest.mark.on_sqlite
def test_killed_at_any_moment_nothing_is_lost_and_nothing_is_kept_twice(
    mina: Her, mailbox: Mailbox, provider: Provider
) -> None:
    from django.conf import settings

    from notcontent.exchange.profile import read_profile, write_profile

    send(prepare(mina))
    address = mailbox.mails[0][1]["Reply-To"]
    for number in range(6):
        provider.put(answer(address, Comments=f"mail {number}").as_bytes())
    folder = settings.FOLDER
    write_profile(folder, replace(read_profile(folder), mailbox=settings.PROFILE.mailbox))
    words = [sys.executable, "-m", "notcontent.cli.main", "exchange", "replies", "--mailbox", "--folder", folder.path]
    for least in (1, 4):
        process = subprocess.Popen(words, stdout=subprocess.PIPE)
        until(lambda least=least: mina.case.letters.filter(about="reply").count() >= least, 60)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    subprocess.run([*words, "--once"], check=True, capture_output=True, timeout=120)
    told = kept(mina)
    assert len(told) == 6 and provider.flags() == []


@pytest.mark.on_sqlite
def test_another_reader_of_mail_finds_in_a_notice_what_we_wrote(
    mina: Her, mailbox: Mailbox, provider: Provider
) -> None:
    notice = send(prepare(mina))
    provider.put(mailbox.mails[0][0].content)
    with provider.open() as box:
        found = box.uid("FETCH", "1:*", "(ENVELOPE BODYSTRUCTURE)")[1]
    told = b" ".join(b" ".join(part) if isinstance(part, tuple) else part for part in found)
    token = mailbox.mails[0][1]["Reply-To"].partition("@")[0]
    for part in ('("Test helpline" NIL "notices" "helpline.example")', f'(NIL NIL "{token}" "helpline.example")',
                 '((NIL NIL "abuse" "board.example"))', f'"{notice.proof}"', notice.id,
                 '"text" "plain"', '"application" "json"', f'"notice-{notice.id}.json"'):  # fmt: skip
        assert part in told.decode(), part
    assert LINK not in told.decode()
