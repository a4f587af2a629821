"""The file of one immutable part: a header, then sections that begin on page boundaries, all little-endian.

header   magic, version, byte-order mark, counts, identifier of the permutation, a table of sections, its own checksum
values   32 bytes for each row, bits permuted; rows ascend with their ids
runs     runs of consecutive ids: first rows (uint32), then first ids (uint32)
offsets  uint32 [16][65537]: where the bucket of each key begins, band by band
checks   uint16 [16][posted]: the next band's bits of each posting, and 64 bytes that may be read beyond the last
postings uint32 [16][posted]: the row of each posting
floods   the centres of floods
blocks   what is known of their members, 512 to a block
planes   the members as bits: for each flood, for each of 256 bits and then of 9 bits of the weight, block by block
lanes    uint32 [blocks][512]: the row of each member
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from notcontent.index.checksum import checksum
from notcontent.index.errors import IndexCorrupt, IndexForeign, IndexTruncated

PAGE_BYTES = 4096
BANDS, KEYS = 16, 65_536
LANES = 512
#: One for each bit of a value, then those of the number of bits in which a member differs from its flood's centre.
VALUE_PLANES, WEIGHT_PLANES = 256, 9
PLANES = VALUE_PLANES + WEIGHT_PLANES
VERSION = 2
MAGIC = b"ncindex\n"
_BYTE_ORDER_MARK = 0x01020304
_COUNTS = struct.Struct("<8sIIQQQQQ16s")
_SECTION = struct.Struct("<QQQ")
SECTIONS = ("values", "runs", "offsets", "checks", "postings", "floods", "blocks", "planes", "lanes")
_HEADER_BYTES = _COUNTS.size + len(SECTIONS) * _SECTION.size + 8
#: The kernel reads check bits in whole registers.
CHECKS_BEYOND = 32
#: More rows than this belong into another index.
MAX_ROWS = 200_000_000

FLOOD = np.dtype(
    [("centre", "u1", 32), ("first_block", "<u4"), ("blocks", "<u4"), ("least_weight", "<u4"), ("most_weight", "<u4")]
)
BLOCK = np.dtype(
    [
        ("members", "<u2"),
        ("least_weight", "<u2"),
        ("most_weight", "<u2"),
        ("zero", "<u2"),
        ("first_row", "<u4"),
        ("last_row", "<u4"),
    ]
)


@dataclass(frozen=True, slots=True)
class Shape:
    """How many of everything; the places of the sections follow from it."""

    rows: int
    runs: int
    posted: int
    floods: int = 0
    blocks: int = 0

    def lengths(self) -> dict[str, int]:
        """Bytes of each section."""
        return {
            "values": 32 * self.rows,
            "runs": 8 * self.runs,
            "offsets": 4 * BANDS * (KEYS + 1),
            "checks": 2 * (BANDS * self.posted + CHECKS_BEYOND),
            "postings": 4 * BANDS * self.posted,
            "floods": FLOOD.itemsize * self.floods,
            "blocks": BLOCK.itemsize * self.blocks,
            "planes": PLANES * LANES // 8 * self.blocks,
            "lanes": 4 * LANES * self.blocks,
        }

    def places(self) -> dict[str, int]:
        """Where each section begins, and under "end" the length of the file."""
        places, at = {}, PAGE_BYTES
        for name, length in self.lengths().items():
            places[name] = at
            at += -(-length // PAGE_BYTES) * PAGE_BYTES
        return places | {"end": at}


class Sections:
    """The sections of a mapped part as arrays that share its memory."""

    def __init__(self, memory: NDArray[np.uint8], shape: Shape) -> None:
        """`memory` is the whole file, uint8; its length fits the shape."""
        self.shape = shape
        self._memory, self._places, self._lengths = memory, shape.places(), shape.lengths()
        self.values = self.bytes_of("values").reshape(-1, 32)
        runs = self.bytes_of("runs").view("<u4")
        self.run_rows, self.run_ids = runs[: shape.runs], runs[shape.runs :]
        self.offsets = self.bytes_of("offsets").view("<u4").reshape(BANDS, KEYS + 1)
        self.flat_checks = self.bytes_of("checks").view("<u2")
        self.checks = self.flat_checks[: BANDS * shape.posted].reshape(BANDS, shape.posted)
        self.postings = self.bytes_of("postings").view("<u4").reshape(BANDS, shape.posted)
        self.floods = self.bytes_of("floods").view(FLOOD)
        self.blocks = self.bytes_of("blocks").view(BLOCK)
        self.planes = self.bytes_of("planes").view("<u8")
        self.lanes = self.bytes_of("lanes").view("<u4").reshape(-1, LANES)

    def bytes_of(self, name: str) -> NDArray[np.uint8]:
        """One section as bytes."""
        start = self._places[name]
        return self._memory[start : start + self._lengths[name]]


def format_header(sections: Sections, permutation_identifier: bytes) -> bytes:
    """The header page of a part whose sections are filled."""
    shape = sections.shape
    header = _COUNTS.pack(
        MAGIC,
        VERSION,
        _BYTE_ORDER_MARK,
        shape.rows,
        shape.runs,
        shape.posted,
        shape.floods,
        shape.blocks,
        permutation_identifier,
    )
    places, lengths = shape.places(), shape.lengths()
    for name in SECTIONS:
        header += _SECTION.pack(places[name], lengths[name], checksum(sections.bytes_of(name)))
    header += checksum(np.frombuffer(header, np.uint8)).to_bytes(8, "little")
    return header.ljust(PAGE_BYTES, b"\0")


@dataclass(frozen=True, slots=True)
class Header:
    """What a header says, once its own checksum is found right."""

    shape: Shape
    permutation_identifier: bytes
    checksums: dict[str, int]


def parse_header(untrusted_page: bytes, file_bytes: int) -> Header:
    """The header of a file of this length. Raises IndexForeign, IndexTruncated or IndexCorrupt."""
    if untrusted_page[: len(MAGIC)] != MAGIC[: len(untrusted_page)]:
        raise IndexForeign("This file is no index: give it another name and fill the index again.")
    if len(untrusted_page) < PAGE_BYTES:
        raise IndexTruncated("The index ends within its header: fill it again.")
    _, version, mark, rows, runs, posted, floods, blocks, identifier = _COUNTS.unpack_from(untrusted_page)
    if version != VERSION or mark != _BYTE_ORDER_MARK:
        raise IndexForeign("The index was written by another version or kind of machine: fill it again.")
    written = int.from_bytes(untrusted_page[_HEADER_BYTES - 8 : _HEADER_BYTES], "little")
    if checksum(np.frombuffer(untrusted_page[: _HEADER_BYTES - 8], np.uint8)) != written:
        raise IndexCorrupt("The header of the index was changed: fill the index again.")
    shape = Shape(rows, runs, posted, floods, blocks)
    if max(rows, runs, posted, floods, blocks * LANES) > MAX_ROWS:
        raise IndexCorrupt("The index says that it holds more than an index may: fill it again.")
    places, lengths = shape.places(), shape.lengths()
    checksums = {}
    for number, name in enumerate(SECTIONS):
        place, length, checksums[name] = _SECTION.unpack_from(untrusted_page, _COUNTS.size + number * _SECTION.size)
        if (place, length) != (places[name], lengths[name]):
            raise IndexCorrupt("The sections of the index do not lie where they belong: fill the index again.")
    if file_bytes != places["end"]:
        raise IndexTruncated("The index is shorter or longer than it says: fill it again.")
    return Header(shape, identifier, checksums)
