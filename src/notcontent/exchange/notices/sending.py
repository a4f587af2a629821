"""Sending an approved notice: by the helpline's mail relay (RFC 5321), or by hand into the site's own form.

A notice is noted as handed over before the relay hears of it, and as sent after it said yes. Whatever dies in between,
it is never sent twice by itself: somebody looks into the relay's log and says what became of it.
"""

from __future__ import annotations

import json
import smtplib
import ssl
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import partial

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext

from notcontent.exchange.desk.audit import write_audit
from notcontent.exchange.notices.drafting import facts_as_they_stand, missing_from, needs_her_word
from notcontent.exchange.notices.errors import BadFacts, HerWordFirst, MailNotSetUp, MailRefused, NotNow, NotSentByUs
from notcontent.exchange.notices.keeping import Work, read_work
from notcontent.exchange.notices.ladder import note_step_taken
from notcontent.exchange.notices.models import HerWord, Notice
from notcontent.exchange.notices.regimes.facts import is_address
from notcontent.exchange.notices.regimes.known import REGIMES
from notcontent.exchange.notices.states import Origin, State
from notcontent.exchange.notices.stepping import lock_notice, require_state, step
from notcontent.exchange.notices.wording.rendering import read_wordings, tell_consent, tell_grounds

TIMEOUT_S = 30.0
KIND = "notcontent-notice/1"


@dataclass(frozen=True, slots=True)
class Relay:
    """How mail leaves: `encryption` is starttls, tls or none; none is for a relay on this machine."""

    host: str
    port: int
    sender: str
    user: str = ""
    password: str = ""
    encryption: str = "starttls"


def relay() -> Relay:
    """The relay of exchange.json. Raises `MailNotSetUp`."""
    said = settings.PROFILE.mail
    try:
        found = Relay(**said | {"port": int(said["port"])})
    except (TypeError, KeyError, ValueError):
        raise MailNotSetUp(
            gettext(
                "No relay for mail is named in exchange.json, or it can't be read. Add mail with host, port and "
                "sender; until then hand notices in by the sites’ forms."
            )
        ) from None
    if not is_address(found.sender) or found.encryption not in ("starttls", "tls", "none"):
        raise MailNotSetUp(gettext("The sender or the encryption of mail in exchange.json is not one. Correct it."))
    return found


def send_by_mail(notice_id: str, *, actor: str, now: datetime) -> Notice:
    """Hand an approved notice to the relay. When this returns the relay has it, and the notice is sent.

    Raises `NotNow`, `NotSentByUs`, `HerWordFirst`, `MailNotSetUp`, and `MailRefused` where the relay surely did not
    take it, so that it may be tried again.
    """
    through = relay()
    with transaction.atomic():
        notice = lock_notice(notice_id)
        _require_ready(notice)
        if notice.way != "email":
            raise NotSentByUs(gettext("This site takes notices by its form. Open the page for the form instead."))
        work = read_work(notice)
        message = write_message(notice, work, through, now)
        notice.handed, notice.proof = now, message["Message-ID"]
        notice.save()
    try:
        _hand_over(message, through)
    except MailRefused:
        Notice.objects.filter(id=notice_id, sent=None).update(handed=None, proof="")
        raise
    with transaction.atomic():
        return _record_sent(notice_id, actor=actor, now=now)


def record_sent_by_form(notice_id: str, *, answer: str, actor: str, now: datetime) -> Notice:
    """Note that somebody has handed it in by the site's form; `answer` is the number that the form gave, if any."""
    answer = " ".join(answer.split())
    if len(answer) > 100 or not answer.isprintable():
        raise BadFacts(gettext("The form’s number is at most 100 signs, in one line. Copy only the number."))
    with transaction.atomic():
        notice = lock_notice(notice_id)
        _require_ready(notice)
        notice.handed, notice.proof = now, answer
        notice.save()
        return _record_sent(notice_id, actor=actor, now=now)


def settle_handed(notice_id: str, *, went: bool, actor: str, now: datetime) -> Notice:
    """Say what became of a notice that was handed over when this machine stopped: the relay's log knows.

    Also of one that she has withdrawn since: she is told whether it went. Raises `NotNow` where nothing is unclear.
    """
    with transaction.atomic():
        notice = lock_notice(notice_id)
        unclear = notice.stands in (State.APPROVED, State.WITHDRAWN) and notice.sent is None
        if not unclear or notice.handed is None:
            raise NotNow(gettext("Nothing is unclear about this notice. Look at it again."))
        if went:
            return _record_sent(notice_id, actor=actor, now=notice.handed)
        notice.handed, notice.proof = None, ""
        notice.save()
        write_audit(
            day=now.date(), actor=actor, action="notice was not sent", subject=notice.id, reason="by the relay's log"
        )
        return notice


