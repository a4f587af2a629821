"""The whole loop as people see it: Chromium on her page and on the board, real exchange and guard behind them."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from notcontent.cli.practice import Practice, Secrets
from notcontent.exchange.person.page_files import page_files
from tests.conftest import altered, photograph
from tests.fingerprint.video.making import film
from tests.journeys.people import Platform
from tests.page.test_files import FRAMES, ask, by_python, heic
from tests.page.walk import Walk, file, tells_words

pytestmark = [pytest.mark.journey, pytest.mark.browser]
SetUp = tuple[Practice, Secrets]
SCREENS = Path(__file__).parents[2] / "out" / "screens"
SENTENCE = "Practice only. Nothing here reaches a real site."


@pytest.fixture
def mina_on_the_page(practice_set_up: SetUp, page: Page) -> Walk:
    walk = Walk(page, cast(Any, SimpleNamespace(url=practice_set_up[0].ports.url("person"))))
    walk.open()
    return walk


def post_on_the_board(browser: Browser, practice: Practice, data: bytes) -> Page:
    """Somebody posts a picture; the page he sees then."""
    window = browser.new_page(viewport={"width": 390, "height": 844})
    window.goto(practice.ports.url("board"))
    window.locator("input[type=file]").set_input_files({"name": "x.jpg", "mimeType": "image/jpeg", "buffer": data})
    window.locator("form:has(input[type=file]) [type=submit], form:has(input[type=file]) button").first.click()
    window.wait_for_load_state()
    return window


def test_send_held_decided_seen_withdrawn_passes(
    practice_set_up: SetUp, mina_on_the_page: Walk, browser: Browser
) -> None:
    practice, known = practice_set_up
    walk, platform = mina_on_the_page, Platform(practice, known)
    SCREENS.mkdir(parents=True, exist_ok=True)
    astronaut, name = photograph("astronaut.png"), "mina-at-the-lake.png"
    expect(walk.page.get_by_text(SENTENCE).first).to_be_visible()

    walk.to_done(file(astronaut, name, "image/png"))
    platform.until_verdict(astronaut, "hold")

    posted = post_on_the_board(browser, practice, altered(astronaut, "mirrored"))
    expect(posted.get_by_text("This upload is held for a check.").first).to_be_visible()
    expect(posted.get_by_text(SENTENCE).first).to_be_visible()
    posted.screenshot(path=SCREENS / "board-held.png")
    other = post_on_the_board(browser, practice, photograph("coffee.png"))
    expect(other.locator("main img").first).to_be_visible()

    moderator = browser.new_page()
    moderator.goto(practice.ports.url("board") + "/moderator")
    moderator.locator("input[type=password], input[name=word]").first.fill(known.moderator_word)
    moderator.keyboard.press("Enter")
    moderator.get_by_role("button", name="Block").first.click()
    moderator.wait_for_load_state()

    walk.come_back(" ".join(walk.words))
    expect(walk.page.get_by_text("In its list").or_(walk.page.get_by_text("in the list")).first).to_be_visible()
    walk.button("Show me how often").click()
    expect(walk.page.get_by_text(re.compile("Held or stopped there")).first).to_be_visible(timeout=20_000)
    walk.page.screenshot(path=SCREENS / "page-status.png", full_page=True)

    walk.button("Take it back").click()
    walk.button("Forget everything").click()
    walk.button("Yes, take it back").click()
    expect(walk.page.get_by_text("Your codes are taken back.")).to_be_visible()
    platform.until_verdict(altered(astronaut, "mirrored"), "allow")
    for _ in range(20):
        walk.button("Look again").click()
        if walk.page.locator(".state", has_text="Erased").count():
            break
        walk.page.wait_for_timeout(300)
    expect(walk.page.locator(".state", has_text="Erased")).to_have_count(1)
    walk.page.screenshot(path=SCREENS / "page-erased.png", full_page=True)
    again = post_on_the_board(browser, practice, altered(astronaut, "smaller"))
    expect(again.get_by_text("This upload is held for a check.")).to_have_count(0)
    assert walk.problems == []

    outgoing = [request.url.encode() + b"\n" + (request.post_data_buffer or b"") for request in walk.requests]
    everything = b"\n".join(outgoing)
    assert {request.url.split("/")[2] for request in walk.requests} == {walk.face.url.split("/")[2]}
    assert b"mina-at-the-lake" not in everything
    windows = {everything[at : at + 12] for at in range(len(everything) - 11)}
    assert not any(astronaut[at : at + 12] in windows for at in range(len(astronaut) - 11))
    assert not tells_words(walk.words, everything.decode("latin-1"))


def test_the_real_exchange_serves_the_page_with_its_strict_headers(practice_set_up: SetUp) -> None:
    practice, _ = practice_set_up
    answer = httpx.get(practice.ports.url("person"))
    policy = answer.headers["content-security-policy"]
    for rule in (
        "default-src 'none'",
        "script-src 'self'",
        "connect-src 'self'",
        "form-action 'none'",
        "trusted-types",
    ):
        assert rule in policy
    assert "unsafe" not in policy
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "set-cookie" not in answer.headers and "server" not in answer.headers


def test_the_desk_signs_in_and_sees_no_fingerprint(
    practice_set_up: SetUp, mina_on_the_page: Walk, browser: Browser
) -> None:
    practice, known = practice_set_up
    walk = mina_on_the_page
    walk.to_done(file(photograph("rocket.jpg")))
    desk = browser.new_page(viewport={"width": 1280, "height": 900})
    desk.goto(practice.ports.url("desk"))
    expect(desk.get_by_text(SENTENCE).first).to_be_visible()
    desk.locator("input[name=username]").fill(known.desk_name)
    desk.locator("input[type=password]").fill(known.desk_password)
    desk.keyboard.press("Enter")
    desk.get_by_role("link", name="Cases", exact=True).click()
    desk.locator("table").first.wait_for()
    desk.screenshot(path=SCREENS / "desk.png")
    assert not re.search(r"[0-9a-f]{64}", desk.content())


@pytest.mark.skipif("mediabunny.mjs" not in page_files(), reason="Node is not installed here (page/codecs/install)")
def test_the_real_exchange_serves_her_page_what_it_needs_for_videos_and_heic(mina_on_the_page: Walk) -> None:
    film_answer, heic_answer = ask(mina_on_the_page.page, film(FRAMES), heic(FRAMES[0]))
    assert len(film_answer["result"]["frames"]) == len(by_python(film(FRAMES)))
    assert len(heic_answer["result"]["orientations"]) == 8
