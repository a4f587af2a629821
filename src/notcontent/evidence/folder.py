"""The folder that police, a court, a lawyer or a platform is given. Made where the keys are: on a helper's device."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from urllib.parse import unquote

from notcontent.errors import NotContentError
from notcontent.evidence.package import Package, format_sums
from notcontent.evidence.record import Record, format_record, split
from notcontent.evidence.report import Opened, what_it_proves, write_form, write_report

#: What a version without her name, case and code withholds.
HERS = frozenset({"her_name", "case", "picture_code"})


class NotTheRecord(NotContentError):
    """A sealed record is not the one that its manifest names. Don't use it, and tell who leads the helpline."""


class StillNamed(NotContentError):
    """What is to be withheld stands in another field too. Withhold that field as well."""


class FolderExists(NotContentError):
    """There is something under this name already. Choose another: evidence is never written over."""


@dataclass(frozen=True, slots=True)
class Collector:
    """Who makes the folder, with what. `clock` says which clock was used and how far off it was."""

    name: str
    tool: str
    clock: str


def make_folder(
    package: Package,
    open_sealed: Callable[[bytes], bytes],
    *,
    withheld: frozenset[str],
    collector: Collector,
    now: datetime,
    print_pdf: Callable[[str], bytes] | None,
) -> dict[str, bytes]:
    """Every file of the folder by its path, `SHA256SUMS` among them.

    `withheld` names fields that this version does not tell; `print_pdf` makes a PDF of an HTML page, None where nothing
    can. Raises `NotTheRecord`, `StillNamed`, `MalformedRecord`, and whatever `open_sealed` raises.
    """
    made: dict[str, bytes] = dict(package.files)
    opened = []
    for manifest in package.manifests:
        record, contents = split(open_sealed(package.sealed[manifest.evidence]))
        if record.sha256 != manifest.record_sha256:
            raise NotTheRecord("A record is not the one that its manifest names. Don't use it, and tell who leads.")
        told = withhold(record, withheld)
        place = f"evidence/{manifest.evidence}"
        made[f"{place}/record.txt"] = format_record(told)
        made |= {f"{place}/{file.name}": data for file, data in zip(record.files, contents, strict=True)}
        opened.append(Opened(manifest, told, dict(zip((file.name for file in record.files), contents, strict=True))))
    pages = {
        "report": write_report(opened, package, now),
        "form": write_form(opened, collector.name, collector.tool, collector.clock, now),
    }
    for name, page in pages.items():
        made[f"{name}.html"] = page.encode()
        if print_pdf is not None:
            made[f"{name}.pdf"] = print_pdf(page)
    made["READ-ME.txt"] = what_it_proves(bool(withheld)).encode()
    made["verify.py"] = files("notcontent.evidence").joinpath("verify.py").read_bytes()
    return made | {"SHA256SUMS": format_sums(made).encode()}


def withhold(record: Record, names: frozenset[str]) -> Record:
    """The record without the fields of these names. Raises `StillNamed` where another field repeats what they say."""
    hidden = [_plain(part.value) for part in record.fields if part.name in names and len(part.value) >= 3]
    for part in record.fields:
        if part.name not in names and any(text in _plain(part.value) for text in hidden):
            raise StillNamed(f"What is withheld stands in {part.name} too. Add --withhold {part.name}.")
    return record.withhold(lambda part: part.name in names)


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


def _plain(text: str) -> str:
    return unquote(text).casefold()
