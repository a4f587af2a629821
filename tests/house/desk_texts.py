"""Every text of the desk, collected from its templates and from what its rooms say. Run it after a text has changed:

    .venv/bin/python -m tests.house.desk_texts

writes `locale/desk.pot` anew and puts what is new, empty, into each language's catalogue.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

EXCHANGE = Path(__file__).parents[2] / "src" / "notcontent" / "exchange"
DESK = EXCHANGE / "desk"
LOCALE = DESK / "locale"
#: Rooms whose words are shown at the desk.
ROOMS = ("desk", "disputes", "evidence", "lists", "notices", "partners")
KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "_": None, "gettext": None, "gettext_lazy": None, "gettext_noop": None, "ngettext": (1, 2),
}  # fmt: skip
SAID_BY_BABEL = (
    '"Report-Msgid-Bugs-To', '"POT-Creation-Date', '"PO-Revision-Date', '"Last-Translator', '"Generated-By',
    '"Language-Team: LANGUAGE',
)  # fmt: skip
HEADER = "# The desk's texts. See locale/README.md."


def templates() -> list[Path]:
    """The desk's templates."""
    return sorted(path for room in ("desk", "evidence") for path in (EXCHANGE / room / "templates").rglob("*.html"))


def rooms() -> list[Path]:
    """The Python files whose texts may be shown at the desk."""
    return sorted(path for room in ROOMS for path in (EXCHANGE / room).rglob("*.py") if "migrations" not in path.parts)


def collect() -> Catalog:
    """The catalogue as the sources have it now."""
    found = Catalog(project="notcontent", version="1", header_comment=HEADER, fuzzy=False)
    for path, text in _texts():
        found.add(text, locations=[(path.relative_to(EXCHANGE).as_posix(), None)])  # type: ignore[list-item]
    return found


def _texts() -> Iterator[tuple[Path, str | tuple[str, ...]]]:
    from django.utils.translation.template import templatize

    for path in templates():
        # In brackets, so that a template's indentation is not Python's.
        yield from _extracted(path, f"({templatize(path.read_text())})")
    for path in rooms():
        yield from _extracted(path, path.read_text())


def _extracted(path: Path, source: str) -> Iterator[tuple[Path, str | tuple[str, ...]]]:
    for _line, text, _comments, _context in extract("python", io.BytesIO(source.encode()), KEYWORDS):
        yield path, text


def write(path: Path, catalog: Catalog) -> None:
    """Write a catalogue as all of them are written, without what says who wrote it, when and with what."""
    written = io.BytesIO()
    write_po(written, catalog, width=160, sort_output=True, include_lineno=False, ignore_obsolete=True)
    lines = written.getvalue().decode().splitlines(keepends=True)
    path.write_text("".join(line for line in lines if not line.startswith(SAID_BY_BABEL)))


def main() -> None:
    """Write all catalogues anew."""
    source = collect()
    write(LOCALE / "desk.pot", source)
    for path in sorted(LOCALE.glob("*.po")):
        with path.open("rb") as file:
            catalog = read_po(file)
        catalog.update(source, no_fuzzy_matching=True)
        write(path, catalog)


if __name__ == "__main__":
    import os

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "django.conf.global_settings")
    main()
