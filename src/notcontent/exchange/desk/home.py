"""Where each role begins."""

from __future__ import annotations

from notcontent.exchange.desk.roles import Role


def home_of(roles: frozenset[Role]) -> str:
    """The name of the first screen that somebody with these roles may open."""
    if roles & {Role.DESK, Role.LEAD}:
        return "queue"
    if Role.AUDITOR in roles:
        return "audit"
    return "proposals" if roles else "account"
