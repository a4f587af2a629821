"""Notices as she lives them: her real page in Chromium, from the link she pastes to the sentence that is true."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.exchange.notices.peers import Mailbox
from tests.exchange.notices.test_looking import Site, site
from tests.exchange.running import HELPLINE, Partner, Running, until
from tests.exchange.test_notice_journeys import (
    READY,
    SENT,
    WAITING,
    Journey,
    exchange,
    mail,
    mira,
    no_picture_on_any_disk,
    on_this_day,
    relay,
)
from tests.page.walk import Walk

__all__ = ["exchange", "mail", "mira", "no_picture_on_any_disk", "relay", "site"]
pytestmark = [pytest.mark.browser, pytest.mark.peer, pytest.mark.on_sqlite]
SCREENS = Path(__file__).parents[2] / "out" / "screens"
PHONE = {"width": 390, "height": 844}


class Her(Journey):
    """Mina on her page, beside Mira at the desk."""

    def __init__(self, desk: Page, walk: Walk, exchange: Running, partner: Partner, site: Site, mail: Mailbox) -> None:
        self.page, self.walk, self.exchange, self.partner = desk, walk, exchange, partner
        self.site, self.mail = site, mail
        mail.unknown, mail.mails = set(), []

    def open_case(self, wish: str) -> None:
        """She has no file any more, pastes the link, and says whether she is to be asked."""
        walk, page = self.walk, self.walk.page
        walk.to_links("I don’t have the file")
        page.locator("#links").fill(self.site.link)
        walk.button("Go on").click()
        page.get_by_role("button", name="All", exact=True).click()
        walk.button("Go on").click()
        page.get_by_role("checkbox", name="Practice board").check()
        walk.button(wish).click()
        walk.button("Go on").click()
        page.locator("#sentence").wait_for()
        walk.button("Yes, go on").click()
        walk.words = page.locator(".keep-words li").all_inner_texts()
        walk.button("I have them").click()
        page.locator("#word").fill(walk.asked_word())
        page.get_by_role("button", name="Send", exact=True).click()
        walk.heading("Your case is open").wait_for()
        walk.come_back(" ".join(walk.words))
        walk.heading("How is your case?").wait_for()

    def is_read_at_the_desk(self, key_file: Path) -> None:
        """Mira opens the letter with her own key; the link in it is the one that she writes about."""
        page = self.page
        page.goto("/")
        page.get_by_role("link", name="1 letter to read", exact=True).click()
        self.case = page.url.split("/")[-2]
        page.get_by_text("Use a key from a file").click()
        key_file.write_text(f"{HELPLINE}\n")
        page.locator("#key-file").set_input_files(key_file)
        page.get_by_role("button", name="Open here").click()
        expect(page.locator("dl.letter")).to_contain_text(self.site.link)

    def reads(self, *sentences: str) -> None:
        """What her page says of each notice when she looks again, each sentence once."""
        self.walk.button("Look again").click()
        self.walk.heading("How is your case?").wait_for()
        cards = self.walk.page.locator("h2:text-is('Notices to sites') ~ .card")
        expect(cards).to_have_count(len(sentences))
        told = [one.locator("p").nth(1).inner_text() for one in cards.all()]
        assert sorted(re.sub(r"until .*", "until", one) for one in told) == on_this_day(sentences)

    def exact_text(self) -> str:
        """What the desk has written, whole."""
        return str(self.page.locator("textarea#body").input_value())

    def reads_the_text(self, text: str) -> None:
        """It stands in her case, to the letter."""
        letter = self.walk.page.locator(".timeline li", has_text="To Practice board")
        expect(letter).to_contain_text(text.strip().splitlines()[0])
        # Line by line, as it goes out.
        shown, wanted = lines_of(letter.locator(".letter").inner_text()), lines_of(text)
        begin = shown.index(wanted[0])
        assert shown[begin : begin + len(wanted)] == wanted

    def arrived(self) -> str:
        """The text of the one mail that the site's server has."""
        [(_, mail)] = until(lambda: self.mail.mails)
        return str(mail.get_body(("plain",)).get_content())


