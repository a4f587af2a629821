"""Every kind of file that the page opens gets the codes that Python makes of it; of others it says why not."""

from __future__ import annotations

import base64
import io
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pillow_heif
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from notcontent.fingerprint.video.compute import fingerprint_video
from tests.fingerprint.formula import Recipe, draw
from tests.fingerprint.video.making import Pixels, animation, drifting, film

from .oracle import orientations_of
from .person_face import PAGE, Face
from .test_truth import ASK_WORKER, bits_between
from .walk import Walk, file, made_up_jpeg, photograph

VECTORS = Path(__file__).parents[2] / "vectors" / "video.json"
FRAMES = drifting(5, 60, 320, 176)
#: Many kinds of file, made by real encoders. A frame may differ by 6 bits; these differ in little but rounding.
FILMS: dict[str, dict[str, Any]] = {
    "frames out of order": {"preset": "medium", "crf": 23},
    "QuickTime": {"container_name": "mov"},
    "Matroska": {"container_name": "matroska"},
    "WebM, VP8": {"container_name": "webm", "codec": "libvpx"},
    "transport stream": {"container_name": "mpegts"},
    "a quarter turn": {"turned_degrees": 90},
    "half a turn": {"turned_degrees": 180},
    "a quarter turn back": {"turned_degrees": -90},
    "full range": {"pix_fmt": "yuvj420p"},
    "fine colours": {"pix_fmt": "yuv444p"},
    "10 bits": {"pix_fmt": "yuv420p10le"},
    "24 a second": {"fps": 24},
    "60 a second": {"fps": 60},
    "at its own pace": {"times_ms": [777 + k * k * 3 for k in range(60)]},
}

pytestmark = pytest.mark.skipif(
    not (PAGE / "codecs" / "mediabunny.mjs").is_file(),
    reason="Node is not installed, so the page opens no videos and no HEIC (src/notcontent/page/codecs/install)",
)


@pytest.fixture(scope="module")
def opened(browser: Browser) -> Iterator[Page]:
    """A page whose worker is asked directly."""
    with Face() as face:
        page = browser.new_page()
        page.goto(face.url)
        yield page
        page.close()


def ask(page: Page, *files: bytes) -> list[Any]:
    answers: list[Any] = page.evaluate(ASK_WORKER, [base64.b64encode(data).decode() for data in files])
    return answers


def by_python(data: bytes) -> list[str]:
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        return [frame.hex for frame in fingerprint_video(file.name).frames]


def heic(pixels: Pixels, **how: Any) -> bytes:
    out = io.BytesIO()
    pillow_heif.from_pillow(Image.fromarray(pixels)).save(out, quality=85, **how)
    return out.getvalue()


def decoded_heic(data: bytes) -> bytes:
    """As PNG, which the oracle opens, on white."""
    out = io.BytesIO()
    image = pillow_heif.open_heif(data).to_pillow().convert("RGBA")
    Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB").save(out, "PNG")
    return out.getvalue()


def test_the_small_videos_of_the_vectors_have_their_frames(opened: Page) -> None:
    vectors = json.loads(VECTORS.read_text())["files"]
    answers = ask(opened, *(base64.b64decode(vector["base64"]) for vector in vectors))
    for vector, answer in zip(vectors, answers, strict=True):
        expected = [vector["frames"][place]["pdq"] for place in vector["enrolled"]]
        made = answer["result"]
        assert (made["kind"], made["complete"], len(made["frames"])) == ("video", True, len(expected)), vector["name"]
        for code, right in zip(made["frames"], expected, strict=True):
            assert bits_between(code, right) <= vector["max_bits"], vector["name"]


@pytest.mark.parametrize("how", FILMS.values(), ids=FILMS.keys())
def test_a_video_has_the_codes_that_python_makes_of_it(opened: Page, how: dict[str, Any]) -> None:
    data = film(FRAMES, **how)
    expected = by_python(data)
    (answer,) = ask(opened, data)
    assert len(expected) >= 5
    assert answer["result"]["complete"] is True
    for code, right in zip(answer["result"]["frames"], expected, strict=True):
        assert bits_between(code, right) <= 2


def test_sizes_that_no_block_fits_are_read_to_their_last_pixel(opened: Page) -> None:
    for data in (
        film([frame[:175, :319] for frame in FRAMES], codec="libvpx", container_name="webm"),
        film([frame[:174, :318] for frame in FRAMES]),
    ):
        (answer,) = ask(opened, data)
        expected = by_python(data)
        assert [bits_between(*pair) for pair in zip(answer["result"]["frames"], expected, strict=True)] == [0] * len(
            expected
        )


