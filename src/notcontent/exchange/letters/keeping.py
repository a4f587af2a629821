"""Keeping a letter: once, however often it is sent, and not more than a case may hold."""

from __future__ import annotations

from datetime import date
from http import HTTPStatus

from django.db.models import Max

from notcontent.exchange.cases.models import Case
from notcontent.exchange.errors import Refused
from notcontent.exchange.letters.keys import changed_lately
from notcontent.exchange.letters.models import About, Letter, Sender

#: In each direction.
MAX_LETTERS = 200


def keep_letter(
    case: Case, sender: str, sealed: bytes, today: date, about: str = str(About.MESSAGE)
) -> tuple[Letter, bool]:
    """The letter, and whether it is new: the same bytes again are the same letter. Call it while the case is locked.

    Raises `Refused` 422 `letter` when the case holds as many as it may.
    """
    held = Letter.objects.filter(case=case, sender=sender)
    if known := held.filter(sealed=sealed).first():
        return known, False
    if held.count() >= MAX_LETTERS:
        raise Refused(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "letter",
            f"A case holds at most {MAX_LETTERS} letters.",
            "Open another case with new words to write more.",
        )
    # Not how many there are: letters whose term is over are gone, and the others keep their places.
    number = (Letter.objects.filter(case=case).aggregate(last=Max("number"))["last"] or 0) + 1
    letter = Letter.objects.create(
        case=case, number=number, sender=sender, sealed=sealed, day=today, about=about, stale=changed_lately(today),
        waits=sender == str(Sender.HER) or about == str(About.REPLY),
    )  # fmt: skip
    if case.closed is not None:
        # It is read and answered like any other; of a withdrawn case the terms begin anew.
        case.closed = today if case.withdrawn else None
        case.save(update_fields=["closed"])
    return letter, True
