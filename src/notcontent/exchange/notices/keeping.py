"""What the server needs of a notice while it goes on, sealed to a key of that notice alone.

The key is a file beside the database, in no backup. It is deleted when the notice is over: from then on nothing that
was copied of the database can be read either. Who holds the running machine can read what is still going on.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyrage
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext

from notcontent.exchange.folder import sync_folder, write_durably
from notcontent.exchange.notices.errors import WorkGone
from notcontent.exchange.notices.models import Notice
from notcontent.exchange.notices.regimes.facts import Facts, format_facts, parse_facts


@dataclass(frozen=True, slots=True)
class Work:
    """All that is known of a notice. `service`: the site's name; `to`: the address or the form's link.

    `subject` and `body` are the exact text, once it is complete; `token` is what its reply address ends with. A letter
    after a notice says in `about` which site that notice went to.
    """

    facts: Facts
    service: str
    to: str
    token: str = ""
    subject: str = ""
    body: str = ""
    about: str = ""


def write_work(notice: Notice, work: Work) -> None:
    """Seal it into the row, which the caller saves. Makes the key where there is none yet."""
    path = _key_of(notice)
    if not path.exists():
        path.parent.mkdir(mode=0o700, exist_ok=True)
        write_durably(path, f"{pyrage.x25519.Identity.generate()}\n".encode())
    told = {
        "facts": format_facts(work.facts), "service": work.service, "to": work.to, "token": work.token,
        "subject": work.subject, "body": work.body, "about": work.about,
    }  # fmt: skip
    notice.work = pyrage.encrypt(json.dumps(told, ensure_ascii=False).encode(), [_identity(path).to_public()])


def read_work(notice: Notice) -> Work:
    """What `write_work` sealed. Raises `WorkGone`."""
    path = _key_of(notice)
    if not path.exists() or not notice.work:
        raise WorkGone(
            gettext(
                "What this notice says can't be read here any more: it is over, or it came back with a backup, which "
                "holds no keys of notices. Draft it anew."
            )
        )
    told = json.loads(pyrage.decrypt(bytes(notice.work), [_identity(path)]))
    return Work(**told | {"facts": parse_facts(told["facts"])})


def forget_work(notice: Notice) -> None:
    """Empty the row, which the caller saves, and delete the key with the transaction's end. May be done again."""
    notice.work, notice.reply_sha256 = b"", ""
    path = _key_of(notice)
    transaction.on_commit(lambda: _delete(path))


def forget_old_keys(_today: date) -> int:
    """Delete keys whose notice is over or gone, after a sudden end between the two; how many."""
    folder = settings.FOLDER.notice_keys
    if not folder.exists():
        return 0
    alive = set(Notice.objects.exclude(work=b"").values_list("id", flat=True))
    gone = [path for path in folder.glob("*.key") if path.stem not in alive]
    for path in gone:
        path.unlink(missing_ok=True)
    return len(gone)


def _key_of(notice: Notice) -> Path:
    path: Path = settings.FOLDER.notice_keys / f"{notice.id}.key"
    return path


def _delete(path: Path) -> None:
    if path.exists():
        path.unlink(missing_ok=True)
        sync_folder(path.parent)


def _identity(path: Path) -> pyrage.x25519.Identity:
    return pyrage.x25519.Identity.from_str(path.read_text().strip())
