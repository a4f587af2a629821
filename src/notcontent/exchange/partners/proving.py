"""Signed requests at the partners' face: who holds a token proves that he also holds the guard's key (RFC 9421)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from urllib.parse import quote

from django.db import IntegrityError, transaction
from django.http import HttpRequest

from notcontent.exchange.errors import Refused
from notcontent.exchange.handler import ask_tables
from notcontent.exchange.partners.models import SeenRequest, Stream
from notcontent.exchange.today import utc_today
from notcontent.feed.signature import MalformedKey, PublicKey
from notcontent.feed.signed_request import MAX_AGE, BadRequestSignature, Proof, verify_request

#: Where a guard's key is told for the first time, and so can only be checked against itself.
REGISTERS = "/v1/guards"


@dataclass(slots=True)
class Standing:
    """What is known of a stream's signatures: its guard's key ("" before it registers), whether it must sign, and
    whether a good one was noted today.
    """

    guard_key: str
    demands: bool
    noted_today: bool


async def check_proof(request: HttpRequest, feed: str, standing: Standing) -> None:
    """Check the request's signature where the partner must sign, and note where one that need not does.

    Raises `Refused` 401. A bad signature of a partner that need not sign is passed over, like any unknown header.
    """
    if not standing.demands and (standing.noted_today or "Signature-Input" not in request.headers):
        return
    try:
        proof = _verify(request, standing)
    except BadRequestSignature as error:
        if standing.demands:
            raise _unsigned(str(error)) from None
        return
    if request.method == "POST" and standing.demands:
        await ask_tables(_take_once, feed, proof)
    if not standing.noted_today:
        await ask_tables(_note, feed)
        standing.noted_today = True


def _verify(request: HttpRequest, standing: Standing) -> Proof:
    if "Signature-Input" not in request.headers:
        raise BadRequestSignature("The helpline asks this site's guard to sign its requests, and this one is not.")
    body = request.body
    key_text = standing.guard_key
    if not key_text and request.path == REGISTERS:
        try:
            key_text = json.loads(body)["public_key"]
        except (ValueError, TypeError, KeyError, RecursionError):
            key_text = ""
    try:
        key = PublicKey.from_text(key_text)
    except (MalformedKey, AttributeError):
        raise BadRequestSignature("This stream has no guard's key yet. Register the guard first.") from None
    headers = {name.lower(): value for name, value in request.headers.items()}
    now = datetime.now(UTC)
    method = str(request.method)
    return verify_request(key, method=method, target=_target(request), untrusted_headers=headers, body=body, now=now)


def _target(request: HttpRequest) -> str:
    """Path and query as they came, not as they were understood."""
    scope = getattr(request, "scope", {})
    path = scope.get("raw_path") or quote(request.path).encode()
    query = scope.get("query_string", b"")
    return path.decode("latin-1") + (f"?{query.decode('latin-1')}" if query else "")


def _take_once(feed: str, proof: Proof) -> None:
    digest = hashlib.sha256(f"{feed} {proof.nonce}".encode()).hexdigest()
    made = int(proof.created.timestamp())
    try:
        with transaction.atomic():
            SeenRequest.objects.filter(
                made__lt=int(datetime.now(UTC).timestamp() - 2 * MAX_AGE.total_seconds())
            ).delete()
            SeenRequest.objects.create(digest=digest, made=made)
    except IntegrityError:
        raise _unsigned("This very request was made before.") from None


def _note(feed: str) -> None:
    Stream.objects.filter(feed=feed).update(signed=utc_today())


def _unsigned(message: str) -> Refused:
    return Refused(
        HTTPStatus.UNAUTHORIZED,
        "unsigned",
        message,
        "Sign it as docs/spec/feed.md §4.2 says, with the guard's registered key and a clock that is right.",
    )
