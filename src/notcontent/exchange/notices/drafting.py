"""Drafts at the desk: written, checked against the law, completed into an exact text."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from django.db import transaction
from django.utils.translation import gettext

from notcontent.exchange.cases.models import Case
from notcontent.exchange.cases.models import Notices as Wish
from notcontent.exchange.desk.audit import write_audit
from notcontent.exchange.desk.two_people import check_reason
from notcontent.exchange.errors import UnknownName
from notcontent.exchange.evidence.models import Evidence as Piece
from notcontent.exchange.notices.errors import BadFacts, NotComplete, NotNow, NotSentByUs
from notcontent.exchange.notices.keeping import Work, read_work, write_work
from notcontent.exchange.notices.links import is_link
from notcontent.exchange.notices.models import Evidence, HerWord, Notice
from notcontent.exchange.notices.regimes.contract import Answer, Element
from notcontent.exchange.notices.regimes.facts import Facts, is_address
from notcontent.exchange.notices.regimes.known import REGIMES
from notcontent.exchange.notices.states import Origin, State
from notcontent.exchange.notices.stepping import lock_notice, require_state, step
from notcontent.exchange.notices.timing import due_at
from notcontent.exchange.notices.wording.rendering import About, Text, read_wordings, render, render_letter
from notcontent.exchange.partners.models import Partner

#: Of one case at a time.
MAX_OPEN = 50
MAX_TEXT = 4_000
MAX_ITEMS = 20


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody at the desk typed. `service` is a key of the directory or empty, `partner` an id or empty.

    `rung` is the step of the ladder that it is the letter of, `about` the name of the site that had the notice before.
    """

    law: str
    service: str
    service_name: str
    way: str
    to: str
    facts: Facts
    covered: Answer
    partner: str = ""
    rung: str = ""
    about: str = ""


def check_draft(draft: Draft, *, whole: bool = True) -> None:
    """Raises `BadFacts` for what can't be in a notice, `NotSentByUs` for a route that is only explained."""
    regime = REGIMES.get(draft.law)
    if regime is None:
        raise BadFacts(gettext("No law of this name is known here. Choose one of the list."))
    if not regime.sends:
        raise NotSentByUs(
            gettext("This route is only explained here: it would need her real name. Follow the guide instead.")
        )
    facts = draft.facts
    if len(facts.items) > MAX_ITEMS:
        raise BadFacts(
            gettext("A notice names at most %(n)s pictures. Draft another one for the rest.") % {"n": MAX_ITEMS}
        )
    if not all(is_link(link) for item in facts.items for link in item.links):
        raise BadFacts(gettext("One of the links is not a web address that begins with https://. Copy it again."))
    if not whole:
        return
    if draft.way == "email" and not is_address(draft.to):
        raise BadFacts(gettext("The site’s address is not an e-mail address. Copy it again."))
    if draft.way == "form" and not is_link(draft.to):
        raise BadFacts(gettext("The site’s form needs its link. Copy it again."))
    if draft.way not in ("email", "form") or not draft.service_name.strip():
        raise BadFacts(gettext("Say which site it goes to, and whether by e-mail or by its form."))
    texts = (facts.consent_facts, facts.legal_explanation, *(item.description for item in facts.items))
    if any(len(text) > MAX_TEXT for text in texts):
        raise BadFacts(
            gettext("A text is longer than %(n)s signs. Shorten it: nobody reads more.") % {"n": f"{MAX_TEXT:,}"}
        )
    wording = read_wordings().get((draft.law, facts.language))
    if (
        wording is None
        or not set(facts.ready_consent) <= set(wording.consent)
        or not set(facts.grounds) <= set(wording.grounds)
    ):
        raise BadFacts(
            gettext("There is no text of this law in this language, or none of its sentences. Choose others.")
        )
    short = (draft.service_name, facts.signature, facts.her_name, facts.criminal_reference, facts.sender_name)
    if not all(len(text) <= 200 and (not text or text.isprintable()) for text in short):
        raise BadFacts(gettext("A name is longer than 200 signs or spans lines. Shorten it."))


