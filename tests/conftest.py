"""The cast. Mina opened a case, Censor wants to know who she is; both use nothing but the exchange's own interface."""

from __future__ import annotations

import io
import os
import secrets
import shutil
import signal
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
AXE_VERSION = "4.14.1"
AXE_FOLDER = Path(__file__).parents[1] / "build" / "axe"
AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PROGRAMS = (os.environ.get("CHROMIUM", ""), "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")

# Whoever starts the tests in the background may leave Ctrl-C ignored, and all that they start would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# A busy machine is no fault: no example is timed, and what a page must come to show may take its time. Everybody gets
# the same examples; `--hypothesis-profile=default` looks for new ones.
settings.register_profile(
    "notcontent", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("notcontent")
expect.set_options(timeout=60_000)


#: Files that take longest. They begin first, so that none is still running when all the others have ended.
LONG = (
    "test_sudden_ends", "test_files", "test_videos", "test_loop", "test_stopncii", "test_partners_face", "test_run",
    "test_letters", "test_flow", "test_browser", "test_later_verdicts", "test_hard_times", "test_scan",
    "test_helpline_keys", "test_person_face", "test_tutorial", "test_pool", "test_telling", "test_kill",
    "test_reader", "test_everywhere", "test_pdq", "test_faces", "test_refresh", "test_described_apis",
    "test_plain_pages", "test_desk_journeys", "test_telegram", "test_workers", "test_review_pages", "test_kit",
    "test_backup", "test_access", "test_catching_up", "test_canary", "test_truth", "test_relay_peers", "test_firefox",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever asks for the browser is marked so; the longest files come first."""
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)
    order = {name: place for place, name in enumerate(LONG)}
    items.sort(key=lambda item: order.get(item.path.stem, len(order)))


def generated_picture(seed: int, width: int = 720, height: int = 560, quality: int = 92) -> bytes:
    """A benign JPEG of soft coloured patches; every seed another one."""
    patches = np.random.default_rng(seed).integers(0, 256, (8, 10, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(patches).resize((width, height), Image.Resampling.BICUBIC).save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


@pytest.fixture(scope="session")
def picture() -> Callable[[int], bytes]:
    """Generated pictures by seed."""
    return generated_picture


def photograph(name: str) -> bytes:
    """One of the benign photographs that scikit-image ships."""
    import skimage

    return (Path(skimage.__file__).parent / "data" / name).read_bytes()


def altered(data: bytes, how: str) -> bytes:
    """The same picture, recompressed after `how`: smaller, mirrored or half_turn."""
    upright = Image.open(io.BytesIO(data)).convert("RGB")
    width, height = upright.size
    made = {
        "smaller": lambda: upright.resize((width * 2 // 3, height * 2 // 3), Image.Resampling.LANCZOS),
        "mirrored": lambda: upright.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        "half_turn": lambda: upright.transpose(Image.Transpose.ROTATE_180),
    }[how]()
    buffer = io.BytesIO()
    made.save(buffer, "JPEG", quality=60)
    return buffer.getvalue()


@dataclass(frozen=True, slots=True)
class Someone:
    """A person with a case of her own."""

    keys: object

    @classmethod
    def new(cls) -> Someone:
        """Random keys: what the six words would give, without half a second of stretching for each test."""
        from notcontent.device.passphrase import expand_keys

        return cls(expand_keys(secrets.token_bytes(32)))


@pytest.fixture
def mina() -> Someone:
    """Her picture is on the list."""
    return Someone.new()


@pytest.fixture
def censor() -> Someone:
    """Holds the same picture and wants to know who listed it."""
    return Someone.new()


@pytest.fixture(scope="session")
def codes() -> Callable[[bytes], object]:
    """The picture code of a picture, as her device makes it."""
    from notcontent.device.case import PictureCode
    from notcontent.fingerprint.compute import fingerprint_picture

    def make(data: bytes) -> PictureCode:
        made = fingerprint_picture(data)
        return PictureCode(made.quality, tuple(turned.hex for turned in made.orientations))

    return make


@pytest.fixture(scope="module")
def practice_set_up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[object, object]]:
    """A running exchange, guard and board with the secrets of its first start; shared by the tests of one file."""
    from notcontent.cli.practice import Ports, Practice

    with Practice(tmp_path_factory.mktemp("practice"), Ports.free(board=True), hit_delay_days=0) as practice:
        yield practice, practice.start()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for each file: while it runs, no other event loop can."""
    program = next((path for path in PROGRAMS if path and os.access(path, os.X_OK)), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A window as on a phone."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, reduced_motion="reduce")
    context.set_default_timeout(60_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """An empty page in it."""
    return context.new_page()


@pytest.fixture(scope="session")
def axe() -> Iterator[str]:
    """The source of axe-core, from the npm registry into the git-ignored build folder."""
    script = AXE_FOLDER / AXE_VERSION / "axe.min.js"
    if not script.is_file():
        if shutil.which("npm") is None:
            pytest.skip("npm is not installed, so axe-core could not be got")
        script.parent.mkdir(parents=True, exist_ok=True)
        command = ["npm", "pack", "--silent", f"axe-core@{AXE_VERSION}"]
        run = subprocess.run(command, cwd=script.parent, capture_output=True, timeout=60, check=False)
        if run.returncode != 0:
            pytest.skip("the npm registry could not be reached, so axe-core could not be got")
        with tarfile.open(script.parent / f"axe-core-{AXE_VERSION}.tgz") as pack:
            member = pack.extractfile("package/axe.min.js")
            assert member is not None
            script.write_bytes(member.read())
    yield script.read_text("utf-8")
