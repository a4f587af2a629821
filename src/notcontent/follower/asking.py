"""The partner's side of an exchange's routes, for followers that keep no connection (docs/spec/feed.md §4)."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

import httpx

from notcontent.feed.follow import FollowError, Refusal
from notcontent.feed.head import Head
from notcontent.feed.signature import BadSignature, PublicKey, Signed
from notcontent.feed.snapshot import Snapshot, read_snapshot
from notcontent.feed.text import FeedError
from notcontent.follower.errors import ExchangeAway, ExchangeRefuses

#: A list of a million pictures in eight orientations is about half of this.
_MAX_ANSWER_BYTES = 1 << 30


class Exchange:
    """One exchange, asked with one token. Raises `ExchangeAway`, `ExchangeRefuses`, and `FollowError`."""

    def __init__(self, url: str, token: str, root: PublicKey) -> None:
        """Prepare; nothing is asked yet."""
        self.root = root
        self._http = httpx.Client(
            base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=40.0, trust_env=False
        )

    def keys(self) -> Signed:
        """The signed feed keys, unchecked."""
        return _signed(self._json("GET", "/v1/feed/keys"))

    def poll(self, epoch: int, after: int, wait_s: int) -> tuple[Signed, list[Signed]]:
        """The head and the deltas after this number, unchecked; waits up to `wait_s` seconds (25 at most) for one."""
        answer = self._json("GET", f"/v1/feed/poll?epoch={epoch}&after={after}&wait={wait_s}")
        if not isinstance(answer, dict) or not isinstance(answer.get("deltas"), list):
            raise FollowError(Refusal.MALFORMED)
        return _signed(answer.get("head")), [_signed(each) for each in answer["deltas"]]

    def snapshot(self, head: Head) -> tuple[Snapshot, str, int]:
        """The snapshot that the head names, with the SHA-256 and length of its bytes, which the caller compares."""
        data = self._ask("GET", f"/v1/feed/snapshots/{head.epoch}-{head.snapshot}")
        sha256 = hashlib.sha256(data).hexdigest()
        if (sha256, len(data)) != (head.snapshot_sha256, head.snapshot_bytes):
            raise FollowError(Refusal.BAD_SNAPSHOT)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "snapshot"
            path.write_bytes(data)
            try:
                return read_snapshot(path), sha256, len(data)
            except FeedError as error:
                raise FollowError(Refusal.BAD_SNAPSHOT) from error

    def report(self, reports: Sequence[dict[str, str | None]]) -> None:
        """Hand over reports. Done when this returns."""
        self._json("POST", "/v1/reports", {"reports": list(reports)})

    def _json(self, method: str, address: str, body: object = None) -> object:
        try:
            answer: object = json.loads(self._ask(method, address, body))
        except (ValueError, RecursionError) as error:
            raise FollowError(Refusal.MALFORMED) from error
        return answer

    def _ask(self, method: str, address: str, body: object = None) -> bytes:
        try:
            with self._http.stream(method, address, json=body) as response:
                content = bytearray()
                for block in response.iter_bytes():
                    content += block
                    if len(content) > _MAX_ANSWER_BYTES:
                        raise FollowError(Refusal.MALFORMED)
                status = response.status_code
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ExchangeAway("The exchange could not be reached. Try again later; the list stays in use.") from error
        if status in (408, 429) or status >= 500:
            raise ExchangeAway(f"The exchange answered with status {status}. Try again later.")
        if status != 200:
            raise ExchangeRefuses(f"The exchange refused with status {status}. Check the token with the helpline.")
        return bytes(content)


def _signed(untrusted: object) -> Signed:
    try:
        return Signed.from_json(untrusted)
    except BadSignature as error:
        raise FollowError(Refusal.MALFORMED) from error
