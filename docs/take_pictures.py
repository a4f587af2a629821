"""Take the screenshots of README and tutorial anew, from running practice set-ups: `python docs/take_pictures.py`."""

from __future__ import annotations

import io
import os
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from notcontent.cli.practice import Ports, Practice
from tests.conftest import FLAGS, PROGRAMS, altered, photograph
from tests.journeys.day_one import DayOne, Helpline
from tests.journeys.test_house_moved import move_house, settle
from tests.page.walk import Walk, file

PICTURES = ROOT / "docs" / "pictures"
PHONE = {"width": 390, "height": 760}
WIDE = {"width": 900, "height": 760}
COLOURS = 96


def shoot(page: Page, name: str) -> None:
    """Save what the window shows, in few colours so that the file stays small."""
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    picture.quantize(COLOURS).save(PICTURES / f"{name}.png", optimize=True)
    print(f"docs/pictures/{name}.png")


def post(browser: Browser, url: str, data: bytes) -> Page:
    """Post a picture on the board; the page that answers."""
    page = browser.new_page(viewport=WIDE)
    page.goto(url)
    page.locator("input[type=file]").set_input_files({"name": "a.jpg", "mimeType": "image/jpeg", "buffer": data})
    page.get_by_role("button", name="Post it").click()
    page.wait_for_load_state("networkidle")
    return page


def take_day_one(browser: Browser) -> None:
    """The helpline's tutorial, as its test carries it out."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "venv").symlink_to(sys.prefix)
        helpline = Helpline(Path(folder), Ports.free(board=False))
        try:
            DayOne(browser, helpline, shoot).live()
        finally:
            for process in reversed(helpline.started):
                process.terminate()
                process.communicate(timeout=30)


def take_moved_house(browser: Browser) -> None:
    """Where a closed room of the board went, as its test carries it out."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Practice(Path(folder), Ports.free(board=True), hit_delay_days=0) as practice,
    ):
        city = settle(practice, practice.start(), browser)
        move_house(city)
        page = city.reviewer("Ana", browser)
        page.set_viewport_size(WIDE)
        page.goto(f"{practice.ports.url('guard')}/review/spinoffs")
        shoot(page, "spin-offs")


def main() -> None:
    """Open a case on the page, post the picture and two others on the board, take both screens; then the others."""
    PICTURES.mkdir(exist_ok=True)
    program = next((path for path in PROGRAMS if path and os.access(path, os.X_OK)), None)
    with (
        tempfile.TemporaryDirectory() as folder,
        Practice(Path(folder), Ports.free(board=True), hit_delay_days=0) as practice,
        sync_playwright() as playwright,
    ):
        practice.start()
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        page = browser.new_page(viewport=PHONE)
        walk = Walk(page, cast(Any, SimpleNamespace(url=practice.ports.url("person"))))
        walk.open()
        shoot(page, "page")
        walk.to_done(file(photograph("astronaut.png"), "a.png", "image/png"))
        board = practice.ports.url("board")
        for name in ("coffee.png", "rocket.jpg", "chelsea.png"):
            post(browser, board, photograph(name))
        page.wait_for_timeout(1500)
        shoot(post(browser, board, altered(photograph("astronaut.png"), "mirrored")), "board")
        take_day_one(browser)
        take_moved_house(browser)


if __name__ == "__main__":
    main()
