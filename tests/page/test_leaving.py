"""Leaving: everything is hidden at once, and nobody finds the page by going back."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from .walk import Walk, file, made_up_jpeg


@pytest.mark.parametrize("way", ["click", "Escape", "Shift", "done screen"])
def test_leaving_hides_everything_at_once_and_back_does_not_return(walk: Walk, way: str) -> None:
    page = walk.page
    page.context.route(
        "https://www.wikipedia.org/**", lambda route: route.fulfill(body="elsewhere", content_type="text/html")
    )
    if way == "done screen":
        walk.to_done(file(made_up_jpeg(61)))
    else:
        walk.to_age()
    entries = page.evaluate("history.length")
    if way == "click":
        page.locator("#leave").click()
    elif way == "done screen":
        walk.button("Leave this page").click()
    else:
        for _ in range(2 if way == "Escape" else 3):
            page.keyboard.press(way)
    page.wait_for_url("https://www.wikipedia.org/")
    assert page.evaluate("history.length") == entries
    page.go_back()
    assert page.url == "about:blank"


def test_what_was_on_the_screen_is_gone_before_the_other_page_has_come(walk: Walk) -> None:
    page = walk.page
    page.context.route("https://www.wikipedia.org/**", lambda route: None)
    walk.to_words(file(made_up_jpeg(62)))
    hidden_after_ms = page.evaluate(
        """() => { const start = performance.now(); document.getElementById('leave').click();
        const gone = document.body.textContent === '' && document.documentElement.hidden;
        return gone ? performance.now() - start : -1; }"""
    )
    assert 0 <= hidden_after_ms <= 50


def test_one_escape_or_two_shifts_leave_nothing(walk: Walk) -> None:
    walk.page.keyboard.press("Escape")
    walk.page.keyboard.press("a")
    walk.page.keyboard.press("Escape")
    walk.page.keyboard.press("Shift")
    walk.page.keyboard.press("Shift")
    expect(walk.button("Begin")).to_be_visible()