def test_frames_that_a_browser_shows_no_planes_of_are_drawn_and_still_near(face: Face, page: Page) -> None:
    """As where a phone's own chip decodes: only colours come back, mixed by the rule that the frame names."""
    source = (PAGE / "video.js").read_text()
    assert source.count("/^(I4") == 1
    face.exchange.replaced["/page/video.js"] = source.replace("/^(I4", "/^(no such")
    page.goto(face.url)
    for how in ({}, {"turned_degrees": 90}):
        data = film(FRAMES, **how)
        (answer,) = ask(page, data)
        expected = by_python(data)
        near = [min(bits_between(code, right) for right in expected) for code in answer["result"]["frames"]]
        assert max(near) <= 6


def test_animations_have_the_codes_that_python_makes_of_them(opened: Page) -> None:
    """Also where frames are so short that browsers show them longer."""
    for kind, durations in (("GIF", [50] * 10), ("GIF", [10] * 10), ("WEBP", [90] * 10)):
        data = animation(FRAMES[::6], kind, durations)
        (answer,) = ask(opened, data)
        expected = by_python(data)
        assert len(expected) >= 3
        for code, right in zip(answer["result"]["frames"], expected, strict=True):
            assert bits_between(code, right) <= 2, (kind, durations)


def test_an_animation_of_one_frame_is_a_picture(opened: Page) -> None:
    for kind in ("GIF", "WEBP"):
        data = animation(FRAMES[:1], kind, [100])
        (answer,) = ask(opened, data)
        assert answer["result"]["orientations"] == orientations_of(data)[0]


def test_where_animations_cannot_be_taken_apart_the_first_frame_is_the_picture(face: Face, page: Page) -> None:
    face.exchange.replaced["/page/worker.js"] = "delete globalThis.ImageDecoder;" + (PAGE / "worker.js").read_text()
    page.goto(face.url)
    data = animation(FRAMES[::6], "GIF", [50] * 10)
    (answer,) = ask(page, data)
    assert answer["result"]["orientations"] == orientations_of(data)[0]


