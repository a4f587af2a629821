"""A guard's signature over a request to an exchange: RFC 9421, Ed25519, the body covered by RFC 9530's Content-Digest.

Covered are method, path, query, the token and the body. Not the host: a proxy in between may name it otherwise, and the
token belongs to one exchange alone, so that nothing signed for one is good at another. Pure: `now` is an argument; who
verifies has to remember the nonces of requests that write.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from http_message_signatures import HTTPMessageSigner, HTTPMessageVerifier, HTTPSignatureKeyResolver, algorithms
from http_message_signatures.exceptions import HTTPMessageSignaturesException

from notcontent.feed.signature import PublicKey, SigningKey
from notcontent.feed.text import FeedError

COVERED = ("@method", "@path", "@query", "authorization", "content-digest")
LABEL = "guard"
TAG = "notcontent-feed-1"
#: How far the clocks of both sides may be apart, and how long a request may travel.
MAX_AGE = timedelta(minutes=5)
_MOST_NONCE = 64


class BadRequestSignature(FeedError):
    """A request is not signed as it must be. Look at the guard's clock, and for a proxy that rewrites requests."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What a good signature said of itself: when it was made, and its number used once."""

    created: datetime
    nonce: str


@dataclass(slots=True)
class _Message:
    """A request as the library reads it. The host is not covered, so any will do."""

    method: str
    target: str
    headers: dict[str, str]

    @property
    def url(self) -> str:
        return f"https://exchange.invalid{self.target}"


class _OneKey(HTTPSignatureKeyResolver):
    def __init__(self, key: Ed25519PrivateKey | Ed25519PublicKey, key_id: str) -> None:
        self._key, self._key_id = key, key_id

    def resolve_private_key(self, key_id: str) -> Ed25519PrivateKey | Ed25519PublicKey:
        return self._key

    def resolve_public_key(self, key_id: str) -> Ed25519PrivateKey | Ed25519PublicKey | None:
        return self._key if key_id == self._key_id else None


class _Verifier(HTTPMessageVerifier):
    """The library's, which would ask a clock of its own about the times: `verify_request` compares them with `now`."""

    def validate_created_and_expires(self, sig_input: object, max_age: timedelta | None = None) -> None:
        """Nothing here."""


def digest_body(body: bytes) -> str:
    """The value of Content-Digest (RFC 9530) for these bytes."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def sign_request(
    key: SigningKey, *, method: str, target: str, authorization: str, body: bytes, nonce: str, now: datetime
) -> dict[str, str]:
    """The headers to add: Content-Digest, Signature-Input, Signature. `target` is path and query as they are sent."""
    message = _Message(method, target, {"authorization": authorization})
    signer = HTTPMessageSigner(
        signature_algorithm=algorithms.ED25519, key_resolver=_OneKey(key.request_key, key.public.key_id)
    )
    signer.sign(
        message,
        key_id=key.public.key_id,
        created=now,
        nonce=nonce,
        label=LABEL,
        tag=TAG,
        covered_component_ids=COVERED,
        body=body,
    )
    made = {name.lower(): value for name, value in message.headers.items()}
    return {
        "Content-Digest": made["content-digest"],
        "Signature-Input": made["signature-input"],
        "Signature": made["signature"],
    }


def verify_request(
    key: PublicKey, *, method: str, target: str, untrusted_headers: Mapping[str, str], body: bytes, now: datetime
) -> Proof:
    """What the signature says, if this key made it a moment ago over this request with all that must be covered.

    Header names in lower case. Raises `BadRequestSignature`.
    """
    if untrusted_headers.get("content-digest") != digest_body(body):
        raise BadRequestSignature("The body is not the one that Content-Digest names.")
    verifier = _Verifier(signature_algorithm=algorithms.ED25519, key_resolver=_OneKey(key.request_key, key.key_id))
    try:
        message = _Message(method, target, dict(untrusted_headers))
        results = verifier.verify(message, expect_tag=TAG, require_components=COVERED)
    except (HTTPMessageSignaturesException, ValueError, TypeError, KeyError) as error:
        raise BadRequestSignature("The signature does not fit this request and this guard's key.") from error
    for result in results:
        created, nonce = result.parameters.get("created"), result.nonce
        if not isinstance(created, int) or abs(now.timestamp() - created) > MAX_AGE.total_seconds():
            continue
        if nonce and len(nonce) <= _MOST_NONCE:
            return Proof(datetime.fromtimestamp(created, UTC), nonce)
    raise BadRequestSignature("The signature has no nonce, or was not made within five minutes by our clock.")
