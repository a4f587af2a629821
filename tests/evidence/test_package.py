"""A package of evidence, before anything in it is opened: whole and signed, or refused."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime

import pytest

from notcontent.evidence.manifest import Manifest, Touch, format_manifest
from notcontent.evidence.package import Chain, NotAPackage, Piece, make_package, open_package
from notcontent.feed.keys import FeedKeys, format_feed_keys
from notcontent.feed.signature import PublicKey, SigningKey

NOW = datetime(2026, 11, 29, 8, 30, tzinfo=UTC)
EVIDENCE = "ab" * 16


def chain_of(root: SigningKey, *keys: PublicKey, revoked: tuple[str, ...] = ()) -> Chain:
    return Chain(root.public, root.sign(format_feed_keys(FeedKeys(1, NOW.date(), keys, revoked))))


@pytest.fixture(scope="module")
def package() -> bytes:
    key, root = SigningKey.generate(), SigningKey.generate()
    return package_of(key, chain_of(root, key.public))


def package_of(key: SigningKey, chain: Chain) -> bytes:
    manifest = key.sign(format_manifest(Manifest(EVIDENCE, "cd" * 32, NOW, "ef" * 8, "notcontent 0")))
    piece = Piece(manifest, (), b"sealed")
    touch = Touch(EVIDENCE, 1, NOW, "ef" * 8, "kept", "0" * 64)
    return make_package("12" * 16, [piece], [touch], key, chain=chain, at=NOW)


def test_whatever_byte_is_changed_it_is_refused_or_says_the_same(package: bytes) -> None:
    whole = open_package(package)
    for at in range(len(package)):
        for flip in (0x01, 0x08, 0x80):
            changed = bytearray(package)
            changed[at] ^= flip
            try:
                opened = open_package(bytes(changed))
            except NotAPackage:
                continue
            # Dates and the like of the zip itself, and the comment beside the key, say nothing.
            assert opened.manifests == whole.manifests and opened.sealed == whole.sealed, at
            assert opened.custody == whole.custody, at


def test_a_key_for_which_the_root_key_does_not_vouch_releases_nothing() -> None:
    key, other, root = (SigningKey.generate() for _ in range(3))
    open_package(package_of(key, chain_of(root, other.public, key.public)))
    for chain in (
        chain_of(root, other.public),
        chain_of(root, key.public, revoked=(key.public.key_id,)),
        Chain(other.public, chain_of(root, key.public).keys),
    ):
        with pytest.raises(NotAPackage):
            open_package(package_of(key, chain))


def test_what_is_packed_tighter_than_ours_is_not_unpacked(package: bytes) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as ours, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as theirs:
        for name in ours.namelist():
            theirs.writestr(name, ours.read(name))
    with pytest.raises(NotAPackage):
        open_package(packed.getvalue())
