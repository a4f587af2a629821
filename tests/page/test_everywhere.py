"""Every screen in every language, theme and width: nothing is cut off, axe finds nothing, and a picture is kept.

One of them runs in `make test`, all in `make test-peers`; the pictures are in out/screens.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from notcontent.page.languages import LANGUAGES
from tests.conftest import AXE_RULES

from .person_face import Face
from .walk import file, made_up_jpeg

SCREENS = Path(__file__).parents[2] / "out" / "screens"
WIDTHS = {"phone": 360, "desktop": 1280}
OFTEN = {("ar", "dark", "phone")}
WAYS = [
    pytest.param(tag, theme, width, marks=[] if (tag, theme, width) in OFTEN else [pytest.mark.peer])
    for tag in LANGUAGES
    for theme in ("light", "dark")
    for width in WIDTHS
]
Look = Callable[[str], None]


def walk_to_done(page: Page, look: Look, *, detours: bool = True) -> None:
    """To the open case by the place of the answers, whatever they are called; `look` sees each screen.

    `detours`: also what somebody under 18 sees, and a file that is no picture.
    """
    main = page.locator("main .button-main")
    answers = page.locator("main .rows button.row")
    quiet = page.locator("main .button-quiet")
    main.first.wait_for()
    look("start")
    main.first.click()
    look("safe")
    main.first.click()
    look("happening")
    if detours:
        answers.nth(1).click()
        page.locator("[data-screen=threat]").wait_for()
        look("threat")
        main.first.click()
        answers.nth(1).click()
        page.locator("#help-country:enabled").wait_for()
        page.locator("#help-country").select_option("KR")
        look("stop")
        quiet.last.click()
        main.first.click()
        main.first.click()
    answers.nth(0).click()
    look("age")
    answers.nth(0).click()
    for question in ("for", "made", "shows", "reason", "exposed"):
        look(question)
        quiet.first.click()
    page.locator("#links").fill("https://example.org/a")
    look("links")
    main.first.click()
    page.locator("#files:enabled").wait_for(state="attached")
    page.locator("#files").set_input_files([file(made_up_jpeg(90)), *([file(b"no picture" * 20)] if detours else [])])
    if detours:
        page.locator(".state-stop").wait_for()
    page.locator(".state-good").wait_for()
    look("pick")
    main.first.click()
    page.locator("main .button-small").nth(1).click()
    look("sites")
    main.first.click()
    look("statement")
    answers.nth(0).click()
    look("write")
    main.first.click()
    page.locator("#sentence").wait_for()
    look("check")
    main.first.click()
    look("words")
    words = page.locator(".keep-words li").all_inner_texts()
    main.first.click()
    look("confirm")
    for word in words:
        page.locator("#word").fill(word.split("\n")[-1])
        main.first.click()
        if page.locator("#word").count() == 0:
            break
    page.locator("main .note").wait_for()
    look("done")


def every_screen(page: Page, look: Look) -> None:
    """All of them: on from the open case to the last question before it is taken back."""
    walk_to_done(page, look)
    main = page.locator("main .button-main")
    answers = page.locator("main .rows button.row")
    quiet = page.locator("main .button-quiet")
    main.first.click()
    page.locator(".site").first.wait_for()
    look("status")
    quiet.nth(1).click()
    look("status with new places")
    quiet.nth(2).click()
    look("hand on")
    quiet.last.click()
    page.locator("main .buttons .button").last.click()
    look("withdraw")
    answers.nth(0).click()
    look("sure")


@pytest.mark.parametrize(("tag", "theme", "width"), WAYS)
def test_every_screen_is_whole_and_axe_finds_nothing(
    browser: Browser, face: Face, axe: str, tag: str, theme: str, width: str
) -> None:
    folder = SCREENS / f"{tag}-{theme}-{width}"
    folder.mkdir(parents=True, exist_ok=True)
    found: list[str] = []
    seen: list[str] = []
    size = {"width": WIDTHS[width], "height": 780}
    with browser.new_context(viewport=size, color_scheme=theme, reduced_motion="reduce") as context:  # type: ignore[arg-type]
        page = context.new_page()
        page.on("pageerror", lambda error: found.append(str(error)))
        page.goto(f"{face.url}/{tag}")

        def look(screen: str) -> None:
            seen.append(screen)
            page.screenshot(path=folder / f"{len(seen):02d}-{screen.replace(' ', '-')}.png", full_page=True)
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                found.append(f"{screen} scrolls sideways")
            text = page.locator("body").inner_text()
            if "undefined" in text or "{" in text.replace("{}", ""):
                found.append(f"{screen}: a text is not filled in")
            if width != "phone":  # The same elements on a wider screen: axe takes half a minute for all of them.
                return
            page.evaluate(f"() => {{ if (!window.axe) {{ {axe} }} }}")
            result = page.evaluate("(tags) => axe.run(document, {runOnly: tags})", AXE_RULES)
            for problem in result["violations"]:
                found.extend(f"{screen}: {problem['id']} {node['html'][:120]}" for node in problem["nodes"])

        every_screen(page, look)
    assert len(seen) >= 24
    assert found == []