def draft_notice(
    case_id: str, draft: Draft, *, actor: str, today: date, previous: str = "", whole: bool = True
) -> Notice:
    """A new draft. Raises as `check_draft`, and `UnknownName` for a case that takes no notices any more.

    One that was begun from a link alone (`whole` false) may still lack the site's name and address.
    """
    check_draft(draft, whole=whole)
    with transaction.atomic():
        case = Case.objects.select_for_update().filter(id=case_id, withdrawn=None).first()
        if case is None:
            raise UnknownName(gettext("There is no such case, or she took it back. Nothing is sent for it."))
        if Notice.objects.filter(case=case).exclude(work=b"").count() >= MAX_OPEN:
            raise BadFacts(
                gettext("A case has at most %(n)s notices under way. Close what is over first.") % {"n": MAX_OPEN}
            )
        before = Notice.objects.filter(id=previous, case=case).first() if previous else None
        notice = Notice(case=case, drafted=today, drafted_by=actor, previous=before)
        _write(notice, draft)
        notice.save()
        write_audit(day=today, actor=actor, action="notice drafted", subject=notice.id, reason=f"under {draft.law}")
        return notice


def change_draft(notice_id: str, draft: Draft, *, actor: str, today: date, now: datetime) -> Notice:
    """The draft as it is typed now; what was complete or approved is a draft again, and her word on it is void."""
    check_draft(draft)
    with transaction.atomic():
        notice = lock_notice(notice_id)
        require_state(notice, State.DRAFT, State.COMPLETE, State.APPROVED)
        if notice.handed is not None:
            require_state(notice)
        if notice.rung:
            draft = replace(draft, rung=notice.rung, about=read_work(notice).about)
        _write(notice, draft)
        notice.text_sha256, notice.approved_by = "", ""
        notice.her_word, notice.her_day, notice.letter = HerWord.NOT_ASKED, None, None
        notice.drafted_by = actor
        if notice.stands is State.DRAFT:
            notice.save()
        else:
            step(notice, State.DRAFT, now, Origin.HELPLINE)
        write_audit(day=today, actor=actor, action="notice changed", subject=notice.id, reason=f"under {draft.law}")
        return notice


def draft_again(notice_id: str, *, actor: str, today: date) -> Notice:
    """A new draft with the same facts, after one that bounced, was refused or whose picture reappeared.

    Raises `NotNow`, and `WorkGone` where nothing is left to draft it from.
    """
    with transaction.atomic():
        before = lock_notice(notice_id)
        require_state(before, State.BOUNCED, State.REFUSED, State.PARTLY, State.REAPPEARED, State.ESCALATED)
        work = read_work(before)
        draft = Draft(
            before.law, before.service, work.service, before.way, work.to,
            replace(work.facts, sender_email=plain_address(work.facts.sender_email)), Answer(before.covered),
            before.partner_id or "", before.rung, work.about,
        )  # fmt: skip
        # A letter stays one about its notice.
        previous = before.previous_id if before.rung and before.previous_id else before.id
        return draft_notice(before.case_id, draft, actor=actor, today=today, previous=previous)


def facts_as_they_stand(notice: Notice, work: Work) -> Facts:
    """The facts with the day on which she let the helpline speak for her, if she did: by her statement or her yes."""
    return replace(work.facts, authorised=_authorised(notice))


def missing_from(notice: Notice, work: Work, *, without_hers: bool = False) -> tuple[Element, ...]:
    """What the law asks for and the notice lacks; without what only she can add, where that is asked for later."""
    missing = REGIMES[notice.law].missing(facts_as_they_stand(notice, work))
    return tuple(element for element in missing if not (without_hers and element.from_her))


def complete_notice(notice_id: str, *, actor: str, today: date, now: datetime) -> Notice:
    """Write the exact text. Raises `NotComplete` with the elements that are missing, and `NotNow`."""
    with transaction.atomic():
        notice = lock_notice(notice_id)
        require_state(notice, State.DRAFT)
        work = read_work(notice)
        check_draft(
            Draft(notice.law, notice.service, work.service, notice.way, work.to, work.facts, Answer(notice.covered))
        )
        if missing := missing_from(notice, work, without_hers=True):
            raise NotComplete(missing)
        text = text_of(notice, work, today)
        write_work(notice, replace(work, subject=text.subject, body=text.body))
        notice.text_sha256 = hashlib.sha256(text.whole.encode()).hexdigest()
        notice.rules = REGIMES[notice.law].version
        step(notice, State.COMPLETE, now, Origin.HELPLINE)
        write_audit(
            day=today, actor=actor, action="notice completed", subject=notice.id,
            reason=f"rules {notice.law}/{notice.rules}, sha256 of the text {notice.text_sha256}",
        )  # fmt: skip
        return notice