def test_a_broken_tail_ends_a_video_and_what_came_before_counts(opened: Page) -> None:
    whole = film(FRAMES, container_name="webm", codec="libvpx-vp9")
    cut = bytearray(whole)
    cut[len(cut) // 2 : len(cut) // 2 + 3000] = bytes(3000)
    (answer,) = ask(opened, bytes(cut))
    expected = by_python(whole)
    made = answer["result"]
    assert made["complete"] is False
    assert 1 <= len(made["frames"]) < len(expected)
    assert [bits_between(*pair) for pair in zip(made["frames"], expected, strict=False)] == [0] * len(made["frames"])


def test_what_cannot_be_opened_is_refused_with_the_reason(opened: Page) -> None:
    sound = io.BytesIO()
    with av.open(sound, "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=44100)
        frame = av.AudioFrame.from_ndarray(np.zeros((2, 44100), np.float32), format="fltp", layout="stereo")
        frame.sample_rate = 44100
        container.mux([*stream.encode(frame), *stream.encode()])
    black = [np.zeros((120, 160, 3), np.uint8)] * 20
    long = film(FRAMES[:2], times_ms=[0, (2 * 60 * 60 + 1) * 1000], container_name="matroska")
    reasons = {
        "only sound": (sound.getvalue(), "video"),
        "cut off before its index": (film(FRAMES)[:4000], "video"),
        "nothing but a beginning": (b"\x00\x00\x00\x18ftypisom" + bytes(200), "video"),
        "AVI": (film(FRAMES, container_name="avi", codec="mpeg4"), "video"),
        "an old codec": (film(FRAMES, codec="mpeg4"), "codec"),
        "see-through": (film(FRAMES[:8], codec="libvpx-vp9", container_name="webm", pix_fmt="yuva420p"), "codec"),
        "black": (film(black), "shows_nothing"),
        "over two hours": (long, "too_long"),
        "HEIC in name only": (b"\x00\x00\x00\x18ftypheic" + bytes(200), "heic"),
        "HEIC cut off": (heic(FRAMES[0])[:5000], "heic"),
    }
    answers = ask(opened, *(data for data, _ in reasons.values()))
    said = {name: answer["reason"] for name, answer in zip(reasons, answers, strict=True)}
    assert said == {name: reason for name, (_, reason) in reasons.items()}


def test_heic_has_the_codes_of_the_picture_as_it_should_be_seen(opened: Page) -> None:
    pixels = np.asarray(Image.open(io.BytesIO(photograph("coffee.png"))).convert("RGB"))
    height, width = pixels.shape[:2]
    files = [heic(pixels)]
    for orientation in range(2, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        files.append(heic(pixels, exif=exif.tobytes()))
    clear = np.dstack([pixels, np.add.outer(np.arange(height), np.arange(width)) * 255 // (height + width)])
    files += [heic(clear.astype(np.uint8)), heic(pixels[:, :, 0])]
    deep = pillow_heif.from_bytes("RGB;16", (width, height), (pixels.astype(np.uint16) << 8).tobytes())
    out = io.BytesIO()
    deep.save(out, quality=85)
    files.append(out.getvalue())
    answers = ask(opened, *files)
    assert len({answer["result"]["orientations"][0] for answer in answers}) >= 8
    for data, answer in zip(files, answers, strict=True):
        expected, quality = orientations_of(decoded_heic(data))
        made = answer["result"]
        assert max(bits_between(*pair) for pair in zip(made["orientations"], expected, strict=True)) <= 2
        assert abs(made["quality"] - quality) <= 1


def test_of_several_pictures_in_a_heic_file_the_main_one_counts(opened: Page) -> None:
    one, other = draw(Recipe("", 42, 320, 240)), draw(Recipe("", 43, 240, 320))
    several = pillow_heif.HeifFile()
    several.add_from_pillow(Image.fromarray(one))
    several.add_from_pillow(Image.fromarray(other))
    out = io.BytesIO()
    several.save(out, quality=85, primary_index=1)
    (answer,) = ask(opened, out.getvalue())
    made = answer["result"]["orientations"][0]
    assert bits_between(made, orientations_of(decoded_heic(out.getvalue()))[0][0]) <= 2
    assert bits_between(made, orientations_of(heic_free(other))[0][0]) <= 16


def heic_free(pixels: Pixels) -> bytes:
    """The picture itself, as PNG."""
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def test_the_modules_are_fetched_only_when_a_file_needs_them(face: Face, page: Page) -> None:
    page.goto(face.url)
    asked = lambda: [seen.path for seen in face.exchange.seen if seen.path.endswith(".mjs")]  # noqa: E731
    ask(page, heic_free(FRAMES[0]))
    assert asked() == []
    ask(page, heic(FRAMES[0]))
    assert asked() == ["/page/libheif.mjs"]
    ask(page, film(FRAMES))
    assert asked() == ["/page/libheif.mjs", "/page/mediabunny.mjs"]


def test_a_server_without_the_modules_says_which_files_it_cannot_open(face: Face, page: Page) -> None:
    face.exchange.without_codecs = True
    page.goto(face.url)
    answers = ask(page, film(FRAMES), heic(FRAMES[0]), heic_free(FRAMES[0]), animation(FRAMES[::6], "GIF", [50] * 10))
    assert answers[:2] == [{"reason": "no_codecs"}, {"reason": "heic"}]
    assert all("result" in answer for answer in answers[2:])


def test_where_nothing_more_can_be_fetched_pictures_are_still_read(face: Face, page: Page) -> None:
    """As in a page saved to a disk, which has the modules of the first screen only."""
    for name in ("video", "heic"):
        face.exchange.replaced[f"/page/{name}.js"] = "throw new Error('not to be had');"
    page.goto(face.url)
    moving = animation(FRAMES[::6], "GIF", [50] * 10)
    answers = ask(page, moving, film(FRAMES), heic(FRAMES[0]), b"only a text, nothing to see here at all" * 9)
    assert answers[0]["result"]["orientations"] == orientations_of(moving)[0]
    assert answers[1:] == [{"reason": "no_codecs"}, {"reason": "heic"}, {"reason": "unreadable"}]


def webp_on_its_side() -> bytes:
    """A picture that has to be turned, which needs a module of its own."""
    exif = Image.Exif()
    exif[0x0112] = 6
    out = io.BytesIO()
    Image.fromarray(draw(Recipe("", 44, 320, 240))).save(out, "WEBP", exif=exif)
    return out.getvalue()


def test_without_a_network_she_reads_what_to_do_and_choosing_again_with_it_is_enough(walk: Walk) -> None:
    """In flight mode, as the page suggests: what needs a module more is not called unreadable."""
    walk.to_pictures()
    files = (
        file(heic(FRAMES[0]), "a.heic", "image/heic"),
        file(webp_on_its_side(), "a.webp", "image/webp"),
        file(film(FRAMES), "a.mp4", "video/mp4"),
        file(film(FRAMES, container_name="matroska"), "a.mkv", "video/x-matroska"),
        file(animation(FRAMES[::6], "GIF", [50] * 10), "a.gif", "image/gif"),
    )
    walk.page.context.set_offline(True)
    walk.choose(*files, ready=0)
    expect(walk.page.get_by_text("Switch flight mode off")).to_have_count(len(files))
    walk.choose(file(made_up_jpeg(71)), ready=1)
    walk.page.context.set_offline(False)
    for number in range(len(files), 0, -1):
        walk.button(f"Remove file {number}").click()
    # The two films are the same one.
    walk.choose(*files, ready=len(files))
    expect(walk.page.get_by_text("Could not be read")).to_have_count(0)
