"""Answers to notices out of a mailbox at a provider (IMAP4rev1, RFC 3501), for a helpline without a mail server.

Only mail to the address of a notice that still goes on, or in answer to one, is taken, by the rules of `replies`; all
other mail is left as it lies, unseen. What was taken is deleted there, after it was kept sealed here: dying in between
takes it once more, and the same mail is kept once.
"""

from __future__ import annotations

import imaplib
import logging
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.conf import settings
from django.db import Error, close_old_connections
from django.utils.translation import gettext

from notcontent.exchange.errors import ExchangeError
from notcontent.exchange.notices.errors import MailboxFailed, MailNotSetUp, RepliesNotKept
from notcontent.exchange.notices.replies import (
    MAX_MAIL_BYTES,
    TOO_LONG,
    find_answered,
    find_notice,
    receive_mail,
    receive_reply,
)
from notcontent.exchange.today import utc_now, utc_today

TIMEOUT_S = 30.0
MAX_HEADER_BYTES = 65_536
#: Where a mail server notes whom a mail was for.
_FOR = re.compile(rb"^(?:delivered-to|x-original-to|envelope-to|to|cc):(.*)", re.I | re.M)
_ADDRESS = re.compile(rb"[^\s<>,;:\"()]+\+[0-9a-f]{20}@[^\s<>,;:\"()]+")
_ANSWERS = re.compile(rb"^(?:in-reply-to|references):(.*)", re.I | re.M)
_MESSAGE_ID = re.compile(rb"<[^<>\s]{1,200}>")
_SIZE = re.compile(rb"RFC822\.SIZE (\d+)")
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Account:
    """One mailbox: `encryption` is tls, starttls or none; none is for a server on this machine."""

    host: str
    user: str
    password: str
    port: int = 993
    encryption: str = "tls"
    mailbox: str = "INBOX"


@dataclass(frozen=True, slots=True)
class Place:
    """Up to where the mailbox was read. It spares work and nothing else: whoever forgets it reads from the start."""

    validity: int = 0
    uid: int = 0


def account() -> Account:
    """The mailbox of exchange.json. Raises `MailNotSetUp`."""
    said = settings.PROFILE.mailbox
    try:
        found = Account(**said | {"port": int(said.get("port", 993))})
    except (TypeError, AttributeError, ValueError):
        found = Account("", "", "")
    open_line = found.encryption == "none" and found.host not in ("127.0.0.1", "::1", "localhost")
    if not found.host or found.encryption not in ("tls", "starttls", "none") or open_line:
        raise MailNotSetUp(
            gettext(
                "No mailbox is named in exchange.json, or it can't be read. Add mailbox with host, user and password; "
                "without encryption only on this machine."
            )
        )
    return found


def fetch_replies(place: Place) -> tuple[int, Place]:
    """Take what came after `place`: how many mails, and where to go on. One that can't be kept yet is tried again.

    Raises `MailNotSetUp` and `MailboxFailed`, and `RepliesNotKept` once all were tried, where this machine's disk or
    database kept some out; whoever goes on from the old place finds them again.
    """
    close_old_connections()
    with _open(account()) as box:
        validity = int((box.response("UIDVALIDITY")[1] or [b"0"])[0] or 0)
        start = place.uid if place.validity == validity else 0
        taken, safe, goes_on, kept_out = 0, start, True, 0
        for uid in _uids_after(box, start):
            try:
                taken += _take(box, uid)
            except (ExchangeError, Error) as error:
                logger.exception("a reply could not be kept")
                goes_on = False
                kept_out += isinstance(error, (RepliesNotKept, Error))
            if goes_on:
                safe = uid
    if kept_out:
        raise _not_kept()
    return taken, Place(validity, safe)