def text_of(notice: Notice, work: Work, day: date, language: str | None = None) -> Text:
    """The text as it would be sent with this date; `language` is another one than its own, to be understood."""
    regime = REGIMES[notice.law]
    if not notice.rung:
        return render(regime, work.facts, service=work.service, reference=notice.id, day=day, language=language)
    before = notice.previous
    if before is None:
        raise NotNow(gettext("The notice that this letter is about is gone. Close the letter."))
    about = About(work.about, before.id, _moment(before.sent), _moment(due_at(before)))
    return render_letter(regime, notice.rung, work.facts, about, recipient=work.service, day=day, language=language)


def _moment(moment: datetime | None) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if moment else ""


def record_evidence(notice_id: str, *, record: str, reason: str, actor: str, today: date) -> None:
    """Note that the evidence was kept (`record` is its id), or why it is knowingly skipped. Raises `ReasonMissing`."""
    reason = "kept" if record else check_reason(reason)
    with transaction.atomic():
        notice = lock_notice(notice_id)
        if record and not Piece.objects.filter(id=record, case_id=notice.case_id).exists():
            raise BadFacts(gettext("No evidence of this case has this id. Choose one from the list."))
        require_state(notice, State.DRAFT, State.COMPLETE, State.APPROVED)
        notice.evidence = Evidence.KEPT if record else Evidence.SKIPPED
        notice.evidence_record = record
        notice.save()
        action = "notice: evidence kept" if record else "notice: evidence skipped"
        write_audit(day=today, actor=actor, action=action, subject=notice.id, reason=reason)


def _write(notice: Notice, draft: Draft) -> None:
    token = secrets.token_hex(10)
    if notice.work:
        token = read_work(notice).token
    contact = reply_address(draft.facts.sender_email, token)
    facts = replace(draft.facts, contact=contact, sender_email=contact, authorised=None)
    notice.law, notice.service, notice.way, notice.language = draft.law, draft.service, draft.way, facts.language
    notice.covered, notice.names_her = draft.covered.value, bool(facts.her_name.strip())
    notice.partner = Partner.objects.filter(id=draft.partner).first() if draft.partner else None
    notice.reply_sha256, notice.rung = hash_token(token), draft.rung
    write_work(notice, Work(facts, draft.service_name.strip(), draft.to.strip(), token, about=draft.about))


def reply_address(sender: str, token: str) -> str:
    """The helpline's address with the token behind a plus sign (RFC 5233), so that an answer finds its notice."""
    local, _, domain = sender.partition("@")
    return f"{local}+{token}@{domain}" if domain else ""


def plain_address(address: str) -> str:
    """The address without what stands behind its plus sign."""
    local, _, domain = address.partition("@")
    return f"{local.partition('+')[0]}@{domain}"


def hash_token(token: str) -> str:
    """What the table keeps of a token: SHA-256, 64 hex digits."""
    return hashlib.sha256(token.encode()).hexdigest()


def _authorised(notice: Notice) -> date | None:
    if notice.her_word == HerWord.YES:
        return notice.her_day
    if notice.partner_id is None:
        return None
    said = notice.case.statements.filter(partner_id=notice.partner_id).exclude(notices=Wish.REVOKED).first()
    return said.day if said else None


def needs_her_word(notice: Notice) -> bool:
    """Whether she has to say yes to this very text: she said "ask me", or nothing for this site, or it names her.

    Once she was asked, her answer counts, whatever she said before.
    """
    if notice.names_her or notice.partner_id is None or notice.her_word != HerWord.NOT_ASKED:
        return True
    return not notice.case.statements.filter(partner_id=notice.partner_id, notices=Wish.GO).exists()
