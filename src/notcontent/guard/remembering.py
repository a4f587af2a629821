"""The verdict cache: the same bytes are not looked up twice while no list has changed.

What is remembered is what an upload was found to be near, not the verdict. So an upload that is known here is ruled on,
counted by the brake, recorded and reported exactly as one that is not; only opening and searching are spared.

In memory only, and nothing in it says what an upload shows: its name is a keyed hash whose key dies with the process,
and its fingerprints are left out (unless the platform keeps those of accepted uploads on the disk anyway). All of it is
forgotten as soon as any list has changed. In the moment in which a change is in the database and not in the indexes
yet, nothing is asked here and nothing is learnt.
"""

from __future__ import annotations

import asyncio
import hmac
import secrets
from collections import OrderedDict
from dataclasses import replace
from typing import Protocol

from notcontent.guard import metrics
from notcontent.guard.database import Database
from notcontent.guard.followed import read_version
from notcontent.guard.looking import Looked

#: An upload that is near to more is looked up every time, so that no upload takes more than a few kilobytes here.
_MOST_FOUND = 100
#: Hashing so many bytes takes less time than handing them to another thread and back would be worth.
_HASHED_AT_ONCE = 1 << 20


class Looks(Protocol):
    """Whatever looks an upload up."""

    async def look(self, untrusted_upload: bytes) -> Looked:
        """What an upload is near to."""
        ...


class Remembering:
    """Looks up what it does not remember."""

    def __init__(self, looking: Looks, database: Database, *, most: int, with_fingerprints: bool) -> None:
        """`most`: so many uploads are remembered, those asked for last. `with_fingerprints`: also what `kept` holds."""
        self._looking, self._database = looking, database
        self._most, self._with_fingerprints = most, with_fingerprints
        self._key = secrets.token_bytes(32)
        self._version: object = None
        self._remembered: OrderedDict[bytes, Looked] = OrderedDict()

    async def look(self, untrusted_upload: bytes) -> Looked:
        """What an upload is near to. Raises what looking it up raises, and StorageUnavailable."""
        if len(untrusted_upload) > _HASHED_AT_ONCE:
            name = await asyncio.to_thread(hmac.digest, self._key, untrusted_upload, "sha256")
        else:
            name = hmac.digest(self._key, untrusted_upload, "sha256")
        # From here to the answer nothing else runs in between.
        version = read_version(self._database)
        if version is None:
            return await self._looking.look(untrusted_upload)
        self._begin(version)
        known = self._remembered.get(name)
        metrics.count_remembered(known is not None)
        if known is not None:
            self._remembered.move_to_end(name)
            return known
        looked = await self._looking.look(untrusted_upload)
        # It was searched for in the lists as they were then, or later: it may be kept under no newer version.
        if version == self._version and len(looked.found) + len(looked.near_misses) <= _MOST_FOUND:
            found = [replace(each, seen=b"") for each in looked.found]
            kept = looked.kept if self._with_fingerprints else None
            self._remembered[name] = replace(looked, found=found, kept=kept)
            while len(self._remembered) > self._most:
                self._remembered.popitem(last=False)
        return looked

    def _begin(self, version: object) -> None:
        """Forget everything if any list has changed."""
        if version != self._version:
            self._remembered.clear()
            self._version = version
