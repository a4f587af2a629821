"""What the page seals, foreign programs open, and the other way round."""

from __future__ import annotations

import base64
import json
import secrets
import shutil
import subprocess
from pathlib import Path

import pytest

from notcontent.device.passphrase import CaseKeys, expand_keys
from notcontent.device.sealing import open_letter, open_with, seal_letter, seal_to

from .person_face import PAGE
from .walk import Walk

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed")
#: Asks the page's own modules: to seal `texts` to `keys`, and to open `sealed` with `private_key`.
PROGRAM = """
const { fromBase64, openWith, publicKeyOf, sealTo, toBase64 } = await import(process.argv[1]);
let asked = '';
for await (const part of process.stdin) asked += part;
const { texts, keys, sealed, private_key: privateKey } = JSON.parse(asked);
const all = (values, work) => Promise.all(values.map(async (value) => toBase64(await work(fromBase64(value)))));
console.log(JSON.stringify({
  sealed: await all(texts, (text) => sealTo(text, keys)),
  opened: await all(sealed, (bytes) => openWith(bytes, privateKey)),
  public_key: await publicKeyOf(privateKey),
}));
"""
LENGTHS = [0, 1, 1024, 65_535, 65_536, 65_537, 200_000]


def ask_page(
    texts: list[bytes], readers: list[CaseKeys], sealed: list[bytes], own: CaseKeys
) -> tuple[list[bytes], list[bytes]]:
    """(texts sealed to the readers, sealed ones opened), by page/seal.js in Node."""
    asked = {
        "texts": [base64.b64encode(text).decode() for text in texts],
        "keys": [reader.reply_to for reader in readers],
        "sealed": [base64.b64encode(one).decode() for one in sealed],
        "private_key": own.read_key,
    }
    run = subprocess.run(
        ["node", "--input-type=module", "-e", PROGRAM, str(PAGE / "seal.js")],
        input=json.dumps(asked), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr[-2000:]
    answer = json.loads(run.stdout)
    assert answer["public_key"] == own.reply_to
    return tuple([base64.b64decode(one) for one in answer[name]] for name in ("sealed", "opened"))  # type: ignore[return-value]


def new_keys() -> CaseKeys:
    return expand_keys(secrets.token_bytes(32))


def test_pyrage_and_the_page_open_what_the_other_sealed_to_several_keys() -> None:
    texts = [secrets.token_bytes(length) for length in LENGTHS]
    readers = [new_keys(), new_keys(), new_keys()]
    theirs = [seal_to(text, [reader.reply_to for reader in readers]) for text in texts]
    ours, opened = ask_page(texts, readers, theirs, readers[1])
    assert opened == texts
    for reader in readers:
        assert [open_with(sealed, reader.read_key) for sealed in ours] == texts


def test_letters_from_the_command_line_and_from_the_page_are_one_format() -> None:
    keys = new_keys()
    letter = {"text": "é 山 👩"}
    padded = (json.dumps({"v": 1} | letter) + " " * 100).encode()
    ours, opened = ask_page([padded], [keys], [seal_letter(letter, [keys.reply_to])], keys)
    assert open_letter(ours[0], keys.read_key) == letter
    assert json.loads(opened[0]) == {"v": 1} | letter


@pytest.mark.browser
def test_a_browser_seals_and_opens_by_the_pages_own_code(walk: Walk) -> None:
    keys = new_keys()
    question = seal_letter({"text": "from the helpline"}, [keys.reply_to])
    sealed, answer = walk.page.evaluate(
        """async ({ privateKey, publicKey, question }) => {
          const { fromBase64, openLetter, sealLetter, toBase64 } = await import('/page/seal.js');
          const sealed = await sealLetter({ v: 1, text: 'from her' }, [publicKey]);
          return [toBase64(sealed), await openLetter(fromBase64(question), privateKey)];
        }""",
        {"privateKey": keys.read_key, "publicKey": keys.reply_to, "question": base64.b64encode(question).decode()},
    )
    assert answer["text"] == "from the helpline"
    assert open_letter(base64.b64decode(sealed), keys.read_key) == {"text": "from her"}


@pytest.mark.peer
def test_debians_age_and_the_page_open_what_the_other_sealed(tmp_path: Path) -> None:
    age = shutil.which("age")
    assert age is not None, "age is not installed; run tests/install-peers"
    texts = [secrets.token_bytes(length) for length in LENGTHS]
    made = subprocess.run(["age-keygen"], capture_output=True, text=True, check=True).stdout
    identity = tmp_path / "identity"
    identity.write_text(made)
    secret_line = next(line for line in made.splitlines() if line.startswith("AGE-SECRET-KEY-1"))
    public_line = next(line.split(": ")[1] for line in made.splitlines() if line.startswith("# public key"))
    reader = CaseKeys("", "", "", from_bech32(secret_line.lower()), from_bech32(public_line))
    theirs = [
        subprocess.run([age, "-r", public_line], input=text, capture_output=True, check=True).stdout for text in texts
    ]
    ours, opened = ask_page(texts, [new_keys(), reader], theirs, reader)
    assert opened == texts
    for sealed, text in zip(ours, texts, strict=True):
        done = subprocess.run([age, "-d", "-i", str(identity)], input=sealed, capture_output=True, check=True)
        assert done.stdout == text


def from_bech32(text: str) -> str:
    """The key of 32 bytes in age's spelling, as hex; its checksum is left to age."""
    number = 0
    for sign in text.rpartition("1")[2][:52]:
        number = number << 5 | "qpzry9x8gf2tvdw0s3jn54khce6mua7l".index(sign)
    return f"{number >> 4:064x}"
