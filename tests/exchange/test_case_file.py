"""A case that comes as a sealed file."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyrage
import pytest

from notcontent.letter import format_recipient
from tests.exchange.running import Person, Running, picture_code, solve

TODAY = date(2026, 11, 22)


def make_file(folder: Any, partner: str, day: date = TODAY, bits: int = 13, **more: Any) -> tuple[bytes, Person]:
    """What her device saves, and whose it is."""
    from notcontent.exchange.person.case_file import public_key

    mina = Person(Running(folder.path))
    task = {"challenge": f"file:{day.isoformat()}", "rounds": 16, "bits": bits}
    body = {
        "v": 1, "locator": mina.locator, "look_key": mina.look_key, "withdraw_key": mina.withdraw_key,
        "reply_to": "ab" * 32, "circumstance": "worried", "entries": [picture_code()], "partners": [partner],
        "later_sites": "ask", "statements": [], "wait_days": 0, "letter": None, "work": solve(task, mina.locator),
    } | more  # fmt: skip
    to = pyrage.x25519.Recipient.from_str(format_recipient(public_key(folder)))
    return pyrage.encrypt(json.dumps(body).encode().ljust(8_192), [to]), mina


@pytest.fixture
def partner(tables: Any) -> str:
    from notcontent.exchange.partners.joining import add_partner

    return add_partner(name="Board", country="zz", site="", proves_forgetting=True, today=TODAY).partner


def take(folder: Any, sealed: bytes, today: date = TODAY) -> str:
    """`taken`, or why not."""
    from notcontent.exchange.errors import Refused
    from notcontent.exchange.person.case_file import take_case_file
    from notcontent.exchange.profile import read_profile

    try:
        take_case_file(sealed, folder, read_profile(folder), today)
    except Refused as refused:
        return refused.code
    return "taken"


def test_a_case_file_opens_a_case_however_often_it_is_brought(tables: Any, partner: str) -> None:
    from notcontent.exchange.cases.models import Case
    from notcontent.exchange.lists.models import Listing

    sealed, _ = make_file(tables, partner)
    assert [take(tables, sealed), take(tables, sealed)] == ["taken", "taken"]
    assert (Case.objects.count(), Listing.objects.count(), Case.objects.get().circumstance) == (1, 1, "worried")


def test_a_case_file_holds_for_thirty_days_and_a_day_ahead(tables: Any, partner: str) -> None:
    sealed, _ = make_file(tables, partner)
    days = {-2: "work", -1: "taken", 30: "taken", 31: "work"}
    assert {late: take(tables, sealed, TODAY + timedelta(days=late)) for late in days} == days


def test_work_that_is_too_easy_or_of_another_kind_is_refused(tables: Any, partner: str) -> None:
    from notcontent.exchange.errors import Refused
    from notcontent.exchange.person.work import check_work, make_challenge

    assert take(tables, make_file(tables, partner, bits=8)[0]) == "work"
    asked = make_challenge("secret", 8, datetime.now(UTC).timestamp())
    for challenge in (asked, "file:2026-13-01", "file:", "file:2026-11-22\n", 5, None):
        assert take(tables, make_file(tables, partner, work={"challenge": challenge, "nonces": [0] * 16})[0]) == "work"
    # And what a file may say does not open the door of the page.
    with pytest.raises(Refused):
        check_work("secret", f"file:{TODAY.isoformat()}", [0] * 16, "ab" * 16, 0.0)


def test_what_is_no_case_file_is_refused(tables: Any, partner: str) -> None:
    sealed, _ = make_file(tables, partner)
    to_somebody_else = pyrage.encrypt(b"{}", [pyrage.x25519.Identity.generate().to_public()])
    for wrong in (b"", b"hello", sealed[:-1], to_somebody_else, sealed + bytes(2 << 20)):
        assert take(tables, wrong) == "malformed"
    assert take(tables, make_file(tables, partner, age=17)[0]) == "malformed"
    assert take(tables, make_file(tables, "0" * 16)[0]) == "partner"
