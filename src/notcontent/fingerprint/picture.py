"""What one picture yields: its fingerprint in all eight orientations, and how much the picture gives to go on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

from .orientations import ORIENTATIONS
from .value import Fingerprint, MalformedFingerprint


class Purpose(Enum):
    """What a fingerprint is made for. The value is what a worker is told."""

    #: To be listed: the canonical fingerprint, 0 bits from the reference.
    ENROL = b"P"
    #: To be looked up: much faster, and at most 4 bits from the canonical one for 99 of 100 photographs.
    QUERY = b"Q"


@dataclass(frozen=True, slots=True)
class PictureFingerprint:
    """Eight exact fingerprints in the order of `ORIENTATIONS` and the quality, 0 (flat) to 100.

    Below `LEAST_QUALITY` a fingerprint says too little to be listed or matched. Raises `MalformedFingerprint`.
    """

    quality: int
    orientations: tuple[Fingerprint, ...]
    kind: str = "pdq"

    LEAST_QUALITY: ClassVar[int] = 50

    def __post_init__(self) -> None:
        if len(self.orientations) != len(ORIENTATIONS) or not 0 <= self.quality <= 100 or self.kind != "pdq":
            raise MalformedFingerprint("These are not the codes of one picture. Make them again from the picture.")

    @property
    def upright(self) -> Fingerprint:
        """The fingerprint of the picture as a person sees it."""
        return self.orientations[0]
