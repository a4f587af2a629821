"""The root key and what it vouches for, as everybody may know it: a person, a partner, a court."""

from __future__ import annotations

import json
from dataclasses import dataclass

from notcontent.exchange.folder import Folder
from notcontent.feed.keys import FeedKeys, parse_feed_keys
from notcontent.feed.signature import PublicKey, Signed


@dataclass(frozen=True, slots=True)
class RootKey:
    """The public half of the root key, the text that it signed, and what that says."""

    key: PublicKey
    signed: Signed
    vouched: FeedKeys

    @property
    def may_sign(self) -> tuple[PublicKey, ...]:
        """The keys that may sign now."""
        return tuple(key for key in self.vouched.keys if key.key_id not in self.vouched.revoked)


def read_root_key(folder: Folder) -> RootKey:
    """What the folder holds of it. Raises `BadSignature` where the one does not belong to the other."""
    key = PublicKey.from_text(folder.root_public.read_text())
    signed = Signed.from_json(json.loads(folder.feed_keys.read_bytes()))
    return RootKey(key, signed, parse_feed_keys(key.verify(signed)))
