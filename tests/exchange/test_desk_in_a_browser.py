"""The desk in Chromium: a browser becomes a device of the helpline, opens letters and answers them."""

from __future__ import annotations

import base64
import hashlib
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pyrage
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from notcontent.device.sealing import seal_letter
from notcontent.letter import parse_key, parse_letter
from tests.conftest import AXE_RULES
from tests.exchange.running import HELPLINE, Person, Running, command
from tests.exchange.test_desk_face import sign_in

pytestmark = pytest.mark.browser
SCREENS = Path(__file__).parents[2] / "out" / "screens"


@pytest.fixture(scope="module")
def two_at_the_desk(exchange: Running) -> tuple[httpx.Client, httpx.Client]:
    first, second = (
        sign_in(exchange, name, command(exchange.folder, "desk-user", name).split()[-1])[0] for name in ("ana", "ben")
    )
    return first, second


@pytest.fixture
def desk(exchange: Running, two_at_the_desk: tuple[httpx.Client, httpx.Client], browser: Browser) -> Iterator[Page]:
    """Ana's browser, signed in."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    url = exchange.urls["desk"]
    context.add_cookies(
        [{"name": name, "value": value, "url": url} for name, value in two_at_the_desk[0].cookies.items()]
    )
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on(
        "request",
        lambda request: problems.extend([] if urlsplit(request.url).netloc == urlsplit(url).netloc else [request.url]),
    )
    page.goto(f"{url}/keys")
    yield page
    context.close()
    assert problems == []


def agree(client: httpx.Client) -> None:
    """Ben looks at what was asked and agrees."""
    page = client.get("/proposals").text
    word = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    action = re.search(r'action="(/proposals/[0-9a-f]+/agree)"', page)
    assert word is not None and action is not None, page
    origin = {"Origin": str(client.base_url).rstrip("/")}
    assert client.post(action[1], data={"csrfmiddlewaretoken": word[1]}, headers=origin).status_code == 200


def write(mina: Person, keys: list[str], **parts: Any) -> None:
    """What her page sends: parts that are sealed to every key of the helpline."""
    sealed = {name: base64.b64encode(seal_letter(part, keys)).decode() for name, part in parts.items()}
    assert mina.send([], [], **{"letter": None} | sealed).is_success


def test_a_browser_becomes_a_device_and_opens_what_came_before(
    exchange: Running, two_at_the_desk: tuple[httpx.Client, httpx.Client], desk: Page, mina: Person, tmp_path: Path
) -> None:
    keys = httpx.get(f"{exchange.urls['person']}/v1/site", timeout=60).json()["helpline"]["keys"]
    said = {
        "text": "It is on two sites. 두 곳에 있어요.",
        "links": [{"url": "https://example.org/7", "title": "A group"}],
    }
    write(mina, keys, letter=said, contact={"contact": {"way": "email", "where": "mina@example.org"}})
    key_file = tmp_path / "helpline.key"
    key_file.write_text(f"{HELPLINE}\n")

    desk.get_by_role("button", name="Make a key in this browser").click()
    expect(desk.locator("#news")).to_contain_text("Compare these groups")
    public = desk.locator("#public").input_value()
    assert re.fullmatch("[0-9a-f]{64}", public) and desk.locator("#reseal").is_disabled()
    desk.locator("#name").fill("Laptop 2")
    desk.locator("#why").fill("a new laptop")
    desk.get_by_role("button", name="Ask for it to be added").click()
    expect(desk.get_by_text("somebody else has to agree")).to_be_visible()
    agree(two_at_the_desk[1])

    # The letter of before is sealed to the old key alone: that key, from its file, seals it anew here.
    desk.goto(f"{exchange.urls['desk']}/keys")
    expect(desk.get_by_text("This browser's key is in use.")).to_be_visible()
    desk.locator("#key-file").set_input_files(key_file)
    expect(desk.locator("#news")).to_contain_text("not sent or kept")
    desk.get_by_role("button", name="Seal them anew in this browser").click()
    expect(desk.locator("#news")).to_contain_text("Nothing waits any more")
    desk.screenshot(path=SCREENS / "desk-keys.png", full_page=True)

    desk.goto(exchange.urls["desk"])
    desk.get_by_role("link", name="2 letters to read").click()
    rows = desk.locator("table tbody > tr:has(form[data-letter])")
    expect(rows).to_have_count(2)
    rows.filter(has_not_text="How to reach her").get_by_role("button", name="Open here").click()
    expect(desk.locator("dl.letter")).to_contain_text("두 곳에 있어요.")
    expect(desk.locator("dl.letter")).to_contain_text("https://example.org/7")
    assert desk.locator("dl.letter a").count() == 0, "nobody is led to a picture by a slip"

    desk.locator("#written").fill("We are with you. 함께할게요.")
    desk.get_by_role("button", name="Seal and send").click()
    expect(desk.locator("table tbody > tr:has(form[data-letter])")).to_have_count(3)
    (answer,) = [letter for letter in mina.look().json()["letters"] if letter["from"] == "helpline"]
    opened = pyrage.decrypt(base64.b64decode(answer["sealed"]), [mina.read_key])
    assert parse_letter(opened) == {"text": "We are with you. 함께할게요."}
    # A colleague reads later what she was told.
    rows = desk.locator("table tbody > tr:has(form[data-letter])")
    rows.filter(has_text="you").first.get_by_role("button", name="Open here").click()
    expect(desk.locator("dl.letter")).to_contain_text("We are with you.")

    # How to reach her: not alone.
    address = desk.url
    rows.filter(has_text="How to reach her").get_by_role("button", name="Open here").click()
    expect(desk.get_by_role("heading", name="How to reach her")).to_be_visible()
    desk.locator("#ask-reason").fill("she asked for a call")
    desk.get_by_role("button", name="Ask for it").click()
    agree(two_at_the_desk[1])
    desk.goto(address)
    rows.filter(has_text="How to reach her").get_by_role("button", name="Open here").click()
    expect(desk.locator("dl.letter")).to_contain_text("mina@example.org")
    desk.set_viewport_size({"width": 390, "height": 844})
    desk.screenshot(path=SCREENS / "desk-letters.png", full_page=True)
    kept = [path.read_bytes() for path in exchange.folder.rglob("*") if path.is_file()]
    body = b"".join([*kept, *(bytes(sealed) for (sealed,) in exchange.execute("SELECT sealed FROM letters_letter"))])
    assert b"mina@example" not in body and str(HELPLINE).encode() not in body


def open_evidence_page(exchange: Running, desk: Page, mina: Person) -> str:
    """Her case's page of evidence; its address."""
    write(mina, [parse_key(str(HELPLINE.to_public()))], letter={"text": "It is there."})
    desk.goto(exchange.urls["desk"])
    desk.locator('a[href$="/letters"]').first.click()
    desk.get_by_role("link", name="Back to the case").click()
    desk.get_by_role("link", name="Evidence of this case").click()
    return desk.url


