"""The main journeys in Debian's Firefox, driven over WebDriver BiDi by puppeteer-core."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from notcontent.page.languages import LANGUAGES, read_text

from .conftest import Canary
from .oracle import orientations_of
from .person_face import Face
from .test_canary import CHANNELS
from .walk import QUESTIONS, made_up_jpeg, photograph

pytestmark = [pytest.mark.peer, pytest.mark.timeout(300)]
OURS = Path(__file__).parent / "firefox"
BUILT = Path(__file__).parents[2] / "build" / "firefox"
#: What Firefox may want from anybody but this machine ends at a port where nobody is.
NOBODY_ELSE = {
    "network.proxy.type": 1,
    **{f"network.proxy.{kind}": "127.0.0.1" for kind in ("http", "ssl")},
    **{f"network.proxy.{kind}_port": 9 for kind in ("http", "ssl")},
    "network.proxy.no_proxies_on": "127.0.0.1",
}
LINK = "https://example.org/gallery/17"
MESSAGE = "Please write to the second site first."
TO_PICTURES = ("open", "toPictures")
Seen = dict[str, Any]
#: Walks `parts` of firefox/walk.mjs at the face; more settings of Firefox; what goes into the job besides.
Firefox = Callable[..., Seen]


@pytest.fixture(scope="session")
def driver() -> Path:
    """The folder with puppeteer-core, from the npm registry as the lock file says; git ignores it."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed, so nothing can drive Firefox")
    lock = (OURS / "package-lock.json").read_bytes()
    installed = BUILT / "installed"
    if not installed.is_file() or installed.read_bytes() != lock:
        BUILT.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(OURS / name, BUILT)
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1", "--loglevel=error"]
        run = subprocess.run(command, cwd=BUILT, capture_output=True, text=True, timeout=200, check=False)
        assert "EINTEGRITY" not in run.stderr, run.stderr
        if run.returncode != 0:
            pytest.skip("npm could not fetch puppeteer-core, so nothing can drive Firefox")
        installed.write_bytes(lock)
    return BUILT


@pytest.fixture
def firefox(face: Face, driver: Path) -> Firefox:
    """Firefox at the face."""
    program = shutil.which("firefox-esr") or shutil.which("firefox")
    if program is None:
        pytest.skip("Firefox is not installed; run tests/install-peers as root")

    def walk(*parts: str, settings: dict[str, object] | None = None, **more: object) -> Seen:
        job = {
            "program": program,
            "settings": NOBODY_ELSE | (settings or {}),
            "url": face.url,
            "parts": parts,
            "questions": QUESTIONS,
            "link": LINK,
            "message": MESSAGE,
            **more,
        }
        command = ["node", str(OURS / "walk.mjs"), str(driver), json.dumps(job)]
        run = subprocess.run(command, capture_output=True, text=True, timeout=150, check=False)
        assert run.returncode == 0, run.stderr
        seen: Seen = json.loads(run.stdout)
        assert seen["version"].startswith("firefox/")
        assert "failed" not in seen, f"{seen['failed']}\non the screen: {seen['screen_text']}"
        return seen

    return walk


