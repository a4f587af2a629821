"""Capturing one page: its texts as they came, a picture of it with every picture masked, and a list of what was masked.

Chromium asks for things; this process fetches them, keeps the texts and hands a grey box on for the rest. So no byte of
a picture or video reaches the browser, a decoder or a disk. Scripts are off: nothing can draw one from a text either.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from urllib.parse import urljoin

from notcontent.capture.addresses import Pins
from notcontent.capture.chromium import Event, Session, open_browser
from notcontent.capture.errors import AddressRefused, CaptureError
from notcontent.capture.fetching import Answer, fetch
from notcontent.capture.masking import Masked, mask_body, media_type_of

LONGEST_S = 60.0
QUIET_S = 1.0
MAX_REQUESTS = 300
MAX_HEIGHT = 12_000
#: What a full capture may hold.
MAX_BODIES_BYTES = 20 << 20
#: What the page may do in the browser: load what this process hands it, and nothing that is packed into it.
POLICY = (
    "default-src 'none'; img-src http: https:; media-src http: https:; style-src http: https: 'unsafe-inline'; "
    "form-action 'none'; frame-ancestors 'none'; base-uri http: https:"
)
BOX = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="120" height="90"><rect width="120" height="90" fill="#bbb"/>'
    b'<path d="M0 0 120 90M120 0 0 90" stroke="#888"/></svg>'
)
HIDE = "<style>svg,canvas,video,audio,object,embed,iframe{visibility:hidden!important}</style>"
#: Whatever the page uses otherwise is a picture or a video to it, also if it is made of letters.
SHOWN_AS_TEXT = frozenset({"Document", "Stylesheet"})
ASKED = frozenset({"user-agent", "accept", "accept-language"})


@dataclass(frozen=True, slots=True)
class Kept:
    """One answer as it is kept: its text, or None where all of its body was masked.

    `answer.body` is empty but in a full capture.
    """

    answer: Answer
    text: str | None
    masked: tuple[Masked, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class Capture:
    """A captured page. `screenshot` is a PNG that Chromium made of texts and grey boxes."""

    url: str
    title: str
    began: datetime
    ended: datetime
    kept: tuple[Kept, ...]
    screenshot: bytes

    @property
    def masked(self) -> tuple[Masked, ...]:
        """Everything that was left out, in the order in which it was asked for."""
        return tuple(each for kept in self.kept for each in kept.masked)


@dataclass(slots=True)
class _Work:
    """What comes together while the browser loads."""

    tab: Session
    pins: Pins
    is_full: bool
    bodies_bytes: int = 0
    kept: list[Kept | None] = field(default_factory=list)
    failed: CaptureError | None = None
    #: Places of what is being fetched.
    open: set[int] = field(default_factory=set)
    touched: float = 0.0
    loaded: bool = False


def capture_page(url: str, pins: Pins, *, is_full: bool = False) -> Capture:
    """Capture it. Raises `AddressRefused`, `CaptureError` and `BrowserMissing`.

    `is_full`: bodies are kept as they came, for an archive that is sealed before it is anywhere else. The browser gets
    no picture then either, and the picture of the page is as masked as ever.
    """
    # Before a browser is started for it.
    pins.find(url)
    began = datetime.now(UTC)
    with open_browser() as tab, ThreadPoolExecutor(6) as fetchers:
        work = _Work(tab, pins, is_full)

        def hear(event: Event) -> None:
            work.touched = time.monotonic()
            if event["method"] == "Page.loadEventFired":
                work.loaded = True
            elif event["method"] == "Fetch.requestPaused":
                slot = len(work.kept)
                work.kept.append(None)
                work.open.add(slot)
                fetchers.submit(_answer, work, event["params"], slot)

        tab.ask("Page.enable")
        tab.ask("Emulation.setScriptExecutionDisabled", {"value": True})
        tab.ask("Fetch.enable", {"patterns": [{"urlPattern": "*", "requestStage": "Request"}]})
        tab.send("Page.navigate", {"url": url})
        _wait(work, hear)
        title = _title(tab, hear)
        screenshot = _screenshot(tab, hear)
    if work.bodies_bytes > MAX_BODIES_BYTES:
        raise CaptureError("The page holds more than a full capture takes. Capture it without pictures.")
    kept = tuple(each for each in work.kept if each is not None)
    if not kept:
        raise work.failed or CaptureError("The page could not be loaded. Try again later, or write down typed facts.")
    return Capture(url, title, began, datetime.now(UTC), kept, screenshot)


def _wait(work: _Work, hear: Callable[[Event], None]) -> None:
    """Until the page has loaded and nothing was asked for any more for a moment."""
    end = time.monotonic() + LONGEST_S
    work.touched = time.monotonic()
    while time.monotonic() < end:
        told = work.tab.next(0.2)
        if told is not None and "method" in told:
            hear(told)
        if work.failed is not None and not any(work.kept) and not work.open:
            return
        if work.loaded and not work.open and time.monotonic() - work.touched > QUIET_S:
            return


def _answer(work: _Work, asked: Event, slot: int) -> None:
    """Fetch what the browser asks for and hand on what it may have."""
    try:
        if slot >= MAX_REQUESTS or asked["request"]["method"] != "GET":
            raise AddressRefused("The page asks for more than is captured.")
        told = asked["request"]["headers"].items()
        wanted = tuple((name, value) for name, value in told if name.lower() in ASKED)
        answer = fetch(asked["request"]["url"], work.pins, wanted)
        content_type, may_be_text = answer.header("content-type"), asked["resourceType"] in SHOWN_AS_TEXT
        text, masked = mask_body(answer.url, content_type, answer.body, may_be_text=may_be_text)
        # What was masked is kept nowhere, not even in memory; of a full capture only as much as it may hold.
        work.bodies_bytes += len(answer.body) if work.is_full else 0
        kept = answer if work.is_full and work.bodies_bytes <= MAX_BODIES_BYTES else replace(answer, body=b"")
        work.kept[slot] = Kept(kept, text, tuple(masked), datetime.now(UTC))
        _hand_on(work.tab, asked, answer, text, masked)
    except CaptureError as error:
        work.failed = work.failed or error
        work.tab.send("Fetch.failRequest", {"requestId": asked["requestId"], "errorReason": "BlockedByClient"})
    finally:
        work.touched = time.monotonic()
        work.open.discard(slot)


def _hand_on(tab: Session, asked: Event, answer: Answer, text: str | None, masked: list[Masked]) -> None:
    headers = [("Content-Security-Policy", POLICY), ("Cache-Control", "no-store")]
    if 300 <= answer.status < 400 and (place := answer.header("location")):
        headers.append(("Location", urljoin(answer.url, place)))
        body, media_type = b"", "text/plain"
    elif text is not None:
        media_type = media_type_of(answer.header("content-type"))
        body = (text + (HIDE if "html" in media_type else "")).encode()
    elif asked["resourceType"] == "Document":
        media_type = "text/html"
        body = f"<pre>This is no text, and was masked.\n{masked[0].line}</pre>".encode()
    else:
        body, media_type = BOX, "image/svg+xml"
    headers.append(("Content-Type", f"{media_type}; charset=utf-8"))
    tab.send(
        "Fetch.fulfillRequest",
        {
            "requestId": asked["requestId"],
            "responseCode": answer.status,
            "responseHeaders": [{"name": name, "value": value} for name, value in headers],
            "body": base64.b64encode(body).decode(),
        },
    )


def _title(tab: Session, hear: Callable[[Event], None]) -> str:
    told = tab.ask("Target.getTargetInfo", hear=hear)
    return str(told["targetInfo"]["title"])[:500]


def _screenshot(tab: Session, hear: Callable[[Event], None]) -> bytes:
    size = tab.ask("Page.getLayoutMetrics", hear=hear)["cssContentSize"]
    clip = {
        "x": 0,
        "y": 0,
        "width": max(1, min(size["width"], 1_920)),
        "height": max(1, min(size["height"], MAX_HEIGHT)),
        "scale": 1,
    }
    words = {"format": "png", "captureBeyondViewport": True, "clip": clip}
    return base64.b64decode(tab.ask("Page.captureScreenshot", words, hear=hear)["data"])
