"""A room of the board is closed, part of its archive turns up in three new ones, and people see where it moved: the
real exchange, guard and board, their pages in Chromium on a phone and a desk, light and dark."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from notcontent.cli.practice import Practice, Secrets
from notcontent.device.case import PictureCode
from notcontent.fingerprint.compute import fingerprint_picture
from notcontent.guard.spinoffs.observation import WARNING_TEXT
from tests.conftest import AXE_RULES, Someone, altered, generated_picture
from tests.journeys.people import Case, until

pytestmark = [pytest.mark.journey, pytest.mark.browser, pytest.mark.peer]
SCREENS = Path(__file__).parents[2] / "out" / "screens"
ARCHIVE = [generated_picture(seed, 240, 180) for seed in range(30)]
EVERYDAY = generated_picture(99, 240, 180)
#: A picture that goes round everywhere: so many people are in it, and it is met in so many places.
ITS_CASES, ELSEWHERE = 10, 250
NAMES = ("The old room", "Wednesdays", "Only friends", "Second floor")
LOOKS = [(390, "light"), (390, "dark"), (1280, "light"), (1280, "dark")]
#: What people at the desk do over weeks, in one process.
VERIFY = "import sys; from notcontent.cli.main import main\nfor e in sys.argv[2:]: main(['exchange', 'tier', e," + (
    " 'verified', '--by', 'desk', '--reason', 'a drill', '--folder', sys.argv[1]])"
)


@dataclass
class City:
    """The practice set-up, and its moderator's window."""

    practice: Practice
    known: Secrets
    moderator: Page

    def rows(self, query: str) -> list[tuple[object, ...]]:
        with sqlite3.connect(self.practice.folder / "guard" / "guard.db", timeout=10) as connection:
            return connection.execute(query).fetchall()

    def until_count(self, count: int, of: str) -> None:
        until(lambda: self.rows(f"SELECT count(*) FROM {of}"), lambda rows: rows == [(count,)], f"{count} of {of}")

    def token(self, name: str, purpose: str) -> str:
        folder = self.practice.folder / "guard"
        return self.practice.command("guard", "token", name, "--for", purpose, "--folder", folder).split()[-1]

    def open_room(self, name: str) -> str:
        """Somebody opens a room; its address."""
        self.moderator.goto(self.practice.ports.url("board"))
        self.moderator.get_by_label("Open a room of your own").fill(name)
        self.moderator.get_by_role("button", name="Open it").click()
        expect(self.moderator.get_by_role("heading", name=name)).to_be_visible()
        return self.moderator.url

    def post(self, room: str, poster: str, picture: bytes) -> str:
        """Somebody posts in a room; where that leads."""
        answer = httpx.post(
            room, files={"picture": ("a.jpg", picture, "image/jpeg")}, cookies={"poster": poster}, timeout=30
        )
        assert answer.status_code == 303
        return answer.headers["location"]

    def reviewer(self, name: str, browser: Browser) -> Page:
        """Somebody who has signed in at the guard, in a window without script."""
        page = browser.new_context(java_script_enabled=False, reduced_motion="reduce").new_page()
        page.goto(f"{self.practice.ports.url('guard')}/review")
        page.get_by_label("Your token").fill(self.token(name, "review"))
        page.get_by_role("button", name="Sign in").click()
        return page


@pytest.fixture(scope="module")
def city(practice_set_up: tuple[Practice, Secrets], browser: Browser) -> City:
    return settle(*practice_set_up, browser)


def settle(practice: Practice, known: Secrets, browser: Browser) -> City:
    """A board whose moderator has signed in."""
    moderator = browser.new_page(viewport={"width": 1280, "height": 900})
    moderator.goto(practice.ports.url("board") + "/moderator")
    moderator.get_by_label("Moderator word").fill(known.moderator_word)
    moderator.get_by_role("button", name="Sign in").click()
    return City(practice, known, moderator)


def code_of(picture: bytes) -> PictureCode:
    made = fingerprint_picture(picture)
    return PictureCode(made.quality, tuple(turned.hex for turned in made.orientations))


def listed_and_verified(city: City) -> None:
    """People have opened cases, and over a month people at the desk have verified what is in them."""
    for start in range(0, len(ARCHIVE), 5):
        Case(city.practice, Someone.new().keys).send(*map(code_of, ARCHIVE[start : start + 5]))
    for _ in range(ITS_CASES):
        Case(city.practice, Someone.new().keys).send(code_of(EVERYDAY))
    city.until_count(len(ARCHIVE) + ITS_CASES, "entries")
    entries = [str(entry) for (entry,) in city.rows("SELECT entry FROM entries")]
    subprocess.run([sys.executable, "-c", VERIFY, city.practice.folder / "exchange", *entries], check=True)
    city.until_count(len(entries), "spinoff_days")
    before = "SELECT count(*) FROM spinoff_days AS o WHERE o.entry < days.entry"
    city.rows(f"UPDATE spinoff_days AS days SET day = day - ({before})")


