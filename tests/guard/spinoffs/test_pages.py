"""The pages of spin-offs: what they say, what two people do there, and that a drawing is always the same."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from notcontent.doors.review.app import ReviewDoor
from notcontent.doors.review.frame import SPINOFFS
from notcontent.doors.review.spinoffs.drawing import draw
from notcontent.guard.database import Database
from notcontent.guard.service import Guard
from notcontent.guard.settings import Settings
from notcontent.guard.spinoffs.keeping import Spinoffs
from notcontent.guard.spinoffs.observation import WARNING_TEXT
from notcontent.guard.tokens import Caller, Purpose, create_token
from notcontent.guard.words import LANGUAGES, Words
from notcontent.guard.writer import Writer
from tests.guard.spinoffs.test_keeping import ENTRIES, NEW, NOW, database, move_house, spinoffs
from tests.guard.test_words import ENGLISH

__all__ = ("database", "spinoffs")


class Reviewer:
    """Somebody who has signed in at the review door."""

    def __init__(self, guard: Guard, name: str) -> None:
        token = create_token(guard.database, Caller(name, purpose=Purpose.REVIEW))
        self._browser = httpx.Client(
            transport=Loopback(ReviewDoor(guard).app()), base_url="http://guard.example", follow_redirects=False
        )
        assert self._browser.post("/review/sign-in", data={"token": token}).status_code == 303

    def get(self, address: str) -> httpx.Response:
        return self._browser.get(address)

    def post(self, step: str, **fields: str) -> httpx.Response:
        key = re.findall(r'name="key" value="([^"]+)"', self.get(SPINOFFS).text)[0]
        return self._browser.post(f"{SPINOFFS}/{step}", data={"key": key, **fields})


class Loopback(httpx.BaseTransport):
    """Every request to this application, without a socket."""

    def __init__(self, app: Any) -> None:
        self._to = httpx.ASGITransport(app)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        async def ask() -> httpx.Response:
            answer = await self._to.handle_async_request(
                httpx.Request(request.method, request.url, headers=request.headers, content=request.read())
            )
            return httpx.Response(answer.status_code, headers=answer.headers, content=await answer.aread())

        return asyncio.run(ask())


def guarded(folder: Path, days: int, told: str = "off") -> Guard:
    settings = Settings(spinoff_days=days, spinoffs_told=told)
    return Guard.beside_writer(Writer(folder, settings), settings)


@pytest.fixture
def guard(tmp_path: Path, database: Database, spinoffs: Spinoffs) -> Iterator[Guard]:
    move_house(spinoffs, database)
    spinoffs.take_noted(NOW)
    with database.write() as connection:
        # The list has no exchange; what is shown of places does not rest on it.
        for table in ("matches", "outbox", "lists"):
            connection.execute(f"DELETE FROM {table}")
    made = guarded(tmp_path, 90, "on")
    yield made
    asyncio.run(made.stop())


@pytest.fixture
def ana(guard: Guard) -> Reviewer:
    return Reviewer(guard, "Ana")


@pytest.fixture
def bo(guard: Guard) -> Reviewer:
    return Reviewer(guard, "Bo")


def test_a_cluster_is_drawn_with_a_table_beside_it_and_says_what_it_does_not_show(ana: Reviewer) -> None:
    page = ana.get(SPINOFFS).text
    assert WARNING_TEXT in page
    assert "16 of its 30 known entries" in page and "<svg" in page and "<table" in page
    links = re.findall(r'href="(/review/spinoffs/places/place-[0-9a-f]{10})"', page)
    assert len(set(links)) == 2 and len(links) == 4  # In the drawing and in the table.
    for link in set(links):
        assert WARNING_TEXT in ana.get(link).text
    assert NEW not in page and "style=" not in page


def test_a_drawing_is_always_the_same(spinoffs: Spinoffs, database: Database) -> None:
    move_house(spinoffs, database)
    spinoffs.take_noted(NOW)
    [cluster], pairs = spinoffs.clusters()
    names = {place: spinoffs.names().show(place) for place in cluster.places}
    first, again = (draw(cluster, each, names, spinoffs.closed(), "two places") for each in (pairs, dict(pairs)))
    assert first == again and 'aria-label="two places"' in first
    # Closed three days ago; the last entry came a day later.
    assert re.findall(r'text-anchor="(start|end)">([0-9-]+)<', first) == [
        ("start", "2026-11-25"),
        ("end", "2026-11-26"),
    ]


def test_the_entries_that_two_places_hold_are_named_to_staff_and_to_others_only_if_both_people_chose_that(
    ana: Reviewer, bo: Reviewer, database: Database
) -> None:
    with database.write() as connection:
        rows = [(1, entry, slot) for slot, entry in enumerate(ENTRIES)]
        connection.execute(
            "INSERT INTO lists (id, name, url, token, root_key, delta) VALUES (1, 'a', 'u', 't', 'k', '')"
        )
        connection.executemany("INSERT INTO entries VALUES (?, ?, ?, 'verified', 0)", rows)
    place = re.findall(r"places/(place-[0-9a-f]{10})", ana.get(SPINOFFS).text)[0]
    page = ana.get(f"{SPINOFFS}/places/{place}").text
    assert sorted(re.findall(r"[0-9a-f]{32}", page.split("spinoff-entries")[1].split("</ul>")[0])) == ENTRIES[:16]
    for form_of, named in (("json", None), ("entries", ENTRIES[:16])):
        wanted = {"act": "export", "place": place, "ground": "order", "reference": "court 7/26", "format": form_of}
        ana.post("ask", **wanted)
        others = bo.get(SPINOFFS).text
        assert (ENGLISH["spinoffs.form.entries"] in others) == (named is not None)
        [asked] = re.findall(r'name="asked" value="([0-9a-f]{32})"', others)
        [move] = bo.post("agree", asked=asked).json()["moves"]
        assert move.get("entry_ids") == named


def test_every_page_is_there_in_every_language(ana: Reviewer) -> None:
    [name, *_] = re.findall(r"places/(place-[0-9a-f]{10})", ana.get(SPINOFFS).text)
    for tag, language in LANGUAGES.items():
        say = Words(language).say
        english = [text for key, text in ENGLISH.items() if key.startswith("spinoffs.") and say(key) != text]
        for address, key in (
            (SPINOFFS, "legend"), (f"{SPINOFFS}/places/{name}", "tells"), (f"{SPINOFFS}/places/-", "unknown"),
        ):  # fmt: skip
            page = ana.get(f"{address}?lang={tag}").text
            assert f">{say(f'spinoffs.{key}')}<" in page and f'<html lang="{tag}"' in page
            assert "spinoffs." not in page and "{" not in page
            assert [text for text in english if f">{text}<" in page] == []


@pytest.mark.parametrize("form_of", ["annex", "json", "entries"])
def test_nothing_is_handed_out_by_one_person(ana: Reviewer, bo: Reviewer, database: Database, form_of: str) -> None:
    place = re.findall(r"places/(place-[0-9a-f]{10})", ana.get(SPINOFFS).text)[0]
    wanted = {"act": "export", "place": place, "ground": "order", "reference": "court 7/26", "format": form_of}
    assert ana.post("ask", **wanted | {"reference": ""}).status_code == 422
    assert ana.post("ask", **wanted).status_code == 303
    assert "Agree" not in ana.get(SPINOFFS).text
    others = bo.get(SPINOFFS).text
    [asked] = re.findall(r'name="asked" value="([0-9a-f]{32})"', others)
    assert ana.post("agree", asked=asked).status_code == 409
    given = bo.post("agree", asked=asked)
    assert given.status_code == 200 and "attachment" in given.headers["content-disposition"]
    assert WARNING_TEXT in given.text and "court 7/26" in given.text and "16" in given.text
    if form_of != "annex":
        assert json.loads(given.text)["agreed_by"] == "Bo"
    [(kind, body, asked_by, agreed_by)] = database.rows("SELECT kind, body, asked_by, agreed_by FROM spinoff_record")
    assert (kind, asked_by, agreed_by) == ("export", "Ana", "Bo") and "court 7/26" in body
    assert bo.post("agree", asked=asked).status_code == 409


def test_a_wrong_alarm_is_marked_by_one_person_and_gone(ana: Reviewer) -> None:
    page = ana.get(SPINOFFS).text
    old, new = dict.fromkeys(re.findall(r"places/(place-[0-9a-f]{10})", page))
    answer = ana.post("judge", predecessor=old, successor=new, right="no")
    assert answer.status_code == 303
    assert "No likely successor" in ana.get(SPINOFFS).text
    assert ana.get(f"{SPINOFFS}/places/place-0000000000").status_code == 404


def test_a_guard_that_keeps_nothing_says_so(tmp_path: Path) -> None:
    guard = guarded(tmp_path, 0)
    assert "keeps no matches by place" in Reviewer(guard, "Ana").get(SPINOFFS).text
    asyncio.run(guard.stop())


def test_nobody_sees_a_page_without_signing_in(guard: Guard) -> None:
    stranger = httpx.Client(transport=Loopback(ReviewDoor(guard).app()), base_url="http://guard.example")
    for address in (SPINOFFS, f"{SPINOFFS}/places/place-0000000000"):
        answer = stranger.get(address)
        assert answer.status_code == 401 and "place-" not in answer.text
