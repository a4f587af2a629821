"""What comes back to a notice: by real LMTP, kept sealed, never rendered, without a picture."""

from __future__ import annotations

import hashlib
import smtplib
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pyrage
import pytest

from notcontent.letter import parse_letter
from tests.exchange.notices.conftest import NOW, Her
from tests.exchange.notices.peers import Mailbox
from tests.exchange.notices.test_sending import prepare, send
from tests.exchange.running import HELPLINE

PICTURE = b"\xff\xd8\xff\xe0 not a picture, only bytes that must not be kept \xff\xd9"


def answer(to: str, **changed: Any) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "desk@board.example", to, "Re: request"
    mail.set_content("We have removed it. Ticket 4711.")
    mail.add_alternative("<p>We have <img src='https://board.example/seen.gif'> removed it.</p>", subtype="html")
    mail.add_attachment(PICTURE, maintype="image", subtype="jpeg", filename="proof.jpg")
    for name, value in changed.items():
        mail[name] = value
    return mail


def kept(mina: Her) -> list[dict[str, Any]]:
    letters = mina.case.letters.filter(about="reply").order_by("number")
    return [parse_letter(pyrage.decrypt(bytes(letter.sealed), [HELPLINE])) for letter in letters]


def test_a_reply_is_kept_sealed_and_its_picture_is_not(mina: Her, mailbox: Mailbox, door: int) -> None:
    notice = send(prepare(mina))
    address = mailbox.mails[0][1]["Reply-To"]
    with smtplib.LMTP("127.0.0.1", door) as site:
        site.send_message(answer(address), to_addrs=[address])
        site.send_message(answer(address), to_addrs=[address])
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            site.send_message(answer("notices@helpline.example"), to_addrs=["notices@helpline.example"])
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            site.send_message(answer("x"), to_addrs=["notices+00000000000000000000@helpline.example"])
    told = kept(mina)[0]
    assert "Ticket 4711" in told["text"] and "<img" not in told["text"] and told["notice"] == notice.id
    assert told["attached"] == [
        {"kind": "image/jpeg", "bytes": len(PICTURE), "sha256": hashlib.sha256(PICTURE).hexdigest()}
    ]
    sealed = b"".join(bytes(letter.sealed) for letter in mina.case.letters.all())
    assert PICTURE not in sealed and b"4711" not in sealed
    # Her case shows no reply: a site may write anything.
    from notcontent.exchange.cases.looking import status_of

    assert [letter.about for letter in status_of(mina.case, 1, NOW.date()).letters] == ["notice"]


def test_a_bounce_stops_the_clock_and_says_so(mina: Her, mailbox: Mailbox, door: int) -> None:
    from notcontent.exchange.notices.models import Notice
    from notcontent.exchange.notices.states import State
    from notcontent.exchange.notices.telling import Word, notices_of
    from notcontent.exchange.notices.timing import standing_of

    notice = send(prepare(mina))
    address = mailbox.mails[0][1]["Reply-To"]
    # As postfix writes it (RFC 3464), with only the parts that matter.
    bounce = (
        f"From: MAILER-DAEMON@relay.example\r\nTo: {address}\r\nSubject: Undelivered Mail Returned to Sender\r\n"
        'MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary="B"\r\n\r\n'
        "--B\r\nContent-Type: text/plain\r\n\r\nI'm sorry to have to inform you.\r\n\r\n"
        "--B\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; relay.example\r\n\r\n"
        "Final-Recipient: rfc822; abuse@board.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--B--\r\n"
    )
    with smtplib.LMTP("127.0.0.1", door) as relay:
        relay.sendmail("", [address], bounce.encode())
    stored = Notice.objects.get(id=notice.id)
    assert stored.stands is State.BOUNCED and standing_of(stored, NOW) is None
    assert [told.word for told in notices_of(mina.case, NOW)] == [Word.BOUNCED]


def test_a_bounce_after_days_is_still_one_and_a_warning_of_a_relay_that_goes_on_trying_is_none(
    mina: Her, mailbox: Mailbox
) -> None:
    from notcontent.exchange.notices.following import find_silent
    from notcontent.exchange.notices.models import Notice
    from notcontent.exchange.notices.replies import receive_reply
    from notcontent.exchange.notices.states import State

    notice, later = send(prepare(mina)), NOW + timedelta(days=5)
    assert find_silent(later) == 1
    for action, state in (("delayed", State.SILENT), ("failed", State.BOUNCED)):
        report = (
            'Content-Type: multipart/report; report-type=delivery-status; boundary="B"\r\n\r\n'
            f"--B\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\nAction: {action}\r\n"
            "\r\n--B--\r\n"
        )
        receive_reply(notice.id, report.encode(), today=later.date(), now=later)
        assert Notice.objects.get(id=notice.id).stands is state


def test_once_she_took_it_back_nothing_more_is_taken_in(mina: Her, mailbox: Mailbox, door: int) -> None:
    from notcontent.exchange.cases.models import Forget
    from notcontent.exchange.cases.withdrawing import withdraw_case

    send(prepare(mina))
    address = mailbox.mails[0][1]["Reply-To"]
    withdraw_case(mina.case.locator_sha256, mina.case.withdraw_sha256, Forget.MATCHING, NOW.date())
    with smtplib.LMTP("127.0.0.1", door) as site, pytest.raises(smtplib.SMTPRecipientsRefused):
        site.send_message(answer(address), to_addrs=[address])


@pytest.mark.parametrize(
    "untrusted",
    [
        b"", b"\0" * 500, b"Subject: =?utf-8?q?=ff?=\n\n\xff\xfe", b"To: \xff\nSubject: a\n b\n",
        b"Content-Type: multipart/mixed; boundary=a\n\n" + b"--a\n" * 4000,
        b"".join(b"Content-Type: multipart/mixed; boundary=%d\n\n--%d\n" % (one, one) for one in range(1_000)),
        b"Content-Type: message/rfc822\n\n" * 1_000,
        b"Content-Type: text/plain; charset=nosuch\n\nx", b"Content-Transfer-Encoding: base64\n\n!!!!",
    ],
)  # fmt: skip
def test_no_mail_is_too_broken_to_be_read(untrusted: bytes) -> None:
    from notcontent.exchange.notices.replies import read_mail

    assert len(read_mail(untrusted).text) <= 20_000
