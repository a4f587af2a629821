"""Days, numbers and stored words as the reader's language writes them. Loaded into every template of the desk."""

from __future__ import annotations

from datetime import date, datetime

from babel.dates import format_date
from babel.numbers import format_decimal
from django import template
from django.utils.translation import gettext

from notcontent.exchange.desk.languages import locale_now
from notcontent.exchange.notices.states import REFUSALS

register = template.Library()


@register.filter
def day(value: date) -> str:
    """29 November 2026."""
    return str(format_date(value, "long", locale_now()))


@register.filter
def short_day(value: date) -> str:
    """29 Nov 2026."""
    return str(format_date(value, "medium", locale_now()))


@register.filter
def moment(value: datetime) -> str:
    """29 November 2026, 17:05 UTC."""
    return f"{day(value)}, {value:%H:%M} UTC"


@register.filter
def count(value: int) -> str:
    """1,234."""
    return str(format_decimal(value, locale=locale_now()))


@register.filter
def said(value: object) -> str:
    """A word that is kept in English, such as a role or an act (`stored_words`); as it is where nobody has named it."""
    text = str(value)
    return gettext(text) if text else ""


@register.filter
def refusal(reason: str) -> str:
    """Why a site says no, by the reason that is kept."""
    return said(dict(REFUSALS).get(reason, reason))


@register.filter
def or_fewer(value: int | None) -> str:
    """A count, or that it is too small to be told."""
    return gettext("fewer than 10") if value is None else count(value)


@register.filter
def said_in_parts(value: str) -> str:
    """The same for "asked: add a partner" and "tier seen", whose parts are named."""
    for between in (": ", " "):
        first, found, rest = value.partition(between)
        if found and (between == ": " or first == "tier"):
            return f"{said(first)}{between}{said(rest)}"
    return said(value)
