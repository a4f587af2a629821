"""Pages without script: looking, taking back and sending a case file, with the two codes and never with the words."""

from __future__ import annotations

import itertools
import json
import re
import secrets
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx
import pyrage
import pytest
from playwright.sync_api import Browser, Page, Request

from notcontent.exchange.person.headers import PLAIN_POLICY
from notcontent.hand_on import HandOnCode, format_code
from notcontent.letter import format_recipient
from notcontent.page.languages import LANGUAGES, read_text
from tests.conftest import AXE_RULES
from tests.exchange.running import Partner, Person, Running, picture_code, solve

WORDS = "drop-down yo-yo cafe one two three"


def looking_code(person: Person) -> str:
    return format_code(HandOnCode(person.locator, person.look_key))


def with_a_slip(code: str) -> str:
    """Another last sign, whichever it was: one sign alone never passes for a code."""
    return code[:-1] + ("0" if code[-1] != "0" else "1")


def withdrawing_code(person: Person) -> str:
    return format_code(HandOnCode(person.locator, person.withdraw_key))


def post(exchange: Running, way: str, tag: str = "en", **fields: str) -> httpx.Response:
    return httpx.post(f"{exchange.urls['person']}/plain/{way}?lang={tag}", data=fields, timeout=60)


def says(answer: httpx.Response, key: str, tag: str = "en") -> bool:
    return read_text(tag, key) in answer.text.replace("&#x27;", "'")


def case_file(person: Person, partner: str, day: date) -> bytes:
    """What her device saves."""
    task = {"challenge": f"file:{day.isoformat()}", "rounds": 16, "bits": 13}
    body = person.body([picture_code()], [partner], circumstance="worried", work=solve(task, person.locator))
    key = httpx.get(f"{person.url}/v1/site", timeout=60).json()["case_file_key"]
    return bytes(pyrage.encrypt(json.dumps(body).encode(), [pyrage.x25519.Recipient.from_str(format_recipient(key))]))


@pytest.mark.parametrize("tag", LANGUAGES)
def test_every_language_has_the_pages_in_its_direction_without_script_or_style_of_their_own(
    exchange: Running, tag: str
) -> None:
    for way in ("", "look", "withdraw", "send"):
        answer = httpx.get(f"{exchange.urls['person']}/plain/{way}?lang={tag}", timeout=60)
        assert answer.status_code == 200
        assert f'<html lang="{tag}" dir="{"rtl" if tag == "ar" else "ltr"}">' in answer.text
        assert says(answer, f"plain.{way or 'heading'}", tag) and says(answer, "practice", tag)
        assert not re.search(r"<script|style=|\son\w+=|<img|<iframe", answer.text)
        assert answer.headers["content-security-policy"] == PLAIN_POLICY
        assert "set-cookie" not in answer.headers and answer.headers["cache-control"] == "no-store"
    assert "&quot;" not in re.sub(r'="[^"]*"', "", answer.text)


def test_the_language_is_the_browsers_where_the_address_names_none(exchange: Running) -> None:
    url = f"{exchange.urls['person']}/plain/look"
    assert 'lang="ko"' in httpx.get(url, headers={"Accept-Language": "ko,en;q=0.5"}, timeout=60).text
    assert 'lang="en"' in httpx.get(f"{url}?lang=tlh", timeout=60).text


def test_a_looking_code_shows_the_case_and_how_often_only_when_asked(
    exchange: Running, partner: Partner, mina: Person
) -> None:
    code = picture_code()
    mina.send([code], [partner.id])
    mina.write("hello")
    partner.follow_until(lambda: partner.holds(code))
    assert partner.report(partner.holds(code)[0]).is_success
    answer = post(exchange, "look", code=looking_code(mina).lower().replace(" ", "-"))
    assert answer.status_code == 200
    for key in ("status.heading", "status.fromYou", "status.needWords"):
        assert says(answer, key), key
    assert "Practice board" in answer.text and "In its list" in answer.text and "since" in answer.text
    assert not says(answer, "status.hits.once")
    assert says(post(exchange, "look", code=looking_code(mina), often="yes"), "status.hits.once")
    arabic = post(exchange, "look", "ar", code=looking_code(mina))
    assert 'dir="rtl"' in arabic.text and says(arabic, "status.heading", "ar") and "<bdi>Practice board" in arabic.text


