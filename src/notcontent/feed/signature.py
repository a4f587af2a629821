"""Signed texts and keys, in minisign's formats, by the library of minisign's author (py-minisign).

`minisign -V` from any distribution verifies what is signed here, and the tests hold it to that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO, ClassVar

import minisign
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from notcontent.feed.text import FeedError


class BadSignature(FeedError):
    """A signature does not belong to the text and key. Do not use the text; ask for it again."""


class MalformedKey(FeedError):
    """A key is not in minisign's format. Copy it again, whole, from where it was printed."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A text and its detached minisign signature."""

    text: str
    signature: str

    def to_json(self) -> dict[str, str]:
        """`{"text", "signature"}`, as it travels."""
        return {"text": self.text, "signature": self.signature}

    @classmethod
    def from_json(cls, untrusted: object) -> Signed:
        """The pair from decoded JSON. Raises `BadSignature` if it is not such a pair."""
        if isinstance(untrusted, dict) and set(untrusted) == {"text", "signature"}:
            text, signature = untrusted["text"], untrusted["signature"]
            if isinstance(text, str) and isinstance(signature, str):
                return cls(text, signature)
        raise BadSignature("This is not a signed text: it needs exactly the strings 'text' and 'signature'.")

    @property
    def untrusted_key_id(self) -> str:
        """Which key the signature names, 16 hex digits. WARNING: not yet verified."""
        return bytes(_parse_signature(self.signature)._key_id).hex()


@dataclass(frozen=True, slots=True)
class PublicKey:
    """An Ed25519 public key with minisign's 8-byte key id."""

    _key: minisign.PublicKey

    @classmethod
    def from_text(cls, untrusted: str) -> PublicKey:
        """From the base64 line, or from a whole `.pub` file. Raises `MalformedKey`."""
        lines = untrusted.strip().splitlines()
        try:
            return cls(minisign.PublicKey.from_base64(lines[-1].strip()))
        except (minisign.Error, IndexError, UnicodeError, ValueError) as error:
            raise MalformedKey("This is not a minisign public key (one line that starts with RW).") from error

    @property
    def text(self) -> str:
        """The base64 line."""
        return str(self._key.to_base64(), "ascii")

    @property
    def key_id(self) -> str:
        """16 hex digits, in the byte order of the file."""
        return bytes(self._key._keynum_pk.key_id).hex()

    @property
    def request_key(self) -> Ed25519PublicKey:
        """The same key for signatures over requests (`signed_request`), whose texts never look like those of a feed."""
        return Ed25519PublicKey.from_public_bytes(bytes(self._key._keynum_pk.public_key))

    def verify(self, signed: Signed) -> str:
        """The text, now trusted to come from this key's owner. Raises `BadSignature`."""
        kind = signed.text.split("\n", 1)[0].split("/", 1)[0]
        signature = self._verify(signed.text.encode("utf-8", "surrogatepass"), signed.signature)
        if signature.trusted_comment.split(" ", 1)[0] != kind:
            raise BadSignature("The signature was made for another kind of text.")
        return signed.text

    def verify_file(self, file: BinaryIO, signature: str) -> None:
        """Raises `BadSignature` unless the file's bytes were signed by this key. Reads it in pieces."""
        self._verify(file, signature)

    def _verify(self, data: bytes | BinaryIO, untrusted_signature: str) -> minisign.Signature:
        signature = _parse_signature(untrusted_signature)
        if not signature.is_prehashed():
            raise BadSignature("The signature is of minisign's old, unhashed kind, which the feed does not use.")
        try:
            self._key.verify(data, signature)
        except minisign.Error as error:
            raise BadSignature("The signature does not match the text and this key.") from error
        return signature


@dataclass(frozen=True, slots=True, repr=False)
class SigningKey:
    """A secret Ed25519 key. Its text form is an unlocked minisign secret key file: keep it readable to one account."""

    _key: minisign.SecretKey

    UNTRUSTED_COMMENT: ClassVar[str] = "verify with minisign -V"

    @classmethod
    def generate(cls) -> SigningKey:
        """A new key from the system's random numbers."""
        return cls(minisign.KeyPair.generate().secret_key)

    @classmethod
    def from_text(cls, text: str) -> SigningKey:
        """From a secret key file without a password. Raises `MalformedKey`."""
        try:
            key = minisign.SecretKey.from_bytes(text.strip().encode())
            if key.is_encrypted():
                raise MalformedKey("This secret key is locked with a password. Give an unlocked copy.")
        except (minisign.Error, ValueError) as error:
            raise MalformedKey("This is not a minisign secret key file.") from error
        return cls(key)

    def to_text(self) -> str:
        """The secret key file. WARNING: whoever reads it can sign in your name."""
        return bytes(self._key).decode() + "\n"

    @property
    def public(self) -> PublicKey:
        """The public half."""
        return PublicKey(self._key.get_public_key())

    @property
    def request_key(self) -> Ed25519PrivateKey:
        """The same key for signatures over requests (`signed_request`)."""
        return Ed25519PrivateKey.from_private_bytes(bytes(self._key._keynum_sk.secret_key))

    def sign(self, text: str) -> Signed:
        """The text with its signature; the trusted comment repeats the text's kind."""
        return Signed(text, self.sign_bytes(text.encode(), text.split("\n", 1)[0].split("/", 1)[0]))

    def sign_bytes(self, data: bytes | BinaryIO, trusted_comment: str) -> str:
        """A minisign signature file over these bytes."""
        signature = self._key.sign(
            data, prehash=True, untrusted_comment=self.UNTRUSTED_COMMENT, trusted_comment=trusted_comment
        )
        return bytes(signature).decode() + "\n"


def _parse_signature(untrusted: str) -> minisign.Signature:
    try:
        return minisign.Signature.from_bytes(untrusted.encode("utf-8", "surrogatepass"))
    except (minisign.Error, ValueError) as error:
        raise BadSignature("This is not a minisign signature.") from error
