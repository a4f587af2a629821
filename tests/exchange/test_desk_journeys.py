"""Work at the desk in Chromium, from the queue to the case to what is decided: two colleagues, one running exchange."""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.conftest import AXE_RULES
from tests.exchange.running import HELPLINE, Partner, Person, Running, picture_code, seal, until

pytestmark = pytest.mark.browser
SCREENS = Path(__file__).parents[2] / "out" / "screens"
PHONE, WIDE = {"width": 390, "height": 844}, {"width": 1280, "height": 900}


@pytest.fixture(scope="module")
def colleagues(exchange: Running) -> dict[str, httpx.Client]:
    """Mira works at the desk, Noor leads it."""
    return {"mira": exchange.desk("mira", "desk"), "noor": exchange.desk("noor", "desk", "lead")}


@contextmanager
def browser_of(client: httpx.Client, browser: Browser, **how: Any) -> Iterator[BrowserContext]:
    """A browser that is signed in as this colleague."""
    url = str(client.base_url)
    context = browser.new_context(**{"viewport": WIDE, "reduced_motion": "reduce", "base_url": url} | how)
    context.set_default_timeout(60_000)
    context.add_cookies([{"name": name, "value": value, "url": url} for name, value in client.cookies.items()])
    yield context
    context.close()


@pytest.fixture
def mira(colleagues: dict[str, httpx.Client], browser: Browser) -> Iterator[Page]:
    with browser_of(colleagues["mira"], browser) as context:
        yield context.new_page()


@pytest.fixture
def noor(colleagues: dict[str, httpx.Client], browser: Browser) -> Iterator[Page]:
    with browser_of(colleagues["noor"], browser) as context:
        yield context.new_page()


@pytest.fixture
def stated(exchange: Running, partner: Partner, mina: Person) -> str:
    """Her picture is on the site's list, she has said that it was not agreed; under which id the site knows it."""
    code = picture_code()
    mina.send([code], [partner.id], statements=[{"partner": partner.id, "notices": "ask"}])
    partner.follow_until(lambda: partner.holds(code))
    return partner.holds(code)[0]


def stop(partner: Partner, entry: str, kind: str) -> str:
    """The site holds an upload and hears somebody say something against it; the report's id."""
    report = secrets.token_hex(16)
    assert partner.report(entry, id=report).status_code == 200
    assert answer_to(partner, report, kind) == "open"
    return report


def answer_to(partner: Partner, report: str, kind: str) -> str:
    told = partner.post("/v1/disputes", {"disputes": [{"report": report, "kind": kind}]}).json()
    return str(told["answers"][0]["answer"])


def ask_for(page: Page, button: str, reason: str) -> None:
    """Fill the reason of the form that has this button, and press it."""
    form = page.locator("form").filter(has=page.get_by_role("button", name=button, exact=True))
    form.locator("input[name=reason]").fill(reason)
    form.get_by_role("button", name=button, exact=True).click()
    expect(page.get_by_role("heading", name="Proposals", exact=True)).to_be_visible()


def agree(page: Page, act: str) -> None:
    """From the queue to what a colleague asked for, and agree."""
    page.goto("/")
    page.get_by_role("link", name=f"mira asks: {act}").click()
    assert "/proposals#proposal-" in page.url
    page.locator("section.card").filter(has_text=re.compile(act, re.IGNORECASE)).get_by_role(
        "button", name="Agree, and do it"
    ).click()
    expect(page.get_by_text("Nobody waits for an answer.")).to_be_visible()


@pytest.mark.peer
def test_from_a_letter_to_verified(partner: Partner, mina: Person, stated: str, mira: Page, noor: Page) -> None:
    mina.write("Please call me.")
    mira.goto("/")
    mira.get_by_role("link", name="1 letter to read").first.click()
    mira.get_by_role("link", name="Back to the case").click()
    mira.get_by_text("After you spoke with her").click()
    mira.get_by_label("How you spoke with her").fill("on the telephone, both of us")
    mira.get_by_role("button", name="Ask the second person").click()
    expect(mira.get_by_text("You asked for this, so somebody else has to agree.")).to_be_visible()
    agree(noor, "verify after speaking with her")
    partner.follow_until(lambda: partner.live[stated][1] == "verified")
    mira.go_back()
    mira.reload()
    expect(mira.get_by_role("cell", name="spoken with her")).to_be_visible()
    mira.get_by_role("button", name="What she wrote needs no answer").click()
    mira.goto("/?only=letter")
    expect(mira.get_by_text("Nothing waits.")).to_be_visible()


