"""The page for people who use a keyboard, a small phone, a screen reader, large type or their own colours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import AXE_RULES

from .walk import QUESTIONS, Walk, file, made_up_jpeg, plain_png

Look = Callable[[str], None]


def every_screen(walk: Walk, look: Look) -> None:
    """Goes through all screens and calls `look` on each."""
    page = walk.page
    look("start")
    for fold in page.locator("summary").all():
        fold.click()
    look("start unfolded")
    walk.button("Begin").click()
    look("safe")
    walk.button("It is safe, go on").click()
    look("what is happening")
    walk.button("Someone threatens").click()
    walk.heading("What helps when someone threatens you?").wait_for()
    look("threat")
    walk.button("Go on").click()
    look("age")
    walk.button("Under 18").click()
    page.locator("#help-country:enabled").wait_for()
    look("stop")
    walk.button("Start over").click()
    walk.to_age()
    walk.button("18 or older").click()
    for question in QUESTIONS:
        walk.heading(question).wait_for()
        look(question)
        walk.button("Skip this").click()
    page.locator("#links").fill("example.org")
    walk.button("Go on").click()
    look("links")
    page.locator("#links").fill("https://example.org/a")
    walk.button("Go on").click()
    page.locator("#files:enabled").wait_for(state="attached")
    look("no pictures yet")
    walk.choose(file(made_up_jpeg(70)), file(plain_png()), file(b"text" * 30), file(made_up_jpeg(71)))
    look("pictures")
    walk.button("Go on").click()
    walk.button("Go on").click()
    look("sites")
    page.get_by_role("button", name="All", exact=True).click()
    look("sites chosen")
    walk.button("Go on").click()
    look("statement")
    walk.button("Yes, but ask me each time").click()
    page.locator("summary", has_text="Let them reach me").click()
    look("write")
    walk.button("Go on").click()
    page.locator("#sentence").wait_for()
    page.get_by_text("Show every byte").click()
    look("check")
    walk.button("Yes, go on").click()
    walk.words = page.locator(".keep-words li").all_inner_texts()
    look("words")
    walk.button("I have them").click()
    page.locator("#word").fill("wrong")
    page.get_by_role("button", name="Send", exact=True).click()
    look("one word")
    page.locator("#word").fill(walk.asked_word())
    walk.face.exchange.lose_next_answer = True
    page.get_by_role("button", name="Send", exact=True).click()
    walk.button("Try again").wait_for()
    look("not sent")
    walk.button("Try again").click()
    walk.heading("Your case is open").wait_for()
    look("done")
    walk.come_back("abacus abacus")
    page.get_by_text("That is 2 words").wait_for()
    look("come back")
    page.locator("#words").fill(" ".join(walk.words))
    walk.button("Show my case").click()
    walk.button("Show me how often").click()
    page.locator(".site summary").first.click()
    look("status")
    walk.button("Give a friend a code").click()
    for show in page.get_by_role("button", name="Show it").all():
        show.click()
    look("hand on")
    walk.button("Back").click()
    walk.button("Take it back").click()
    look("withdraw")
    walk.button("Forget everything").click()
    look("are you sure")
    walk.button("Yes, take it back").click()
    page.get_by_text("Your codes are taken back.").wait_for()
    look("taken back")


def test_every_screen_has_one_heading_and_scrolls_sideways_at_no_width(walk: Walk) -> None:
    seen: list[str] = []
    wide: list[str] = []

    def look(screen: str) -> None:
        seen.append(screen)
        expect(walk.page.locator("h1")).to_have_count(1)
        for width in (1280, 640, 320):
            walk.page.set_viewport_size({"width": width, "height": 700})
            if walk.page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                wide.append(f"{screen} at {width}")

    every_screen(walk, look)
    assert len(seen) >= 30
    assert wide == []


def test_the_widest_words_stand_beside_each_other_on_the_narrowest_phones(walk: Walk) -> None:
    walk.to_words(file(made_up_jpeg(64)))
    walk.page.evaluate(
        "() => document.querySelectorAll('.keep-words bdi')"
        ".forEach((word, at) => { word.textContent = at < 3 ? 'mammogram' : 'womanhood'; })"
    )
    for width in (320, 360, 368, 369, 390):
        walk.page.set_viewport_size({"width": width, "height": 700})
        assert walk.page.evaluate("document.documentElement.scrollWidth") <= width


def test_each_new_screen_puts_the_focus_on_its_heading(walk: Walk) -> None:
    for step in ("Begin", "It is safe, go on", "It is online now", "18 or older"):
        walk.button(step).click()
        assert walk.page.evaluate("document.activeElement.tagName") == "H1"


def press_until(page: Page, name: str, most: int = 40) -> None:
    """Presses Tab until the button with this name has the focus."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.closest('button')?.textContent ?? ''").startswith(name):
            return
    raise AssertionError(f"{name!r} cannot be reached with Tab")


