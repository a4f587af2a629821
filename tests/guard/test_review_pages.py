"""The review queue as people use it: in Chromium, on a phone and a desk, light and dark, without script."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser, Page, expect

from notcontent.feed.entry import Tier
from notcontent.fingerprint.compute import fingerprint_picture
from tests.conftest import AXE_RULES, generated_picture
from tests.guard.running_guard import RunningGuard
from tests.guard.small_exchange import SmallExchange

pytestmark = pytest.mark.browser

PICTURE = generated_picture(1)


@pytest.fixture(scope="module")
def media() -> Iterator[str]:
    """A platform that gives the picture to whoever asks for any."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(PICTURE)))
            self.end_headers()
            self.wfile.write(PICTURE)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/{{object}}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def guard(tmp_path_factory: pytest.TempPathFactory, media: str) -> Iterator[RunningGuard]:
    with SmallExchange(tmp_path_factory.mktemp("exchange")) as exchange:
        settings = {"decoder_workers": 1, "preview_url": media, "when_hold_expires": "block"}
        running = RunningGuard(tmp_path_factory.mktemp("guard") / "data", exchange, settings)
        exchange.add(fingerprint_picture(PICTURE).orientations[0].value, Tier.SEEN)
        running.start()
        yield running
        assert running.stop() == 0


@pytest.fixture(scope="module")
def token(guard: RunningGuard) -> str:
    return guard.command("token", "Somebody with a long name on the desk", "--for", "review").split()[-1]


@pytest.mark.parametrize(("width", "height"), [(320, 640), (390, 844), (1280, 800)])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_hold_is_looked_at_and_decided_without_script(
    browser: Browser, guard: RunningGuard, token: str, width: int, height: int, scheme: str
) -> None:
    upload = guard.check(PICTURE, object="photo:with-a-very-long-id-of-the-platforms-own-0123456789").json()["id"]
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, java_script_enabled=False
    )
    context.set_default_timeout(60_000)
    page = context.new_page()

    def fits(page: Page) -> None:
        # Without script nothing can be measured in the page; what is widest can be from outside.
        widest = page.locator("main").bounding_box()
        assert widest and widest["x"] >= 0 and widest["x"] + widest["width"] <= width

    page.goto(f"{guard.url}/review")
    fits(page)
    page.get_by_label("Your token").fill(token)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Held uploads")).to_be_visible()
    fits(page)
    page.locator(f'a[href$="{upload}"]').click()
    fits(page)
    expect(page.locator("img")).to_have_count(0)
    page.get_by_role("link", name="Show a coarse preview").click()
    picture = page.get_by_role("img", name="Coarse preview")
    expect(picture).to_be_visible()
    picture.scroll_into_view_if_needed()
    box = picture.bounding_box()
    assert box and (box["width"], box["height"]) == (160, 160)
    expect(picture).to_have_css("filter", "blur(14px)")
    page.mouse.move(box["x"] + 50, box["y"] + 50)
    page.mouse.down()
    expect(picture).to_have_css("filter", "none")
    page.mouse.up()
    expect(picture).to_have_css("filter", "blur(14px)")
    fits(page)
    page.get_by_role("button", name="Not intimate").click()
    expect(page.get_by_role("status")).to_have_text("Decided: it may be shown.")
    assert guard.client.get(f"/v1/uploads/{upload}").json()["state"] == "released"
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("Your token")).to_be_visible()
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page(
    browser: Browser,
    guard: RunningGuard,
    token: str,
    axe: str,
    scheme: str,
) -> None:
    upload = guard.check(PICTURE, object="photo-1").json()["id"]
    # The pages' own rules let no script in, which is what axe is.
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme=scheme, bypass_csp=True)
    page = context.new_page()

    def looked_at() -> None:
        page.evaluate(f"() => {{ {axe} }}")
        found = page.evaluate("(tags) => axe.run(document, {runOnly: tags})", AXE_RULES)["violations"]
        assert not found, [(each["id"], [node["html"] for node in each["nodes"]]) for each in found]

    page.goto(f"{guard.url}/review")
    looked_at()
    page.get_by_label("Your token").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    looked_at()
    page.get_by_label("Your token").fill(token)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Held uploads")).to_be_visible()
    looked_at()
    page.goto(f"{guard.url}/review/uploads/{upload}?preview=1")
    looked_at()
    page.goto(f"{guard.url}/review/uploads/nothing")
    looked_at()
    received = (datetime.now(UTC) - timedelta(hours=50)).isoformat()
    notice = {"regime": "uk", "reference": f"N-{scheme}", "object": "photo-1", "received_at": received}
    guard.client.post("/v1/notices", json=notice | {"missing": ["true"], "reference": f"M-{scheme}"})
    late = guard.client.post("/v1/notices", json=notice | {"missing": []}).json()["id"]
    for address in ("?lang=ar", "/new?regime=us&lang=en", f"/{late}?lang=de"):
        page.goto(f"{guard.url}/review/notices{address}")
        page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        looked_at()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()
