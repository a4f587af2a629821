"""A feed of any length: real keys, a real signed snapshot, served on loopback."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from notcontent.feed.head import Head
from notcontent.feed.snapshot import HEADER, MAGIC, RECORD
from tests.guard.small_exchange import SmallExchange


class LongList(SmallExchange):
    """The tests' small exchange with a snapshot that was written in one go."""

    length = 0
    _ids: NDArray[np.uint8] | None = None

    def list_values(self, values: NDArray[np.uint8], seed: int) -> None:
        """List these fingerprints, (n, 32) uint8, one entry each, all of them seen by the helpline."""
        import hashlib

        self.cut()  # One empty delta, for a snapshot ends with one.
        self.length = len(values)
        path = self.folder / f"{self.epoch}-{self.number}"
        records = np.zeros(len(values), RECORD)
        self._ids = ids = np.random.default_rng(seed).integers(0, 256, (len(values), 16), np.uint8)
        records["entry"] = np.ascontiguousarray(ids).view("V16").ravel()
        records["kind"], records["tier"] = 1, 2
        records["value"] = np.ascontiguousarray(values).view("V32").ravel()
        header = HEADER.pack(
            MAGIC, bytes.fromhex(self.feed), self.epoch, self.number, len(values), bytes.fromhex(self.hash),
            date.today().toordinal(), 0,
        )  # fmt: skip
        with path.open("wb") as file:
            file.write(header)
            records.tofile(file)
        digest = hashlib.sha256()
        with path.open("rb") as file:
            while block := file.read(1 << 22):
                digest.update(block)
        with path.open("rb") as file:
            path.with_suffix(".minisig").write_text(self.key.sign_bytes(file, "notcontent-snapshot"))
        self.snapshot = {
            "snapshot": self.number,
            "snapshot_sha256": digest.hexdigest(),
            "snapshot_bytes": path.stat().st_size,
        }
        self.folded = self.number

        def with_count(head: Head) -> Head:
            return replace(head, count=head.count + self.length)

        self.lie_about_head = with_count

    def entry(self, row: int) -> str:
        """The id of one of them."""
        assert self._ids is not None
        return self._ids[row].tobytes().hex()

    def withdraw(self, *entries: str) -> None:
        """Withdraw any that is listed, also one of the snapshot."""
        self.length -= sum(entry not in self.live for entry in entries)
        super().withdraw(*entries)

    async def _snapshot(self, request: Request) -> Response:
        path = Path(self.folder / request.path_params["name"])
        return await super()._snapshot(request) if path.suffix else FileResponse(path)


def random_values(count: int, seed: int) -> NDArray[np.uint8]:
    """Fingerprints of nothing: uniform bits, (count, 32) uint8."""
    return np.frombuffer(np.random.default_rng(seed).bytes(count * 32), np.uint8).reshape(-1, 32)