@pytest.mark.parametrize("window", ["ordinary", "private"])
def test_a_case_is_opened_followed_and_taken_back_in_firefox(
    face: Face, firefox: Firefox, tmp_path: Path, window: str
) -> None:
    pictures = [made_up_jpeg(80), made_up_jpeg(81, 300, 500), photograph("rocket.jpg"), photograph("chelsea.png")]
    paths = [tmp_path / f"holiday-{at}" for at in range(len(pictures))]
    for path, data in zip(paths, pictures, strict=True):
        path.write_bytes(data)
    first, second, _ = face.exchange.partners
    seen = firefox(
        *(*TO_PICTURES, "choose", "send", "look", "withdraw", "whatIsLeft"),
        settings={"browser.privatebrowsing.autostart": window == "private"},
        pictures=[str(path) for path in paths],
        told=second["name"],
    )

    opening = next(sent.body for sent in face.exchange.seen if sent.path == "/v1/cases")
    assert opening == seen["shown"].encode(), "what was shown is what was sent, byte for byte"
    ((locator, case),) = face.exchange.cases.items()
    assert case["partners"] == [site["id"] for site in face.exchange.partners]
    assert {partner: said["notices"] for partner, said in case["statements"].items()} == {second["id"]: "ask"}
    assert len(case["entries"]) == len(pictures)
    for data, entry in zip(pictures, case["entries"], strict=True):
        expected, quality = orientations_of(data)
        apart = [int(code, 16) ^ int(ours, 16) for code, ours in zip(entry["orientations"], expected, strict=True)]
        assert max(bits.bit_count() for bits in apart) <= 2
        assert abs(entry["quality"] - quality) <= 1
    (letter,) = face.exchange.letters_of(locator)
    assert (letter["text"], [link["url"] for link in letter["links"]]) == (MESSAGE, [LINK])
    assert seen["states"] == ["On its way"] * 3
    assert case["withdrawn"] == "2026-11-22"
    assert first["id"] in case["states"]

    everything = b"\n".join(sent.path.encode() + repr(sent.headers).encode() + sent.body for sent in face.exchange.seen)
    for kept in (LINK, MESSAGE, "holiday"):
        assert kept.encode() not in everything
    assert seen["left"] == [0, 0, "", 0, 0, 0, "/"]
    assert seen["cookies"] == []
    assert seen["problems"] == []


def test_firefox_is_elsewhere_after_escape_twice_and_back_does_not_return(face: Face, firefox: Firefox) -> None:
    seen = firefox(*TO_PICTURES, "leave")
    assert seen["elsewhere"] == "https://www.wikipedia.org/"
    assert seen["back"] == f"{face.url}/page/look.css", "what was there before the page"


def test_ways_out_that_a_content_policy_does_not_close_are_gone_in_firefox(firefox: Firefox) -> None:
    names = ["RTCPeerConnection", "WebTransport", "WebSocket", "EventSource", "XMLHttpRequest", "BroadcastChannel"]
    seen = firefox("open", "whatIsGone", names=names)
    assert seen["kinds"] == ["undefined"] * len(names)
    assert seen["beacon"] == "undefined"
    assert seen["markup"] == "refused", "Firefox has Trusted Types too"


@pytest.mark.parametrize("lockdown", ["with", "without"])
def test_no_channel_of_the_page_reaches_a_foreign_server_in_firefox(
    face: Face, firefox: Firefox, canary: Canary, lockdown: str
) -> None:
    if lockdown == "without":
        face.exchange.replaced["/page/lockdown.js"] = ""
    seen = firefox("open", "waysOut", channels=CHANNELS, canary=canary.url)
    assert len(seen["tried"]) >= 10
    assert len(seen["blocked"]) >= 6
    assert canary.hits == []


def test_the_canary_sings_in_firefox_when_there_is_no_content_policy(
    face: Face, firefox: Firefox, canary: Canary
) -> None:
    """Else the test above would prove nothing."""
    face.exchange.replaced["/"] = "<!doctype html><body>"
    face.exchange.without_headers = True
    firefox("open", "waysOut", channels=CHANNELS, canary=canary.url)
    assert len(canary.hits) >= 8


def test_every_language_opens_in_firefox_and_scrolls_sideways_at_no_width(firefox: Firefox) -> None:
    seen = firefox("tour", tags=list(LANGUAGES), widths=[1280, 320])
    assert seen["tour"] == [
        [tag, "rtl" if language.right_to_left else "ltr", read_text(tag, "start.heading"), []]
        for tag, language in LANGUAGES.items()
    ]
    assert seen["problems"] == []


def test_a_firefox_that_changes_what_a_page_reads_is_stopped_before_any_picture(firefox: Firefox) -> None:
    seen = firefox(*TO_PICTURES, settings={"privacy.resistFingerprinting": True})
    assert seen["screen"] == "refused"
