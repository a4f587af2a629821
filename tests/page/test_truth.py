"""The code made in the browser is the reference's code, and a browser that falsifies pixels is turned away."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.fingerprint.formula import Recipe, draw

from .oracle import orientations_of
from .person_face import PAGE, Face
from .walk import Walk

VECTORS = Path(__file__).parents[2] / "vectors"
ASK_WORKER = """async (files) => {
  const worker = new Worker('/page/worker.js', {type: 'module'});
  const answers = [];
  for (const [id, text] of files.entries()) {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    worker.postMessage({id, kind: 'picture', blob: new Blob([bytes])});
    answers.push(await new Promise((done) => {
      worker.onmessage = ({data}) => { if ('answer' in data) done(data.answer); };
    }));
  }
  worker.terminate();
  return answers;
}"""


def bits_between(one: str, other: str) -> int:
    return (int(one, 16) ^ int(other, 16)).bit_count()


def test_pictures_by_formula_have_the_codes_of_the_vectors(walk: Walk) -> None:
    """All but the largest, which Node runs (`page.test.mjs`): handing megabytes to a browser is slow."""
    vectors = json.loads((VECTORS / "fingerprints.json").read_text())["pictures"]
    vectors = [vector for vector in vectors if vector["width"] * vector["height"] <= 320_000]
    files = []
    for vector in vectors:
        recipe = {name: vector[name] for name in ("name", "seed", "width", "height", "pattern", "contrast")}
        out = io.BytesIO()
        Image.fromarray(draw(Recipe(**recipe))).save(out, "PNG", compress_level=1)
        files.append(base64.b64encode(out.getvalue()).decode())
    answers = walk.page.evaluate(ASK_WORKER, files)
    assert len(answers) >= 55
    for vector, answer in zip(vectors, answers, strict=True):
        assert answer["result"]["quality"] == vector["quality"], vector["name"]
        if vector["compare"] == "all":
            assert answer["result"]["orientations"] == vector["orientations"], vector["name"]


def test_encoded_files_have_the_codes_of_the_vectors(walk: Walk) -> None:
    vectors: list[dict[str, Any]] = json.loads((VECTORS / "files.json").read_text())["files"]
    answers = walk.page.evaluate(ASK_WORKER, [vector["base64"] for vector in vectors])
    for vector, answer in zip(vectors, answers, strict=True):
        if vector["media_type"] == "image/tiff":
            assert answer == {"reason": "unreadable"}, "Chromium opens no TIFF, and the page says so"
            continue
        made = answer["result"]
        if "frames" in made:
            assert "two-frames" in vector["name"] or "animated" in vector["name"], vector["name"]
            assert bits_between(made["frames"][0], vector["pdq"]) <= vector["max_bits"], "what moves is a video"
            continue
        for code, expected in zip(made["orientations"], vector["orientations"], strict=True):
            assert bits_between(code, expected) <= vector["max_bits"], vector["name"]
        if vector["max_bits"] == 0:
            assert made["quality"] == vector["quality"]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_webp_has_the_codes_of_what_should_be_seen(walk: Walk, orientation: int) -> None:
    """Wider than one strip is high, so that strips of a turned picture are tried too."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    out = io.BytesIO()
    Image.fromarray(draw(Recipe("", 900 + orientation, 700, 300))).save(out, "WEBP", lossless=True, exif=exif)
    (answer,) = walk.page.evaluate(ASK_WORKER, [base64.b64encode(out.getvalue()).decode()])
    expected, quality = orientations_of(out.getvalue())
    assert answer["result"] == {"orientations": expected, "quality": quality}


def test_what_turns_webp_is_fetched_only_for_one_that_may_have_to_be_turned(walk: Walk) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    asked = lambda: [seen.path for seen in walk.face.exchange.seen if seen.path == "/page/turned.js"]  # noqa: E731
    for kind, more, times in (("JPEG", exif, 0), ("WEBP", None, 0), ("WEBP", exif, 1)):
        out = io.BytesIO()
        Image.fromarray(draw(Recipe("", 905, 300, 200))).save(out, kind, **({"exif": more} if more else {}))
        walk.page.evaluate(ASK_WORKER, [base64.b64encode(out.getvalue()).decode()])
        assert len(asked()) == times, kind


def tampered(noise: str) -> str:
    """The worker's source behind a canvas that adds `noise` to what is read back."""
    return f"""
      const truth = OffscreenCanvasRenderingContext2D.prototype.getImageData;
      OffscreenCanvasRenderingContext2D.prototype.getImageData = function (...box) {{
        const read = truth.apply(this, box);
        for (let at = 0; at < read.data.length; at++) if (at % 4 !== 3) read.data[at] = {noise};
        return read;
      }};
    """ + (PAGE / "worker.js").read_text()


@pytest.mark.parametrize("noise", ["Math.random() * 256", "255 - read.data[at]", "255", "read.data[at] & 0xf0"])
def test_a_browser_that_falsifies_pixels_is_turned_away_before_any_picture(face: Face, page: Page, noise: str) -> None:
    face.exchange.replaced["/page/worker.js"] = tampered(noise)
    walk = Walk(page, face)
    walk.open()
    walk.to_links()
    walk.button("I have no link").click()
    expect(walk.heading("This browser can’t make codes that work")).to_be_visible()
    expect(page.locator("main")).to_contain_text("Example Helpline")
    expect(page.locator("input[type=file]")).to_have_count(0)


def test_the_harmless_kind_of_noise_is_let_through(face: Face, page: Page) -> None:
    face.exchange.replaced["/page/worker.js"] = tampered("Math.random() < 0.01 ? read.data[at] ^ 1 : read.data[at]")
    walk = Walk(page, face)
    walk.open()
    walk.to_pictures()


def test_a_wrong_cosine_or_decoder_is_found_by_the_small_test_picture(face: Face, page: Page) -> None:
    source = (PAGE / "worker.js").read_text()
    for wrong in (
        "Math.cos = (x) => Math.sin(x);",
        "createImageBitmap = async () => new OffscreenCanvas(80, 64).transferToImageBitmap();",
    ):
        face.exchange.replaced["/page/worker.js"] = wrong + source
        walk = Walk(page, face)
        walk.open()
        walk.to_links()
        walk.button("I have no link").click()
        expect(walk.heading("This browser can’t make codes that work")).to_be_visible()