def test_a_case_can_be_opened_with_the_keyboard_alone(walk: Walk) -> None:
    page = walk.page
    # asked for from the start: playwright's own switch for it can come later than a key that is pressed right after
    page.on("filechooser", lambda chooser: chooser.set_files([file(made_up_jpeg(72))]))
    ways = (
        "Begin",
        "It is safe, go on",
        "It is online now",
        "18 or older",
        *["Skip this"] * len(QUESTIONS),
        "I have no link",
    )
    for name in ways:
        press_until(page, name)
        page.keyboard.press("Enter")
    page.locator("#files:enabled").wait_for(state="attached")
    press_until(page, "Choose files")
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 of 1 file ready")).to_be_visible()
    press_until(page, "Go on")
    page.keyboard.press("Enter")
    press_until(page, "All that can prove")
    page.keyboard.press("Space")
    for name in ("Go on", "No", "Go on"):
        press_until(page, name)
        page.keyboard.press("Enter")
    page.locator("#sentence").wait_for()
    press_until(page, "Yes, go on")
    page.keyboard.press("Enter")
    walk.words = page.locator(".keep-words li").all_inner_texts()
    press_until(page, "I have them")
    page.keyboard.press("Enter")
    word = walk.asked_word()
    page.keyboard.press("Tab")
    page.keyboard.type(word)
    page.keyboard.press("Enter")
    walk.heading("Your case is open").wait_for()


def test_leaving_is_the_first_thing_a_keyboard_reaches(walk: Walk) -> None:
    walk.open()
    # Before the screen there are only the languages, and before them leaving.
    walk.page.keyboard.press("Shift+Tab")
    walk.page.keyboard.press("Shift+Tab")
    assert walk.page.evaluate("document.activeElement.id") == "leave"


def test_the_inputs_ask_keyboards_and_browsers_not_to_learn(walk: Walk) -> None:
    walk.button("Check my case").click()
    field = walk.page.locator("#words")
    for name, value in (("autocomplete", "off"), ("autocapitalize", "none"), ("spellcheck", "false")):
        expect(field).to_have_attribute(name, value)
    assert field.get_attribute("name") is None


def test_nothing_moves_when_she_asked_for_less_motion(walk: Walk) -> None:
    moving = "document.getAnimations().length"
    walk.button("Begin").click()
    assert walk.page.evaluate(moving) == 0


# In `make test` the screens of one language and theme are looked at by axe in test_everywhere.py.
@pytest.mark.peer
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_on_any_screen(walk: Walk, axe: str, theme: Literal["light", "dark"]) -> None:
    found: list[str] = []
    walk.page.emulate_media(color_scheme=theme, reduced_motion="reduce")

    def look(screen: str) -> None:
        walk.page.evaluate(f"() => {{ if (!window.axe) {{ {axe} }} }}")
        result = walk.page.evaluate("(tags) => axe.run(document, {runOnly: tags})", AXE_RULES)
        for problem in result["violations"]:
            found.extend(f"{screen}, {theme}: {problem['id']} {node['html'][:120]}" for node in problem["nodes"])

    every_screen(walk, look)
    assert found == []