def find_nothing_with_axe(seen: Page, addresses: list[str], axe: str) -> None:
    """The same pages as this window sees, light and dark, in one where axe may run."""
    browser, state = seen.context.browser, seen.context.storage_state()
    assert browser
    page = browser.new_context(bypass_csp=True, storage_state=state).new_page()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        for address in addresses:
            page.goto(address)
            page.evaluate(f"() => {{ {axe} }}")
            found = page.evaluate("(tags) => axe.run(document, {runOnly: tags})", AXE_RULES)["violations"]
            assert not found, [(each["id"], [node["html"] for node in each["nodes"]]) for each in found]


def move_house(city: City) -> list[str]:
    """An archive is filled by many, its room closed, and over half of it turns up in each of three others, by many.

    The addresses of the rooms, the closed one first.
    """
    listed_and_verified(city)
    guard, board = city.practice.ports.url("guard"), city.practice.ports.url("board")
    # What everybody posts everywhere, so that it is known how seldom the rest is met.
    with httpx.Client(base_url=guard, headers={"Authorization": f"Bearer {city.known.guard_token}"}) as site:
        for number in range(ELSEWHERE):
            answer = site.post(f"/v1/check?place=elsewhere{number}&account={number}", content=EVERYDAY)
            assert answer.status_code == 451
    old, *new = [city.open_room(name) for name in NAMES]
    for number, picture in enumerate(ARCHIVE):
        assert city.post(old, f"filler {number}", picture).endswith("told=held")
    city.until_count(ELSEWHERE * ITS_CASES + len(ARCHIVE), "spinoff_met")
    city.rows("UPDATE spinoff_met SET hour = hour - 30")  # So that what comes now comes a day later.

    moderator = city.moderator
    moderator.goto(f"{board}/moderator/rooms")
    moderator.get_by_role("button", name="Close this room").last.click()
    expect(moderator.get_by_text("Closed.")).to_have_count(1)
    expect(moderator.get_by_text("Likely successor")).to_have_count(0)
    assert city.post(old, "filler 1", EVERYDAY) == old.removeprefix(board)
    moderator.goto(old)
    expect(moderator.get_by_text("This room was closed. Nothing can be posted here.")).to_be_visible()

    for at, room in enumerate(new):
        for number, picture in enumerate(ARCHIVE[at * 5 : at * 5 + 16]):
            city.post(room, f"member {number}", altered(picture, "mirrored"))
    authorised = {"Authorization": f"Bearer {city.token('counts', 'metrics')}"}
    until(
        lambda: httpx.get(f"{guard}/metrics", headers=authorised).text,
        lambda text: "notcontent_guard_spinoff_alarms_total 3.0" in text,
        "three alarms",
    )
    return [old, *new]


def test_an_archive_that_moves_is_seen_drawn_and_handed_out_by_two(city: City, browser: Browser, axe: str) -> None:
    SCREENS.mkdir(parents=True, exist_ok=True)
    rooms = move_house(city)
    guard, board, moderator = city.practice.ports.url("guard"), city.practice.ports.url("board"), city.moderator
    moderator.goto(f"{board}/moderator/rooms")
    told = moderator.get_by_text(re.compile("^Likely successor of “The old room”: 16 of its 30 known entries"))
    expect(told).to_have_count(3)
    expect(told.first).to_contain_text(WARNING_TEXT)

    ana, bo = city.reviewer("Ana", browser), city.reviewer("Bo", browser)
    for width, scheme in LOOKS:
        for page, name, address in (
            (moderator, "board-rooms", f"{board}/moderator/rooms"),
            (ana, "spinoffs", f"{guard}/review/spinoffs"),
        ):
            page.set_viewport_size({"width": width, "height": 844})
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            page.goto(address)
            expect(page.get_by_text(WARNING_TEXT).first).to_be_visible()
            widest = page.locator("main").bounding_box()
            assert widest and widest["x"] >= 0 and widest["x"] + widest["width"] <= width
            page.screenshot(path=SCREENS / f"{name}-{width}-{scheme}.png", full_page=True)
        expect(ana.locator("svg.spinoff-drawing a")).to_have_count(4)
        ana.locator("svg.spinoff-drawing a").first.click()
        expect(ana.get_by_role("heading", name="place-").first).to_be_visible()
        ana.get_by_text("Entries that both hold: 16").first.click()
        expect(ana.get_by_text("the helpline is told")).to_have_count(0)  # spinoffs_told is off
        ana.screenshot(path=SCREENS / f"spinoffs-place-{width}-{scheme}.png", full_page=True)
    for seen, addresses in (
        (moderator, [f"{board}/moderator/rooms", board]),
        (ana, [f"{guard}/review/spinoffs", ana.url]),
    ):
        find_nothing_with_axe(seen, addresses, axe)
    ana.get_by_label("Its reference").fill("court 7/26")
    ana.get_by_role("button", name="Ask to hand out its cluster").click()
    expect(ana.get_by_role("button", name="Agree")).to_have_count(0)
    bo.goto(f"{guard}/review/spinoffs")
    with bo.expect_download() as downloading:
        bo.get_by_role("button", name="Agree").click()
    annex = Path(downloading.value.path()).read_text("utf-8")
    assert WARNING_TEXT in annex and "court 7/26" in annex and annex.count("(closed) -> ") == 3
    assert not any(name in annex for name in NAMES)
    assert not any(room.rsplit("/", 1)[-1] in annex for room in rooms)
