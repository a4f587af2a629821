"""Which files make up the index now, and the counter that tells every process when that has changed.

The manifest is replaced by a rename, so it is always whole. The control file is never replaced: all processes map it,
and one word of it says which manifest is the newest.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from notcontent.index.errors import IndexCorrupt, IndexForeign, IndexMissing, IndexTruncated, OtherSeed
from notcontent.index.layout import PAGE_BYTES
from notcontent.index.part import map_file, sync_folder, sync_map
from notcontent.index.permutation import Permutation

MANIFEST, CONTROL = "manifest.json", "control"
_CONTROL_MAGIC = b"nccontrl"
_FORMAT = 1
_MANIFEST_BYTES = 65_536
_NAME = re.compile(r"(part|live)-[0-9]{10}")


@dataclass(frozen=True, slots=True)
class Manifest:
    """The files of one generation: the parts, largest first, and the live file."""

    generation: int
    parts: tuple[str, ...]
    live: str


def format_manifest(manifest: Manifest, permutation: Permutation) -> bytes:
    """The manifest as JSON."""
    fields = {
        "format": _FORMAT,
        "generation": manifest.generation,
        "permutation": permutation.identifier.hex(),
        "parts": list(manifest.parts),
        "live": manifest.live,
    }
    return json.dumps(fields, indent=1).encode() + b"\n"


def parse_manifest(untrusted: bytes, permutation: Permutation) -> Manifest:
    """The manifest of these bytes. Raises IndexForeign, IndexCorrupt or OtherSeed."""
    try:
        fields = json.loads(untrusted)
    except (ValueError, RecursionError) as fault:
        raise IndexCorrupt("The manifest of the index is not readable: fill the index again.") from fault
    if not isinstance(fields, dict) or fields.get("format") != _FORMAT:
        raise IndexForeign("The index was written by another version: fill it again.")
    generation, parts, live = fields.get("generation"), fields.get("parts"), fields.get("live")
    if not (
        isinstance(generation, int)
        and 0 < generation < 1 << 63
        and isinstance(parts, list)
        and all(isinstance(name, str) and _NAME.fullmatch(name) for name in [*parts, live])
    ):
        raise IndexCorrupt("The manifest of the index does not say what it should: fill the index again.")
    if fields.get("permutation") != permutation.identifier.hex():
        raise OtherSeed("The index was made with another secret: give it that one, or fill the index again.")
    return Manifest(generation, tuple(parts), str(live))


def read_manifest(folder: Path, permutation: Permutation) -> Manifest:
    """The newest manifest. Raises IndexMissing, and what `parse_manifest` raises."""
    try:
        with (folder / MANIFEST).open("rb") as file:
            data = file.read(_MANIFEST_BYTES)
    except FileNotFoundError as fault:
        raise IndexMissing("There is no index in this folder yet: let its writer start first.") from fault
    return parse_manifest(data, permutation)


def write_manifest(folder: Path, manifest: Manifest, permutation: Permutation) -> None:
    """Replace the manifest; on the disk when this returns."""
    fresh = folder / (MANIFEST + ".new")
    with fresh.open("wb") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(format_manifest(manifest, permutation))
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(folder / MANIFEST)
    sync_folder(folder)


class Control:
    """The counter that all processes look at."""

    def __init__(self, folder: Path, *, writable: bool = False) -> None:
        """Map the control file. Raises IndexMissing, IndexTruncated or IndexForeign."""
        try:
            self._memory = map_file(folder / CONTROL, writable=writable)
        except FileNotFoundError as fault:
            raise IndexMissing("There is no index in this folder yet: let its writer start first.") from fault
        if len(self._memory) != PAGE_BYTES:
            raise IndexTruncated("The control file of the index is cut off: let its writer start again.")
        if self._memory[:8].tobytes() != _CONTROL_MAGIC:
            raise IndexForeign("The control file belongs to no index: let its writer start again.")
        self._word = self._memory[8:16].view("<u8")

    @staticmethod
    def ensure(folder: Path) -> None:
        """Make the control file, or write over one that is not whole, in place, since readers may have it mapped."""
        handle = os.open(folder / CONTROL, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if os.fstat(handle).st_size != PAGE_BYTES or os.pread(handle, 8, 0) != _CONTROL_MAGIC:
                os.ftruncate(handle, PAGE_BYTES)
                os.pwrite(handle, _CONTROL_MAGIC, 0)
                os.fsync(handle)
        finally:
            os.close(handle)

    @property
    def generation(self) -> int:
        """The newest generation; one read of shared memory."""
        return int(self._word[0])

    def announce(self, generation: int) -> None:
        """Tell every process about a manifest that is on the disk."""
        self._word[0] = np.uint64(generation)
        sync_map(self._memory)
