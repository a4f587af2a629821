"""What the exchange gives out for an export: records still sealed, with all that proves them, as one zip file."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from notcontent.errors import NotContentError
from notcontent.evidence.manifest import Manifest, Touch, format_custody, parse_custody, parse_manifest
from notcontent.feed.signature import PublicKey, Signed, SigningKey
from notcontent.feed.text import FeedError, format_time

RELEASE_KIND = "notcontent-evidence-release/1"
MAX_PACKAGE_BYTES = 256 << 20
_SEALED = "sealed.age"


class NotAPackage(NotContentError):
    """The file is no package of evidence of this version, or it was damaged. Save it again at the desk."""


@dataclass(frozen=True, slots=True)
class KeptStamp:
    """An authority's raw reply and the certificates (PEM) that it is checked against."""

    authority: str
    reply: bytes
    certificates: str


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of evidence: its signed manifest, its timestamps, and the record as it is sealed."""

    manifest: Signed
    stamps: tuple[KeptStamp, ...]
    sealed: bytes

    @property
    def told(self) -> Manifest:
        """What the manifest says."""
        return parse_manifest(self.manifest.text)


@dataclass(frozen=True, slots=True)
class Package:
    """Everything of one export. `files` are those that stand in the folder as they are, by path."""

    files: Mapping[str, bytes]
    sealed: Mapping[str, bytes]

    @property
    def manifests(self) -> tuple[Manifest, ...]:
        """The manifests, in the order in which they were kept."""
        found = [parse_manifest(self.files[f"evidence/{evidence}/manifest.txt"].decode()) for evidence in self.sealed]
        return tuple(sorted(found, key=lambda manifest: (manifest.kept, manifest.evidence)))

    @property
    def custody(self) -> tuple[Touch, ...]:
        """Who touched it, in order."""
        return parse_custody(self.files["custody.txt"].decode())


def make_package(
    export: str, pieces: Sequence[Piece], custody: Sequence[Touch], key: SigningKey, at: datetime
) -> bytes:
    """The zip file. `export`: a random id of hex digits."""
    files: dict[str, bytes] = {"custody.txt": format_custody(custody).encode()}
    sealed: dict[str, bytes] = {}
    for piece in pieces:
        place = f"evidence/{piece.told.evidence}"
        files[f"{place}/manifest.txt"] = piece.manifest.text.encode()
        files[f"{place}/manifest.txt.minisig"] = piece.manifest.signature.encode()
        for number, stamp in enumerate(piece.stamps, start=1):
            files[f"{place}/stamp-{number}.tsr"] = stamp.reply
            files[f"{place}/stamp-{number}.pem"] = stamp.certificates.encode()
        sealed[f"{place}/{_SEALED}"] = piece.sealed
    released = key.sign(f"{RELEASE_KIND}\nexport: {export}\nreleased: {format_time(at)}\n{format_sums(files)}")
    files["release.txt"] = released.text.encode()
    files["release.txt.minisig"] = released.signature.encode()
    files["exchange.pub"] = f"untrusted comment: the exchange's public key\n{key.public.text}\n".encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as package:
        for path, data in sorted((files | sealed).items()):
            package.writestr(zipfile.ZipInfo(path), data)
    return out.getvalue()


def open_package(untrusted: bytes) -> Package:
    """The package, its signature checked against the key inside of it. Raises `NotAPackage`.

    WARNING: whose key that is, the signature can't say: compare `exchange.pub` with what the exchange publishes.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(untrusted)) as package:
            entries = package.infolist()
            if any(entry.compress_type != zipfile.ZIP_STORED or entry.flag_bits & _ENCRYPTED for entry in entries):
                raise NotAPackage(_NOT_ONE)
            if sum(entry.file_size for entry in entries) > MAX_PACKAGE_BYTES:
                raise NotAPackage("The package is larger than this program takes. Make several exports of it.")
            files = {entry.filename: package.read(entry) for entry in entries}
        sealed = {path.split("/")[1]: files.pop(path) for path in list(files) if path.endswith(f"/{_SEALED}")}
        key = PublicKey.from_text(files["exchange.pub"].decode())
        release = key.verify(Signed(files["release.txt"].decode(), files["release.txt.minisig"].decode()))
        rest = {path: data for path, data in files.items() if path not in _BESIDES}
        if "".join(release.splitlines(keepends=True)[3:]) != format_sums(rest):
            raise NotAPackage(_NOT_ONE)
        made = Package(files, sealed)
        if {manifest.evidence for manifest in made.manifests} != set(sealed) or not sealed:
            raise NotAPackage(_NOT_ONE)
        return made
    except (zipfile.BadZipFile, EOFError, KeyError, IndexError, ValueError, NotImplementedError, OSError, FeedError):
        raise NotAPackage(_NOT_ONE) from None


def format_sums(files: Mapping[str, bytes]) -> str:
    """A line for each file as `sha256sum` writes it, by path."""
    return "".join(f"{hashlib.sha256(files[path]).hexdigest()}  {path}\n" for path in sorted(files))


_BESIDES = frozenset({"release.txt", "release.txt.minisig", "exchange.pub"})
_ENCRYPTED = 1  # a flag of a zip's entry (APPNOTE.TXT 4.4.4)
_NOT_ONE = "This is no package of evidence of this version, or it was damaged. Save it again at the desk."
