"""The folder that police, a court, a lawyer or a platform is given. Made where the keys are: on a helper's device."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from urllib.parse import unquote

from notcontent.errors import NotContentError
from notcontent.evidence.labels import ENGLISH, read_labels
from notcontent.evidence.manifest import Manifest
from notcontent.evidence.package import Package, format_sums
from notcontent.evidence.record import Field, Record, format_record, split
from notcontent.evidence.report import Opened, what_it_proves, write_form, write_report

#: What a version without her name, case and code withholds.
HERS = frozenset({"her_name", "case", "picture_code"})
#: The list of what a capture masked, the one of its files that such a version keeps.
MASKED = "masked.txt"


class NotTheRecord(NotContentError):
    """A sealed record is not the one that its manifest names. Don't use it, and tell who leads the helpline."""


class StillNamed(NotContentError):
    """What is to be withheld stands in another field too. Withhold that field as well."""


class FolderExists(NotContentError):
    """There is something under this name already. Choose another: evidence is never written over."""


@dataclass(frozen=True, slots=True)
class Collector:
    """Who makes the folder, with what. `clock` says which clock was used and how far off it was.

    `language`: in which the report and the form have their labels (`labels.languages`).
    """

    name: str
    tool: str
    clock: str
    language: str = ENGLISH


def make_folder(
    package: Package,
    open_sealed: Callable[[bytes], bytes],
    *,
    withheld: frozenset[str],
    collector: Collector,
    now: datetime,
    print_pdfs: Callable[[Sequence[str]], list[bytes]] | None,
) -> dict[str, bytes]:
    """Every file of the folder by its path, `SHA256SUMS` among them.

    `withheld` names fields that this version does not tell; `print_pdfs` makes PDFs of HTML pages, None where
    nothing can. Raises `NotTheRecord`, `StillNamed`, `MalformedRecord`, `NoSuchLanguage`, and whatever `open_sealed`
    raises, but for pieces that are sealed to the offline key: what is not opened stays out, and the folder says so.
    """
    made: dict[str, bytes] = dict(package.files)
    found = {manifest: _open(manifest, package, open_sealed) for manifest in package.manifests}
    pieces = [(manifest, *parts) for manifest, parts in found.items() if parts is not None]
    hidden = hidden_texts((record for _, record, _ in pieces), withheld)
    opened = []
    for manifest, record, contents in pieces:
        told = withhold(record, withheld, hidden)
        kept = {file.name: contents[file.name] for file in told.files}
        _check_texts(kept, hidden)
        place = f"evidence/{manifest.evidence}"
        made[f"{place}/record.txt"] = format_record(told)
        made |= {f"{place}/{name}": data for name, data in kept.items()}
        opened.append(Opened(manifest, told, kept))
    closed = [manifest for manifest, parts in found.items() if parts is None]
    say = read_labels(collector.language)
    known = {"who": collector.name, "tool_version": collector.tool, "clock": collector.clock}
    pages = {
        "report": write_report(opened, closed, package, now, say),
        "form": write_form(package, known, now, say),
    }
    for name, page in pages.items():
        made[f"{name}.html"] = page.encode()
    if print_pdfs is not None:
        made |= {f"{name}.pdf": pdf for name, pdf in zip(pages, print_pdfs(list(pages.values())), strict=True)}
    made["READ-ME.txt"] = what_it_proves(bool(withheld)).encode()
    made["verify.py"] = files("notcontent.evidence").joinpath("verify.py").read_bytes()
    return made | {"SHA256SUMS": format_sums(made).encode()}


def hidden_texts(records: Iterable[Record], names: frozenset[str]) -> frozenset[str]:
    """What the fields of these names say in any of the records: it may stand nowhere else. Short texts don't count."""
    said = (part.value for record in records for part in record.fields if part.name in names)
    return frozenset(_plain(text) for text in said if len(text) >= 3)


def withhold(record: Record, names: frozenset[str], hidden: frozenset[str]) -> Record:
    """The record without the fields of these names; without her, also without the files that show the page.

    Raises `StillNamed` where another field repeats what is `hidden`.
    """

    def is_withheld(part: Field) -> bool:
        # Whether a picture of a page, or an archive, holds her name can't be told here.
        return part.name in names or (part.name == "file" and names >= HERS and not part.value.endswith(f" {MASKED}"))

    told = record.withhold(is_withheld)
    for part in told.fields:
        if any(text in _plain(part.value) for text in hidden):
            raise StillNamed(f"What is withheld stands in {part.name} too. Add --withhold {part.name}.")
    return told


def write_folder(made: Mapping[str, bytes], out: Path) -> str:
    """Write it; the SHA-256 of its `SHA256SUMS`, for the form. Raises `FolderExists`."""
    try:
        out.mkdir(mode=0o700)
    except FileExistsError:
        raise FolderExists("There is something under this name already. Choose another.") from None
    for path, data in made.items():
        (out / path).parent.mkdir(parents=True, exist_ok=True)
        (out / path).write_bytes(data)
    return hashlib.sha256(made["SHA256SUMS"]).hexdigest()


def _open(
    manifest: Manifest, package: Package, open_sealed: Callable[[bytes], bytes]
) -> tuple[Record, dict[str, bytes]] | None:
    try:
        plain = open_sealed(package.sealed[manifest.evidence])
    except NotContentError:
        if package.is_offline(manifest):
            return None
        raise
    record, contents = split(plain)
    if record.sha256 != manifest.record_sha256:
        raise NotTheRecord("A record is not the one that its manifest names. Don't use it, and tell who leads.")
    return record, {file.name: data for file, data in zip(record.files, contents, strict=True)}


def _check_texts(kept: Mapping[str, bytes], hidden: frozenset[str]) -> None:
    if any(text in _plain(kept.get(MASKED, b"").decode()) for text in hidden):
        raise StillNamed("What is withheld stands in the list of masked pictures too. Add --withhold file.")


def _plain(text: str) -> str:
    return unquote(text).casefold()
