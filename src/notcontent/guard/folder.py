"""The guard's data folder: one process at a time, readable to one account, with the key made at the first start."""

from __future__ import annotations

import fcntl
import os
import secrets
from pathlib import Path

import pyrage

from notcontent.feed.signature import SigningKey
from notcontent.guard.errors import FolderInUse, FolderNotOurs

KEY_FILE = "guard.key"
AGE_KEY_FILE = "guard.age"
SEED_FILE = "index.seed"
LOCK_FILE = "guard.lock"
SLOT_FILE = "fingerprints.bin"


def prepare_folder(folder: Path) -> None:
    """Make the folder if it is not there, closed to other accounts. Raises FolderNotOurs."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise FolderNotOurs(
            f"The data folder can't be made ({os.strerror(error.errno or 0)}). "
            "Make it for the account that runs the guard, or name another with --folder."
        ) from error
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        raise FolderNotOurs(
            "This account may not use the data folder. Run the command as the account that owns the folder."
        )


def lock_folder(folder: Path) -> int:
    """Hold the folder until the returned descriptor is closed or the process ends. Raises FolderInUse."""
    lock = os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(lock)
        raise FolderInUse("Another guard runs on this data folder. Stop it, or choose another folder.") from error
    return lock


def load_key(folder: Path) -> SigningKey:
    """The guard's own key, made at the first start and durable before it is used."""
    path = folder / KEY_FILE
    if path.exists():
        return SigningKey.from_text(path.read_text("ascii"))
    key = SigningKey.generate()
    _write_durably(path, key.to_text())
    return key


def load_age_identity(folder: Path) -> pyrage.x25519.Identity:
    """The key that opens the snapshots which exchanges encrypt for this guard; made at the first start."""
    path = folder / AGE_KEY_FILE
    if not path.exists():
        _write_durably(path, f"{pyrage.x25519.Identity.generate()}\n")
    return pyrage.x25519.Identity.from_str(path.read_text("ascii").strip())


def load_seed(folder: Path) -> bytes:
    """The secret that the bits of this guard's indexes are shuffled with; made at the first start."""
    path = folder / SEED_FILE
    if not path.exists():
        _write_durably(path, secrets.token_hex(32))
    return bytes.fromhex(path.read_text("ascii"))


def _write_durably(path: Path, text: str) -> None:
    """Write a secret so that it is on the disk, whole, or not there."""
    temporary = path.with_suffix(".new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    directory = os.open(path.parent, os.O_RDONLY)
    os.fsync(directory)
    os.close(directory)
