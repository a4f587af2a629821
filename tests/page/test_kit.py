"""The kit: one file that works from a disk without a network, and saves a case that a page without script takes in."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from importlib.resources import files
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Request

from notcontent.device.passphrase import derive_keys
from notcontent.feed.signature import PublicKey
from notcontent.hand_on import parse_code
from notcontent.page.kit import NotJoinable, join_modules, render_kit, tighten
from notcontent.page.languages import LANGUAGES, read_text
from tests.exchange.running import Running

from .walk import file, made_up_jpeg, plain_png

SITE = {
    "v": 1, "practice": True, "max_entries": 200, "case_file_key": "ab" * 32, "partners": [],
    "helpline": {"name": "Helpline", "country": "ZZ", "languages": ["en"], "answer_days": 3, "keys": ["cd" * 32]},
}  # fmt: skip


def kit_kb(tag: str = "en") -> float:
    """The kit's size in kB (1,000 bytes), without its word list and without the code that seals."""
    return len(render_kit(LANGUAGES[tag], SITE, (), date(2026, 11, 22), sealing=False).encode()) / 1000


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = Running.set_up(tmp_path_factory.mktemp("exchange") / "data").start()
    running.partner()
    yield running
    running.stop()


@pytest.mark.parametrize("tag", LANGUAGES)
def test_the_kit_is_small(tag: str) -> None:
    assert kit_kb(tag) <= 120


@pytest.mark.parametrize("tag", LANGUAGES)
def test_the_policy_names_the_script_and_the_style_and_lets_nothing_out(tag: str) -> None:
    kit = render_kit(LANGUAGES[tag], SITE, ("one", "two"), date(2026, 11, 22))
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', kit)
    assert policy
    rules = dict(rule.strip().split(" ", 1) for rule in policy[1].split(";"))
    assert rules["default-src"] == rules["connect-src"] == rules["form-action"] == rules["base-uri"] == "'none'"
    for part, found in (("script", r"<script>(.*?)</script>"), ("style", r"<style>(.*?)</style>")):
        (text,) = re.findall(found, kit, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert rules[f"{part}-src"] == f"'sha256-{digest}'"
        assert not re.search(r"\bfetch\b|\bimport\b", text)
    outside = re.sub(r"<(script|style)[^>]*>.*?</\1>", "", kit, flags=re.DOTALL)
    assert re.findall(r'(?:src|href)="(?!data:)([^"]*)"', outside) == [LANGUAGES[tag].elsewhere], (
        "the way to leave only"
    )


def test_modules_are_joined_in_the_order_of_their_needs() -> None:
    read = {
        "main.js": "import { a as b } from './one.js';\nimport './two.js';\nconst f = import('./three.js');\nb();\n",
        "one.js": "import { c } from './two.js';\n\n/** Why. */\nexport const a = c + 1;\n",
        "two.js": "// first\nexport const c = 1;\nexport function d() {\n  return c;\n}\n",
        "three.js": "",
    }
    joined = join_modules(read, "main.js", frozenset({"three.js"}))
    assert [joined.index(f"kitModules['./{name}.js']") for name in ("two", "one", "main")] == sorted(
        joined.index(f"kitModules['./{name}.js'] = ") for name in ("two", "one", "main")
    )
    assert "const { a: b } = kitModules['./one.js'];" in joined and "return { c, d };" in joined
    assert "const f = kitModule('./three.js');" in joined and "three.js'] =" not in joined
    assert "Why" not in joined and "first" not in joined


@pytest.mark.parametrize(
    "source",
    [
        "export default 1;\n",
        "import x from './one.js';\n",
        "import { a } from './missing.js';\n",
        "import { a } from './main.js';\n",
        "const a = `two\n  lines`;\n",
        "const a = '</script>';\n",
    ],
)
def test_a_form_that_the_kit_does_not_know_is_refused(source: str) -> None:
    with pytest.raises(NotJoinable):
        join_modules({"main.js": source, "one.js": ""}, "main.js")


def test_only_comments_and_indentation_are_left_out() -> None:
    assert tighten("/** Why.\n * More. */\nconst a = 'b // c';\n\n  // gone\n  f(a); // stays\n") == (
        "const a = 'b // c';\nf(a); // stays\n"
    )


def test_the_kit_is_signed_by_the_exchange_and_the_page_without_script_tells_its_hash(
    exchange: Running, tmp_path: Path
) -> None:
    url = exchange.urls["person"]
    kit = httpx.get(f"{url}/kit/ar", timeout=60)
    assert kit.headers["content-disposition"] == 'attachment; filename="notes.html"'
    signature = httpx.get(f"{url}/kit/ar.minisig", timeout=60).text
    told = httpx.get(f"{url}/plain/?lang=ar", timeout=60).text
    assert hashlib.sha256(kit.content).hexdigest() in told
    (key,) = re.findall(r">(RW[^<]+)<", told)
    PublicKey.from_text(key).verify_file(io.BytesIO(kit.content), signature)
    assert httpx.get(f"{url}/kit/tlh", timeout=60).status_code == 404


def test_a_case_made_from_the_disk_without_a_network_arrives_by_the_page_without_script(
    exchange: Running, browser: Browser, tmp_path: Path
) -> None:
    url = exchange.urls["person"]
    online = browser.new_page()
    online.goto(f"{url}/en")
    with online.expect_download() as download:
        online.get_by_text(read_text("en", "start.kit")).click()
    kit = tmp_path / download.value.suggested_filename
    download.value.save_as(kit)
    online.context.close()
    assert kit.name == "notes.html"

    context = browser.new_context(offline=True, accept_downloads=True, viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.set_default_timeout(60_000)
    seen: list[Request] = []
    problems: list[str] = []
    page.on("request", lambda request: seen.append(request))  # noqa: PLW0108  a bound built-in fails
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda line: problems.append(line.text) if line.type in ("error", "warning") else None)
    page.goto(kit.as_uri())
    page.get_by_text(read_text("en", "kit.banner")).wait_for()
    assert page.get_by_text("Check my case").count() == page.locator("select").count() == 0
    for press in ("Begin", "It is safe, go on", "I want to be ready", "18 or older"):
        page.get_by_role("button", name=press).click()
    for _ in range(4):
        page.get_by_role("button", name="Skip this").click()
    page.locator("#files:enabled").wait_for(state="attached")
    page.locator("#files").set_input_files([file(made_up_jpeg(7)), file(plain_png(), "b.png", "image/png")])
    page.get_by_text("1 of 2 files ready").wait_for()
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name="All", exact=True).click()
    page.get_by_role("button", name="Go on").click()
    page.locator("#letter").fill("please call")
    page.get_by_role("button", name="Go on").click()
    page.locator("#sentence").wait_for()
    page.get_by_role("button", name=read_text("en", "kit.save")).click()
    words = page.locator(".keep-words li").all_inner_texts()
    page.get_by_role("button", name="I have them").click()
    number = re.search(r"word (\d)", page.locator("h1").inner_text())
    assert number
    page.locator("#word").fill(words[int(number[1]) - 1])
    with page.expect_download() as saved:
        page.get_by_role("button", name=read_text("en", "kit.save")).click()
    case_file = tmp_path / saved.value.suggested_filename
    saved.value.save_as(case_file)
    page.get_by_role("heading", name="Saved").wait_for()
    page.get_by_role("button", name=read_text("en", "hand.heading")).click()
    for button in page.get_by_role("button", name="Show it").all():
        button.click()
    looking, withdrawing = page.locator(".code").all_inner_texts()[:2]
    assert case_file.name == "notes.age" and problems == []
    assert {request.url.split(":", 1)[0] for request in seen} <= {"file", "blob", "data"}
    context.close()

    keys = derive_keys(" ".join(words))
    assert (parse_code(looking).key, parse_code(withdrawing).key) == (keys.look_key, keys.withdraw_key)
    plain = case_file.read_bytes()
    assert plain.startswith(b"age-encryption.org/v1") and keys.locator.encode() not in plain
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{url}/plain/send?lang=en")
    page.locator("#file").set_input_files(case_file)
    page.get_by_role("button", name="Send a case file").click()
    page.get_by_text(read_text("en", "plain.sent")).wait_for()
    page.goto(f"{url}/plain/look?lang=en")
    page.locator("#code").fill(looking)
    page.get_by_role("button", name="Look at a case").click()
    page.get_by_role("heading", name=read_text("en", "status.heading")).wait_for()
    assert page.locator("dd").all_inner_texts()[1] == "1"
    assert page.get_by_text("Practice board").count() == 1 and page.get_by_text("From you").count() == 1
    context.close()


