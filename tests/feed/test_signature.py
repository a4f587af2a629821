"""Signatures that other people's tools verify."""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path

import pytest

from notcontent.feed.signature import BadSignature, MalformedKey, PublicKey, Signed, SigningKey

TEXT = "notcontent-head/1\nnumber: 1\n"


def test_a_key_survives_being_written_down() -> None:
    key = SigningKey.generate()
    again = SigningKey.from_text(key.to_text())
    assert again.public == key.public
    assert PublicKey.from_text(key.public.text).verify(again.sign(TEXT)) == TEXT


def test_a_changed_text_or_signature_is_refused() -> None:
    key = SigningKey.generate()
    signed = key.sign(TEXT)
    for broken in (
        Signed(TEXT + " ", signed.signature),
        Signed(TEXT, signed.signature.replace("trusted comment: notcontent-head", "trusted comment: notcontent-heap")),
        Signed(TEXT, ""),
        Signed(TEXT, "\ud800"),
        Signed("\ud800", signed.signature),
    ):
        with pytest.raises(BadSignature):
            key.public.verify(broken)


def test_a_secret_key_never_shows_in_its_repr() -> None:
    key = SigningKey.generate()
    assert key.to_text().splitlines()[1][30:60] not in repr(key)


@pytest.mark.parametrize("text", ["", "RW", "hello", "RWQ" + "A" * 53, "\ud800"])
def test_what_is_not_a_key_is_refused(text: str) -> None:
    with pytest.raises(MalformedKey):
        PublicKey.from_text(text) if text != "RWQ" + "A" * 53 else SigningKey.from_text(text)


def test_json_that_is_not_a_signed_text_is_refused() -> None:
    for wrong in (None, [], {}, {"text": "a"}, {"text": 1, "signature": "b"}, {"text": "a", "signature": "b", "c": 1}):
        with pytest.raises(BadSignature):
            Signed.from_json(wrong)


@pytest.mark.peer
def test_the_minisign_program_verifies_what_we_sign_and_we_what_it_signs(tmp_path: Path) -> None:
    key = SigningKey.generate()
    signed = key.sign(TEXT)
    (tmp_path / "text").write_text(signed.text)
    (tmp_path / "text.minisig").write_text(signed.signature)
    verify = ["minisign", "-V", "-P", key.public.text, "-m", "text"]
    assert subprocess.run(verify, cwd=tmp_path, check=False, capture_output=True).returncode == 0
    (tmp_path / "text").write_text(signed.text + "x")
    assert subprocess.run(verify, cwd=tmp_path, check=False, capture_output=True).returncode != 0

    (tmp_path / "text").write_text(TEXT)
    subprocess.run(
        ["minisign", "-G", "-W", "-p", "theirs.pub", "-s", "theirs.key"], cwd=tmp_path, check=True, capture_output=True
    )
    subprocess.run(
        ["minisign", "-S", "-s", "theirs.key", "-t", "notcontent-head", "-m", "text"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    theirs = PublicKey.from_text((tmp_path / "theirs.pub").read_text())
    assert theirs.verify(Signed(TEXT, (tmp_path / "text.minisig").read_text())) == TEXT
    assert SigningKey.from_text((tmp_path / "theirs.key").read_text()).public == theirs


@pytest.mark.peer
def test_openssl_verifies_a_receipt_from_its_parts(tmp_path: Path) -> None:
    """Without minisign: RFC 8032 over BLAKE2b-512 of the text, and over signature and trusted comment."""
    key = SigningKey.generate()
    signed = key.sign("notcontent-receipt/1\nstate: erased\n")
    lines = signed.signature.splitlines()
    algorithm_id_signature, comment = base64.b64decode(lines[1]), lines[2].removeprefix("trusted comment: ")
    assert algorithm_id_signature[:2] == b"ED"
    # SubjectPublicKeyInfo of an Ed25519 key (RFC 8410): a fixed beginning, then the 32 bytes.
    der = bytes.fromhex("302a300506032b6570032100") + base64.b64decode(key.public.text)[10:]
    pem = b"-----BEGIN PUBLIC KEY-----\n" + base64.b64encode(der) + b"\n-----END PUBLIC KEY-----\n"
    (tmp_path / "key.pem").write_bytes(pem)
    (tmp_path / "text").write_text(signed.text)
    digest = subprocess.run(
        ["openssl", "dgst", "-blake2b512", "-binary", "text"], cwd=tmp_path, check=True, capture_output=True
    ).stdout

    def holds(message: bytes, signature: bytes) -> bool:
        (tmp_path / "message").write_bytes(message)
        (tmp_path / "signature").write_bytes(signature)
        verify = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "key.pem", "-rawin"]
        done = subprocess.run(
            [*verify, "-in", "message", "-sigfile", "signature"], cwd=tmp_path, check=False, capture_output=True
        )
        return done.returncode == 0

    signature = algorithm_id_signature[10:]
    assert holds(digest, signature)
    assert holds(signature + comment.encode(), base64.b64decode(lines[3]))
    assert not holds(digest[::-1], signature)
