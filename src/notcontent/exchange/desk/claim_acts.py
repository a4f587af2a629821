"""What two people at the desk decide together about claims and disputes. Loaded with the app, which registers it."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.utils.translation import gettext

from notcontent.exchange.desk.roles import Role
from notcontent.exchange.desk.two_people import Act, register
from notcontent.exchange.disputes.deciding import answer_disputes, record_spoken, take_claim_out
from notcontent.exchange.disputes.models import Answer, Kind
from notcontent.exchange.errors import NotADemand
from notcontent.exchange.lists.ruling import put_back
from notcontent.exchange.public.models import Demand

#: Whoever works on cases.
CASEWORK = frozenset({Role.DESK, Role.LEAD})
ANSWER, TAKE_OUT, PUT_BACK = "answer a dispute", "take a claim out", "let a claim stand"
VERIFY, PUBLISH = "verify after speaking with her", "publish a demand by a state"


def _answer(payload: dict[str, Any], _actor: str, today: date) -> None:
    answer_disputes(payload["entry"], Kind(payload["what_was_said"]), Answer(payload["answer"]), today)


def _take_out(payload: dict[str, Any], _actor: str, today: date) -> None:
    take_claim_out(payload["entry"], today)


def _put_back(payload: dict[str, Any], _actor: str, today: date) -> None:
    put_back(payload["entry"], today)


def _verify(payload: dict[str, Any], _actor: str, today: date) -> None:
    record_spoken(payload["case"], today)


def check_demand(untrusted_month: str, untrusted_country: str, today: date) -> tuple[date, str]:
    """The first day of the month and the country. Raises `NotADemand`."""
    country = untrusted_country.strip().upper()
    try:
        month = date.fromisoformat(f"{untrusted_month}-01")
    except ValueError:
        month = date.max
    if month > today or not (len(country) == 2 and country.isascii() and country.isalpha()):
        raise NotADemand(gettext("A demand needs a month that has begun and a country of two letters. Write it again."))
    return month, country


def _publish(payload: dict[str, Any], _actor: str, today: date) -> None:
    month, country = check_demand(payload["month"], payload["country"], today)
    Demand.objects.create(month=month, country=country, obeyed=payload["obeyed"] == "yes")


for _name, _carry_out in (
    (ANSWER, _answer), (TAKE_OUT, _take_out), (PUT_BACK, _put_back), (VERIFY, _verify), (PUBLISH, _publish)
):  # fmt: skip
    register(Act(_name, CASEWORK, CASEWORK, _carry_out))
