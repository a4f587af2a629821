"""A letter in transit, and the commands that the helper's own computer has for it."""

from __future__ import annotations

import re
import secrets
import subprocess
import sys
from pathlib import Path

import pyrage
import pytest
from hypothesis import given
from hypothesis import strategies as st

from notcontent.letter import (
    NotALetter,
    NotAPublicKey,
    format_letter,
    format_recipient,
    looks_sealed,
    parse_key,
    parse_letter,
)


def run(*words: object, text: str = "", fails: bool = False) -> str:
    """Run `notcontent letter …`; what it printed (with `fails`: its error text)."""
    program = [sys.executable, "-m", "notcontent.cli.main", "letter", *map(str, words)]
    done = subprocess.run(program, input=text, capture_output=True, text=True, check=False)
    assert (done.returncode != 0) == fails, done.stderr
    return done.stderr if fails else done.stdout


@pytest.fixture
def helpline(tmp_path: Path) -> tuple[Path, str]:
    """The helpline's key file and its public half."""
    path = tmp_path / "helpline.key"
    return path, run("key", "--out", path).strip()


@given(st.binary(min_size=32, max_size=32))
def test_a_public_key_is_written_as_age_writes_it_and_read_back(key: bytes) -> None:
    written = format_recipient(key.hex())
    assert re.fullmatch("age1[0-9a-z]{58}", written)
    assert parse_key(written) == parse_key(key.hex()) == key.hex()


def test_age_takes_the_keys_we_write_and_we_take_those_it_writes() -> None:
    for _ in range(50):
        public = str(pyrage.x25519.Identity.generate().to_public())
        assert format_recipient(parse_key(public)) == public
    pyrage.x25519.Recipient.from_str(format_recipient(secrets.token_hex(32)))


def test_a_public_key_with_one_wrong_sign_is_refused() -> None:
    public = str(pyrage.x25519.Identity.generate().to_public())
    for at in range(4, len(public)):
        wrong = public[:at] + ("q" if public[at] != "q" else "p") + public[at + 1 :]
        with pytest.raises(NotAPublicKey):
            parse_key(wrong)
    for wrong in (
        "",
        public.upper(),
        public + "q",
        public[:-1],
        "AB" * 32,
        "ab" * 31,
        "age1",
        f" {public}",
        public + "\n",
    ):
        with pytest.raises(NotAPublicKey):
            parse_key(wrong)


TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@given(TEXT, st.dictionaries(TEXT, st.booleans() | TEXT | st.none()))
def test_what_is_written_in_a_letter_is_read_back_whatever_it_is(text: str, answers: dict[str, object]) -> None:
    written = format_letter({"answers": answers, "text": text})
    assert len(written) % 1_024 == 0 and parse_letter(written) == {"answers": answers, "text": text}


@pytest.mark.parametrize("wrong", [b"", b"hello", b"[]", b"{}", b'{"v":2}', b"\xff", b"[" * 100_000])
def test_what_is_no_letter_is_refused(wrong: bytes) -> None:
    with pytest.raises(NotALetter):
        parse_letter(wrong)


def test_the_helper_opens_a_letter_and_seals_an_answer(tmp_path: Path, helpline: tuple[Path, str]) -> None:
    key, public = helpline
    hers = pyrage.x25519.Identity.generate()
    letter = tmp_path / "letter.age"
    letter.write_bytes(
        pyrage.encrypt(format_letter({"text": "도와주세요\x1b[2J\u202e"}), [pyrage.x25519.Recipient.from_str(public)])
    )
    said = run("open", letter, "--key", key)
    assert "도와주세요" in said and "\x1b" not in said and "\u202e" not in said and "\\u202e" in said
    for number, to in enumerate((str(hers.to_public()), parse_key(str(hers.to_public())))):
        answer = tmp_path / f"answer-{number}.age"
        run("answer", "--to", to, "--out", answer, text="We wrote to both sites.\n")
        assert looks_sealed(answer.read_bytes()) and answer.stat().st_mode & 0o077 == 0
        assert parse_letter(pyrage.decrypt(answer.read_bytes(), [hers])) == {"text": "We wrote to both sites."}


def test_what_goes_wrong_is_said_with_what_to_do_and_without_what_was_written(
    tmp_path: Path, helpline: tuple[Path, str]
) -> None:
    key, public = helpline
    other = tmp_path / "other.key"
    other_public = run("key", "--out", other).strip()
    assert key.stat().st_mode & 0o077 == 0
    assert "Choose another name" in run("key", "--out", key, fails=True), "a key is never written over"
    secret = key.read_text().split()[-1]
    letter = tmp_path / "letter.age"
    run("answer", "--to", other_public, "--out", letter, text="marked words")
    for words, advice in (
        (("open", letter, "--key", key), "does not open"),
        (("open", key, "--key", key), "no sealed letter"),
        (("open", letter, "--key", letter), "no key of the age format"),
        (("open", tmp_path / "nothing", "--key", key), "cannot be read"),
        (("answer", "--to", "age1nothing", "--out", tmp_path / "a.age"), "Copy it again"),
        (("answer", "--to", public, "--out", letter), "Choose another name"),
    ):
        said = run(*words, text="marked words", fails=True)
        assert advice in said and "marked" not in said and secret not in said
    assert "nothing to seal" in run("answer", "--to", public, "--out", tmp_path / "b.age", text=" \n", fails=True)
    too_long = run("answer", "--to", public, "--out", tmp_path / "c.age", text="x" * 70_000, fails=True)
    assert "too long" in too_long and not (tmp_path / "c.age").exists()


@pytest.mark.peer
def test_age_opens_what_we_seal_and_we_open_what_age_seals(tmp_path: Path, helpline: tuple[Path, str]) -> None:
    key, public = helpline
    answer = tmp_path / "answer.age"
    run("answer", "--to", public, "--out", answer, text="We wrote to both sites.")
    opened = subprocess.run(["age", "--decrypt", "--identity", key, answer], capture_output=True, check=True).stdout
    assert parse_letter(opened) == {"text": "We wrote to both sites."}

    letter = tmp_path / "letter.age"
    seal = ["age", "--encrypt", "--recipient", public, "--output", letter]
    subprocess.run(seal, input=format_letter({"text": "두 곳에 더 있어요."}), check=True)
    assert looks_sealed(letter.read_bytes())
    assert "두 곳에 더 있어요." in run("open", letter, "--key", key)

    made = tmp_path / "age.key"
    subprocess.run(["age-keygen", "--output", made], capture_output=True, check=True)
    said = subprocess.run(["age-keygen", "-y", made], capture_output=True, text=True, check=True).stdout.strip()
    ours = subprocess.run(["age-keygen", "-y", key], capture_output=True, text=True, check=True).stdout.strip()
    assert ours == public != said
    second = tmp_path / "second.age"
    run("answer", "--to", parse_key(said), "--out", second, text="to a key that age made")
    assert "to a key that age made" in run("open", second, "--key", made)


@pytest.mark.peer
def test_the_shortest_file_that_age_writes_still_looks_sealed(helpline: tuple[Path, str]) -> None:
    sealed = subprocess.run(["age", "--recipient", helpline[1]], input=b"", capture_output=True, check=True).stdout
    assert len(sealed) == 200 and looks_sealed(sealed) and not looks_sealed(sealed[:-1])
