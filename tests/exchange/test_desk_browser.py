"""Invitation, second factor and security key in Chromium, and what the screens look like to it."""

from __future__ import annotations

import re

import httpx
import pyotp
import pytest
from playwright.sync_api import BrowserContext, Page

from tests.conftest import AXE_RULES
from tests.exchange.running import Running, command

LONG = "three herons on a wet roof"


@pytest.fixture
def link(exchange: Running) -> str:
    """An invitation under a name, because browsers bind keys to names."""
    url = exchange.urls["desk"].replace("127.0.0.1", "localhost")
    said = command(exchange.folder, "desk-user", "mira", "--role", "desk", "--role", "lead", "--url", url)
    found = re.search(r"\S+/invitation#\S+", said)
    assert found is not None
    return found[0]


def look_at(page: Page, axe: str) -> None:
    """No fault that axe finds, and nothing wider than the window."""
    page.evaluate(axe)
    found = page.evaluate("rules => axe.run({ runOnly: rules })", AXE_RULES)
    assert [(one["id"], one["nodes"][0]["html"]) for one in found["violations"]] == [], page.url
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url


def test_she_takes_her_invitation_and_signs_in_with_a_code_and_with_a_key(
    exchange: Running, context: BrowserContext, page: Page, axe: str, link: str
) -> None:
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.goto(link)
    page.get_by_label("Password", exact=True).fill(LONG)
    assert "#" not in page.url, "the code is out of the address, and of the history"
    look_at(page, axe)
    page.get_by_label("The same again").fill(LONG)
    page.get_by_role("button", name="Keep this password").click()
    secret = page.locator("bdi.code").inner_text()
    look_at(page, axe)
    page.get_by_label("Code").fill(pyotp.TOTP(secret).now())
    page.get_by_role("button", name="Use it from now on").click()
    recovery = page.locator(".recovery-codes bdi").all_inner_texts()
    assert len(recovery) == 10
    look_at(page, axe)
    page.get_by_role("link", name="I have kept them").click()
    page.get_by_role("heading", name="What waits for you", exact=True).wait_for()
    look_at(page, axe)

    devtools = context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "usb", "automaticPresenceSimulation": True}
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    page.get_by_role("link", name="mira").click()
    page.get_by_label("What you call it").fill("the blue one")
    look_at(page, axe)
    page.get_by_role("button", name="Add a key").click()
    page.get_by_text("the blue one").wait_for()

    for way in ("key", "code"):
        page.get_by_role("button", name="Sign out", exact=True).click()
        page.get_by_label("Name").fill("mira")
        page.get_by_label("Password").fill(LONG)
        look_at(page, axe)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_label("Code").wait_for()
        look_at(page, axe)
        if way == "key":
            page.get_by_role("button", name="Use the key").click()
        else:
            page.get_by_label("Code").fill(recovery[0])
            page.get_by_role("button", name="Go on").click()
        page.get_by_role("heading", name="What waits for you", exact=True).wait_for()
    for screen in ("Proposals", "Audit"):
        page.get_by_role("navigation").get_by_role("link", name=screen).click()
        page.get_by_role("heading", name=screen, exact=True).wait_for()
        look_at(page, axe)
    assert problems == []


def test_without_script_the_code_of_the_link_is_pasted(exchange: Running, link: str) -> None:
    address, code = link.split("#")
    client = httpx.Client(timeout=60, follow_redirects=True)
    word = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', client.get(address).text)
    assert word is not None
    answer = client.post(address, data={"csrfmiddlewaretoken": word[1], "code": code})
    assert "Choose your password" in answer.text and 'value="mira"' in answer.text