@pytest.mark.peer
@pytest.mark.parametrize(
    ("kind", "word", "button", "answer"),
    [
        ("not_intimate", "It is not intimate", "Ask: these uploads may pass", "released"),
        ("shown_and_agree", "I am shown and agree", "Ask: it stays stopped", "upheld"),
    ],
)
def test_a_dispute_and_an_objection_are_answered_and_her_entry_stands(
    partner: Partner, mina: Person, stated: str, mira: Page, noor: Page, kind: str, word: str, button: str, answer: str
) -> None:
    report = stop(partner, stated, kind)
    (question,) = until(lambda: mina.look().json()["questions"])
    said = {
        "v": 1,
        "locator": mina.locator,
        "withdraw_key": mina.withdraw_key,
        "question": question["id"],
        "answer": "no",
    }
    assert httpx.post(f"{mina.url}/v1/cases/answer", json=said, timeout=60).is_success
    mira.goto("/")
    mira.get_by_role("link", name=f"Disputed: {word}").click()
    card = mira.locator("section.card").filter(has_text=word)
    expect(card).to_contain_text("that is not so")
    ask_for(mira, button, "we looked into it")
    assert answer_to(partner, report, kind) == "open", "one person alone decides nothing"
    agree(noor, "answer a dispute")
    assert answer_to(partner, report, kind) == answer
    partner.poll()
    assert stated in partner.live, "her entry stays on the list whatever is answered"


@pytest.mark.peer
def test_danger_on_a_night_shift(mina: Person, mira: Page, noor: Page, tmp_path: Path) -> None:
    key_file = tmp_path / "helpline.key"
    key_file.write_text(f"{HELPLINE}\n")
    parts: dict[str, dict[str, Any]] = {
        "letter": {"text": "He is outside."},
        "contact": {"contact": {"way": "phone", "where": "+00 555 0100"}},
    }
    sealed = {name: base64.b64encode(seal(part, HELPLINE.to_public())).decode() for name, part in parts.items()}
    assert mina.send([], [], **sealed).is_success
    mira.goto("/")
    mira.get_by_role("link", name="said how to reach her").click()
    letters = mira.url
    mira.get_by_text("Use a key from a file").click()
    mira.locator("#key-file").set_input_files(key_file)
    mira.locator("tr", has_text="How to reach her").get_by_role("button", name="Open here").click()
    expect(mira.get_by_text("You may not read it now")).to_be_visible()
    mira.get_by_text("Mark danger").first.click()
    mira.get_by_label("Why? In a sentence, without names").last.fill("she writes that he is outside")
    mira.get_by_role("button", name="Mark danger").click()
    mira.get_by_label("Why can't it wait?").fill("nobody else is here tonight")
    mira.get_by_role("button", name="Read it alone").click()
    mira.goto(letters)
    mira.get_by_text("Use a key from a file").click()
    mira.locator("#key-file").set_input_files(key_file)
    mira.locator("tr", has_text="How to reach her").get_by_role("button", name="Open here").click()
    expect(mira.locator("dl.letter")).to_contain_text("+00 555 0100")

    noor.goto("/")
    expect(noor.get_by_role("status")).to_contain_text("mira read sealed contact alone")
    expect(noor.locator("table.queue tbody tr").first).to_contain_text("Danger is marked")
    noor.get_by_role("link", name="Sealed contact was read alone").click()
    noor.get_by_label("What you found").fill("she did right")
    noor.get_by_role("button", name="It was right", exact=True).click()
    noor.goto("/")
    expect(noor.locator("table.queue tbody tr").first).to_contain_text("Danger is marked")
    expect(noor.get_by_text("read sealed contact alone")).to_have_count(0)