def test_what_is_written_down_is_sealed_in_the_browser_and_opened_there_again(
    exchange: Running, two_at_the_desk: tuple[httpx.Client, httpx.Client], desk: Page, mina: Person, tmp_path: Path
) -> None:
    from notcontent.evidence.record import split
    from notcontent.evidence.seen import How, LinkSeen, read_seen

    open_evidence_page(exchange, desk, mina)
    desk.get_by_text("A link, with facts").click()
    desk.locator("#link-url").fill("https://board.example/post/8812734")
    desk.locator("#link-seen_at").fill("2026-11-29T08:30:12")
    desk.locator("#link-note").fill("\U0001f480 두 곳 \u2028 of it")
    desk.locator('form[data-record="link"]').get_by_role("button", name="Seal and keep").click()
    opener = desk.get_by_role("button", name="Open here")
    expect(opener).to_be_visible()
    (tmp_path / "key").write_text(f"{HELPLINE}\n")
    desk.get_by_text("Use a key from a file").click()
    desk.locator("#key-file").set_input_files(tmp_path / "key")
    expect(desk.locator("#news")).to_contain_text("not sent or kept")
    with desk.expect_response("**/evidence/*") as fetched:
        opener.click()
    expect(desk.locator("dl.letter")).to_contain_text("https://board.example/post/8812734")
    record, _ = split(pyrage.decrypt(fetched.value.body(), [HELPLINE]))
    seen = read_seen(record)
    assert isinstance(seen, LinkSeen) and (seen.how, seen.note) == (How.SEEN, "\U0001f480 두 곳 \u2028 of it")
    assert desk.locator(f'form[data-piece="{record.sha256}"]').count() == 1
    assert record.values("collector") == ("ana",) and len(record.values("sealed_at")) == 1
    desk.screenshot(path=SCREENS / "desk-evidence.png", full_page=True)


