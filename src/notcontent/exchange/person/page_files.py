"""The page's own files, the only ones the person's face hands out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

CONTENT_TYPES = {
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
    """Every servable file of the page's folder, and the look of `/numbers`, by name, read once.

    A name that is not in here does not exist.

    The frame is no file of its own: it is filled in for each language first.
    """
    found = {}
    page = files("notcontent.page")
    # what `codecs/install` got from npm, if it did, with its licences
    codecs = [file for file in page.joinpath("codecs").iterdir() if file.name.endswith((".mjs", ".txt"))]
    numbers = files("notcontent.exchange.public").joinpath("numbers.css")
    for file in (*page.iterdir(), *codecs, numbers):
        content_type = CONTENT_TYPES.get("." + file.name.rpartition(".")[2])
        if file.is_file() and content_type is not None:
            found[file.name] = PageFile(file.read_bytes(), content_type)
    return found
