"""From a complete text to one that may go: her word where it is needed, evidence, and a human who says yes."""

from __future__ import annotations

from datetime import date, datetime
from http import HTTPStatus

from django.db import transaction
from django.utils.translation import gettext

from notcontent.exchange.cases.models import Case
from notcontent.exchange.desk.audit import write_audit
from notcontent.exchange.errors import Refused
from notcontent.exchange.letters.keeping import keep_letter
from notcontent.exchange.letters.keys import sealing_keys
from notcontent.exchange.letters.models import About, Letter, Sender
from notcontent.exchange.letters.sealing import seal_letter
from notcontent.exchange.notices.drafting import missing_from, needs_her_word, text_of
from notcontent.exchange.notices.errors import EvidenceFirst, HerWordFirst, NotComplete, SecondPersonFirst
from notcontent.exchange.notices.keeping import Work, read_work
from notcontent.exchange.notices.models import Evidence, HerWord, Notice
from notcontent.exchange.notices.states import Origin, State
from notcontent.exchange.notices.stepping import lock_notice, require_state, step
from notcontent.exchange.notices.wording.rendering import FALLBACK


def ask_her(notice_id: str, *, actor: str, today: date) -> Notice:
    """Put the exact text into her case, sealed to her, and wait for her word. Raises `NotNow`."""
    with transaction.atomic():
        notice = lock_notice(notice_id)
        require_state(notice, State.COMPLETE)
        notice.letter = _show_her(notice, read_work(notice), today)
        notice.her_word = HerWord.ASKED
        notice.save()
        write_audit(day=today, actor=actor, action="notice shown to her", subject=notice.id, reason="the exact text")
        return notice


def approve_notice(notice_id: str, *, actor: str, today: date, now: datetime) -> Notice:
    """Let this exact text go.

    Raises `NotNow`, `NotComplete`, `EvidenceFirst`, `HerWordFirst`, and `SecondPersonFirst` for whoever drafted a
    notice that names her.
    """
    with transaction.atomic():
        notice = lock_notice(notice_id)
        require_state(notice, State.COMPLETE)
        if notice.evidence == Evidence.NONE:
            raise EvidenceFirst(
                gettext(
                    "Nobody said what became of the evidence: once the site takes it down, it is gone. Keep it first, "
                    "or say why you skip it."
                )
            )
        if needs_her_word(notice) and notice.her_word != HerWord.YES:
            raise HerWordFirst(gettext("She has to say yes to this text first, in her case. Ask her, and wait."))
        if notice.names_her and actor == notice.drafted_by:
            raise SecondPersonFirst(
                gettext("The notice names her, and you drafted it. Somebody else at the desk approves it.")
            )
        work = read_work(notice)
        if missing := missing_from(notice, work):
            raise NotComplete(missing)
        if notice.letter_id is None:
            notice.letter = _show_her(notice, work, today)
        notice.approved_by = actor
        step(notice, State.APPROVED, now, Origin.HELPLINE)
        write_audit(
            day=today, actor=actor, action="notice approved", subject=notice.id,
            reason=f"sha256 of the text {notice.text_sha256}",
        )  # fmt: skip
        return notice


def _show_her(notice: Notice, work: Work, today: date) -> Letter | None:
    case = Case.objects.select_for_update().get(id=notice.case_id)
    keys = sealing_keys()
    whole = f"{work.service}\n\n{work.subject}\n\n{work.body}"
    if notice.language != FALLBACK:
        whole = f"{whole}\n\n[English]\n\n{text_of(notice, work, today, FALLBACK).whole}"
    told = {"text": whole, "notice": notice.id}
    if case.reply_to:
        letter, _ = keep_letter(
            case, str(Sender.HELPLINE), seal_letter(told, [case.reply_to, *keys]), today, str(About.NOTICE)
        )
    elif keys:
        letter, _ = keep_letter(case, str(Sender.FILE), seal_letter(told, keys), today, str(About.NOTICE))
    else:
        raise Refused(
            HTTPStatus.UNPROCESSABLE_ENTITY, "keys",
            gettext("The helpline has no keys, so the text could be kept for nobody."),
            gettext("Add a device’s key on the page of keys first."),
        )  # fmt: skip
    return letter
