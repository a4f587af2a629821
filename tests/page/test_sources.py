"""What can be read off the page's source: one door out, no storage, no markup made from text, light enough."""

from __future__ import annotations

import gzip
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from notcontent.page.languages import LANGUAGES, read_texts
from notcontent.page.rendering import render_later_texts, render_page

from .person_face import PAGE

HERE = Path(__file__).parent
SCRIPTS = {path.name: path.read_text("utf-8") for path in sorted(PAGE.glob("*.js"))}
#: Only in the kit, where it stands in for send.js.
OF_THE_KIT = "kitSend.js"
#: Fetched only on other ways than that of a picture to an open case.
LATER = ("video.js", "heic.js", "turned.js", "screensAside.js", "screensCase.js", "handOn.js", "slips.js")


def code_of(text: str) -> str:
    """The script without its comments and without the words shown to people."""
    return re.sub(r"/\*.*?\*/|(?<![:'])//[^\n]*", "", text, flags=re.DOTALL)


def files_with(pattern: str) -> list[str]:
    return [name for name, text in SCRIPTS.items() if re.search(pattern, code_of(text))]


def test_the_page_sends_in_one_file_only() -> None:
    assert files_with(r"\bfetch\b") == ["send.js"]
    assert code_of(SCRIPTS["send.js"]).count("fetch(") == 1


def test_only_leaving_moves_the_browser() -> None:
    assert files_with(r"\blocation\b") == ["main.js"]
    assert code_of(SCRIPTS["main.js"]).count("location") == 3
    assert files_with(r"\bopen\(|pushState|replaceState|\bhref\s*=") == []


def test_every_other_way_out_is_named_only_where_it_is_taken_away() -> None:
    ways = "HttpRequest|Socket|EventSource|[bB]eacon|RTC|WebTransport|BroadcastChannel|importScripts"
    assert files_with(ways) == ["lockdown.js"]


def test_nothing_is_stored() -> None:
    assert files_with(r"localStorage|sessionStorage|indexedDB|\.cookie|caches\b|serviceWorker|showSaveFilePicker") == []


def test_no_text_becomes_markup_or_code() -> None:
    forbidden = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|setTimeout\('|\.style\b"
    assert files_with(forbidden) == []
    page = (PAGE / "index.html").read_text("utf-8")
    assert "style=" not in page
    assert "<style" not in page
    assert not re.search(r"\son\w+=", page)
    assert re.findall(r"<script(?![^>]*\bsrc=)([^>]*)>", page) == [
        f' type="application/json" id="{name}"' for name in ("texts", "site", "languages-known")
    ], "data only"


def test_no_file_name_is_read() -> None:
    assert files_with(r"\bfile\.name\b|FileReader") == []
    assert files_with("createObjectURL") == [OF_THE_KIT], "to save a case file"


def test_the_lockdown_runs_first_in_page_and_worker() -> None:
    page = (PAGE / "index.html").read_text("utf-8")
    scripts = re.findall(r'<script[^>]*src="([^"]+)"', page)
    assert scripts == ["/page/lockdown.js", "/page/main.js"]
    assert '<script src="/page/lockdown.js">' in page, "not deferred"
    assert re.search(r"^import[^\n]*", SCRIPTS["worker.js"], re.MULTILINE)[0] == "import './lockdown.js';"  # type: ignore[index]


def test_every_file_the_page_asks_for_exists_and_every_file_is_asked_for() -> None:
    asked = set(re.findall(r'"/page/([^"]+)"', (PAGE / "index.html").read_text("utf-8")))
    for text in SCRIPTS.values():
        for found in re.findall(r"(?:from |import |import\()'\./([^']+)'|'/page/([^']+)'", text):
            asked |= {name for name in found if name}
        asked |= {f"{name}.js" for name in re.findall(r"\bload\('(\w+)'\)", text)}
    ours = {name for name in asked if not name.endswith(".mjs")}
    assert OF_THE_KIT not in ours
    assert ours | {OF_THE_KIT} == {path.name for path in PAGE.iterdir() if path.suffix in (".js", ".css", ".json")}


def test_the_page_is_light() -> None:
    """What opening a case takes; the sealing code has a limit of its own, the rest comes when it is asked for."""
    sealing = [PAGE / "chacha.js", PAGE / "seal.js"]
    assert sum(len(gzip.compress(path.read_bytes(), 9)) for path in sealing) <= 6_000
    later = [PAGE / name for name in (*LATER, OF_THE_KIT)]
    files = [path for path in PAGE.iterdir() if path.suffix in (".js", ".css") and path not in (*sealing, *later)]
    modules = sum(len(gzip.compress(path.read_bytes(), 9)) for path in files)
    assert modules <= 32_300
    for language in LANGUAGES.values():
        assert modules + len(gzip.compress(render_page(language, {}).encode(), 9)) <= 40_000
    core = [PAGE / name for name in ("pdq.js", "worker.js", "pixels.js", "sample.js", "work.js", "lockdown.js")]
    assert sum(len(gzip.compress(path.read_bytes(), 9)) for path in core) <= 13_000


def test_every_text_that_a_module_asks_for_is_there_when_it_runs() -> None:
    with_the_page = json.loads(re.search(r'id="texts">(.*?)</script>', render_page(LANGUAGES["en"], {}))[1])  # type: ignore[index]
    later = json.loads(render_later_texts(LANGUAGES["en"]))
    assert with_the_page.keys() & later.keys() == set()
    for name, text in SCRIPTS.items():
        asked = set(re.findall(r"(?<!/)\bsay\.(\w+)", code_of(text))) - {"kit"}
        # the page asks whether the later texts have come by one of them
        there = with_the_page.keys() | (later.keys() if name in LATER else {"help"} if name == "main.js" else set())
        assert asked <= there, name


def test_files_stay_short() -> None:
    for path in PAGE.iterdir():
        if path.suffix == ".js":
            assert len(path.read_text("utf-8").splitlines()) < 400, path.name


def test_words_shown_to_her_are_kind_and_plain() -> None:
    shown = json.dumps(read_texts("en"), ensure_ascii=False).lower()
    for word in (
        "victim",
        "revenge",
        "content",
        "hash",
        "fingerprint",
        "guarantee",
        "upload failed",
        "error",
        "invalid",
    ):
        rest = shown.replace("notcontent device", "")
        assert word not in rest, word


def test_colours_have_the_contrast_they_need() -> None:
    look = (PAGE / "look.css").read_text("utf-8")
    tokens = {
        name: pair for name, *pair in re.findall(r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", look)
    }

    def contrast(one: str, other: str) -> float:
        def luminance(colour: str) -> float:
            parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
            red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
            return 0.2126 * red + 0.7152 * green + 0.0722 * blue

        light, dark = sorted((luminance(one), luminance(other)), reverse=True)
        return (light + 0.05) / (dark + 0.05)

    needs = {"ink": 7, "quiet": 4.5, "accent": 4.5, "good": 4.5, "wait": 4.5, "stop": 4.5, "focus": 3}
    for theme in (0, 1):
        for ground in ("paper", "card", "wash"):
            for name, least in needs.items():
                assert contrast(tokens[name][theme], tokens[ground][theme]) >= least, (name, ground, theme)
        assert contrast(tokens["on-accent"][theme], tokens["accent"][theme]) >= 4.5


@pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed; Chromium runs the same vectors")
@pytest.mark.parametrize("file", ["page.test.mjs", "keys.test.mjs"])
def test_the_pure_parts_hold_in_node(file: str) -> None:
    run = subprocess.run(["node", "--test", str(HERE / file)], capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode == 0, run.stdout[-4000:]
