"""What every page without script has in common: its frame, and words, days and countries in its language. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from html import escape

from babel import Locale
from babel.dates import format_date

from notcontent.page.languages import Language, read_text


@dataclass(frozen=True, slots=True)
class Scriptless:
    """Pages of one helpline in one language."""

    language: Language
    helpline: str
    practice: bool

    @property
    def _locale(self) -> Locale:
        # British days, as on the page.
        return Locale.parse("en-GB" if self.language.tag == "en" else self.language.tag, sep="-")

    def _document(self, title: str, heading: str, main: str, *, head: str = "", above: str = "") -> str:
        """A whole page; all is HTML. `head`: what more stands in its head; `above`: before the helpline's name."""
        language, said = self.language, self._say("practice")
        practice = f'<p class="practice" role="region" aria-label="{said}">{said}</p>' if self.practice else ""
        unreviewed = "" if language.reviewed else f"<p>{self._say('unreviewed')}</p>"
        return (
            f'<!doctype html>\n<html lang="{language.tag}" dir="{"rtl" if language.right_to_left else "ltr"}">\n<head>'
            '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
            f'<title>{title}</title><link rel="stylesheet" href="/page/look.css">{head}</head>\n<body>{practice}{above}'
            f'<header class="top"><span class="mark"><bdi>{escape(self.helpline)}</bdi></span></header>\n'
            f'<main class="main"><h1>{heading}</h1>{main}</main>\n'
            f'<footer class="bottom small quiet">{unreviewed}</footer></body>\n</html>\n'
        )

    def _say(self, key: str) -> str:
        return escape(read_text(self.language.tag, key))

    def _fill(self, key: str, **values: str) -> str:
        return self._say(key).format(**values)

    def _country(self, code: str) -> str:
        made_up = read_text(self.language.tag, "country.made_up")
        return escape(made_up if code == "ZZ" else str(self._locale.territories.get(code, code)))

    def _day(self, day: date) -> str:
        return f'<time datetime="{day.isoformat()}">{escape(format_date(day, "long", self._locale))}</time>'
