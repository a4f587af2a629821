"""Who asks, as far as the guard needs to know it: through which door, with whose token, on whose behalf."""

from __future__ import annotations

from dataclasses import dataclass

from notcontent.guard.spinoffs.naming import Where


@dataclass(frozen=True, slots=True)
class Asker:
    """`door` is a door's name, `caller` a token's (empty where a door knows none).

    `place` is a group, channel, room or account at the platform, as a keyed pseudonym (`places`); None if not told.
    `account`: whose upload it is, under a pseudonym that lasts (`disputes`); None if not told.
    `where`: place and account under the pseudonyms of the ledger of spin-offs; None if it is off or no place is told.
    """

    door: str
    caller: str = ""
    place: str | None = None
    account: str | None = None
    where: Where | None = None