def _take(box: imaplib.IMAP4, uid: int) -> bool:
    header, size = _fetch(box, uid, f"BODY.PEEK[HEADER]<0.{MAX_HEADER_BYTES}>")
    notices = _notices_of(header)
    if not notices:
        return False
    if size > MAX_MAIL_BYTES:
        # What is not kept here is not deleted there.
        with _keeping():
            for notice in notices:
                receive_mail(notice, header, TOO_LONG, today=utc_today(), now=utc_now())
        return True
    untrusted, _ = _fetch(box, uid, "BODY.PEEK[]")
    with _keeping():
        for notice in notices:
            receive_reply(notice, untrusted, today=utc_today(), now=utc_now())
    _delete(box, uid)
    return True


@contextmanager
def _keeping() -> Iterator[None]:
    """What fails in here is this machine's own disk, and says nothing about the mailbox."""
    try:
        yield
    except OSError as error:
        raise _not_kept() from error


def _not_kept() -> RepliesNotKept:
    return RepliesNotKept(
        gettext(
            "Answers came that could not be kept on this machine. Look for a full disk or a database that does not "
            "answer; they still lie in the mailbox, and are fetched again."
        )
    )


def _notices_of(untrusted_header: bytes) -> list[str]:
    # Lines that go on are one (RFC 5322, section 2.2.3).
    unfolded = re.sub(rb"\r?\n[ \t]+", b" ", untrusted_header)
    addresses, answered = _all_of(_ADDRESS, _FOR, unfolded), _all_of(_MESSAGE_ID, _ANSWERS, unfolded)
    found = {find_notice(one) for one in addresses} | {find_answered(one) for one in answered}
    return sorted(notice for notice in found if notice)


def _all_of(what: re.Pattern[bytes], fields: re.Pattern[bytes], header: bytes) -> set[str]:
    return {one.decode("ascii", "replace") for field in fields.finditer(header) for one in what.findall(field[1])}


def _uids_after(box: imaplib.IMAP4, uid: int) -> list[int]:
    _, found = box.uid("SEARCH", f"UID {uid + 1}:*")
    # Of a range that ends with *, a server names its last mail even where that lies before the range.
    return sorted(one for one in map(int, (found[0] or b"").split()) if one > uid)


def _fetch(box: imaplib.IMAP4, uid: int, what: str) -> tuple[bytes, int]:
    """The bytes of a mail that are asked for, and how long the whole of it is; empty where it is gone by now."""
    _, found = box.uid("FETCH", str(uid), f"(RFC822.SIZE {what})")
    text = b" ".join(part[0] if isinstance(part, tuple) else part for part in found if part)
    data = next((part[1] for part in found if isinstance(part, tuple)), b"")
    size = _SIZE.search(text)
    return data, int(size[1]) if size else len(data)


def _delete(box: imaplib.IMAP4, uid: int) -> None:
    box.uid("STORE", str(uid), "+FLAGS.SILENT", r"(\Seen \Deleted)")
    # Asked for now, since a server may tell more to whoever has signed in.
    if b"UIDPLUS" in (box.capability()[1][0] or b"").upper().split():
        # Without it, what somebody else has marked would go too, so it stays marked until they expunge.
        box.uid("EXPUNGE", str(uid))


@contextmanager
def _open(named: Account) -> Iterator[imaplib.IMAP4]:
    try:
        context = ssl.create_default_context()
        if named.encryption == "tls":
            box: imaplib.IMAP4 = imaplib.IMAP4_SSL(named.host, named.port, ssl_context=context, timeout=TIMEOUT_S)
        else:
            box = imaplib.IMAP4(named.host, named.port, timeout=TIMEOUT_S)
        with box:
            if named.encryption == "starttls":
                box.starttls(context)
            box.login(named.user, named.password)
            said, _ = box.select(f'"{named.mailbox}"')
            if said != "OK":
                raise imaplib.IMAP4.error("no such mailbox")
            yield box
    except (imaplib.IMAP4.error, OSError):
        # The server's words may hold the account's name or a mail's.
        raise MailboxFailed(
            gettext(
                "The mailbox could not be read. Check that its server can be reached, that its certificate is valid, "
                "and host, user and password in exchange.json; nothing was lost, and it is tried again."
            )
        ) from None
