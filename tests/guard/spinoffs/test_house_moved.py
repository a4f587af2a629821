"""A group is closed, part of its archive turns up in three new places, and a person sees it move: all of it in a real
guard, the pages in Chromium on a phone and a desk, light and dark, without script."""

from __future__ import annotations

import base64
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from notcontent.feed.entry import Tier
from notcontent.fingerprint.compute import fingerprint_picture
from notcontent.guard.database import Database
from notcontent.guard.spinoffs import ledger
from notcontent.guard.spinoffs.intake import hour_of
from notcontent.guard.spinoffs.observation import WARNING_TEXT, Observation, Rule
from notcontent.guard.writer import utc_now
from tests.conftest import AXE_RULES, generated_picture
from tests.guard.listening_platform import ListeningPlatform
from tests.guard.running_guard import RunningGuard, wait_until
from tests.guard.small_exchange import SmallExchange

pytestmark = [pytest.mark.browser, pytest.mark.peer]

ARCHIVE = [generated_picture(seed, 240, 180) for seed in range(30)]
OLD = "group:old"
SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()


@pytest.fixture(scope="module")
def platform() -> Iterator[ListeningPlatform]:
    with ListeningPlatform() as listening:
        yield listening


@pytest.fixture(scope="module")
def guard(tmp_path_factory: pytest.TempPathFactory, platform: ListeningPlatform) -> Iterator[RunningGuard]:
    folder = tmp_path_factory.mktemp("guard") / "data"
    with SmallExchange(tmp_path_factory.mktemp("exchange")) as exchange:
        settings = {
            "workers": 2, "spinoff_days": 90, "events_url": platform.url, "events_secret": SECRET,
        }  # fmt: skip
        running = RunningGuard(folder, exchange, settings)
        running.set_up()
        # Elsewhere much was met before.
        database = Database(folder)
        with database.write() as connection:
            crowd = [Observation(n, 1_000_000 + n, n, n, hour_of(utc_now()) - 900) for n in range(1, 5_000)]
            ledger.take(connection, crowd, Rule())
        database.close()
        running.start()
        for picture in ARCHIVE:
            exchange.add(fingerprint_picture(picture).orientations[0].value, Tier.VERIFIED)
        running.catch_up()
        # A month of verifying in a second.
        with sqlite3.connect(folder / "guard.db", timeout=10) as connection:
            connection.execute("UPDATE spinoff_days SET day = day - abs(entry) % 30")
        yield running
        assert running.stop() == 0


def moved(guard: RunningGuard, platform: ListeningPlatform) -> list[dict[str, object]]:
    """The archive is filled by ten, the group is closed, and three new places get half of it by eight each."""
    for number, picture in enumerate(ARCHIVE):
        assert guard.check(picture, place=OLD, account=f"filler {number % 10}").status_code == 451
    # So that what comes now comes an hour later.
    wait_until(lambda: _count(guard, "spinoff_met") >= 4_999 + len(ARCHIVE), "the archive to be kept")
    with sqlite3.connect(guard.folder / "guard.db", timeout=10) as connection:
        connection.execute("UPDATE spinoff_met SET hour = hour - 30")
    closed = guard.client.post("/v1/places/state", json={"place": OLD, "closed": True}).json()
    assert closed["closed"] and closed["moves"] == [] and closed["says"] == WARNING_TEXT
    for new in range(3):
        for number, picture in enumerate(ARCHIVE[new * 5 : new * 5 + 16]):
            guard.check(picture, place=f"group:new {new}", account=f"member {number % 8}")

    def events() -> list[dict[str, object]]:
        bodies = [json.loads(body) for _, body in list(platform.heard)]
        return [body["data"] for body in bodies if body["type"] == "spinoff.suspected"]

    wait_until(lambda: len(events()) == 3, "three alarms", 30)
    return events()


def _count(guard: RunningGuard, table: str) -> int:
    with sqlite3.connect(guard.folder / "guard.db", timeout=10) as connection:
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def test_an_archive_that_moves_is_seen_drawn_and_handed_out_by_two(
    guard: RunningGuard, platform: ListeningPlatform, browser: Browser, tmp_path: Path
) -> None:
    alarms = moved(guard, platform)
    looked = guard.client.post("/v1/places/look", json={"place": "group:new 1"}).json()
    assert looked["name"] in {alarm["place"] for alarm in alarms}
    assert all(WARNING_TEXT in str(alarm["text"]) for alarm in alarms)
    token = {name: guard.command("token", name, "--for", "review").split()[-1] for name in ("Ana", "Bo")}
    pages = {}
    for name, secret in token.items():
        context = browser.new_context(java_script_enabled=False, viewport={"width": 320, "height": 640})
        pages[name] = context.new_page()
        pages[name].goto(f"{guard.url}/review")
        pages[name].get_by_label("Your token").fill(secret)
        pages[name].get_by_role("button", name="Sign in").click()
    ana, bo = pages["Ana"], pages["Bo"]
    for width, scheme in ((320, "light"), (320, "dark"), (1280, "light"), (1280, "dark")):
        ana.set_viewport_size({"width": width, "height": 800})
        ana.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        ana.goto(f"{guard.url}/review/spinoffs")
        expect(ana.get_by_text(WARNING_TEXT)).to_be_visible()
        expect(ana.locator("svg.spinoff-drawing a")).to_have_count(4)
        widest = ana.locator("main").bounding_box()
        assert widest and widest["x"] >= 0 and widest["x"] + widest["width"] <= width
    ana.locator("svg.spinoff-drawing a").first.click()
    expect(ana.get_by_role("heading", name="place-")).to_be_visible()
    ana.get_by_label("Its reference").fill("court 7/26")
    ana.get_by_role("button", name="Ask to hand out its cluster").click()
    expect(ana.get_by_role("button", name="Agree")).to_have_count(0)
    bo.goto(f"{guard.url}/review/spinoffs")
    with bo.expect_download() as downloading:
        bo.get_by_role("button", name="Agree").click()
    annex = Path(downloading.value.path()).read_text("utf-8")
    assert WARNING_TEXT in annex and "court 7/26" in annex and annex.count("(closed) -> ") == 3
    assert OLD not in annex and "group:new" not in annex


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_pages(guard: RunningGuard, browser: Browser, axe: str, scheme: str) -> None:
    token = guard.command("token", f"axe {scheme}", "--for", "review").split()[-1]
    page = browser.new_context(color_scheme=scheme, bypass_csp=True).new_page()  # type: ignore[arg-type]
    page.goto(f"{guard.url}/review")
    page.get_by_label("Your token").fill(token)
    page.get_by_role("button", name="Sign in").click()
    page.goto(f"{guard.url}/review/spinoffs")
    addresses = [page.url, f"{guard.url}{page.locator('svg.spinoff-drawing a').first.get_attribute('href')}"]
    for address in addresses:
        page.goto(address)
        page.evaluate(f"() => {{ {axe} }}")
        found = page.evaluate("(tags) => axe.run(document, {runOnly: tags})", AXE_RULES)["violations"]
        assert not found, [(each["id"], [node["html"] for node in each["nodes"]]) for each in found]
