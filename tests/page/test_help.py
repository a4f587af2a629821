"""The help lines are well formed, their sources are written down, and the page says when one was checked long ago."""

import json
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from babel import Locale
from playwright.sync_api import expect

from .person_face import PAGE
from .walk import Walk

SOURCES = (Path(__file__).parents[2] / "docs" / "helpline" / "help-lines.md").read_text("utf-8")
COUNTRIES: dict[str, dict[str, Any]] = json.loads((PAGE / "help.json").read_text("utf-8"))["countries"]
LINES = [(country, line) for country, help_there in COUNTRIES.items() for line in help_there["lines"]]
each_line = pytest.mark.parametrize(("country", "line"), LINES, ids=[f"{at} {line['name']}" for at, line in LINES])

#: Every field of a line, with the words it may hold; None: any text.
FIELDS = {
    "for": None,
    "name": None,
    "run_by": None,
    "reach": None,
    "asks_name": {"no", "yes", "may"},
    "tells": {"no", "danger", "may", "unknown"},
    "hours": None,
    "checked": None,
}


def _rows(heading: str) -> list[list[str]]:
    """The cells of the table under a heading of help-lines.md, without its head."""
    section = SOURCES.split(f"## {heading}\n")[1].split("\n## ")[0]
    rows = [row.strip("|").split(" | ") for row in section.splitlines() if row.startswith("|")]
    return [[cell.strip(" `") for cell in row] for row in rows[2:]]


@each_line
def test_every_line_has_every_field_and_only_words_the_page_knows(country: str, line: dict[str, Any]) -> None:
    assert list(line) == list(FIELDS)
    for field, words in FIELDS.items():
        if words is not None:
            assert line[field] in words, field
    assert line["for"] in (["minors"], ["adults"], ["minors", "adults"])
    for field in ("name", "run_by", "reach"):
        assert line[field].strip() == line[field] != "", field
    assert line["hours"].strip() == line["hours"]
    assert re.search(r"\d|\.[a-z]{2,}", line["reach"]), "a number or an address"


@each_line
def test_every_line_was_checked_on_a_day_that_has_been(country: str, line: dict[str, Any]) -> None:
    checked = date.fromisoformat(line["checked"])
    assert checked.isoformat() == line["checked"]
    assert date(2026, 1, 1) <= checked <= datetime.now(UTC).date() + timedelta(days=1)


def test_every_country_is_one_and_has_an_emergency_number_and_a_line_for_someone_under_18_or_grown_up() -> None:
    territories = Locale.parse("en").territories
    assert len(COUNTRIES) >= 12
    for country, help_there in COUNTRIES.items():
        assert re.fullmatch("[A-Z]{2}", country), country
        assert country in territories, country
        assert list(help_there) == ["emergency", "lines"]
        assert re.fullmatch(r"\d{3}(, \d{3})?", help_there["emergency"]), country
        assert help_there["lines"], country


def test_no_line_stands_twice() -> None:
    assert len({(country, line["name"]) for country, line in LINES}) == len(LINES)


def test_every_line_has_its_source_written_down_and_no_source_is_left_over() -> None:
    assert {(row[0], row[1]) for row in _rows("Lines")} == {(country, line["name"]) for country, line in LINES}
    assert [row for row in _rows("Lines") if len(row) != 6 or not all(row)] == []


def test_what_the_page_says_of_names_and_of_telling_stands_beside_its_source() -> None:
    said = {(row[0], row[1]): row[2] for row in _rows("Lines") if row[2].startswith("asks ")}
    assert said == {
        (country, line["name"]): f"asks {line['asks_name']}, tells {line['tells']}" for country, line in LINES
    }


def test_every_emergency_number_has_its_source_written_down() -> None:
    assert {row[0]: row[1] for row in _rows("Emergency numbers")} == {
        country: help_there["emergency"] for country, help_there in COUNTRIES.items()
    }


def _to_help(walk: Walk) -> None:
    """To the screen for someone under 18, with the list of countries read."""
    walk.to_age()
    walk.button("Under 18").click()
    walk.page.locator("#help-country:enabled").wait_for()


def test_every_country_can_be_chosen_and_shows_its_lines_for_someone_under_18(walk: Walk) -> None:
    _to_help(walk)
    for country, help_there in COUNTRIES.items():
        walk.page.locator("#help-country").select_option(country)
        expect(walk.page.get_by_text(f"Emergency number: {help_there['emergency']}", exact=True)).to_be_visible()
        names = [line["name"] for line in help_there["lines"] if "minors" in line["for"]]
        assert walk.page.locator("h2").all_inner_texts() == names, country
        expect(walk.page.get_by_text("We have no checked help line")).to_have_count(0 if names else 1)
    assert walk.problems == []


def test_a_line_checked_more_than_400_days_ago_says_so(walk: Walk) -> None:
    line = next(line for _, line in LINES if "minors" in line["for"])
    days_ago = {days: datetime.now(UTC).date() - timedelta(days=days) for days in (0, 399, 402)}
    lines = [{**line, "name": f"{days} days", "checked": day.isoformat()} for days, day in days_ago.items()]
    walk.face.exchange.replaced["/page/help.json"] = json.dumps(
        {"v": 1, "countries": {"GB": {"emergency": "999", "lines": lines}}}
    )
    _to_help(walk)
    walk.page.locator("#help-country").select_option("GB")
    old = "This was checked long ago. Please ask first whether it is still right."
    for days in days_ago:
        card = walk.page.locator(".card", has=walk.heading(f"{days} days"))
        expect(card).to_be_visible()
        expect(card.get_by_text(old, exact=True)).to_have_count(1 if days > 400 else 0)