@pytest.fixture(scope="module")
def busy(exchange: Running, partner: Partner) -> str:
    """A case with a bit of everything; the address of its page."""
    from datetime import UTC, datetime, timedelta

    mina = Person(exchange)
    codes = [picture_code() for _ in range(3)]
    mina.send(codes, [partner.id], statements=[{"partner": partner.id, "notices": "ask"}])
    mina.write("It is on a board. 두 곳에 있어요.")
    partner.follow_until(lambda: all(map(partner.holds, codes)))
    first, second, third = (partner.holds(code)[0] for code in codes)
    days = [(datetime.now(UTC).date() - timedelta(days=back)).isoformat() for back in (0, 3, 9, 20)]
    for number in range(24):
        report = secrets.token_hex(16)
        partner.report(first, id=report, day=days[0 if number < 12 else number % 4])
    for _ in range(2):
        report = secrets.token_hex(16)
        partner.report(second, id=report)
        partner.report(second, id=report, decision="release", reason="public_interest")
    report = secrets.token_hex(16)
    partner.report(third, id=report, verdict="block")
    partner.report(third, id=report, verdict="block", decision="block", reason="intimate")
    stop(partner, first, "published_myself")
    exchange.execute("UPDATE cases_case SET opened = ?", days[3])
    ((case,),) = exchange.execute(
        "SELECT case_id FROM lists_entry JOIN lists_listing ON lists_listing.entry_id = lists_entry.id "
        "WHERE lists_listing.id = ?", first,
    )  # fmt: skip
    return f"/cases/{case}"


def look_at(page: Page, axe: str, address: str) -> None:
    """No fault that axe finds, unfolded too; nothing wider than the window; shortcuts of one letter each once."""
    page.goto(address)
    page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true")
    page.evaluate(axe)
    found = page.evaluate("rules => axe.run({ runOnly: rules })", AXE_RULES)
    assert [(one["id"], one["nodes"][0]["html"]) for one in found["violations"]] == [], address
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
    keys = page.evaluate("[...document.querySelectorAll('[accesskey]')].map(one => one.accessKey)")
    assert len(keys) == len(set(keys)), address


def shoot(page: Page, name: str) -> None:
    SCREENS.mkdir(parents=True, exist_ok=True)
    page.evaluate("for (const part of document.querySelectorAll('details')) part.open = false")
    page.screenshot(path=SCREENS / f"{name}.png", full_page=True)


@pytest.mark.parametrize(
    ("theme", "window"),
    [
        ("dark", PHONE),
        pytest.param("light", WIDE, marks=pytest.mark.peer),
        pytest.param("light", PHONE, marks=pytest.mark.peer),
        pytest.param("dark", WIDE, marks=pytest.mark.peer),
    ],
)
def test_the_desk_looks_right_on_every_window_in_light_and_dark(
    colleagues: dict[str, httpx.Client],
    browser: Browser,
    axe: str,
    busy: str,
    theme: str,
    window: dict[str, int],
) -> None:
    with browser_of(colleagues["noor"], browser, viewport=window, color_scheme=theme) as context:
        page = context.new_page()
        for name, address in (("queue", "/"), ("case", busy), ("letters", f"{busy}/letters"), ("cases", "/cases")):
            look_at(page, axe, address)
            shoot(page, f"desk-{name}-{theme}-{window['width']}")


def test_without_script_and_with_the_keyboard_alone_a_case_is_reached_from_the_queue(
    colleagues: dict[str, httpx.Client], browser: Browser, busy: str
) -> None:
    with browser_of(colleagues["mira"], browser, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto("/?only=dispute")
        page.keyboard.press("Tab")
        expect(page.locator(".skip")).to_be_focused()
        page.keyboard.press("Enter")
        link = page.get_by_role("link", name="Disputed: I published this myself")
        for _ in range(12):
            page.keyboard.press("Tab")
            if page.locator("table.queue a:focus").count():
                break
        expect(link).to_be_focused()
        page.keyboard.press("Enter")
        page.wait_for_url(f"**{busy}#disputes")
        expect(page.get_by_role("img", name="What happened, day by day")).to_be_visible()
        page.goto(f"{busy}/letters")
        page.locator("#main").get_by_text("한국어").click()
        expect(page.get_by_text("편지를 받았습니다")).to_be_visible()
