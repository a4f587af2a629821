"""Numbers of notices for everybody and for her lawyer: what sites did, and nothing of a few."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from typing import Any

from tests.exchange.desk_people import SignIn, face
from tests.exchange.notices.conftest import LINK, NOW, Her
from tests.exchange.notices.peers import Mailbox
from tests.exchange.notices.test_following import note
from tests.exchange.notices.test_sending import prepare, send

COUNTED = date(2027, 2, 1)


def sent_notices(
    mina: Her, count: int, *steps: tuple[str, float, str], service: str = "telegram", law: str = "us"
) -> None:
    """So many notices of the quarter of `NOW`, each with these steps: state, hours later, reason."""
    from notcontent.exchange.notices.models import Notice, Step

    for _ in range(count):
        notice = Notice.objects.create(case=mina.case, law=law, service=service, state="sent", sent=NOW)
        Step.objects.create(notice=notice, state="sent", at=NOW, origin="helpline")
        for state, hours, reason in steps:
            Step.objects.create(
                notice=notice, state=state, at=NOW + timedelta(hours=hours), origin="site", reason=reason
            )


def test_a_quarter_is_counted_once_a_month_after_its_end_and_small_counts_are_not_told(mina: Her) -> None:
    from notcontent.exchange.notices.models import Notice
    from notcontent.exchange.public.notices import count_quarters, told_notices

    sent_notices(mina, 11, ("acknowledged", 1, ""), ("removed", 12, ""))
    sent_notices(mina, 4, ("removed", 40, ""))
    sent_notices(mina, 3, ("refused", 5, "not_found"))
    sent_notices(mina, 9, service="x")
    sent_notices(mina, 2, service="")
    sent_notices(mina, 9, law="uk")
    # A letter of the ladder is no notice.
    Notice.objects.create(case=mina.case, law="us", service="telegram", state="sent", sent=NOW, rung="us.remind")
    assert count_quarters(date(2027, 1, 30)) == 0, "sites still have their time"
    assert (count_quarters(COUNTED), count_quarters(COUNTED)) == (1, 0)
    Notice.objects.all().delete()
    telegram, others = sorted(told_notices(), key=lambda row: row.site != "Telegram")
    assert (telegram.quarter, telegram.site, telegram.sent) == ("2026-Q4", "Telegram", 18)
    assert (telegram.acknowledged, telegram.removed, telegram.median_hours) == (11, 15, 12.0)
    assert (telegram.refused, telegram.refused_for, telegram.overdue) == (None, (), None), "three are too few"
    # Nine to X and two to sites that nobody knows are eleven to others; nine under the British law are told by nobody.
    assert (others.site, others.sent, others.removed) == ("other sites", 11, None)


def test_a_reason_is_told_only_where_no_other_could_be_worked_out_from_it(mina: Her) -> None:
    from notcontent.exchange.notices.counting import tally, withhold
    from notcontent.exchange.notices.models import Notice

    sent_notices(mina, 10, ("refused", 5, "not_found"))
    sent_notices(mina, 1, ("refused", 5, "not_intimate"))

    def told() -> Any:
        one = withhold(tally(Notice.objects.prefetch_related("steps")))
        assert one is not None
        return one.refused, one.refused_for

    assert told() == (11, ())
    sent_notices(mina, 9, ("refused", 5, "not_intimate"))
    assert told() == (20, (("not_found", 10), ("not_intimate", 10)))


def test_everybody_reads_the_same_numbers_with_and_without_a_program(mina: Her) -> None:
    from django.test import Client

    from notcontent.exchange.public.notices import count_quarters

    sent_notices(mina, 12, ("removed", 30, ""))
    count_quarters(COUNTED)
    with face("person"):
        page = Client().get("/numbers").content.decode()
        told = json.loads(Client().get("/v1/numbers").content)
        for look in re.findall(r'<link rel="stylesheet" href="([^"]+)">', page):
            assert Client().get(look).status_code == 200
    [row] = told["notices"]
    assert row == {
        "quarter": "2026-Q4", "site": "Telegram", "law": "TAKE IT DOWN Act (United States)", "sent": 12,
        "acknowledged": None, "removed": 12, "refused": None, "overdue": None, "refused_for": {}, "median_hours": 30.0,
    }  # fmt: skip
    assert "2026-Q4" in page and "Telegram" in page and "fewer than 10" in page and mina.case.id not in page


def test_her_lawyer_has_every_step_of_hers_and_no_small_count_of_others(
    desk: SignIn, mina: Her, mailbox: Mailbox
) -> None:
    from notcontent.exchange.desk.roles import Role

    noor = desk("noor", Role.DESK)
    address = f"/cases/{mina.case.id}/notices/record"
    assert "Nothing was sent in this case." in noor.get(address).text
    notice = send(prepare(mina))
    note(notice, "acknowledged", "site", 2)
    note(notice, "removed", "site", 26)
    page = noor.get(address).text
    assert notice.id in page and notice.proof.strip("<>") in page and "26" in page
    assert page.index("22 November 2026, 11:30 UTC: acknowledged") < page.index("23 November 2026, 11:30 UTC: removed")
    assert "too few to tell" in page and LINK not in page and "abuse@board.example" not in page
    sent_notices(mina, 12, ("removed", 30, ""), service="")
    page = noor.get(address).text
    assert "fewer than 10" in page and '<td class="number">13</td>' in page