def test_a_wrong_code_and_an_unknown_case_get_the_same_bytes(exchange: Running, partner: Partner, mina: Person) -> None:
    mina.send([picture_code()], [partner.id])
    unknown = format_code(HandOnCode(secrets.token_hex(16), secrets.token_hex(32)))
    wrong_key = format_code(HandOnCode(mina.locator, secrets.token_hex(32)))
    for way, other, more in (
        ("look", withdrawing_code(mina), {}),
        ("withdraw", looking_code(mina), {"forget": "everything"}),
    ):
        answers = [post(exchange, way, code=code, **more) for code in (unknown, wrong_key, other)]
        assert {answer.status_code for answer in answers} == {422}
        assert len({answer.content for answer in answers}) == 1 and says(answers[0], "plain.notFound")
    assert mina.look().json()["withdrawn"] is None


@pytest.mark.parametrize(
    "typed", [WORDS, WORDS.replace(" ", ""), "1234 5678 9012 3456 7890 1234", "가격 가난 가능", "عصفور"]
)
def test_words_are_told_from_codes_and_never_shown_back(exchange: Running, typed: str) -> None:
    for way in ("look", "withdraw"):
        answer = post(exchange, way, code=typed, forget="matching")
        assert answer.status_code == 422 and says(answer, "plain.words")
        assert typed not in answer.text


def test_a_code_with_a_slip_is_told_from_words(exchange: Running, mina: Person) -> None:
    code = looking_code(mina)
    for typed in (code[:40], with_a_slip(code), ""):
        answer = post(exchange, "look", code=typed)
        assert answer.status_code == 422 and says(answer, "plain.badCode")
        assert not typed or typed not in answer.text


def test_a_withdrawing_code_takes_the_case_back(exchange: Running, partner: Partner, mina: Person) -> None:
    mina.send([picture_code()], [partner.id])
    mina.write("hello")
    assert says(post(exchange, "withdraw", code=withdrawing_code(mina)), "plain.forget"), "nothing is chosen for her"
    answer = post(exchange, "withdraw", code=withdrawing_code(mina), forget="matching")
    assert answer.status_code == 200 and says(answer, "status.after")
    assert mina.look().json()["forgotten"] == "matching" and len(mina.look().json()["letters"]) == 1
    post(exchange, "withdraw", code=withdrawing_code(mina), forget="everything")
    assert mina.look().json()["forgotten"] == "everything" and mina.look().json()["letters"] == []


def test_a_withdrawal_that_waits_says_its_day_and_can_be_stopped(
    exchange: Running, partner: Partner, mina: Person
) -> None:
    mina.send([picture_code()], [partner.id], wait_days=3)
    answer = post(exchange, "withdraw", code=withdrawing_code(mina), forget="everything")
    day = datetime.now(UTC).date() + timedelta(days=3)
    assert day.isoformat() in answer.text and mina.look().json()["withdraws_on"] == day.isoformat()
    answer = post(exchange, "withdraw", code=withdrawing_code(mina), forget="keep")
    assert says(answer, "status.kept") and mina.look().json()["withdraws_on"] is None


def test_a_case_file_opens_its_case_and_any_other_file_is_turned_away(
    exchange: Running, partner: Partner, mina: Person
) -> None:
    today = datetime.now(UTC).date()
    url = f"{exchange.urls['person']}/plain/send"
    for bad in (b"", b"not a case", case_file(mina, partner.id, today - timedelta(days=40))):
        answer = httpx.post(url, files={"file": ("notes.age", bad)}, timeout=60)
        assert answer.status_code == 422 and says(answer, "plain.badFile")
    assert httpx.post(url, data={"file": "text"}, timeout=60).status_code == 422
    assert mina.look().status_code == 404
    answer = httpx.post(url, files={"file": ("notes.age", case_file(mina, partner.id, today))}, timeout=60)
    assert answer.status_code == 200 and says(answer, "plain.sent")
    assert mina.look().json()["entries"] == 1


