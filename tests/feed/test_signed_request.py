"""Signatures over requests, held against RFC 9421's own example and against OpenSSL."""

from __future__ import annotations

import base64
import hashlib
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
from http_message_signatures import HTTPMessageVerifier, HTTPSignatureKeyResolver, InvalidSignature, algorithms

from notcontent.feed.signature import SigningKey
from notcontent.feed.signed_request import BadRequestSignature, sign_request, verify_request

NOW = datetime(2026, 11, 29, 3, 0, tzinfo=UTC)
KEY = SigningKey.generate()
TARGET = "/v1/reports?x=1"
TOKEN = "Bearer nct_example"
BODY = b'{"reports":[]}'


def signed(**changed: object) -> dict[str, str]:
    """The headers of a signed request, in lower case."""
    said = {"method": "POST", "target": TARGET, "authorization": TOKEN, "body": BODY, "nonce": "n1", "now": NOW}
    made = sign_request(KEY, **(said | changed))  # type: ignore[arg-type]
    return {name.lower(): value for name, value in made.items()} | {"authorization": TOKEN}


def verify(headers: dict[str, str], **changed: object) -> object:
    said = {"method": "POST", "target": TARGET, "body": BODY, "now": NOW}
    return verify_request(KEY.public, untrusted_headers=headers, **(said | changed))  # type: ignore[arg-type]


def test_what_a_guard_signs_is_believed_once_it_fits() -> None:
    proof = verify(signed())
    assert (proof.nonce, proof.created) == ("n1", NOW)  # type: ignore[attr-defined]
    empty = signed(method="GET", target="/v1/feed/keys", body=b"")
    assert verify(empty, method="GET", target="/v1/feed/keys", body=b"")


@pytest.mark.parametrize(
    "changed",
    [
        {"method": "PUT"},
        {"target": "/v1/receipts?x=1"},
        {"target": "/v1/reports?x=2"},
        {"target": "/v1/reports"},
        {"body": b'{"reports":[1]}'},
        {"now": NOW + timedelta(minutes=6)},
        {"now": NOW - timedelta(minutes=6)},
    ],
    ids=lambda changed: str(next(iter(changed.items()))),
)
def test_a_request_that_was_changed_or_is_old_is_refused(changed: dict[str, object]) -> None:
    with pytest.raises(BadRequestSignature):
        verify(signed(), **changed)


def test_another_token_key_digest_or_less_cover_is_refused() -> None:
    with pytest.raises(BadRequestSignature):
        verify(signed() | {"authorization": "Bearer nct_other"})
    with pytest.raises(BadRequestSignature):
        verify_request(
            SigningKey.generate().public, method="POST", target=TARGET, untrusted_headers=signed(), body=BODY, now=NOW
        )
    other = signed(body=b"{}")
    with pytest.raises(BadRequestSignature):
        verify(other | {"content-digest": signed()["content-digest"]})
    for without in ("signature", "signature-input", "content-digest"):
        with pytest.raises(BadRequestSignature):
            verify({name: value for name, value in signed().items() if name != without})
    headers = signed()
    less = headers["signature-input"].replace(' "content-digest"', "")
    with pytest.raises(BadRequestSignature):
        verify(headers | {"signature-input": less})
    with pytest.raises(BadRequestSignature):
        verify(headers | {"signature-input": headers["signature-input"].replace("notcontent-feed-1", "other")})


@pytest.mark.parametrize("junk", ["", "guard=", "guard=()", "a=:x:, a=:x:", "\x00", "guard=:" + "A" * 9000, "é"])
def test_nonsense_in_the_headers_is_refused_and_breaks_nothing(junk: str) -> None:
    for name in ("signature", "signature-input", "content-digest"):
        with pytest.raises(BadRequestSignature):
            verify(signed() | {name: junk})


def test_openssl_verifies_what_a_guard_signs(tmp_path: Path) -> None:
    """The text that is signed is written here by hand, after RFC 9421 §2.5, and OpenSSL has the last word."""
    headers = signed()
    parameters = headers["signature-input"].removeprefix("guard=")
    digest = base64.b64encode(hashlib.sha256(BODY).digest()).decode()
    base = "\n".join(
        [
            '"@method": POST',
            '"@path": /v1/reports',
            '"@query": ?x=1',
            f'"authorization": {TOKEN}',
            f'"content-digest": sha-256=:{digest}:',
            f'"@signature-params": {parameters}',
        ]
    )
    assert parameters.startswith('("@method" "@path" "@query" "authorization" "content-digest");created=')
    (tmp_path / "text").write_bytes(base.encode())
    (tmp_path / "signature").write_bytes(base64.b64decode(headers["signature"].removeprefix("guard=:")[:-1]))
    pem = KEY.public.request_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "key.pem").write_bytes(pem)
    words = ["pkeyutl", "-verify", "-pubin", "-inkey", "key.pem", "-rawin", "-in", "text", "-sigfile", "signature"]
    done = subprocess.run(["openssl", *words], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "Verified Successfully" in done.stdout, done.stderr
    (tmp_path / "text").write_bytes(base.replace("POST", "GET").encode())
    assert subprocess.run(["openssl", *words], cwd=tmp_path, capture_output=True, check=False).returncode != 0


class TestKey(HTTPSignatureKeyResolver):
    """The key of RFC 9421 appendix B.1.4."""

    __test__ = False
    PEM = (
        b"-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=\n"
        b"-----END PUBLIC KEY-----\n"
    )

    def resolve_public_key(self, key_id: str) -> object:
        assert key_id == "test-key-ed25519"
        return load_pem_public_key(self.PEM)


def test_the_library_verifies_the_rfcs_own_example() -> None:
    """RFC 9421 appendix B.2.6."""
    message = SimpleNamespace(
        method="POST",
        url="https://example.com/foo?param=Value&Pet=dog",
        headers={
            "Host": "example.com",
            "Date": "Tue, 20 Apr 2021 02:07:55 GMT",
            "Content-Type": "application/json",
            "Content-Length": "18",
            "Signature-Input": 'sig-b26=("date" "@method" "@path" "@authority" "content-type" "content-length")'
            ';created=1618884473;keyid="test-key-ed25519"',
            "Signature": "sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u"
            "02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==:",
        },
    )
    verifier = HTTPMessageVerifier(signature_algorithm=algorithms.ED25519, key_resolver=TestKey())
    (result,) = verifier.verify(message, max_age=None)
    assert result.parameters["keyid"] == "test-key-ed25519"
    message.headers["Content-Length"] = "19"
    with pytest.raises(InvalidSignature):
        verifier.verify(message, max_age=None)
