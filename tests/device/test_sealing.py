"""Letters and case files sealed at the command line."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import zlib
from pathlib import Path

import pytest

from notcontent.device.passphrase import CaseKeys, expand_keys
from notcontent.device.sealing import LetterTooLong, NotOpened, open_letter, open_with, seal_letter, seal_to
from notcontent.letter import NotALetter

#: The library reads two kinds of sloppily written headers too; their MAC is checked all the same.
SLOPPY = ("stanza_missing_body", "stanza_missing_final_line")
AGE_FILES = [
    file
    for file in json.loads((Path(__file__).parents[2] / "vectors" / "age.json").read_text())["files"]
    if file["name"] not in SLOPPY
]
LETTER = {"text": 'é 山 👩 "quoted"', "links": []}


def new_keys() -> CaseKeys:
    return expand_keys(secrets.token_bytes(32))


def test_a_letter_opens_with_each_of_its_keys_and_with_no_other() -> None:
    readers = [new_keys() for _ in range(3)]
    sealed = seal_letter(LETTER, [reader.reply_to for reader in readers])
    assert all(open_letter(sealed, reader.read_key) == LETTER for reader in readers)
    with pytest.raises(NotOpened):
        open_letter(sealed, new_keys().read_key)


def test_what_is_sealed_tells_little_of_its_length_and_nothing_of_its_words() -> None:
    keys = new_keys()
    short, longer = (seal_letter({"text": "x" * length}, [keys.reply_to]) for length in (1, 900))
    # The library adds a stanza of random length, so that nobody relies on there being none.
    plain = [open_with(sealed, keys.read_key) for sealed in (short, longer)]
    assert [len(text) for text in plain] == [1024, 1024]
    assert b"xxxxxxxx" not in longer
    with pytest.raises(LetterTooLong):
        seal_letter({"text": "x" * 66_000}, [keys.reply_to])


@pytest.mark.parametrize("file", AGE_FILES, ids=lambda file: file["name"])
def test_files_of_the_authors_of_the_format_open_or_not_as_they_say(file: dict[str, str]) -> None:
    sealed = zlib.decompress(base64.b64decode(file["zlib_base64"]))
    if file["expect"] == "success":
        assert hashlib.sha256(open_with(sealed, file["private_key"])).hexdigest() == file["payload_sha256"]
    else:
        with pytest.raises(NotOpened):
            open_with(sealed, file["private_key"])


def test_no_changed_or_cut_letter_opens() -> None:
    keys = new_keys()
    sealed = seal_letter(LETTER, [keys.reply_to])
    for at in range(0, len(sealed), 7):
        with pytest.raises(NotOpened):
            open_letter(sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :], keys.read_key)
        with pytest.raises(NotOpened):
            open_letter(sealed[:at], keys.read_key)
    for text in (b'{"v":', b"[" * 60_000, b'{"v": 2}', b"[]"):
        with pytest.raises(NotALetter):
            open_letter(seal_to(text, [keys.reply_to]), keys.read_key)
    with pytest.raises(NotOpened) as refused:
        open_letter(bytes(70_000), keys.read_key)
    assert keys.read_key not in str(refused.value)
