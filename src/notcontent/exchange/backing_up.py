"""`notcontent exchange backup`: the whole exchange as one sealed file, while it runs."""

from __future__ import annotations

import os
import secrets
from datetime import date
from pathlib import Path

from django.conf import settings
from django.db import connection

from notcontent.exchange.archive import Manifest, seal_archive
from notcontent.exchange.copying import copy_database
from notcontent.exchange.errors import BackupFailed
from notcontent.exchange.folder import Folder, sync_folder


def back_up(folder: Folder, file: Path, keys: tuple[str, ...], today: date) -> int:
    """Write the backup; whole and durable when this returns its size in bytes. Raises `BackupFailed`, ledger errors.

    `keys` are public ones, 64 hex digits each: whoever has the private half of one can open it.
    """
    if not keys:
        raise BackupFailed(
            "There is no key to seal the backup to. Make one on another computer (notcontent letter key), and name its "
            "public half with --to or as backup_keys in exchange.json."
        )
    if file.exists():
        raise BackupFailed("There is a file of this name already. Choose another name; backups are not written over.")
    # Before the database: lines that come meanwhile are replayed, those before this place must all be there.
    manifest = Manifest(today, connection.vendor, settings.LEDGER.read().last)
    part = file.with_name(f"{file.name}.{secrets.token_hex(4)}.part")
    try:
        with copy_database(folder) as database, open(part, "xb", opener=_for_one_account) as out:
            seal_archive(folder, manifest, database, keys, out)
            out.flush()
            os.fsync(out.fileno())
        part.rename(file)
        sync_folder(file.parent)
        return file.stat().st_size
    except OSError as error:
        raise BackupFailed(
            "The backup could not be written. Look for a full disk or a folder that is not there."
        ) from error
    finally:
        part.unlink(missing_ok=True)


def _for_one_account(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
