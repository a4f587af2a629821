"""Views: a picture put into a frame, a screenshot, a collage or askew is found again within its limit."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageOps

from notcontent.fingerprint import decode
from notcontent.fingerprint.orientations import LEAST_QUALITY, ORIENTATIONS, Orientation
from notcontent.fingerprint.pdq import Reduced, fingerprint_pixels, fingerprint_reduced, turn_pixels
from notcontent.fingerprint.views import cascade
from notcontent.fingerprint.views.cascade import look_at
from notcontent.fingerprint.views.divide import MOST_TILES
from notcontent.fingerprint.views.view import LEAST_LOOKED, MOST_VIEWS, View, ViewKind
from notcontent.guard.limits import limits_for
from notcontent.guard.settings import Settings

from ..photos import photos

Pixels = NDArray[np.uint8]

LIMITS = limits_for(1_000_000)
NAMES = ("astronaut", "chelsea", "coffee", "rocket", "china", "flower")
WHITE, BLACK, GREY = (255,) * 3, (0,) * 3, (222, 230, 236)


def picture(name: str) -> Image.Image:
    return Image.fromarray(photos()[name]).convert("RGB")


def upload(image: Image.Image, quality: int = 85) -> Reduced:
    """As it comes to a guard: saved as JPEG and decoded by the fast path."""
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return decode.open_picture(out.getvalue(), decode.DecodeLimits()).reduced()


def found_as(seen: Reduced, listed: Image.Image) -> set[ViewKind]:
    """The kinds of view that are within their limit of what was listed."""
    value = np.frombuffer(fingerprint_pixels(np.asarray(listed)).orientations[0].value, np.uint8)
    found = set()
    for view in views(seen):
        turns = np.frombuffer(view.turns, np.uint8).reshape(8, 32)
        if (np.bitwise_count(turns ^ value).sum(axis=1) <= np.array(LIMITS.bits(view.kind))).any():
            found.add(view.kind)
    return found


def views(seen: Reduced) -> list[View]:
    return [view for stage in look_at(seen) for view in stage]


def on_phone(image: Image.Image, background: tuple[int, ...]) -> Image.Image:
    screen = Image.new("RGB", (540, 1170), background)
    shown = ImageOps.contain(image, (540, 900))
    screen.paste(shown, (0, (1170 - shown.height) // 2))
    draw = ImageDraw.Draw(screen)
    ink = BLACK if background == WHITE else WHITE
    draw.text((20, 12), "21:47", ink, font_size=24)
    draw.text((450, 12), "84 %", ink, font_size=24)
    return screen


def in_chat(image: Image.Image) -> Image.Image:
    screen = Image.new("RGB", (540, 1170), GREY)
    draw = ImageDraw.Draw(screen)
    draw.rectangle((0, 45, 540, 110), (58, 116, 164))
    draw.text((80, 65), "Friends", WHITE, font_size=28)
    draw.rectangle((0, 1100, 540, 1170), WHITE)
    shown = ImageOps.contain(image, (464, 700))
    top = 200 + (700 - shown.height) // 2
    screen.paste(shown, (20, top))
    draw.text((24, top - 34), "look at this one", BLACK, font_size=22)
    draw.text((24, top + shown.height + 10), "where did you find it?", BLACK, font_size=22)
    return screen


def captioned(image: Image.Image) -> Image.Image:
    strip = image.height // 5
    whole = Image.new("RGB", (image.width, image.height + strip), WHITE)
    whole.paste(image, (0, strip))
    ImageDraw.Draw(whole).text((image.width // 4, strip // 4), "when somebody asks", BLACK, font_size=strip // 3)
    return whole


def collage(image: Image.Image, gap: int) -> Image.Image:
    width, height = 480, 480 * image.height // image.width
    whole = Image.new("RGB", (2 * width + gap, 2 * height + gap), WHITE)
    others = iter([picture(name) for name in NAMES if picture(name).tobytes() != image.tobytes()])
    for place in range(4):
        tile = image.resize((width, height)) if place == 2 else ImageOps.fit(next(others), (width, height))
        whole.paste(tile, (place % 2 * (width + gap), place // 2 * (height + gap)))
    return whole


def laid_on_another(image: Image.Image) -> Image.Image:
    whole = ImageOps.fit(picture("flower" if image.tobytes() != picture("flower").tobytes() else "coffee"), (640, 480))
    whole.paste(ImageOps.contain(image, (384, 384)), (121, 57))
    return whole


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("alter", "kind"),
    [
        (lambda image: on_phone(image, BLACK), ViewKind.TRIMMED),
        (lambda image: on_phone(image, WHITE), ViewKind.TRIMMED),
        (lambda image: ImageOps.expand(image, image.width // 20, WHITE), ViewKind.TRIMMED),
        (lambda image: ImageOps.expand(image, image.width // 7, BLACK), ViewKind.TRIMMED),
        (lambda image: ImageOps.mirror(on_phone(image, BLACK)), ViewKind.TRIMMED),
        (captioned, ViewKind.TRIMMED),
        (lambda image: collage(image, 0), ViewKind.TILE),
        (lambda image: collage(image, 14), ViewKind.RECTANGLE),
        (laid_on_another, ViewKind.RECTANGLE),
    ],
    ids=[
        "black bars",
        "white bars",
        "white border",
        "black border",
        "mirrored",
        "caption",
        "collage",
        "gaps",
        "laid on",
    ],
)
def test_a_framed_copy_is_found_in_the_view_made_for_it(
    alter: Callable[[Image.Image], Image.Image], kind: ViewKind, name: str
) -> None:
    assert kind in found_as(upload(alter(picture(name))), picture(name))


@pytest.mark.parametrize("level", [3, 1])
@pytest.mark.parametrize("name", NAMES)
def test_a_photograph_of_a_nearly_black_room_is_found_in_black_bars(name: str, level: int) -> None:
    """Its own margin is 3 levels from the bars', or 1, which is enough to tell where it ends."""
    night = Image.new("RGB", (640, 480), (level,) * 3)
    night.paste(ImageOps.contain(picture(name), (380, 380)), (90, 40))
    assert ViewKind.TRIMMED in found_as(upload(on_phone(night, BLACK)), night)


