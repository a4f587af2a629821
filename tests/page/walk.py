"""Mina's way through the page, one method a screen."""

from __future__ import annotations

import io
import itertools
import re
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import FilePayload, Locator, Page, Request

from tests.fingerprint.formula import Recipe, draw

from .person_face import Face


def made_up_jpeg(seed: int, width: int = 640, height: int = 480) -> bytes:
    """A JPEG drawn by the formula of the vectors."""
    out = io.BytesIO()
    Image.fromarray(draw(Recipe("", seed, width, height))).save(out, "JPEG", quality=88)
    return out.getvalue()


def plain_png() -> bytes:
    """A picture with nothing in it."""
    out = io.BytesIO()
    Image.fromarray(np.full((300, 400, 3), 120, np.uint8)).save(out, "PNG")
    return out.getvalue()


def photograph(name: str) -> bytes:
    """One of the photographs that scikit-image ships."""
    import skimage

    return (Path(skimage.__file__).parent / "data" / name).read_bytes()


def file(data: bytes, name: str = "a.jpg", kind: str = "image/jpeg") -> FilePayload:
    """A file as a person would choose it."""
    return {"name": name, "mimeType": kind, "buffer": data}


#: The questions that can be skipped, in their order, where a picture is online.
QUESTIONS = (
    "Is the person in the picture you, or someone you help?",
    "What is it?",
    "What does it show?",
    "Why was it not agreed?",
    "Were personal details posted with it?",
)


def tells_words(words: list[str], sent: str) -> bool:
    """Whether two of her words stand side by side in what was sent.

    One alone proves nothing: the words are drawn at random, and "work" stands in an address of the page's own files.
    """
    pairs = (rf"{re.escape(one)}[^a-z]{{0,12}}{re.escape(other)}" for one, other in itertools.pairwise(words))
    return any(re.search(pair, sent, re.IGNORECASE) for pair in pairs)


class Walk:
    """Drives the page and writes down every request the browser makes."""

    def __init__(self, page: Page, face: Face) -> None:
        self.page = page
        self.face = face
        self.requests: list[Request] = []
        self.problems: list[str] = []
        self.words: list[str] = []
        page.context.on("request", lambda request: self.requests.append(request))  # noqa: PLW0108  a bound built-in fails
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("console", lambda line: self.problems.append(line.text) if line.type == "error" else None)

    def open(self, tag: str = "") -> None:
        self.page.goto(f"{self.face.url}/{tag}")
        self.page.locator("#main .button-main").wait_for()

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=False)

    def heading(self, name: str) -> Locator:
        return self.page.get_by_role("heading", name=name)

    def to_happening(self) -> None:
        self.button("Begin").click()
        self.button("It is safe, go on").click()

    def to_age(self, happening: str = "It is online now") -> None:
        self.to_happening()
        self.button(happening).click()

    def skip(self, *headings: str) -> None:
        """Past these questions without an answer."""
        for heading in headings:
            self.heading(heading).wait_for()
            self.button("Skip this").click()

    def to_links(self, happening: str = "It is online now") -> None:
        self.to_age(happening)
        self.button("18 or older").click()
        self.skip(*QUESTIONS)
        self.heading("Where is it?").wait_for()

    def to_pictures(self) -> None:
        self.to_links()
        self.button("I have no link").click()
        self.page.locator("#files:enabled").wait_for(state="attached")

    def choose(self, *files: FilePayload, ready: int | None = None) -> None:
        self.page.locator("#files").set_input_files(list(files))
        if ready is not None:
            self.page.get_by_text(f"{ready} of ").wait_for()
        self.page.locator(".rows progress").first.wait_for(state="detached")

    def to_check(self, *files: FilePayload) -> None:
        self.to_pictures()
        self.choose(*files)
        self.button("Go on").click()
        self.choose_all_sites()
        self.page.locator("#sentence").wait_for()

    def choose_all_sites(self) -> None:
        """All sites, no permission to write to them, no message."""
        self.page.get_by_role("button", name="All", exact=True).click()
        self.button("Go on").click()
        self.page.get_by_role("button", name="No", exact=True).click()
        self.heading("Do you want to tell the helpline something?").wait_for()
        self.button("Go on").click()

    def to_words(self, *files: FilePayload) -> None:
        self.to_check(*files)
        self.button("Yes, go on").click()
        self.words = self.page.locator(".keep-words li").all_inner_texts()

    def asked_word(self) -> str:
        """The word that the page asks back."""
        found = re.search(r"word (\d)", self.page.locator("h1").inner_text())
        assert found
        return self.words[int(found[1]) - 1]

    def to_sending(self, *files: FilePayload) -> None:
        self.to_words(*files)
        self.button("I have them").click()
        self.page.locator("#word").fill(self.asked_word())
        self.page.get_by_role("button", name="Send", exact=True).click()

    def to_done(self, *files: FilePayload) -> None:
        self.to_sending(*files)
        self.heading("Your case is open").wait_for()

    def come_back(self, words: str) -> None:
        self.page.reload()
        self.button("Check my case").click()
        self.page.locator("#words").fill(words)
        self.button("Show my case").click()

    def case(self) -> dict[str, Any]:
        """The one case the exchange holds."""
        (case,) = self.face.exchange.cases.values()
        return case

    def posts(self) -> list[bytes]:
        """Bodies of every request that carried one."""
        return [seen.body for seen in self.face.exchange.seen if seen.method == "POST"]