def test_the_kit_carries_every_help_line_and_stops_where_she_was_under_18(browser: Browser, tmp_path: Path) -> None:
    kit = tmp_path / "notes.html"
    kit.write_text(render_kit(LANGUAGES["en"], SITE, ("one", "two"), date(2026, 11, 22)))
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.goto(kit.as_uri())
    for press in ("Begin", "It is safe, go on", "I want to be ready", "Under 18"):
        page.get_by_role("button", name=press).click()
    page.locator("#help-country:enabled").wait_for()
    countries = json.loads(files("notcontent.page").joinpath("help.json").read_text())["countries"]
    for code, country in countries.items():
        page.locator("#help-country").select_option(code)
        names = [line["name"] for line in country["lines"] if "minors" in line["for"]]
        assert page.locator("[aria-live] h2").all_inner_texts() == names, code
    context.close()


def test_a_language_without_a_list_gets_digits_and_reads_from_right_to_left(
    exchange: Running, browser: Browser, tmp_path: Path
) -> None:
    kit = tmp_path / "notes.html"
    kit.write_bytes(httpx.get(f"{exchange.urls['person']}/kit/ar", timeout=60).content)
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.goto(kit.as_uri())
    page.locator("#main .button-main").wait_for()
    assert page.locator("html").get_attribute("dir") == "rtl"
    assert page.locator("#kit-words").inner_text() == ""
    day = datetime.now(UTC).date()
    assert str(day.year) in page.locator("#main").inner_text()
    context.close()
