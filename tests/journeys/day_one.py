"""The helpline's day one (docs/helpline/day-one.md), as three colleagues and somebody who needs them live it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import urlsplit

import pyotp
from playwright.sync_api import Browser, Page, expect

from tests.conftest import generated_picture
from tests.journeys.test_tutorial import BLOCK, Reader
from tests.page.walk import Walk, file

DOCS = Path(__file__).parents[2] / "docs" / "helpline"
PASSWORD = "three herons on a wet roof"
ASKED = "Two of them are on a board, I think. I am not sleeping much. What happens now?"
ANSWER = "We are here, and we have read it. The sites you chose have the codes now. Write whenever you like."
Shoot = Callable[[Page, str], None]


@dataclass
class Helpline(Reader):
    """Whoever types the commands of the helpline's pages."""

    links: dict[str, str] = field(default_factory=dict)

    def filled(self, line: str) -> str:
        return super().filled(line).replace("http://localhost:8002", f"http://localhost:{self.ports.desk}")

    def type(self, line: str) -> str:
        said = super().type(line)
        if made := re.search(r"letter key --out (\w+)\.key", line):
            self.known[f"{made[1].upper()}-KEY"] = said.split()[-1]
        if invited := re.search(r"desk-user (\w+)", line):
            found = re.search(r"\S+/invitation#\S+", said)
            assert found is not None, said
            self.links[invited[1]] = found[0]
        return said

    def follow(self, page: str) -> str:
        """Type every command of a page; what the last one said."""
        said = ""
        for _kind, text in BLOCK.findall((DOCS / page).read_text()):
            said = self.carry_out(text)
        return said


class HerWay(Walk):
    """Through the page, with a letter and a word that the helpline may write to sites."""

    def choose_all_sites(self) -> None:
        self.page.get_by_role("button", name="All", exact=True).click()
        self.button("Go on").click()
        self.page.get_by_role("checkbox").first.check()
        self.button("Yes, but ask me each time").click()
        self.heading("Do you want to tell the helpline something?").wait_for()
        self.page.locator("#letter").fill(ASKED)
        self.button("Go on").click()


@dataclass
class DayOne:
    """What the page says to do in a browser. `shoot` takes a picture of a screen."""

    browser: Browser
    helpline: Helpline
    shoot: Shoot

    def live(self) -> tuple[HerWay, Page]:
        """All of it, with the commands of the page but those that close the day: her browser and Sam's."""
        for _kind, text in BLOCK.findall((DOCS / "day-one.md").read_text())[:-2]:
            self.helpline.carry_out(text)
        mira, noor, sam = (self.join(name) for name in ("mira", "noor", "sam"))
        self.shoot(mira, "desk-first")
        self.add_key(mira, noor)
        self.vet(mira, noor)
        her = self.ask_for_help()
        self.decide(mira, noor, self.answer(mira))
        return her, sam

    def join(self, name: str) -> Page:
        """Take the invitation, set up the second factor, keep the codes; the first screen."""
        context = self.browser.new_context(viewport={"width": 1000, "height": 640}, reduced_motion="reduce")
        context.set_default_timeout(60_000)
        page = context.new_page()
        page.goto(self.helpline.links[name])
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_label("The same again").fill(PASSWORD)
        page.get_by_role("button", name="Keep this password").click()
        page.get_by_label("Code").fill(pyotp.TOTP(page.locator("bdi.code").inner_text()).now())
        page.get_by_role("button", name="Use it from now on").click()
        expect(page.locator(".recovery-codes bdi")).to_have_count(10)
        page.get_by_role("link", name="I have kept them").click()
        page.get_by_role("button", name="Sign out").wait_for()
        return page

    def at(self, page: Page, address: str) -> Page:
        here = urlsplit(page.url)
        page.goto(f"{here.scheme}://{here.netloc}{address}")
        return page

    def agree(self, page: Page, picture: str = "") -> None:
        """Somebody else looks at what was asked for, and agrees."""
        self.at(page, "/proposals")
        if picture:
            self.shoot(page, picture)
        page.get_by_role("button", name="Agree, and do it").click()
        expect(page.get_by_text("Nobody waits for an answer.")).to_be_visible()

    def add_key(self, mira: Page, noor: Page) -> None:
        self.at(mira, "/keys").get_by_role("button", name="Make a key in this browser").click()
        expect(mira.locator("#news")).to_contain_text("Compare these groups")
        mira.locator("#name").fill("Laptop 1")
        mira.locator("#why").fill("the first device of the desk")
        mira.get_by_role("button", name="Ask for it to be added").click()
        expect(mira.get_by_text("somebody else has to agree")).to_be_visible()
        self.agree(noor, "desk-proposal")

    def vet(self, mira: Page, noor: Page) -> None:
        self.at(mira, "/partners").get_by_role("link", name="Vet a site that asks to join").click()
        answers = {
            "name": "Harbour board", "country": "ZZ", "run_by": "Harbour association", "runs_in": "ZZ",
            "reviewers": "3", "reviewers_are": "volunteers, one on every evening", "longest_hold_hours": "24",
            "appeal": "By a form that a moderator answers.", "token_holder": "their operations, in a vault",
            "why_scope": "Two of three are there on any day.", "reason": "they asked to join",
        }  # fmt: skip
        for name, answer in answers.items():
            mira.locator(f"#id_{name}").fill(answer)
        mira.locator("#id_client").select_option("guard")
        mira.locator("#id_scope").select_option("all")
        mira.get_by_role("button", name="Ask a second person").click()
        mira.get_by_role("heading", name="Proposals").wait_for()
        self.agree(noor)
        self.at(mira, "/partners").get_by_role("link", name="Harbour board").click()
        mira.get_by_text("Make a token").first.click()
        mira.locator("#reason-token").fill("their operations asked for it")
        mira.get_by_role("button", name="Make a token").click()
        expect(mira.get_by_role("heading", name="A new token for Harbour board")).to_be_visible()

    def ask_for_help(self) -> HerWay:
        context = self.browser.new_context(viewport={"width": 390, "height": 844}, reduced_motion="reduce")
        context.set_default_timeout(60_000)
        url = self.helpline.ports.url("person")
        walk = HerWay(context.new_page(), cast(Any, SimpleNamespace(url=url)))
        walk.open()
        walk.to_done(file(generated_picture(42)))
        return walk

    def answer(self, mira: Page) -> str:
        """Read the letter and answer it; the case's id."""
        self.at(mira, "/")
        link = mira.locator('.queue a[href$="/letters"]').first
        case = str(link.get_attribute("href")).split("/")[2]
        self.at(mira, f"/cases/{case}/letters")
        mira.get_by_role("button", name="Open here").first.click()
        expect(mira.locator("dl.letter")).to_contain_text(ASKED)
        mira.locator("#written").fill(ANSWER)
        mira.locator("tr:has(form[data-letter])").first.evaluate("row => row.scrollIntoView()")
        self.shoot(mira, "desk-letter")
        mira.get_by_role("button", name="Seal and send").click()
        expect(mira.locator("form[data-letter]")).to_have_count(2)
        return case

    def decide(self, mira: Page, noor: Page, case: str) -> None:
        self.at(mira, f"/cases/{case}")
        self.shoot(mira, "desk-case")
        mira.get_by_text("After you spoke with her").click()
        mira.locator("#spoken-reason").fill("we both spoke with her on the phone")
        mira.get_by_role("button", name="Ask the second person").click()
        mira.get_by_role("heading", name="Proposals").wait_for()
        self.agree(noor)
        expect(self.at(mira, f"/cases/{case}").locator("td .tag").first).to_have_text("verified")