def write_message(notice: Notice, work: Work, through: Relay, now: datetime) -> EmailMessage:
    """The mail: the exact text, and a notice's facts as JSON too. It names no case, no machine and no program."""
    domain = through.sender.partition("@")[2]
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(settings.PROFILE.name, addr_spec=through.sender)
    message["To"] = Address(addr_spec=work.to)
    message["Reply-To"] = Address(addr_spec=work.facts.contact)
    message["Subject"] = work.subject
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{notice.id}.{work.token[:6]}@{domain}>"
    message.set_content(work.body)
    message["Content-Language"] = notice.language
    if notice.rung:
        return message
    message.add_attachment(
        json.dumps(structure(notice, work), ensure_ascii=False, indent=2).encode(),
        maintype="application", subtype="json", filename=f"notice-{notice.id}.json",
    )  # fmt: skip
    return message


def structure(notice: Notice, work: Work) -> dict[str, object]:
    """The notice for programs: what its text says and no more. `elements` are the law's parts that it holds."""
    regime = REGIMES[notice.law]
    facts = facts_as_they_stand(notice, work)
    told: dict[str, object] = {
        "kind": KIND,
        "reference": notice.id,
        "law": regime.law,
        "language": notice.language,
        "elements": [element.id for element in regime.elements if element.applies(facts) and element.is_there(facts)],
        "items": [
            {"kind": item.kind, "description": item.description, "links": list(item.links), "id": item.native_id}
            for item in facts.items
        ],
        "contact": facts.contact,
        "sender": facts.sender_name,
        "capacity": facts.capacity,
    }
    wording = read_wordings()[notice.law, notice.language]
    said = {"consent_facts": tell_consent(wording, facts), "legal_explanation": tell_grounds(wording, facts)}
    return told | {name: text for name, text in said.items() if name in regime.fields}


def _require_ready(notice: Notice) -> None:
    """Checked again at the last moment: she may have changed her mind since somebody approved it."""
    require_state(notice, State.APPROVED)
    if notice.handed is not None:
        raise NotNow(
            gettext(
                "It was handed to the relay before, and nobody knows whether it went. Look into the relay’s log, then "
                "say it."
            )
        )
    if notice.case.withdrawn is not None or notice.case.withdraws_on is not None:
        raise HerWordFirst(gettext("She is taking her case back, so nothing is sent for her now."))
    if needs_her_word(notice) and notice.her_word != HerWord.YES:
        raise HerWordFirst(gettext("She wants to be asked first by now. Ask her, and wait."))
    if missing_from(notice, read_work(notice)):
        raise HerWordFirst(gettext("She does not let you speak for her at this site any more. Nothing is sent."))


def _record_sent(notice_id: str, *, actor: str, now: datetime) -> Notice:
    notice = lock_notice(notice_id)
    notice.sent = now
    if notice.stands is State.APPROVED:
        step(notice, State.SENT, now, Origin.HELPLINE)
    else:
        # She took it back while the relay was taking it. It went all the same, and nobody may say otherwise.
        notice.save()
    note_step_taken(notice, now, actor=actor)
    write_audit(day=now.date(), actor=actor, action="notice sent", subject=notice.id, reason=f"by {notice.way}")
    return notice


def _hand_over(message: EmailMessage, through: Relay) -> None:
    domain = through.sender.partition("@")[2]
    # What comes back as undeliverable finds its notice by the same token.
    envelope = message["Reply-To"].addresses[0].addr_spec
    # Left to itself, smtplib would talk to whoever answers.
    context = ssl.create_default_context()
    connect = partial(smtplib.SMTP_SSL, context=context) if through.encryption == "tls" else smtplib.SMTP
    handed = False
    try:
        # Without a name, the machine would introduce itself by its own.
        with connect(through.host, through.port, local_hostname=domain, timeout=TIMEOUT_S) as server:
            if through.encryption == "starttls":
                server.starttls(context=context)
            if through.user:
                server.login(through.user, through.password)
            try:
                server.send_message(message, from_addr=envelope)
                handed = True
            except smtplib.SMTPServerDisconnected as error:
                raise _Unknown from error
    except _Unknown:
        raise NotNow(
            gettext(
                "The connection broke while the relay was taking the notice, so nobody knows whether it went. Look "
                "into the relay’s log, then say it."
            )
        ) from None
    except (smtplib.SMTPException, OSError) as error:
        # Saying goodbye may fail; the notice is there all the same.
        if not handed:
            raise MailRefused(
                gettext(
                    "The mail relay did not take the notice, so it was not sent. Check that the relay runs and takes "
                    "mail for this address, then try again."
                )
            ) from error


class _Unknown(Exception):
    """The relay hung up in the middle."""
