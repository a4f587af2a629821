"""When the disk or the database can't take what was sent: which errors say so, and what is answered.

Everything that is acknowledged is written in one transaction, so such an error leaves nothing half done.
"""

from __future__ import annotations

import errno
import sqlite3
from http import HTTPStatus

from django.db import Error

from notcontent.exchange.errors import LedgerBroken, LedgerMissing, LedgerUnwritable, Refused

_FULL_ERRNOS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO}
_FULL_SQLITE = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN}
_BUSY_SQLITE = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
#: PostgreSQL's classes of codes (appendix A): no room, no memory; no connection, conflict, shut down, no server there.
_FULL_SQLSTATES = ("53100", "53200", "58")
_BUSY_SQLSTATES = ("08", "40", "53", "55", "57")


def refuse_for_storage(error: BaseException) -> Refused | None:
    """The refusal for an error that only says that nothing can be written now; None for any other error."""
    if isinstance(error, LedgerUnwritable | LedgerMissing | LedgerBroken) or _is_full(error):
        return Refused(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "storage",
            "The helpline's machine can't store anything right now. Nothing was changed.",
            "Keep what you have and try again in a while.",
            retry_after_s=60,
        )
    if _is_busy(error):
        return Refused(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "busy",
            "The helpline's machine is too busy right now. Nothing was changed.",
            "Try again in a moment.",
            retry_after_s=5,
        )
    return None


def _is_full(error: BaseException) -> bool:
    if isinstance(error, OSError):
        return error.errno in _FULL_ERRNOS
    return _sqlite_code(error) in _FULL_SQLITE or _sqlstate(error).startswith(_FULL_SQLSTATES)


def _is_busy(error: BaseException) -> bool:
    state = _sqlstate(error)
    # Without a code: PostgreSQL was not reached at all.
    unreached = isinstance(error, Error) and state == "none"
    return unreached or _sqlite_code(error) in _BUSY_SQLITE or state.startswith(_BUSY_SQLSTATES)


def _sqlite_code(error: BaseException) -> int | None:
    code = getattr(error.__cause__, "sqlite_errorcode", None) if isinstance(error, Error) else None
    # The lowest byte is the kind, the others say more of it.
    return None if code is None else code & 0xFF


def _sqlstate(error: BaseException) -> str:
    """Its five characters; `none` where psycopg has none to tell; empty for what is no error of psycopg's."""
    if not isinstance(error, Error) or not hasattr(error.__cause__, "sqlstate"):
        return ""
    return error.__cause__.sqlstate or "none"
