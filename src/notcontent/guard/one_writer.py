"""What the processes that answer uploads ask of the one that writes: whatever must be counted or kept once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from notcontent.guard.asker import Asker


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why the last round did not bring a list forward: a code of docs/spec/feed.md §5, or `away`, and a sentence."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """An accepted upload to be remembered: the platform's own id of it, and its upright and mirrored fingerprints.

    `values` are 64 bytes. `flagged`: something was near, and the platform was told so.
    """

    object_id: str
    values: bytes
    flagged: bool


class OneWriter(Protocol):
    """The process that follows the lists, wherever it is. Raises StorageUnavailable when it can't be reached."""

    @property
    def names(self) -> Mapping[int, str]:
        """The lists that are followed, by their ids."""
        ...

    def trouble_of(self, list_id: int) -> Trouble | None:
        """What stands in a list's way."""
        ...

    def count_upload(self) -> None:
        """One more upload was judged, by whichever process."""
        ...

    async def may_hold(self, untrusted_upload: bytes, claims: Mapping[str, bytes]) -> bool:
        """Whether these claims may hold this upload now (see Brake)."""
        ...

    @property
    def naming_key(self) -> bytes:
        """What uploads and places are named with in memory (see Brake); the same in all processes."""
        ...

    async def wait_s(self, caller: str, uploads_a_minute: int) -> float:
        """0 if this caller may send an upload now, which is then counted; else after how many seconds."""
        ...

    def saw(self, asker: Asker, untrusted_upload: bytes, entries: Collection[str], upload: str | None) -> None:
        """This upload, or fingerprint, came near entries (see Probing). `upload`: its id, where it has one."""
        ...

    def news(self) -> None:
        """There is something in the outbox."""
        ...

    async def keep(self, accepted: Accepted) -> None:
        """Remember an accepted upload; it is on the disk when this returns."""
        ...

    async def forget(self, object_id: str) -> bool:
        """Forget an accepted upload; whether it was known."""
        ...
