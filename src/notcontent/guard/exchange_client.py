"""The partner's side of an exchange's routes (docs/spec/feed.md §4), over httpx. It asks; `refresh` believes or not."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import httpx

from notcontent.feed.follow import FollowError, Refusal
from notcontent.feed.head import Head
from notcontent.feed.signature import BadSignature, PublicKey, Signed
from notcontent.feed.text import MalformedText, check_day
from notcontent.guard.disputes import Answer, Kind
from notcontent.guard.errors import GuardError

#: Fifty deltas of 8 MiB would be more than any exchange sends; beyond this the answer is refused unread.
_MAX_ANSWER_BYTES = 512 << 20
_CONNECT_TIMEOUT_S = 5.0
_LONGEST_TOKEN = 200
_MALFORMED = 400


_ADVICE = "Check this guard's token with the exchange."
_TEXTS = {
    "suspended": "The helpline has suspended this site's list. It stays in use until it is too old; speak with them.",
    "unsigned": "The exchange wants signed requests and did not take this one. Check this machine's clock.",
}


class ExchangeAway(GuardError):
    """The exchange could not be reached, or could not answer. It is asked again; the list stays in use."""

    permanent = False


class ExchangeRefuses(GuardError):
    """The exchange does not take this: the status says why. Its operator has to look at the token or the request."""

    def __init__(self, status: int, code: str = "") -> None:
        """Keep the status and, where the exchange named it, the reason."""
        super().__init__(_TEXTS.get(code, f"The exchange refused with status {status}. {_ADVICE}"))
        self.status, self.code = status, code


@dataclass(frozen=True, slots=True)
class Polled:
    """A signed head and the deltas that came with it, nothing of it checked."""

    untrusted_head: Signed
    untrusted_deltas: tuple[Signed, ...]


@dataclass(frozen=True, slots=True)
class NextToken:
    """What the exchange says of the token: the next one, if it is time for it, and the last day of the one to use."""

    token: str | None
    expires: date


class ExchangeClient:
    """One exchange, asked with what proves who asks. Raises ExchangeAway and ExchangeRefuses, and FollowError for
    `malformed`.
    """

    def __init__(self, url: str, auth: httpx.Auth) -> None:
        """Prepare; nothing is sent yet."""
        self._http = httpx.AsyncClient(
            base_url=url,
            auth=auth,
            timeout=httpx.Timeout(30.0, connect=_CONNECT_TIMEOUT_S),
            follow_redirects=False,
            trust_env=False,
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def keys(self) -> Signed:
        """The signed feed keys."""
        return _signed(await self._json("GET", "/v1/feed/keys"))

    async def poll(self, epoch: int, after: int, wait_s: int) -> Polled:
        """The head and what is newer than `after`, waiting up to `wait_s` seconds for something newer."""
        answer = await self._json("GET", f"/v1/feed/poll?epoch={epoch}&after={after}&wait={wait_s}", wait_s + 15.0)
        if not isinstance(answer, dict) or not isinstance(answer.get("deltas"), list):
            raise FollowError(Refusal.MALFORMED)
        return Polled(_signed(answer.get("head")), tuple(_signed(each) for each in answer["deltas"]))

    async def register(self, key: PublicKey, age_key: str) -> None:
        """Tell the exchange this guard's public keys. Raises ExchangeRefuses(409) when it knows another guard's."""
        try:
            await self._json("POST", "/v1/guards", body={"public_key": key.text, "age_key": age_key})
        except ExchangeRefuses as error:
            # One from before encrypted snapshots takes no other name in this body.
            if error.status != _MALFORMED:
                raise
            await self._json("POST", "/v1/guards", body={"public_key": key.text})

    async def renew_token(self) -> NextToken:
        """Ask for the next token. Raises ExchangeRefuses(404) at an exchange that knows nothing of it, 409 too late."""
        answer = await self._json("POST", "/v1/token/renew", body={})
        if isinstance(answer, dict) and isinstance(answer.get("expires"), str):
            token, expires = answer.get("token"), answer["expires"]
            if token is None or (isinstance(token, str) and 0 < len(token) <= _LONGEST_TOKEN and token.isascii()):
                with contextlib.suppress(MalformedText):
                    return NextToken(token, check_day(expires))
        raise FollowError(Refusal.MALFORMED)

    async def send(self, kind: str, bodies: Sequence[object]) -> None:
        """Hand over receipts or reports. Done when this returns."""
        await self._json("POST", f"/v1/{kind}s", body={f"{kind}s": list(bodies)})

    async def ask_about(self, kinds: Mapping[str, Kind]) -> dict[str, Answer]:
        """Say what is said against these reports; how each of them stands, as far as the exchange knows it."""
        said = [{"report": report, "kind": kind} for report, kind in kinds.items()]
        told = await self._json("POST", "/v1/disputes", body={"disputes": said})
        answers = told.get("answers") if isinstance(told, dict) else None
        try:
            return {str(each["report"]): Answer(each["answer"]) for each in answers or ()}
        except (TypeError, KeyError, ValueError) as error:
            raise FollowError(Refusal.MALFORMED) from error

    async def snapshot_signature(self, head: Head) -> str:
        """The minisign file of the snapshot that the head names."""
        response = await self._ask("GET", f"/v1/feed/snapshots/{head.epoch}-{head.snapshot}.minisig")
        return response.text

    async def download_snapshot(self, head: Head, path: Path) -> None:
        """The snapshot that the head names, in `path`, going on where an earlier try was cut off.

        Not more than the head's length is ever written. Raises FollowError(bad_snapshot) when the bytes are not those
        the head names; what was received is then thrown away.
        """
        etag = f'"{head.snapshot_sha256}"'
        have = path.stat().st_size if path.exists() else 0
        if have > head.snapshot_bytes:
            path.unlink()
            have = 0
        if have < head.snapshot_bytes:
            await self._receive(head, path, have, etag)
        digest = hashlib.sha256()
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
        if digest.hexdigest() != head.snapshot_sha256:
            path.unlink()
            raise FollowError(Refusal.BAD_SNAPSHOT)

    async def _receive(self, head: Head, path: Path, have: int, etag: str) -> None:
        # Not compressed on the way: ranges and the hash are of the bytes themselves.
        headers = {"Accept-Encoding": "identity"}
        if have:
            headers |= {"Range": f"bytes={have}-", "If-Range": etag}
        address = f"/v1/feed/snapshots/{head.epoch}-{head.snapshot}"
        try:
            async with self._http.stream("GET", address, headers=headers) as response:
                if response.status_code not in (200, 206):
                    await response.aread()
                    _check_status(response)
                goes_on = response.status_code == 206 and response.headers.get("Content-Range", "").startswith(
                    f"bytes {have}-"
                )
                received = have if goes_on else 0
                with path.open("ab" if goes_on else "wb") as file:
                    async for block in response.aiter_raw():
                        received += len(block)
                        if received > head.snapshot_bytes:
                            break
                        file.write(block)
        except httpx.HTTPError as error:
            raise ExchangeAway("The exchange went away while the list was being fetched. It goes on later.") from error
        if received != head.snapshot_bytes:
            if received > head.snapshot_bytes:
                path.unlink()
            raise FollowError(Refusal.BAD_SNAPSHOT)

    async def _json(self, method: str, address: str, timeout_s: float = 30.0, body: object = None) -> object:
        response = await self._ask(method, address, timeout_s, body)
        try:
            return json.loads(response.content)
        except (ValueError, RecursionError) as error:
            raise FollowError(Refusal.MALFORMED) from error

    async def _ask(self, method: str, address: str, timeout_s: float = 30.0, body: object = None) -> httpx.Response:
        timeout = httpx.Timeout(timeout_s, connect=_CONNECT_TIMEOUT_S)
        request = self._http.build_request(method, address, json=body, timeout=timeout)
        try:
            response = await self._http.send(request, stream=True)
            try:
                content = bytearray()
                async for block in response.aiter_bytes():
                    content += block
                    if len(content) > _MAX_ANSWER_BYTES:
                        raise FollowError(Refusal.MALFORMED)
            finally:
                await response.aclose()
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ExchangeAway(
                "The exchange could not be reached. It is asked again; the list stays in use."
            ) from error
        read = httpx.Response(response.status_code, content=bytes(content))
        _check_status(read)
        return read


def _check_status(response: httpx.Response) -> None:
    if response.status_code in (408, 429) or response.status_code >= 500:
        raise ExchangeAway(f"The exchange answered with status {response.status_code}. It is asked again.")
    if response.status_code != 200:
        raise ExchangeRefuses(response.status_code, _code(response))


def _code(response: httpx.Response) -> str:
    """The reason in the exchange's words for programs; empty where it gave none that is known here."""
    try:
        code = response.json()["error"]["code"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return ""
    return code if code in _TEXTS else ""


def _signed(untrusted: object) -> Signed:
    try:
        return Signed.from_json(untrusted)
    except BadSignature as error:
        raise FollowError(Refusal.MALFORMED) from error
