"""The fingerprint as a value: 256 bits, and how far two of them are apart."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from notcontent.errors import NotContentError

_HEX = re.compile(r"[0-9a-f]{64}\Z")


class FingerprintError(NotContentError):
    """A picture or a fingerprint can't be used. The one family of this room."""


class MalformedFingerprint(FingerprintError):
    """Something that should be a fingerprint is not 32 bytes or 64 lower-case hex digits."""


@dataclass(frozen=True, slots=True, order=True)
class Fingerprint:
    """A PDQ fingerprint: 32 bytes, the first byte holding bits 255 to 248, as in the usual hex.

    Source: facebook/ThreatExchange, pdq. Raises `MalformedFingerprint` for anything but 32 bytes.

    WARNING: a fingerprint is personal data of the person in the picture. Its text form hides the bits, so that it can't
    slip into a log; use `.hex` where the bits are meant.
    """

    value: bytes

    #: Number of bits, and so the largest distance there can be.
    BITS: ClassVar[int] = 256

    def __post_init__(self) -> None:
        if type(self.value) is not bytes or len(self.value) != 32:
            raise MalformedFingerprint(
                "This is not a picture code: it must be 32 bytes. Make it again from the picture."
            )

    @classmethod
    def from_hex(cls, untrusted_hex: str) -> Fingerprint:
        """The fingerprint that 64 lower-case hex digits stand for. Raises `MalformedFingerprint` for any other text."""
        if not isinstance(untrusted_hex, str) or not _HEX.match(untrusted_hex):
            raise MalformedFingerprint(
                "This is not a picture code: it must be 64 digits from 0 to 9 and a to f. "
                "Make it again from the picture."
            )
        return cls(bytes.fromhex(untrusted_hex))

    @property
    def hex(self) -> str:
        """64 lower-case hex digits, bit 255 first: the form every other PDQ program prints."""
        return self.value.hex()

    @property
    def ones(self) -> int:
        """How many of the 256 bits are set. Exactly 128 in a genuine one, unless coefficients tie."""
        return int.from_bytes(self.value, "big").bit_count()

    def distance_bits(self, other: Fingerprint) -> int:
        """In how many of the 256 bits the two differ (0 to 256)."""
        return (int.from_bytes(self.value, "big") ^ int.from_bytes(other.value, "big")).bit_count()

    def __repr__(self) -> str:
        return "Fingerprint(…)"