@pytest.mark.parametrize("name", NAMES)
def test_a_copy_of_a_third_of_the_size_is_found_nearer_than_by_its_pixels(name: str) -> None:
    listed = picture(name)
    small = upload(listed.resize((listed.width // 3, listed.height // 3), Image.Resampling.BICUBIC), 95)
    assert ViewKind.RESIZED in found_as(small, listed)


@pytest.mark.parametrize("name", NAMES)
def test_a_darkened_copy_is_found_in_a_lighter_tone(name: str) -> None:
    darkened = picture(name).point([round(255 * (level / 255) ** 2.2) for level in range(256)] * 3)
    assert ViewKind.TONED in found_as(upload(darkened), picture(name))


def test_a_copy_with_white_letters_across_it_is_found_in_a_darker_tone() -> None:
    listed = picture("chelsea")
    lettered = listed.copy()
    letters = ImageDraw.Draw(lettered, "RGBA")
    for line in range(3):
        letters.text((10, listed.height * line // 3), "some site", (*WHITE, 150), font_size=listed.width // 8)
    found = found_as(upload(lettered), listed)
    assert ViewKind.TONED in found and ViewKind.WHOLE not in found


@pytest.mark.parametrize("name", ["chelsea", "coffee"])
def test_an_overexposed_copy_is_found_with_its_bright_areas_pulled_apart(name: str) -> None:
    overexposed = picture(name).point([min(255, round(2.2 * level)) for level in range(256)] * 3)
    found = found_as(upload(overexposed), picture(name))
    assert ViewKind.TONED in found and ViewKind.WHOLE not in found


def test_a_copy_too_plain_to_be_listed_is_looked_up_as_a_whole() -> None:
    assert LEAST_LOOKED == Settings().min_quality < 0.6 * LEAST_QUALITY
    listed = picture("coffee")
    pale = upload(Image.blend(listed, Image.new("RGB", listed.size, (200,) * 3), 0.88), 95)
    whole = next(look_at(pale))[0]
    assert LEAST_LOOKED <= whole.quality < 0.6 * LEAST_QUALITY
    assert ViewKind.WHOLE in found_as(pale, listed)


def test_seeds_in_a_border_are_found_by_their_pixels() -> None:
    """Fine grain is not in the low frequencies; what is listed of it hangs on which pixels PDQ picked."""
    seeds = Image.fromarray(np.random.default_rng(5).integers(40, 216, (301, 403), dtype=np.uint8))
    assert ViewKind.TRIMMED in found_as(upload(ImageOps.expand(seeds.convert("RGB"), 50), 95), seeds)


@pytest.mark.parametrize("name", NAMES)
def test_a_copy_in_a_chat_is_found(name: str) -> None:
    assert found_as(upload(in_chat(picture(name))), picture(name)) & {ViewKind.TRIMMED, ViewKind.RECTANGLE}


@pytest.mark.parametrize("name", ["chelsea", "china", "flower", "rocket", "coffee"])
@pytest.mark.parametrize("degrees", [-3.3, 1.7, 4])
def test_a_tilted_copy_is_put_straight(name: str, degrees: float) -> None:
    tilted = picture(name).rotate(degrees, Image.Resampling.BICUBIC)
    assert ViewKind.TILTED in found_as(upload(tilted), picture(name))


@pytest.mark.parametrize("shown", ORIENTATIONS)
def test_every_view_is_turned_as_a_person_sees_the_upload(shown: Orientation) -> None:
    """Stored turned, with a note how to show it, a picture gives what it gives stored upright."""
    seen = np.asarray(on_phone(picture("chelsea"), BLACK).convert("L"))
    back = {Orientation.QUARTER_CCW: Orientation.QUARTER_CW, Orientation.QUARTER_CW: Orientation.QUARTER_CCW}
    stored = np.ascontiguousarray(turn_pixels(seen, back.get(shown, shown)))
    upright, turned = views(Reduced(seen, *seen.shape)), views(Reduced(stored, *stored.shape, shown=shown))
    assert [view.kind for view in upright] == [view.kind for view in turned]
    assert [view.turns for view in upright[1:]] == [view.turns for view in turned[1:]]


def test_the_turned_fingerprints_of_a_view_are_those_of_the_picture_turned() -> None:
    """All eight, exactly: a turned upload gives the same eight in another order."""
    seen = np.asarray(ImageOps.expand(picture("coffee"), 40, WHITE).convert("L"))
    trimmed = {
        turn: next(view for view in views(reduced(turn_pixels(seen, turn))) if view.kind is ViewKind.TRIMMED)
        for turn in ORIENTATIONS
    }
    eight = [trimmed[Orientation.UPRIGHT].turns[32 * n : 32 * n + 32] for n in range(8)]
    assert len(set(eight)) == 8
    for turn, expected in zip(ORIENTATIONS, eight, strict=True):
        apart = int.from_bytes(trimmed[turn].turns[:32], "big") ^ int.from_bytes(expected, "big")
        assert apart.bit_count() <= 2, turn


def reduced(pixels: Pixels) -> Reduced:
    return Reduced(np.ascontiguousarray(pixels), *pixels.shape[:2])


def test_the_first_view_is_the_whole_picture_as_ever() -> None:
    seen = upload(picture("astronaut"))
    whole = next(look_at(seen))[0]
    made = fingerprint_reduced(seen)
    assert (whole.kind, whole.quality) == (ViewKind.WHOLE, made.quality)
    assert whole.turns == b"".join(turn.value for turn in made.orientations)


def test_dear_views_are_made_only_when_they_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    def noting(name: str) -> Callable[..., object]:
        original = getattr(cascade, name)
        return lambda *arguments: (made.append(name), original(*arguments))[1]

    for name in ("tiles", "rectangles", "between_gaps", "slants"):
        monkeypatch.setattr(cascade, name, noting(name))
    stages: Iterator[tuple[View, ...]] = look_at(upload(picture("china")))
    next(stages)
    assert made == []
    next(stages)
    assert set(made) == {"tiles", "rectangles", "between_gaps", "slants"}


@pytest.mark.parametrize("name", ["astronaut", "chelsea", "coffee", "rocket", "china"])
def test_a_picture_without_a_plain_surround_is_not_trimmed(name: str) -> None:
    assert ViewKind.TRIMMED not in {view.kind for view in next(look_at(upload(picture(name))))}


def test_views_that_show_too_little_are_left_out() -> None:
    half_plain = Image.new("RGB", (900, 600), GREY)
    half_plain.paste(WHITE, (0, 300, 900, 600))
    half_plain.paste(picture("coffee").resize((450, 600)), (0, 0))
    tiles = [view for view in views(upload(half_plain)) if view.kind is ViewKind.TILE]
    assert 0 < len(tiles) < MOST_TILES
    assert all(view.quality >= LEAST_QUALITY for view in tiles)


@st.composite
def odd_pictures(draw: st.DrawFn) -> Pixels:
    """Flat, noisy, striped, patched or askew pictures of any small shape, grey or in colour."""
    height, width = draw(st.integers(1, 300)), draw(st.integers(1, 300))
    chance = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    y, x = np.indices((height, width))
    pixels = draw(
        st.sampled_from(
            [
                np.full((height, width), chance.integers(256)),
                chance.integers(0, 256, (height, width)),
                (x + y) % 256,
                (x // chance.integers(1, 40) + y // chance.integers(1, 40)) % 2 * 255,
                np.where((y - height / 2) * chance.uniform(-0.5, 0.5) + x > width * 0.1, 200, 0),
            ]
        )
    ).astype(np.uint8)
    for _ in range(draw(st.integers(0, 6))):
        top, left = chance.integers(height), chance.integers(width)
        pixels[top : top + chance.integers(1, height + 1), left : left + chance.integers(1, width + 1)] = (
            chance.integers(256)
        )
    return np.stack([pixels, pixels // 2, 255 - pixels], axis=2) if draw(st.booleans()) else pixels


@settings(max_examples=150)
@given(odd_pictures())
def test_no_picture_is_too_odd_and_none_costs_more_than_the_bound(pixels: Pixels) -> None:
    seen = views(reduced(pixels))
    assert seen[0].kind is ViewKind.WHOLE
    assert len(seen) <= MOST_VIEWS
    least = {ViewKind.RESIZED: seen[0].quality, ViewKind.TRIMMED: LEAST_LOOKED}
    assert all(view.quality >= least.get(view.kind, LEAST_QUALITY) for view in seen[1:])
    if min(pixels.shape[:2]) < cascade.LEAST_SIDE:
        assert len(seen) == 1


@pytest.mark.parametrize("shape", [(24, 6000), (6000, 24), (3000, 4000), (1, 9000), (25, 25)])
def test_very_large_small_and_long_pictures_are_looked_at(shape: tuple[int, int]) -> None:
    chance = np.random.default_rng(3)
    coarse = chance.integers(0, 256, (-(-shape[0] // 20), -(-shape[1] // 20)), dtype=np.uint8)
    pixels = np.kron(coarse, np.ones((20, 20), np.uint8))[: shape[0], : shape[1]]
    assert 1 <= len(views(reduced(pixels))) <= MOST_VIEWS
