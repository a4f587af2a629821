# ruff: noqa: PLC0415 - Django may only be imported once its settings are named.
"""`notcontent exchange restore`: an exchange from a backup and the ledger, with every withdrawal since carried out."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from notcontent.exchange.archive import Manifest, Opened, open_archive
from notcontent.exchange.errors import LedgerBroken, NotABackup, NotRestored
from notcontent.exchange.folder import Folder, write_durably
from notcontent.exchange.ledger import Contents, Ledger, Word
from notcontent.exchange.listener import prepare_django
from notcontent.exchange.profile import Profile, parse_profile, write_profile


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did. `anew` names partners whose clients have to fetch their list anew by hand."""

    manifest: Manifest
    withdrawn: int
    epoch: int
    ledger: Path
    anew: tuple[str, ...]


def restore(file: Path, folder: Folder, identity: str, ledger: Path | None, settings: bytes | None) -> Restored:
    """Restore into an empty folder (and, where it names one, an empty PostgreSQL database). Start it afterwards.

    `identity` opens the backup. `ledger`: where the ledger of withdrawals lies, None for where the backup's settings
    say. `settings`: an exchange.json to use instead of the backup's. Raises `NotABackup`, `NotRestored`, ledger errors,
    `NotSetUp` for settings that can't be read; until all of that was checked nothing is changed.
    """
    if folder.path.exists() and (not folder.path.is_dir() or any(folder.path.iterdir())):
        raise NotRestored("The folder is not empty. A backup is restored into a new or an empty folder only.")
    made = not folder.path.exists()
    folder.path.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.path.chmod(0o700)
    try:
        with _open_file(file) as sealed, open_archive(sealed, identity, folder) as opened:
            profile, contents = _check(opened, folder, ledger, settings)
            return _restore(opened, folder, profile, contents)
    finally:
        if made and not any(folder.path.iterdir()):
            folder.path.rmdir()


def _open_file(file: Path) -> IO[bytes]:
    try:
        return file.open("rb")
    except OSError as error:
        raise NotABackup("The backup can't be read. Check its path.") from error


def _check(opened: Opened, folder: Folder, ledger: Path | None, settings: bytes | None) -> tuple[Profile, Contents]:
    """The settings to go on with, and the ledger that continues the one of the backup."""
    profile = parse_profile(settings or opened.files[folder.profile.name])
    if ledger is not None:
        profile = replace(profile, ledger=str(ledger.resolve()))
    elif not Path(profile.ledger).is_absolute():
        raise NotRestored(
            "A backup is never restored without the ledger of withdrawals, and the backup does not say where it is. "
            "Name it with --ledger: it is the file withdrawals.ledger of the lost folder, or its copy elsewhere."
        )
    manifest = opened.manifest
    age_days = (datetime.now(UTC).date() - manifest.made).days
    if age_days > profile.keep_backups_days:
        raise NotRestored(
            f"This backup is {age_days} days old, and after {profile.keep_backups_days} the ledger may no longer hold "
            "what was taken back since. Restore a newer one, and delete this one."
        )
    contents = Ledger(Path(profile.ledger)).read()
    if not contents.continues(manifest.ledger):
        raise LedgerBroken(
            "This ledger does not go on from where it was when the backup was made: it is another one, or an old copy. "
            "Find the newest copy."
        )
    if (manifest.vendor == "postgresql") != (profile.postgresql is not None):
        raise NotRestored(
            f"The backup is of a {manifest.vendor} database and exchange.json asks for another kind. Restore with the "
            "same kind."
        )
    return profile, contents


def _restore(opened: Opened, folder: Folder, profile: Profile, contents: Contents) -> Restored:
    now = datetime.now(UTC)
    ledger = Ledger(Path(profile.ledger))
    folder.feeds.mkdir(mode=0o700)
    write_durably(folder.unfinished, b"")
    with ExitStack() as undo:
        undo.callback(_clear, folder)
        for name, data in opened.files.items():
            write_durably(folder.path / name, data)
        write_profile(folder, profile)
        prepare_django(folder.path, None)
        from notcontent.exchange.copying import put_postgresql_back, put_sqlite_back, refuse_used_postgresql

        if profile.postgresql is None:
            put_sqlite_back(opened.database, folder.database)
        else:
            refuse_used_postgresql()
            put_postgresql_back(opened.database, folder)
        undo.pop_all()
    from django.contrib.sessions.models import Session

    from notcontent.exchange.cases.replaying import replay
    from notcontent.exchange.desk.audit import write_audit
    from notcontent.exchange.lists.epochs import begin_epoch, highest_epoch
    from notcontent.exchange.lists.publisher import read_online_key
    from notcontent.exchange.serving import bring_tables_up_to_date

    bring_tables_up_to_date(folder)
    withdrawn = replay(contents, now.date())
    epoch = max(contents.epoch, highest_epoch()) + 1
    # In the ledger first: a second restore of the same backup must not give the same epoch to another history.
    ledger.append([(Word.RESTORED, str(epoch))], now.date())
    anew = begin_epoch(folder, read_online_key(folder), epoch, now)
    # The next erasing folds the withdrawals away; guards have a day to hear them and to sign for them again.
    write_durably(folder.last_erasure, b"")
    Session.objects.all().delete()
    reason = f"from a backup of {opened.manifest.made.isoformat()}"
    write_audit(day=now.date(), actor="command line", action="restored", subject=f"epoch {epoch}", reason=reason)
    folder.unfinished.unlink()
    return Restored(opened.manifest, withdrawn, epoch, ledger.path, tuple(anew))


def _clear(folder: Folder) -> None:
    """Leave the folder as empty as it was."""
    for path in sorted(folder.path.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