def test_with_javascript_off_a_case_is_found_and_taken_back_and_no_address_tells_of_it(
    exchange: Running, partner: Partner, browser: Browser, tmp_path: Path
) -> None:
    mina = Person(exchange)
    context = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 740})
    page: Page = context.new_page()
    seen: list[Request] = []
    complaints: list[str] = []
    context.on("request", lambda request: seen.append(request))  # noqa: PLW0108  a bound built-in fails
    page.on("console", lambda line: complaints.append(line.text))
    page.goto(f"{mina.url}/ar")
    links = page.locator("main a")
    assert [link.get_attribute("href") for link in links.all()] == [
        f"/plain/{way}?lang=ar" for way in ("look", "withdraw", "send")
    ]
    links.first.click()
    assert page.locator("html").get_attribute("dir") == "rtl"
    page.goto(f"{mina.url}/plain/?lang=en")

    file = tmp_path / "notes.age"
    file.write_bytes(case_file(mina, partner.id, datetime.now(UTC).date()))
    page.get_by_role("link", name="Send a case file").click()
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Send a case file").click()
    page.get_by_text(read_text("en", "plain.sent")).wait_for()

    page.get_by_role("link", name="Back").click()
    page.get_by_role("link", name="Look at a case").click()
    page.locator("#code").fill(WORDS)
    before = len(seen)
    page.get_by_role("button", name="Look at a case").click()
    page.wait_for_timeout(300)
    assert len(seen) == before, "the browser keeps back what is too short for a code"
    page.locator("#code").fill(looking_code(mina))
    page.get_by_role("button", name="Look at a case").click()
    page.get_by_role("heading", name=read_text("en", "status.heading")).wait_for()
    assert page.get_by_text("Practice board").count() == 1

    page.get_by_role("link", name="Back").click()
    page.get_by_role("link", name="Take a case back").click()
    page.get_by_text("Stop matching only").click()
    page.locator("#code").fill(withdrawing_code(mina))
    page.get_by_role("button", name="Go on").click()
    page.get_by_text(read_text("en", "status.after")).wait_for()
    assert mina.look().json()["forgotten"] == "matching"

    assert {request.method for request in seen if request.resource_type == "document"} == {"GET", "POST"}
    secret = [
        mina.locator,
        mina.look_key,
        mina.withdraw_key,
        *looking_code(mina).split(),
        *withdrawing_code(mina).split(),
    ]
    for request in seen:
        assert not any(part.lower() in request.url.lower() for part in secret)
        assert not any(word in (request.post_data_buffer or b"").decode("latin1") for word in ("yo-yo", "drop-down"))
    assert context.cookies() == [] and complaints == []
    context.close()


OFTEN = {("ar", "dark", 320), ("zh-Hans", "light", 1280)}


@pytest.mark.parametrize(
    ("tag", "theme", "width"),
    [
        pytest.param(*way, marks=[] if way in OFTEN else [pytest.mark.peer])
        for way in itertools.product(LANGUAGES, ("light", "dark"), (320, 1280))
    ],
)
def test_pages_without_script_are_whole_and_axe_finds_nothing(
    exchange: Running, partner: Partner, browser: Browser, axe: str, tag: str, theme: str, width: int
) -> None:
    mina = Person(exchange)
    mina.send([picture_code()], [partner.id])
    mina.write("hello")
    found: list[str] = []
    size = {"width": width, "height": 780}
    with browser.new_context(viewport=size, color_scheme=theme) as context:  # type: ignore[arg-type]
        page = context.new_page()

        def look(screen: str) -> None:
            page.evaluate(f"() => {{ if (!window.axe) {{ {axe} }} }}")
            result = page.evaluate("(tags) => axe.run(document, {runOnly: tags})", AXE_RULES)
            for problem in result["violations"]:
                found.extend(f"{screen}: {problem['id']} {node['html'][:120]}" for node in problem["nodes"])
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                found.append(f"{screen}: scrolls sideways")

        for way in ("root-key", "numbers", "plain/", "plain/withdraw", "plain/send", "plain/look"):
            page.goto(f"{mina.url}/{way}?lang={tag}")
            look(way)
        page.locator("#code").fill(with_a_slip(looking_code(mina)))
        page.locator("main form button").first.click()
        page.get_by_text(read_text(tag, "plain.badCode")).wait_for()
        look("a slip")
        page.locator("#code").fill(looking_code(mina))
        page.locator("main form button").first.click()
        page.get_by_text("Practice board").wait_for()
        look("a case")
    assert found == []
