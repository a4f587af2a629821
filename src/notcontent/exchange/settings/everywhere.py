"""What every face and command of an exchange shares. Reads one environment variable: the data folder."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

from notcontent.exchange.errors import NotSetUp
from notcontent.exchange.folder import Folder
from notcontent.exchange.ledger import Ledger
from notcontent.exchange.profile import read_profile
from notcontent.exchange.quiet_log import LOGGING as QUIET_LOGGING

FOLDER_VARIABLE = "NOTCONTENT_EXCHANGE_FOLDER"

if FOLDER_VARIABLE not in os.environ:
    raise NotSetUp(f"No exchange was named. Set {FOLDER_VARIABLE}, or use the command `notcontent exchange`.")
FOLDER = Folder(Path(os.environ[FOLDER_VARIABLE]))
PROFILE = read_profile(FOLDER)
LEDGER = Ledger(FOLDER.ledger(PROFILE.ledger))


def derive_secret(purpose: str) -> str:
    """A secret for one purpose only, 64 hex digits, so that no face can forge what another signs."""
    return hashlib.blake2b(purpose.encode(), key=FOLDER.secret.read_bytes()[:64], digest_size=32).hexdigest()


SECRET_KEY = derive_secret("commands")
#: Commands and the desk both make what it keys: invitations, recovery codes, the secrets of authenticator apps.
DESK_KEY = derive_secret("desk accounts")
#: The first needs memory as well as time to guess; the second is what accounts of an earlier release have.
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}Validator", "OPTIONS": options}
    for name, options in (
        ("MinimumLength", {"min_length": 12}),
        ("CommonPassword", {}),
        ("NumericPassword", {}),
        ("UserAttributeSimilarity", {"user_attributes": ["username"]}),
    )
]
DEBUG = False
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
USE_I18N = True
APPEND_SLASH = False
LOGGING = QUIET_LOGGING
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
MIDDLEWARE: list[str] = []
TEMPLATES: list[dict[str, Any]] = []
#: Bodies are bounded before Django sees them, and must never spill into a temporary file: they hold fingerprints.
FILE_UPLOAD_MAX_MEMORY_SIZE = DATA_UPLOAD_MAX_MEMORY_SIZE = 8 << 20

APPS_OF_THE_LIST = [
    "notcontent.exchange.cases.apps.Cases",
    "notcontent.exchange.lists.apps.Lists",
    "notcontent.exchange.partners.apps.Partners",
    "notcontent.exchange.letters.apps.Letters",
    "notcontent.exchange.disputes.apps.Disputes",
    "notcontent.exchange.public.apps.Public",
    "notcontent.exchange.notices.apps.Notices",
]
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    *APPS_OF_THE_LIST,
    "notcontent.exchange.desk.apps.Desk",
    "notcontent.exchange.evidence.apps.Evidence",
]

#: `secure_delete` overwrites what is deleted; FULL makes every acknowledged write survive a power cut; IMMEDIATE
#: avoids a
#: failure in the middle of a transaction that first reads and then writes.
SQLITE_PRAGMAS = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON; PRAGMA foreign_keys=ON"
DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        "ENGINE": "notcontent.exchange.sqlite",
        "NAME": str(FOLDER.database),
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 30, "init_command": SQLITE_PRAGMAS},
    }
}
if PROFILE.postgresql is not None:
    DATABASES["default"] = {
        "ENGINE": "django.db.backends.postgresql",
        **{name.upper(): value for name, value in PROFILE.postgresql.items()},
        # What we read by a cursor we read to its end. PostgreSQL expects a tenth of it, and would go through a table of
        # millions in the wanted order for that.
        "OPTIONS": {"options": "-c cursor_tuple_fraction=1"},
    }
#: A face's threads keep theirs (`handler`). One that broke is found before it is used.
DATABASES["default"] |= {"CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True}
