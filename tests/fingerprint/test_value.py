"""The fingerprint as a value."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notcontent.fingerprint.value import Fingerprint, FingerprintError, MalformedFingerprint


@given(st.binary(min_size=32, max_size=32))
def test_hex_and_bytes_are_the_same_fingerprint(value: bytes) -> None:
    fingerprint = Fingerprint(value)
    assert Fingerprint.from_hex(fingerprint.hex) == fingerprint
    assert fingerprint.distance_bits(fingerprint) == 0
    assert fingerprint.ones == bin(int(fingerprint.hex, 16)).count("1")


@given(st.binary(min_size=32, max_size=32), st.sets(st.integers(0, 255)))
def test_the_distance_is_the_number_of_bits_that_differ(value: bytes, flipped: set[int]) -> None:
    other = int.from_bytes(value, "big")
    for bit in flipped:
        other ^= 1 << bit
    assert Fingerprint(value).distance_bits(Fingerprint(other.to_bytes(32, "big"))) == len(flipped)


@pytest.mark.parametrize(
    "text", ["", "0" * 63, "0" * 65, "A" * 64, "g" * 64, " " + "0" * 63, "0" * 64 + "\n", "０" * 64]
)
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(MalformedFingerprint) as caught:
        Fingerprint.from_hex(text)
    assert isinstance(caught.value, FingerprintError)
    assert not text or text not in str(caught.value)


@pytest.mark.parametrize("value", [b"", bytes(31), bytes(33), bytearray(32), "0" * 32, None, 5])
def test_anything_but_32_bytes_is_refused(value: object) -> None:
    with pytest.raises(MalformedFingerprint):
        Fingerprint(value)  # type: ignore[arg-type]


def test_a_fingerprint_does_not_show_its_bits_when_it_is_logged() -> None:
    fingerprint = Fingerprint(bytes(range(32)))
    assert fingerprint.hex not in f"{fingerprint} {fingerprint!r}"
    assert fingerprint.hex[:12] not in f"{fingerprint} {fingerprint!r}"
