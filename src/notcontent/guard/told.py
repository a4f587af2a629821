"""Something that the platform is to be told, and the queue it waits in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from notcontent.guard.database import Database


@dataclass(frozen=True, slots=True)
class Told:
    """One message: the name it goes by, the body as it will be sent, how often that was tried."""

    id: str
    body: str
    tries: int


class Queue(Protocol):
    """Messages of one kind in the guard's database; `pending` and `events` are two."""

    def next_to_tell(self, database: Database) -> tuple[Told, float] | None:
        """What is to be told first, and the time at which."""
        ...

    def told(self, database: Database, message: str, /) -> None:
        """The platform has it."""
        ...

    def try_again(self, database: Database, message: str, /, at: datetime, now: datetime) -> None:
        """It was not taken: offer it again then."""
        ...
