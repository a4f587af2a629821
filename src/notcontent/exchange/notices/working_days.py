"""Where a country's clock hangs, and on which days nobody works there."""

from __future__ import annotations

from collections.abc import Container
from datetime import date, tzinfo
from functools import cache
from zoneinfo import ZoneInfo

import holidays

#: Of countries with several, the one that is earliest in the evening: whoever keeps to it is in time in all.
_ZONES = {
    "AT": "Europe/Vienna", "BE": "Europe/Brussels", "BG": "Europe/Sofia", "CY": "Asia/Nicosia", "CZ": "Europe/Prague",
    "DE": "Europe/Berlin", "DK": "Europe/Copenhagen", "EE": "Europe/Tallinn", "ES": "Europe/Madrid",
    "FI": "Europe/Helsinki", "FR": "Europe/Paris", "GB": "Europe/London", "GR": "Europe/Athens", "HR": "Europe/Zagreb",
    "HU": "Europe/Budapest", "IE": "Europe/Dublin", "IT": "Europe/Rome", "KR": "Asia/Seoul", "LT": "Europe/Vilnius",
    "LU": "Europe/Luxembourg", "LV": "Europe/Riga", "MT": "Europe/Malta", "NL": "Europe/Amsterdam",
    "PL": "Europe/Warsaw", "PT": "Europe/Lisbon", "RO": "Europe/Bucharest", "SE": "Europe/Stockholm",
    "SI": "Europe/Ljubljana", "SK": "Europe/Bratislava", "US": "America/New_York",
}  # fmt: skip
#: The bank holidays of England and Wales, where Ofcom and most courts sit.
_PARTS = {"GB": "ENG"}


def zone_of(country: str) -> tzinfo:
    """The country's time; UTC where it is not known."""
    return ZoneInfo(_ZONES.get(country, "UTC"))


@cache
def holidays_of(country: str) -> Container[date]:
    """Public holidays of a whole country, by the package `holidays`; none for one that it does not know.

    Those of a single region are left out: without them a time only ever ends earlier.
    """
    try:
        found: Container[date] = holidays.country_holidays(country, subdiv=_PARTS.get(country))
    except NotImplementedError:
        return frozenset()
    return found
