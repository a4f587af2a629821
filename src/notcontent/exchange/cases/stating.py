"""Her statements: one word for each site, dated, which she can change and take back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from http import HTTPStatus

from notcontent.exchange.cases.models import Case, Notices, Statement
from notcontent.exchange.errors import Refused
from notcontent.exchange.notices.stopping import stop_notices
from notcontent.exchange.partners.models import Partner
from notcontent.exchange.today import utc_now


def state(case: Case, statements: Mapping[str, Notices], today: date) -> bool:
    """Keep what she said of these sites (by partner id); whether anything is new.

    The same word again keeps its day; others stay as they were.

    Raises `Refused` 422 `partner` for a site that does not exist.
    """
    if not statements:
        return False
    if Partner.objects.filter(id__in=statements).count() != len(statements):
        raise no_such_site()
    said = {statement.partner_id: statement for statement in case.statements.all()}
    new = False
    for partner, notices in statements.items():
        statement = said.get(partner) or Statement(case=case, partner_id=partner)
        if statement.notices != notices:
            statement.notices, statement.day = notices, today
            statement.save()
            if notices == Notices.REVOKED:
                stop_notices(case, utc_now(), partner=partner)
            new = True
    return new


def no_such_site() -> Refused:
    """422 `partner`."""
    return Refused(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "partner",
        "One of the sites you chose does not take part any more.",
        "Load the page again to see the sites that do, and choose again.",
    )
