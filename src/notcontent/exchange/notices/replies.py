"""What comes back to the address of one notice: read as text, sealed to the helpline's keys, never rendered.

Pictures and videos are not kept: their type, length and SHA-256 are, so that nobody has to look at them and a court can
match them. Nothing is decoded but the mail itself.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http import HTTPStatus
from itertools import islice

from django.db import transaction

from notcontent.exchange.cases.models import Case
from notcontent.exchange.desk.audit import write_audit
from notcontent.exchange.errors import Refused
from notcontent.exchange.letters.keeping import keep_letter
from notcontent.exchange.letters.keys import sealing_keys
from notcontent.exchange.letters.models import About, Sender
from notcontent.exchange.letters.sealing import seal_letter
from notcontent.exchange.notices.drafting import hash_token
from notcontent.exchange.notices.models import Notice
from notcontent.exchange.notices.states import Origin, State, may_become
from notcontent.exchange.notices.stepping import step

MAX_MAIL_BYTES = 5 << 20
MAX_PARTS = 100
#: Of each text; a sealed letter holds 64 KB.
MAX_TEXT = 20_000
_TOKEN = re.compile(r"[^@+]+\+([0-9a-f]{20})@[^@]+", re.ASCII)
_SENT_BACK = ("message/rfc822", "message/global", "text/rfc822-headers")
BROKEN = "A mail came that is built so that it can't be read here. Ask the site to write again, as plain text."
TOO_LONG = "This mail is longer than is kept here. It lies in the helpline's mailbox, where you can read it."
WROTE_IT = "a site's mail"


@dataclass(frozen=True, slots=True)
class Attached:
    """A part that was not kept: its type as the mail says, its length in bytes, its SHA-256 in hex."""

    kind: str
    length: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Mail:
    """What a mail says, as text. `bounced`: it says that a notice could not be delivered (RFC 3464)."""

    subject: str
    text: str
    attached: tuple[Attached, ...]
    bounced: bool


def find_notice(untrusted_address: str) -> str | None:
    """The id of the notice that this address belongs to; None for every other address, and once it is over."""
    match = _TOKEN.fullmatch(untrusted_address)
    if match is None:
        return None
    found: str | None = Notice.objects.filter(reply_sha256=hash_token(match[1])).values_list("id", flat=True).first()
    return found


def read_mail(untrusted: bytes) -> Mail:
    """The mail's plain text, or its HTML as it was written; nothing of it is followed, fetched or rendered.

    Of one that is built so that Python's own reading fails, only that it came, with its length and SHA-256.
    """
    try:
        return _read(untrusted[:MAX_MAIL_BYTES])
    except (RecursionError, ValueError, LookupError, AttributeError, TypeError):
        whole = Attached("message/rfc822", len(untrusted), hashlib.sha256(untrusted).hexdigest())
        return Mail(BROKEN, "", (whole,), False)


def _read(untrusted: bytes) -> Mail:
    message = message_from_bytes(untrusted, _class=EmailMessage, policy=default)
    texts, attached, bounced = [], [], False
    for part in islice(_parts_of(message), MAX_PARTS):
        kind = part.get_content_type()
        if kind == "message/delivery-status":
            bounced = _says_failed(part)
        if part.is_multipart():
            continue
        data = _bytes_of(part)
        if kind in ("text/plain", "text/html") and part.get_content_disposition() != "attachment":
            texts.append((kind, data.decode("utf-8", "replace")[:MAX_TEXT]))
        else:
            attached.append(Attached(kind, len(data), hashlib.sha256(data).hexdigest()))
    plain = [text for kind, text in texts if kind == "text/plain"]
    return Mail(_header(message, "Subject"), "\n\n".join(plain or [text for _, text in texts])[:MAX_TEXT],
                tuple(attached), bounced)  # fmt: skip


def receive_reply(notice_id: str, untrusted: bytes, *, today: date, now: datetime) -> None:
    """Keep a mail to a notice, sealed; a bounce takes the notice back from "sent". The same mail again is kept once.

    Raises `Refused` where the case holds as many letters as it may or the helpline has no keys.
    """
    _keep(notice_id, untrusted, read_mail(untrusted), today, now)


def receive_mail(notice_id: str, untrusted_header: bytes, text: str, *, today: date, now: datetime) -> None:
    """Keep that a mail came which is not kept itself: its subject, and `text`. Raises as `receive_reply`."""
    mail = read_mail(untrusted_header)
    _keep(notice_id, untrusted_header, Mail(mail.subject, text, (), False), today, now)


def _keep(notice_id: str, untrusted: bytes, mail: Mail, today: date, now: datetime) -> None:
    told = {
        "text": f"{mail.subject}\n\n{mail.text}",
        "notice": notice_id,
        "attached": [{"kind": one.kind, "bytes": one.length, "sha256": one.sha256} for one in mail.attached],
    }
    with transaction.atomic():
        notice = Notice.objects.select_for_update().filter(id=notice_id).exclude(reply_sha256="").first()
        if notice is None or notice.mails.filter(sha256=(sha256 := hashlib.sha256(untrusted).hexdigest())).exists():
            return
        keys = sealing_keys()
        if not keys:
            raise Refused(
                HTTPStatus.INSUFFICIENT_STORAGE, "keys", "The helpline has no keys.", "Add a device's key first."
            )
        case = Case.objects.select_for_update().get(id=notice.case_id)
        letter, _ = keep_letter(case, str(Sender.FILE), seal_letter(told, keys), today, str(About.REPLY))
        notice.mails.create(sha256=sha256)
        if mail.bounced and may_become(notice.stands, State.BOUNCED):
            step(notice, State.BOUNCED, now, Origin.MAIL)
        write_audit(day=today, actor=WROTE_IT, action="reply to a notice", subject=letter.id, reason="kept sealed")


def _parts_of(message: EmailMessage) -> Iterator[EmailMessage]:
    """Every part, without what a report sends back: that is our own notice, and stands in her case already."""
    yield message
    if message.is_multipart() and message.get_content_type() != "message/delivery-status":
        is_report = message.get_content_type() == "multipart/report"
        for part in message.get_payload():
            if isinstance(part, EmailMessage) and not (is_report and part.get_content_type() in _SENT_BACK):
                yield from _parts_of(part)


def _says_failed(part: EmailMessage) -> bool:
    payload = part.get_payload()
    blocks = payload if isinstance(payload, list) else []
    return any(_header(block, "Action").strip().lower() == "failed" for block in blocks)


def _bytes_of(part: EmailMessage) -> bytes:
    data = part.get_payload(decode=True)
    return data if isinstance(data, bytes) else b""


def _header(message: object, name: str) -> str:
    try:
        return str(message[name] or "")[:500]  # type: ignore[index]
    except (ValueError, IndexError, AttributeError):
        # The header is broken in a way that Python's own reading stumbles over; the mail is kept without it.
        return ""
