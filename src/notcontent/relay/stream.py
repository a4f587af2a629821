"""The stream that a guard follows: entries of somebody else's list, signed here, as heads and snapshots.

There are no deltas. Each change is a new snapshot, which a guard compares with what it holds: what it lacks is
withdrawn. The snapshot is the only copy that a withdrawal has to leave.
"""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from notcontent.feed.delta import Delta, delta_hash, format_delta
from notcontent.feed.entry import Tier
from notcontent.feed.head import Head, format_head
from notcontent.feed.keys import FeedKeys, format_feed_keys
from notcontent.feed.signature import Signed, SigningKey
from notcontent.feed.snapshot import SnapshotEntry, write_snapshot
from notcontent.feed.text import NO_HASH
from notcontent.relay.source import Fetched, Source, Update

HEAD_VALID = timedelta(minutes=10)
_TABLES = """
PRAGMA journal_mode=WAL; PRAGMA secure_delete=ON;
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS entries (
    entry TEXT PRIMARY KEY, key TEXT NOT NULL, value BLOB NOT NULL, tier TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS entries_by_key ON entries (key);
"""


class Stream:
    """One list in one folder, with a signing key and a token of its own.

    `take` may run on a thread beside the others, which read nothing but what the last snapshot left in memory.
    """

    def __init__(self, folder: Path, today: datetime) -> None:
        """Open the folder, or make it."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder = folder
        self._file = sqlite3.connect(folder / "list.sqlite3", isolation_level=None, check_same_thread=False)
        self._file.executescript(_TABLES)
        self.key = SigningKey.from_text(self._once("signing_key", lambda: SigningKey.generate().to_text()))
        self.token = self._once("token", lambda: f"nct_{secrets.token_urlsafe(32)}")
        self.feed = self._once("feed", lambda: secrets.token_hex(16))
        self.keys = self.key.sign(format_feed_keys(FeedKeys(1, today.date(), (self.key.public,), ())))
        self._lock = threading.Lock()
        self._guard = self._fact("guard")
        self._deleted = False
        self._told = Head(self.feed, 1, 0, NO_HASH, 0, 1, 0, NO_HASH, 0, today, today)
        self._write_snapshot(today)

    @property
    def number(self) -> int:
        """How often the list has changed."""
        return self._told.number

    def take(self, source: Source, now: datetime) -> bool:
        """Fetch what is new, all of it or nothing; whether the list changed. Raises `SourceAway`."""
        with self._lock:
            checkpoint = self._fact("checkpoint")
        whole = source.is_stale(checkpoint)
        # Before the lock is held again: fetching may take minutes, and the guard is answered meanwhile.
        parts = list(source.fetch(None if whole else checkpoint))
        with self._lock:
            return self._take(parts, checkpoint, now, whole=whole)

    def _take(self, parts: list[Fetched], checkpoint: str | None, now: datetime, *, whole: bool) -> bool:
        before, self._deleted = self._file.total_changes, False
        seen: set[str] = set()
        self._file.execute("BEGIN IMMEDIATE")
        # All of it is committed at the end of this block, or taken back.
        with self._file:
            for part in parts:
                for update in part.updates:
                    seen.add(update.key)
                    self._merge(update)
                checkpoint = part.checkpoint
            if whole:
                for (key,) in self._file.execute("SELECT DISTINCT key FROM entries").fetchall():
                    if key not in seen:
                        self._merge(Update(key, {}))
            changed = self._file.total_changes > before
            if changed:
                number = self.number + 1
                text = format_delta(Delta(self.feed, 1, number, self._told.delta, now.date(), ()))
                self._store("number", str(number))
                self._store("delta", delta_hash(text))
            if checkpoint is not None:
                self._store("checkpoint", checkpoint)
        if self._deleted:
            # `secure_delete` does not reach what was left behind when rows moved between pages.
            self._file.execute("VACUUM")
        if changed:
            self._write_snapshot(now)
        return changed

    def _merge(self, update: Update) -> None:
        """What a record holds now. A fingerprint that stays keeps its id, one that comes gets a new one."""
        held = {
            value.hex(): (entry, tier)
            for entry, value, tier in self._file.execute(
                "SELECT entry, value, tier FROM entries WHERE key = ?", (update.key,)
            ).fetchall()
        }
        for value, (entry, tier) in held.items():
            if value not in update.values:
                self._deleted = True
                self._file.execute("DELETE FROM entries WHERE entry = ?", (entry,))
            elif update.values[value] != tier:
                self._file.execute("UPDATE entries SET tier = ? WHERE entry = ?", (update.values[value].value, entry))
        for value, new in update.values.items():
            if value not in held:
                row = (secrets.token_hex(16), update.key, bytes.fromhex(value), new.value)
                self._file.execute("INSERT INTO entries VALUES (?, ?, ?, ?)", row)

    def _write_snapshot(self, now: datetime) -> None:
        """Write the one snapshot, take away the one before, and empty the database's log."""
        number, delta = int(self._fact("number") or 0), self._fact("delta") or NO_HASH
        if number:
            path = self.snapshot_path(number)
            entries: Sequence[SnapshotEntry] = [
                SnapshotEntry(bytes.fromhex(entry), bytes(value), Tier(tier), paused=False)
                for entry, value, tier in self._file.execute("SELECT entry, value, tier FROM entries")
            ]
            written = write_snapshot(
                path, feed=self.feed, epoch=1, number=number, delta=delta, day=now.date(), entries=entries,
            )  # fmt: skip
            with path.open("rb") as file:
                path.with_suffix(".minisig").write_text(self.key.sign_bytes(file, "notcontent-snapshot"))
            self._told = Head(
                self.feed, 1, number, delta, len(entries), number + 1, number, written.sha256, written.bytes_length,
                now, now,
            )  # fmt: skip
        for path in self.folder.glob("*-snapshot*"):
            if path.stem != self.snapshot_path(number).stem:
                path.unlink()
        self._file.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def snapshot_path(self, number: int) -> Path:
        """Where the snapshot of this number lies; its signature ends in `.minisig`."""
        return self.folder / f"{number}-snapshot.bin"

    def head(self, now: datetime) -> Signed:
        """Where the list stands, signed now."""
        head = replace(self._told, time=now, expires=now + HEAD_VALID)
        return self.key.sign(format_head(head))

    def knows(self, token: str) -> bool:
        """Whether this is the token."""
        given, own = (hashlib.sha256(each.encode()).digest() for each in (token, self.token))
        return secrets.compare_digest(given, own)

    def register(self, guard_key: str) -> bool:
        """Remember the guard's public key, once; False where there is another."""
        with self._lock:
            if self._guard is None:
                self._store("guard", guard_key)
                self._guard = guard_key
        return self._guard == guard_key

    def _once(self, name: str, make: Callable[[], str]) -> str:
        value = self._fact(name)
        if value is None:
            value = make()
            self._store(name, value)
        return value

    def _fact(self, name: str) -> str | None:
        row = self._file.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def _store(self, name: str, value: str) -> None:
        self._file.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))
