"""Letters at the desk: fetched sealed, answered sealed. Only the helper's own computer opens and seals them."""

from __future__ import annotations

from datetime import date
from http import HTTPStatus

from django.db import transaction
from django.utils.translation import gettext

from notcontent.exchange.cases.models import Case
from notcontent.exchange.desk.audit import write_audit
from notcontent.exchange.desk.sealed_contact import check_may_read
from notcontent.exchange.errors import Refused, UnknownName
from notcontent.exchange.letters.keeping import keep_letter
from notcontent.exchange.letters.models import About, Letter, Sender
from notcontent.letter import MAX_SEALED_BYTES, looks_sealed


def fetch_letter(letter_id: str, *, actor: str, today: date) -> Letter:
    """A letter as it is sealed; one of hers is from now on shown to her as read.

    Raises `UnknownName`, and `NeedsSecondPerson` for how to reach her while nobody else has agreed.
    """
    with transaction.atomic():
        letter = Letter.objects.select_for_update().filter(id=letter_id).first()
        if letter is None:
            raise UnknownName(gettext("There is no such letter, or it was forgotten. Look at the case again."))
        if letter.about == About.CONTACT:
            check_may_read(letter.case_id, actor=actor, today=today)
        letter.read = letter.sender != Sender.HELPLINE
        letter.waits = letter.waits and letter.about != About.REPLY
        letter.save(update_fields=["read", "waits"])
        write_audit(day=today, actor=actor, action="letter fetched", subject=letter.id, reason="to read it")
        return letter


def answer_case(case_id: str, untrusted_sealed: bytes, *, actor: str, today: date) -> None:
    """Keep a sealed answer for her. Raises `UnknownName`, and `Refused` 422 `letter` for what is no sealed letter."""
    if not looks_sealed(untrusted_sealed):
        raise Refused(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "letter",
            gettext("This is not a sealed answer: a file of the age format of at most %(n)s bytes.")
            % {"n": f"{MAX_SEALED_BYTES:,}"},
            gettext("Make one on your own computer with notcontent letter answer, and choose that file."),
        )
    with transaction.atomic():
        case = Case.objects.select_for_update().filter(id=case_id).first()
        if case is None or case.is_forgotten:
            raise UnknownName(
                gettext("There is no such case, or everything in it was forgotten. Nobody can be answered there.")
            )
        letter, is_new = keep_letter(case, str(Sender.HELPLINE), untrusted_sealed, today)
        if is_new:
            Letter.objects.filter(case=case, waits=True).update(waits=False)
            write_audit(day=today, actor=actor, action="letter answered", subject=letter.id, reason="an answer to her")


def set_aside(case_id: str, *, actor: str, today: date) -> None:
    """What she wrote until now needs no answer. Raises `UnknownName` where nothing of hers waits."""
    with transaction.atomic():
        waiting = Letter.objects.select_for_update().filter(case_id=case_id, waits=True).order_by("number")
        for letter in waiting:
            write_audit(day=today, actor=actor, action="letter set aside", subject=letter.id, reason="needs no answer")
        if not Letter.objects.filter(id__in=[letter.id for letter in waiting]).update(waits=False):
            raise UnknownName(gettext("Nothing of hers waits for an answer any more. Look at the case again."))