def lines_of(text: str) -> list[str]:
    """Its lines, whatever stands between them."""
    return [line.strip() for line in text.splitlines() if line.strip()]


@pytest.fixture
def her(mira: Page, browser: Browser, exchange: Running, partner: Partner, site: Site, mail: Mailbox) -> Iterator[Her]:
    with browser.new_context(viewport=PHONE, reduced_motion="reduce") as context:
        context.set_default_timeout(60_000)
        walk = Walk(context.new_page(), cast(Any, SimpleNamespace(url=exchange.urls["person"])))
        walk.open()
        yield Her(mira, walk, exchange, partner, site, mail)
        assert walk.problems == []


def test_she_is_asked_reads_the_exact_text_and_what_the_site_and_a_helper_say_of_it(her: Her, tmp_path: Path) -> None:
    her.open_case("Yes, but ask me each time")
    expect(her.walk.page.get_by_text("Notices to sites")).to_have_count(0)
    her.is_read_at_the_desk(tmp_path / "key")
    her.draft("us")
    her.reads(WAITING)
    text = her.exact_text()
    her.page.get_by_role("button", name="Show her the exact text and ask").click()
    her.reads(
        "The helpline would like to send this notice. Its exact text is in your letters below. May it go? "
        "You don’t have to answer."
    )
    her.reads_the_text(text)
    SCREENS.mkdir(parents=True, exist_ok=True)
    her.walk.page.screenshot(path=SCREENS / "page-notice-asked.png", full_page=True)

    her.walk.button("No, don’t send it").click()
    her.reads("You said no to this notice, so it was not sent.")
    her.skip_evidence()
    her.approve()
    expect(her.page.locator("main .error")).to_contain_text("She has to say yes")
    her.walk.button("Yes, it may go").click()
    expect(her.walk.page.get_by_text("You said: Yes, it may go")).to_be_visible()
    her.approve()
    her.reads(READY)
    assert her.mail.mails == []
    her.hand_over()
    her.reads(SENT)
    assert lines_of(her.arrived()) == lines_of(text), "what she read is what went out"

    her.answer()
    her.reads(SENT)
    her.note("partly", "site")
    her.reads("The site says it took a part of this down (TODAY). We have not checked.")
    her.note("removed", "site")
    her.reads("The site says it took this down (TODAY). We have not checked.")
    her.note("verified_gone", "helpline")
    her.reads("A helper checked on TODAY and it was gone.")
    her.walk.page.screenshot(path=SCREENS / "page-notice-gone.png", full_page=True)


def test_nobody_asks_again_she_reads_it_all_the_same_and_takes_it_all_back(her: Her, tmp_path: Path) -> None:
    her.open_case("Yes, and don’t ask again")
    her.is_read_at_the_desk(tmp_path / "key")
    her.draft("eu")
    text = her.exact_text()
    her.skip_evidence()
    her.approve()
    her.reads(READY)
    her.reads_the_text(text)
    assert her.mail.mails == []
    her.hand_over()
    her.reads("Sent on TODAY. No law sets this site a time that we could count for you.")
    assert lines_of(her.arrived()) == lines_of(text)
    her.note("refused", "site", reason="not_intimate")
    refused = "The site said no on TODAY. The helpline looks at what can be done next."
    her.reads(refused)
    her.draft("uk")
    her.reads(refused, WAITING)
    her.skip_evidence()
    her.approve()

    walk = her.walk
    walk.button("Take it back").click()
    expect(walk.page.get_by_text("go on writing")).to_have_count(0)
    walk.button("Stop matching only").click()
    walk.button("Yes, take it back").click()
    walk.heading("How is your case?").wait_for()
    her.reads(
        "Stopped on TODAY, before it was sent.",
        "Stopped on TODAY. It had been sent before, and what was sent can’t be called back.",
    )
    her.page.get_by_role("button", name="Send it now").click()
    expect(her.page.locator("main .error")).to_be_visible()
    assert len(her.mail.mails) == 1
