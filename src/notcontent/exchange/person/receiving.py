"""Taking in a case whose work was checked, however it came."""

from __future__ import annotations

import time
from datetime import date
from http import HTTPStatus

from django.conf import settings

from notcontent.exchange.cases.famous import read_famous
from notcontent.exchange.cases.opening import NewCase, open_case
from notcontent.exchange.errors import Refused
from notcontent.exchange.letters.keys import sealing_keys
from notcontent.exchange.person.asking import OfferedCase, check_entries
from notcontent.exchange.person.work import Load
from notcontent.exchange.profile import Profile

#: What came in lately, for how hard the next work is.
load = Load()


def take_case(offered: OfferedCase, profile: Profile, today: date) -> None:
    """Check what can be checked of it and store it; durable when this returns. Raises `Refused`."""
    load.count_case(time.monotonic(), sum(len(entry.codes) for entry in offered.entries))
    check_entries(offered.entries)
    if (offered.letter or offered.contact) and not sealing_keys():
        raise Refused(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "letter",
            "This helpline takes no letters.",
            "Send the picture codes without a letter.",
        )
    new = NewCase(
        locator_sha256=offered.locator_sha256,
        look_sha256=offered.look_sha256,
        withdraw_sha256=offered.withdraw_sha256,
        circumstance=offered.circumstance,
        entries=offered.entries,
        partners=offered.partners,
        reply_to=offered.reply_to,
        later_sites=offered.later_sites,
        statements=offered.statements,
        wait_days=offered.wait_days,
        letter=offered.letter,
        contact=offered.contact,
        famous=read_famous(settings.FOLDER.famous),
    )
    open_case(new, profile.max_entries, today)
