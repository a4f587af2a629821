"""Codes to hand on, as the exchange and the command line read them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notcontent.hand_on import DIGITS, HandOnCode, NotACode, format_code, parse_code

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "passphrase.json").read_text())["passphrases"]
CODES = st.builds(
    lambda locator, key: HandOnCode(locator.hex(), key.hex()),
    st.binary(min_size=16, max_size=16),
    st.binary(min_size=32, max_size=32),
)


@pytest.mark.parametrize("row", VECTORS, ids=lambda row: row["language"] or "other")
def test_codes_are_what_the_vectors_say(row: dict[str, str]) -> None:
    for name, key in (("looking_code", "look_key"), ("withdrawing_code", "withdraw_key")):
        code = HandOnCode(row["locator"], row[key])
        assert format_code(code) == row[name]
        assert parse_code(row[name]) == code


@given(code=CODES)
def test_what_was_formatted_is_parsed_and_the_other_way_round(code: HandOnCode) -> None:
    text = format_code(code)
    assert parse_code(text) == code
    assert format_code(parse_code(text.replace(" ", ""))) == text
    assert [len(group) for group in text.split(" ")] == [5] * 16


@given(
    code=CODES,
    one=st.sampled_from("iIlL1"),
    zero=st.sampled_from("oO0"),
    between=st.sampled_from([" ", "-", "‑", "\n", "　", ""]),
)
def test_hands_and_keyboards_are_forgiven(code: HandOnCode, one: str, zero: str, between: str) -> None:
    typed = format_code(code).lower().replace("1", one).replace("0", zero).replace(" ", between)
    assert parse_code(f"\u200f {typed}\u00a0\n") == code
    assert parse_code("".join(chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign for sign in typed)) == code


def test_every_wrong_sign_of_a_code_is_noticed() -> None:
    signs = format_code(HandOnCode("5a" * 16, "c3" * 32)).replace(" ", "")
    for at, right in enumerate(signs):
        wrong = DIGITS[(DIGITS.index(right) + 1) % 32]
        with pytest.raises(NotACode):
            parse_code(signs[:at] + wrong + signs[at + 1 :])


@pytest.mark.parametrize("typed", ["", "A", "0" * 79, "0" * 81, "U" + "0" * 79, "é" * 80, "0" * 1_000_000, "١" * 80])
def test_what_is_no_code_is_refused_without_repeating_it(typed: str) -> None:
    with pytest.raises(NotACode) as refused:
        parse_code(typed)
    assert not typed or typed not in str(refused.value) or len(typed) == 1


@pytest.mark.parametrize(
    "code", [HandOnCode("", ""), HandOnCode("5a" * 15, "c3" * 33), HandOnCode("5A" * 16, "c3" * 32)]
)
def test_nothing_but_a_locator_and_a_key_becomes_a_code(code: HandOnCode) -> None:
    with pytest.raises(ValueError):
        format_code(code)
    assert "c3c3" not in repr(code)
