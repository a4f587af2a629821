"""What reviewers and uploaders read, in each language: one gettext catalogue, `locale/guard.pot` and `locale/TAG.po`.

The languages are those of the person's page, and German.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files

from babel import Locale
from babel.dates import format_date, format_timedelta
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.units import format_unit

from notcontent.page import languages
from notcontent.page.languages import Language

SOURCE = "guard.pot"
LANGUAGES = languages.LANGUAGES | {"de": Language("de", "Deutsch", "https://de.wikipedia.org/", ("one", "other"))}

_UNITS = ((24 * 3600, "day"), (3600, "hour"), (60, "minute"))


@dataclass(frozen=True, slots=True)
class Words:
    """Everything in one language. Times are told in the largest unit of which there are two."""

    language: Language

    @classmethod
    def asked_for(cls, accept_language: str) -> Words:
        """In the language that an Accept-Language header asks for first among ours; in English if it asks for none."""
        return cls(languages.choose_language(accept_language, LANGUAGES))

    def say(self, key: str) -> str:
        """One text by its key, such as `uploader.held`; English where it is not translated. Raises KeyError."""
        return _texts(self.language.tag)[key]

    def number(self, number: int) -> str:
        """A number."""
        return str(format_decimal(number, locale=self._locale))

    def moment(self, moment: datetime) -> str:
        """A day and a time of that time zone."""
        return f"{format_date(moment, 'long', self._locale)}, {moment:%H:%M} {moment.tzname()}"

    def span(self, span: timedelta) -> str:
        """How long: at least a minute, in whole units."""
        seconds, name = _unit(span)
        return format_unit(_whole(span, seconds), f"duration-{name}", "long", locale=self._locale)

    def exact_span(self, span: timedelta) -> str:
        """How long, in hours and minutes."""
        hours, minutes = divmod(max(0, int(span.total_seconds())) // 60, 60)
        parts = [(hours, "hour"), (minutes, "minute")] if hours else [(minutes, "minute")]
        return " ".join(format_unit(number, f"duration-{name}", "short", locale=self._locale) for number, name in parts)

    def away(self, span: timedelta) -> str:
        """In, or below zero before, so much time."""
        seconds, name = _unit(span)
        whole = timedelta(seconds=_whole(span, seconds) * seconds)
        return format_timedelta(
            -whole if span < timedelta(0) else whole,
            granularity=name,  # type: ignore[arg-type]
            threshold=2,
            add_direction=True,
            locale=self._locale,
        )

    @property
    def _locale(self) -> Locale:
        # British days, as on the person's page.
        return Locale.parse("en-GB" if self.language.tag == "en" else self.language.tag, sep="-")


def _unit(span: timedelta) -> tuple[int, str]:
    return next((unit for unit in _UNITS if abs(span.total_seconds()) >= 2 * unit[0]), _UNITS[-1])


def _whole(span: timedelta, seconds: int) -> int:
    return max(1, int(abs(span.total_seconds()) // seconds))


@cache
def _texts(tag: str) -> dict[str, str]:
    source = _read(SOURCE)
    return source if tag == languages.ENGLISH.tag else source | _read(f"{tag}.po")


def _read(name: str) -> dict[str, str]:
    with files("notcontent.guard").joinpath("locale", name).open("rb") as file:
        catalog = read_po(file)
    return {
        str(message.context): str(message.id if name == SOURCE else message.string)
        for message in catalog
        if message.context and (message.string or name == SOURCE)
    }
