"""The one folder that holds everything an exchange knows."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

_WRITTEN_TOGETHER = 16


@dataclass(frozen=True, slots=True)
class Folder:
    """Paths inside an exchange's data folder. Nothing is written outside of it."""

    path: Path

    @property
    def profile(self) -> Path:
        """What the helpline says about itself, and its settings (JSON)."""
        return self.path / "exchange.json"

    @property
    def database(self) -> Path:
        """The SQLite database."""
        return self.path / "exchange.sqlite3"

    @property
    def secret(self) -> Path:
        """Random bytes from which each face derives its own secret."""
        return self.path / "secret"

    @property
    def online_key(self) -> Path:
        """The key that signs heads, deltas and snapshots."""
        return self.path / "online.key"

    @property
    def case_file_key(self) -> Path:
        """The age identity that opens case files, and nothing else."""
        return self.path / "case-file.key"

    @property
    def notice_keys(self) -> Path:
        """A key for each notice that still goes on. In no backup."""
        return self.path / "notice-keys"

    @property
    def famous(self) -> Path:
        """Fingerprints of pictures that everybody knows, as the helpline chose them. There need not be any."""
        return self.path / "famous.jsonl"

    @property
    def root_folder(self) -> Path:
        """Where the offline root key is made. It should be moved off this machine."""
        return self.path / "offline-root"

    @property
    def root_public(self) -> Path:
        """The public half of the root key, which guards pin."""
        return self.path / "root.pub"

    @property
    def feeds(self) -> Path:
        """Signed files, one folder a stream."""
        return self.path / "feeds"

    @property
    def feed_keys(self) -> Path:
        """The signed feed keys, as the partners' face serves them."""
        return self.feeds / "keys.json"

    @property
    def heads(self) -> Path:
        """The newest signed head of every stream."""
        return self.feeds / "heads"

    @property
    def last_erasure(self) -> Path:
        """Its time of change says when bytes were last erased everywhere; at first, when the exchange was set up."""
        return self.feeds / "last-erasure"

    @property
    def partners_mark(self) -> Path:
        """Touched whenever somebody changes what a partner may do, so that every process looks it up again at once."""
        return self.path / "partners-changed"

    @property
    def audit(self) -> Path:
        """Signed heads of the audit, one a day."""
        return self.path / "audit"

    @property
    def publisher_lock(self) -> Path:
        """Held by the one publisher."""
        return self.path / "publisher.lock"

    @property
    def erase_request(self) -> Path:
        """Present while somebody waits for the publisher to erase now."""
        return self.path / "erase-now"

    @property
    def ledger_mark(self) -> Path:
        """The name of the ledger that this exchange's withdrawals are written into."""
        return self.path / "ledger-name"

    def ledger(self, configured: str) -> Path:
        """The ledger of withdrawals: where `exchange.json` says, or in the folder where it says nothing."""
        return self.path / (configured or "withdrawals.ledger")

    @property
    def unfinished(self) -> Path:
        """Present while a backup is being restored into this folder, or where that ended in the middle."""
        return self.path / "restore-unfinished"

    def stream(self, feed: str) -> Path:
        """The folder of one stream."""
        return self.feeds / feed

    def delta(self, feed: str, epoch: int, number: int) -> Path:
        """One signed delta."""
        return self.stream(feed) / f"{epoch}-{number}.delta.json"

    def snapshot(self, feed: str, epoch: int, number: int) -> Path:
        """A snapshot; its signature lies beside it with `.minisig` at the end."""
        return self.stream(feed) / f"{epoch}-{number}.snapshot"


def write_durably(path: Path, data: bytes, *, mode: int = 0o600) -> None:
    """Replace the file in one step. When this returns, the new bytes survive a power cut."""
    temporary = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def write_all_durably(files: Mapping[Path, bytes]) -> None:
    """Replace each of these files in one step; when this returns, all survive a power cut.

    Side by side: a disk makes many files durable in little more time than one.
    """
    if len(files) < 2:
        for path, data in files.items():
            write_durably(path, data)
        return
    with ThreadPoolExecutor(min(len(files), _WRITTEN_TOGETHER)) as pool:
        for done in [pool.submit(write_durably, path, data) for path, data in files.items()]:
            done.result()


def touch_mark(path: Path) -> None:
    """Give the file a time of change that it never had, to whoever watches that."""
    path.touch(mode=0o600)
    now = time.time_ns()
    os.utime(path, ns=(now, now))


def read_mark(path: Path) -> int:
    """The file's time of change; 0 where there is no file."""
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def sync_folder(path: Path) -> None:
    """Make the folder's own entries durable."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