TELL_WHAT_IS_SENT = """
const send = globalThis.fetch;
globalThis.fetch = async (address, options) => {
  const bytes = new Uint8Array(await new Response(options?.body).arrayBuffer());
  await tell(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
  return send(address, options);
};
"""


def chat_on_a_screen() -> bytes:
    """A photo of a chat, as a phone takes it: with a place in its metadata, a title in red and somebody in green."""
    picture = Image.new("RGB", (3000, 4000), (240, 240, 240))
    picture.paste((200, 30, 40), (300, 200, 2400, 420))
    picture.paste((20, 160, 60), (400, 900, 2600, 3600))
    exif = Image.Exif()
    exif[0x010E] = "the fourth floor, 31.2304 N"
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=95, exif=exif)
    return buffer.getvalue()


@pytest.mark.peer
@pytest.mark.on_sqlite
def test_a_photo_of_a_screen_leaves_the_browser_black_and_sealed_and_the_exchange_holds_no_picture(
    exchange: Running,
    two_at_the_desk: tuple[httpx.Client, httpx.Client],
    desk: Page,
    mina: Person,
    axe: str,
    tmp_path: Path,
) -> None:
    from notcontent.evidence.record import split
    from notcontent.evidence.seen import How, PhotoSeen, read_seen

    (tmp_path / "IMG_0001.jpg").write_bytes(original := chat_on_a_screen())
    sent: list[bytes] = []
    desk.expose_function("tell", lambda body: sent.append(body.encode("latin-1")))
    desk.add_init_script(TELL_WHAT_IS_SENT)
    evidence = open_evidence_page(exchange, desk, mina)
    desk.get_by_role("link", name="A photo of a screen").click()
    chooser = desk.get_by_label("The photo or screenshot")
    desk.locator("input[name=china][value=no]").check()
    desk.locator("input[name=minor][value=yes]").check()
    expect(chooser).to_be_disabled()
    expect(desk.get_by_text("inhope.org")).to_be_visible()
    desk.locator("input[name=minor][value=no]").check()
    desk.locator("input[name=china][value=yes]").check()
    expect(chooser).to_be_disabled()
    expect(desk.get_by_text("can be punished")).to_be_visible()
    desk.locator("input[name=china][value=no]").check()
    chooser.set_input_files(tmp_path / "IMG_0001.jpg")
    expect(desk.locator("#news")).to_contain_text("It is black now")
    expect(desk.get_by_role("button", name="Seal and keep")).to_be_disabled()

    # With the pointer, over the title; what is drawn higher than a few lines is cut.
    stage = desk.locator("#stage")
    stage.scroll_into_view_if_needed()
    box = stage.bounding_box()
    assert box is not None

    def drag(x: float, y: float, to_x: float, to_y: float) -> None:
        desk.mouse.move(box["x"] + box["width"] * x, box["y"] + box["height"] * y)
        desk.mouse.down()
        desk.mouse.move(box["x"] + box["width"] * to_x, box["y"] + box["height"] * to_y, steps=4)
        desk.mouse.up()

    drag(0.1, 0.045, 0.8, 0.11)
    desk.get_by_label("Window 1", exact=True).select_option("title")
    drag(0.1, 0.2, 0.9, 0.9)
    expect(desk.locator("#news")).to_contain_text("as high as a few lines")
    desk.get_by_role("button", name="Close it").last.click()
    # With the keyboard.
    desk.get_by_role("button", name="Open a window").click()
    window = desk.get_by_role("button", name="Window 2")
    expect(window).to_be_focused()
    before = window.bounding_box()
    for key in ("ArrowUp", "ArrowLeft", "Shift+ArrowRight"):
        desk.keyboard.press(key)
    after = window.bounding_box()
    assert (
        before and after and after["y"] < before["y"] and after["x"] < before["x"] and after["width"] > before["width"]
    )
    desk.evaluate(axe)
    found = desk.evaluate("rules => axe.run({ runOnly: rules })", AXE_RULES)
    assert [(one["id"], one["nodes"][0]["html"]) for one in found["violations"]] == []
    desk.keyboard.press("Delete")
    expect(desk.locator(".window")).to_have_count(1)

    desk.locator("#photo-seen_at").fill("2026-11-29T08:30:12")
    desk.locator("#photo-how").select_option("second_device")
    desk.get_by_label("I looked at what is kept").check()
    desk.get_by_role("button", name="Seal and keep").click()
    desk.wait_for_url(evidence)
    assert len(sent) == 1 and b"age-encryption.org/v1" in sent[0]
    assert b"PNG" not in sent[0] and b"IMG_0001" not in sent[0] and b"2026-11-29" not in sent[0]

    (case,) = re.findall("[0-9a-f]{32}", evidence)
    largest = f"SELECT sealed FROM evidence_evidence WHERE case_id = '{case}' ORDER BY length(sealed) DESC LIMIT 1"
    ((sealed,),) = exchange.execute(largest)
    record, (png,) = split(pyrage.decrypt(bytes(sealed), [HELPLINE]))
    seen = read_seen(record)
    assert isinstance(seen, PhotoSeen) and seen.how == How.SECOND_DEVICE
    assert seen.original_sha256 == hashlib.sha256(original).hexdigest()
    assert record.values("original_bytes") == (str(len(original)),)
    assert (record.values("original_pixels"), record.values("kept_pixels")) == (("3000 x 4000",), ("1732 x 2309",))
    (told,) = record.values("window")
    what, x, y, w, h = told.split(" ")
    kept = Image.open(io.BytesIO(png)).convert("RGB")
    assert what == "title" and kept.size == (1732, 2309) and not kept.getexif() and b"fourth floor" not in png
    inside = kept.crop((int(x), int(y), int(x) + int(w), int(y) + int(h)))
    red, green, _ = inside.getpixel((int(w) // 2, int(h) // 2))
    assert red > 180 and green < 60, "inside of the window the title is as it was"
    kept.paste((0, 0, 0), (int(x), int(y), int(x) + int(w), int(y) + int(h)))
    assert kept.getcolors() == [(1732 * 2309, (0, 0, 0))], "outside of the windows nothing is left"
    for path in exchange.folder.rglob("*"):
        body = path.read_bytes() if path.is_file() else b""
        assert not any(start in body for start in (b"\x89PNG\r\n", b"\xff\xd8\xff", png[40:80], original[400:440])), (
            path
        )

    # A key that is added later opens it once a device with an older one has sealed it anew, like letters.
    later = pyrage.x25519.Identity.generate()
    desk.goto(f"{exchange.urls['desk']}/keys")
    desk.locator("#name").fill("Laptop 3")
    desk.locator("#public").fill(parse_key(str(later.to_public())))
    desk.locator("#why").fill("a new laptop")
    desk.get_by_role("button", name="Ask for it to be added").click()
    agree(two_at_the_desk[1])
    desk.goto(f"{exchange.urls['desk']}/keys")
    (tmp_path / "key").write_text(f"{HELPLINE}\n")
    desk.locator("#key-file").set_input_files(tmp_path / "key")
    expect(desk.locator("#news")).to_contain_text("not sent or kept")
    desk.get_by_role("button", name="Seal them anew in this browser").click()
    expect(desk.locator("#news")).to_contain_text("pieces of evidence were sealed anew")
    ((anew,),) = exchange.execute(largest)
    assert bytes(anew) != bytes(sealed) and split(pyrage.decrypt(bytes(anew), [later])) == (record, (png,))
