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
from notcontent.feed.keys import parse_feed_keys
from notcontent.feed.signature import PublicKey, Signed, SigningKey
from notcontent.feed.text import FeedError, format_time

#: Stands beside a piece that was captured in full: its record may be missing in the folder.
OFFLINE = "sealed.txt"
RELEASE_KIND = "notcontent-evidence-release/1"
MAX_PACKAGE_BYTES = 256 << 20
_SEALED = "sealed.age"
_ROOT, _KEYS = "root.pub", "feed-keys.txt"
_OFFLINE_TEXT = (
    b"This page was captured in full. Its record is sealed to the helpline's offline key alone.\n"
    b"Where no record.txt stands beside this file, it was not opened for this copy.\n"
)


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
    #: Whether the helpline's offline key alone opens it.
    is_offline: bool = False

    @property
    def told(self) -> Manifest:
        """What the manifest says."""
        return parse_manifest(self.manifest.text)


@dataclass(frozen=True, slots=True)
class Chain:
    """Whose the exchange's key is: the helpline's root key, which stays offline, and the online keys it vouches for."""

    root: PublicKey
    keys: Signed

    def files(self) -> dict[str, bytes]:
        """As they stand in a package and in the folder."""
        return {
            _ROOT: f"untrusted comment: the root key of the helpline\n{self.root.text}\n".encode(),
            _KEYS: self.keys.text.encode(),
            f"{_KEYS}.minisig": self.keys.signature.encode(),
        }

    def vouches_for(self, key: PublicKey) -> bool:
        """Whether the root key says that this one may sign. Raises `FeedError` where its word is none."""
        told = parse_feed_keys(self.root.verify(self.keys))
        return key in told.keys and key.key_id not in told.revoked


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

    def is_offline(self, manifest: Manifest) -> bool:
        """Whether a piece is sealed to the helpline's offline key alone."""
        return f"evidence/{manifest.evidence}/{OFFLINE}" in self.files

    def stamps_of(self, manifest: Manifest) -> int:
        """How many timestamps a piece has."""
        place = f"evidence/{manifest.evidence}/stamp-"
        return sum(path.startswith(place) and path.endswith(".tsr") for path in self.files)

    @property
    def custody(self) -> tuple[Touch, ...]:
        """Who touched it, in order."""
        return parse_custody(self.files["custody.txt"].decode())


def make_package(
    export: str, pieces: Sequence[Piece], custody: Sequence[Touch], key: SigningKey, *, chain: Chain, at: datetime
) -> bytes:
    """The zip file. `export`: a random id of hex digits."""
    files: dict[str, bytes] = {"custody.txt": format_custody(custody).encode(), **chain.files()}
    sealed: dict[str, bytes] = {}
    for piece in pieces:
        place = f"evidence/{piece.told.evidence}"
        files[f"{place}/manifest.txt"] = piece.manifest.text.encode()
        files[f"{place}/manifest.txt.minisig"] = piece.manifest.signature.encode()
        for number, stamp in enumerate(piece.stamps, start=1):
            files[f"{place}/stamp-{number}.tsr"] = stamp.reply
            files[f"{place}/stamp-{number}.pem"] = stamp.certificates.encode()
        sealed[f"{place}/{_SEALED}"] = piece.sealed
        if piece.is_offline:
            files[f"{place}/{OFFLINE}"] = _OFFLINE_TEXT
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
    """The package, its signatures checked against the keys inside of it. Raises `NotAPackage`.

    WARNING: whose root key that is, no signature can say: compare `root.pub` with what the helpline publishes.
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
        root = PublicKey.from_text(files[_ROOT].decode())
        chain = Chain(root, Signed(files[_KEYS].decode(), files[f"{_KEYS}.minisig"].decode()))
        if not chain.vouches_for(key):
            raise NotAPackage(_NOT_ONE)
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
