"""Days and ids: the only clock and the only dice of the exchange's tables."""

from __future__ import annotations

import secrets
from datetime import UTC, date, datetime


def utc_today() -> date:
    """The day in UTC. Cases and entries are dated by day and never finer."""
    return datetime.now(UTC).date()


def utc_now() -> datetime:
    """The time in UTC, for sessions, codes and invitations; of a case it is kept for notices alone,
    since laws count hours."""
    return datetime.now(UTC)


def random_id() -> str:
    """32 hex digits from the system's random numbers: tells nothing about order, case or person."""
    return secrets.token_hex(16)


def random_short_id() -> str:
    """16 hex digits, for partners."""
    return secrets.token_hex(8)
