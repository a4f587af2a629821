"""The next step when a site does not act: a letter that is drafted, shown to her, approved and sent like a notice."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext

from notcontent.exchange.desk.audit import write_audit
from notcontent.exchange.notices.drafting import Draft, draft_notice, plain_address
from notcontent.exchange.notices.errors import BadFacts, NotNow
from notcontent.exchange.notices.keeping import read_work
from notcontent.exchange.notices.models import Notice
from notcontent.exchange.notices.regimes.contract import Answer
from notcontent.exchange.notices.states import Origin, State, may_become
from notcontent.exchange.notices.stepping import lock_notice, require_state, step
from notcontent.exchange.notices.timing import ladder_of, standing_of
from notcontent.exchange.notices.wording.rendering import FALLBACK

#: A step may be taken while the notice stands in one of these.
MAY_CLIMB = (
    State.SENT, State.ACKNOWLEDGED, State.SILENT, State.REFUSED, State.PARTLY, State.REMOVED, State.REAPPEARED,
    State.ESCALATED,
)  # fmt: skip


def draft_letter(notice_id: str, rung_id: str, *, actor: str, today: date, now: datetime) -> Notice:
    """A draft of the letter of one step, about this notice, with the same facts and the same evidence.

    A letter to the site goes the way that the notice went; for others somebody looks the address up. It needs her word
    as a notice does: her statement for a site is none for an authority. Raises `NotNow` before the step opens or after
    it closed, `BadFacts` for a step that the law does not have or that has no letter, and `WorkGone`.
    """
    with transaction.atomic():
        notice = lock_notice(notice_id)
        require_state(notice, *MAY_CLIMB)
        found = next((one for one in ladder_of(notice, now) if one.rung.id == rung_id and one.rung.has_letter), None)
        if notice.rung or found is None:
            raise BadFacts(gettext("The ladder of this law has no letter for such a step. Choose one of the list."))
        if not found.is_open(now):
            raise NotNow(
                gettext("It is not the time for this step: what its letter says would not be true. Look at its dates.")
            )
        rung, work = found.rung, read_work(notice)
        # Nobody has read an authority's form, so whoever sends it names the address.
        way, to = (notice.way, work.to) if rung.goes_to_site else ("form" if rung.address else "email", "")
        facts = replace(
            work.facts, sender_email=plain_address(work.facts.sender_email), preserve=False,
            language=work.facts.language if rung.goes_to_site else FALLBACK,
        )  # fmt: skip
        draft = Draft(
            notice.law, notice.service, work.service if rung.goes_to_site else rung.name, way, to, facts,
            Answer.UNSURE, (notice.partner_id or "") if rung.goes_to_site else "", rung=rung.id, about=work.service,
        )  # fmt: skip
        letter = draft_notice(notice.case_id, draft, actor=actor, today=today, previous=notice.id, whole=False)
        letter.evidence, letter.evidence_record = notice.evidence, notice.evidence_record
        letter.save(update_fields=["evidence", "evidence_record"])
        return letter


def note_step_taken(letter: Notice, now: datetime, *, actor: str) -> None:
    """The letter went, so its notice has taken this step, unless it was a reminder. Call it inside a transaction."""
    if not letter.rung or letter.previous_id is None:
        return
    notice = lock_notice(letter.previous_id)
    found = next((one for one in ladder_of(notice, now) if one.rung.id == letter.rung), None)
    if found is None or found.rung.reminds:
        return
    standing = standing_of(notice, now)
    if standing is not None and standing.is_over and notice.stands in (State.SENT, State.ACKNOWLEDGED):
        step(notice, State.SILENT, standing.due, Origin.CLOCK)
    if may_become(notice.stands, State.ESCALATED):
        step(notice, State.ESCALATED, now, Origin.HELPLINE, rung=letter.rung)
        write_audit(
            day=now.date(), actor=actor, action=f"notice: {State.ESCALATED}", subject=notice.id,
            reason=f"said by: {Origin.HELPLINE}",
        )  # fmt: skip
