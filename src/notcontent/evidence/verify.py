#!/usr/bin/env python3
"""Checks a folder of evidence: python3 verify.py [FOLDER [ROOT-KEY]]. Needs Python 3.9 and openssl 3, no network.

ROOT-KEY is the helpline's root key (RW…), from the helpline itself; without it, compare the one that is printed.

Exit code 0: every byte is as it was when the folder was made, the signatures and timestamps hold. 1: something differs.
2: it could not be checked. This file stands alone on purpose: read it, or write your own by docs/spec/evidence.md.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
import subprocess
import sys
import tempfile
from datetime import datetime, timezone
from pathlib import Path

SUMS = "SHA256SUMS"
RECORD = "notcontent-evidence-record/1"
LINE = re.compile(r"([0-9a-f]{64})  ([A-Za-z0-9._/-]+)")
ED25519_DER = bytes.fromhex("302a300506032b6570032100")


class Differs(Exception):
    """Something is not as it was."""


class CannotCheck(Exception):
    """Something that is needed for checking is not there."""


def main() -> int:
    """Check the folder that is named, or the one in which this script lies."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent
    try:
        check_openssl()
        for sentence in check_folder(folder, sys.argv[2] if len(sys.argv) > 2 else None):
            print(sentence)
    except Differs as fault:
        print(f"IT DOES NOT HOLD: {fault}")
        return 1
    except (ValueError, LookupError, TypeError):
        print("IT DOES NOT HOLD: a file is not written as it should be")
        return 1
    except (CannotCheck, OSError) as fault:
        print(f"Not checked: {fault}")
        return 2
    print("Everything holds. READ-ME.txt says what that proves and what it does not.")
    return 0


def check_folder(folder: Path, root: str | None) -> list[str]:
    """What was found, in sentences. Raises Differs and CannotCheck."""
    told: list[str] = []
    listed = check_sums(folder, told)
    check_chain(folder, root, told)
    release = read(folder / "release.txt")
    check_signature(folder, "release.txt")
    released = {path: sha256 for sha256, path in listing(release, skip=3)}
    for path, sha256 in released.items():
        if listed.get(path) != sha256:
            raise Differs(f"{path} is not the file that the exchange released")
    told.append(f"{len(released)} files are those that the exchange released and signed.")
    check_custody(read(folder / "custody.txt"), told)
    pieces = sorted(path for path in listed if path.endswith("/manifest.txt"))
    if not pieces or pieces != sorted(path for path in released if path.endswith("/manifest.txt")):
        raise Differs("the pieces of evidence are not those that were released")
    for path in pieces:
        check_piece(folder, path, listed, released, told)
    return told


def check_sums(folder: Path, told: list[str]) -> dict[str, str]:
    """Every file of the folder has the hash that is listed, and there is no other file."""
    text = read(folder / SUMS)
    listed = {path: sha256 for sha256, path in listing(text)}
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()} - {SUMS}
    if there != set(listed):
        raise Differs(f"these files are missing or were added: {', '.join(sorted(there ^ set(listed)))}")
    for path, sha256 in listed.items():
        if hashlib.sha256((folder / path).read_bytes()).hexdigest() != sha256:
            raise Differs(f"{path} was changed")
    told.append(f"{len(listed)} files are whole. SHA-256 of {SUMS}, as on the signed form: {digest(text)}")
    return listed


def listing(text: bytes, skip: int = 0) -> list[tuple[str, str]]:
    """Pairs of hash and path; each line must be written in the one way."""
    lines = text.decode("ascii", "replace").split("\n")
    if lines.pop() != "":
        raise Differs("a list of files was cut off")
    pairs = []
    for line in lines[skip:]:
        found = LINE.fullmatch(line)
        if found is None or ".." in found[2]:
            raise Differs("a list of files was changed")
        pairs.append((found[1], found[2]))
    if [path for _, path in pairs] != sorted({path for _, path in pairs}):
        raise Differs("a list of files was changed")
    return pairs


def check_chain(folder: Path, root: str | None, told: list[str]) -> None:
    """The root key vouches for the exchange's key, and has not taken it back."""
    check_signature(folder, "feed-keys.txt", "root.pub")
    lines = read(folder / "feed-keys.txt").decode().splitlines()
    own, held = key_of(folder, "exchange.pub"), key_of(folder, "root.pub")
    if f"key: {own}" not in lines or f"revoked: {base64.b64decode(own)[2:10].hex()}" in lines:
        raise Differs("the root key does not vouch for the exchange's key")
    if root is not None and root.strip() != held:
        raise Differs("the root key is not the one that you gave")
    asked = "which you gave" if root else "COMPARE IT with what the helpline itself publishes"
    told.append(f"The exchange's key is one of those of the root key {held} ({asked}).")


def key_of(folder: Path, name: str) -> str:
    """The line of base64 in a public key file."""
    lines = read(folder / name).decode().strip().splitlines()
    return lines[-1]


def check_custody(text: bytes, told: list[str]) -> None:
    """Each row names the hash of the one before it."""
    last: dict[str, tuple[int, str]] = {}
    for line in text.decode().splitlines()[1:]:
        evidence, number, _at, _actor, _what, previous = json.loads(line)
        if (number - 1, previous) != last.get(evidence, (0, "0" * 64)):
            raise Differs("a row of custody is missing or was changed")
        last[evidence] = (number, digest(line.encode()))
    told.append(f"{sum(number for number, _ in last.values())} rows of custody follow on one another.")


def check_piece(folder: Path, path: str, listed: dict[str, str], released: dict[str, str], told: list[str]) -> None:
    """One piece: the record is that of the manifest, which is signed and timestamped."""
    place = path.rsplit("/", 1)[0]
    text = read(folder / path)
    manifest = dict(line.split(": ", 1) for line in text.decode().splitlines()[1:])
    check_signature(folder, path)
    if place != f"evidence/{manifest['evidence']}":
        raise Differs(f"{place}: the manifest is that of another piece")
    stamps = sorted(each for each in listed if each.startswith(f"{place}/stamp-") and each.endswith(".tsr"))
    if f"{place}/record.txt" not in listed and f"{place}/sealed.txt" in released:
        told.append(f"{place}: kept {manifest['kept']}; sealed to the offline key, NOT OPENED in this copy.")
    else:
        check_record(folder, place, manifest, listed, told)
    for stamp in stamps:
        at = check_stamp(folder / path, folder / stamp, folder / f"{stamp[:-4]}.pem")
        told.append(f"{place}: existed at {at} UTC, by the timestamp {stamp.rsplit('/', 1)[1]}.")
    if not stamps:
        told.append(f"{place}: HAS NO TIMESTAMP. Only the exchange's own word says when it was kept.")


def check_record(folder: Path, place: str, manifest: dict[str, str], listed: dict[str, str], told: list[str]) -> None:
    """The record is that of the manifest, and its files are those it names."""
    record = read(folder / place / "record.txt")
    sha256, values, withheld = read_record(record)
    if sha256 != manifest["record"]:
        raise Differs(f"{place}: the record is not the one that was kept")
    for file in values.get("file", []):
        file_sha256, _size, _type, name = file.split(" ")
        if listed.get(f"{place}/{name}") != file_sha256:
            raise Differs(f"{place}: a file is not the one that the record names")
    told.append(f"{place}: kept {manifest['kept']}; {withheld} fields are withheld in this copy.")


def read_record(text: bytes) -> tuple[str, dict[str, list[str]], int]:
    """The record's hash, its values by name, and how many fields this copy withholds."""
    kind, *lines = text.decode().split("\n")
    if kind != RECORD or not lines or lines.pop() != "":
        raise Differs("a record was changed")
    values: dict[str, list[str]] = {}
    hashes, withheld = [kind], 0
    for line in lines:
        parts = json.loads(line)
        if len(parts) == 2:
            withheld += 1
            hashes.append(parts[1])
        else:
            values.setdefault(parts[1], []).append(parts[2])
            hashes.append(digest(line.encode()))
    return digest("".join(f"{each}\n" for each in hashes).encode()), values, withheld


def check_signature(folder: Path, path: str, by: str = "exchange.pub") -> None:
    """A minisign signature (https://jedisct1.github.io/minisign/), checked with openssl."""
    try:
        _comment, signed, trusted, whole = (folder / f"{path}.minisig").read_text().splitlines()
        algorithm, key_id, signature = cut(base64.b64decode(signed, validate=True))
        key = base64.b64decode(key_of(folder, by), validate=True)
        comment = trusted[len("trusted comment: ") :].encode()
        whole_signature = base64.b64decode(whole, validate=True)
    except (ValueError, binascii.Error, IndexError):
        raise Differs(f"the signature of {path} was changed") from None
    if algorithm != b"ED" or key_id != key[2:10]:
        raise Differs(f"the signature of {path} is by another key")
    data = read(folder / path)
    kind = data.split(b"\n", 1)[0].split(b"/", 1)[0]
    holds = comment.split(b" ", 1)[0] == kind and ed25519(key[10:], hashlib.blake2b(data).digest(), signature)
    if not holds or not ed25519(key[10:], signature + comment, whole_signature):
        raise Differs(f"the signature of {path} does not hold")


def cut(signed: bytes) -> tuple[bytes, bytes, bytes]:
    """Algorithm, key id and signature."""
    if len(signed) != 74:
        raise ValueError
    return signed[:2], signed[2:10], signed[10:]


def ed25519(key: bytes, data: bytes, signature: bytes) -> bool:
    """Whether the signature holds."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        pem = base64.b64encode(ED25519_DER + key).decode()
        (place / "key").write_text(f"-----BEGIN PUBLIC KEY-----\n{pem}\n-----END PUBLIC KEY-----\n")
        (place / "data").write_bytes(data)
        (place / "signature").write_bytes(signature)
        words = ["-pubin", "-inkey", place / "key", "-rawin", "-in", place / "data", "-sigfile", place / "signature"]
        return openssl("pkeyutl", "-verify", *words)[0] == 0


def check_stamp(data: Path, reply: Path, certificates: Path) -> str:
    """The time in a timestamp by RFC 3161, checked as of that time: certificates run out, timestamps stand."""
    _, text = openssl("ts", "-reply", "-in", reply, "-text")
    found = re.search(r"^Time stamp: (.+) GMT$", text, re.M)
    if found is None:
        raise Differs(f"{reply.name} is no timestamp")
    at = datetime.strptime(re.sub(r"\.\d+", "", found[1]), "%b %d %H:%M:%S %Y").replace(tzinfo=timezone.utc)  # noqa: UP017 - older Pythons have no UTC
    words = ["-data", data, "-in", reply, "-CAfile", certificates, "-untrusted", certificates]
    if openssl("ts", "-verify", *words, "-attime", int(at.timestamp()))[0]:
        raise Differs(f"{reply.name} does not hold")
    return f"{at:%Y-%m-%d %H:%M:%S}"


def check_openssl() -> None:
    """Raise CannotCheck unless it is one that can check these signatures."""
    found = re.match(r"OpenSSL (\d+)", openssl("version")[1])
    if found is None or int(found[1]) < 3:
        raise CannotCheck("this openssl can't check these signatures; install OpenSSL 3 or newer")


def openssl(*words: object) -> tuple[int, str]:
    """Its exit code and what it prints."""
    try:
        done = subprocess.run(["openssl", *map(str, words)], capture_output=True, check=False)  # noqa: S603, S607
    except FileNotFoundError:
        raise CannotCheck("the program openssl is not there; install it, in version 3 or newer") from None
    return done.returncode, done.stdout.decode(errors="replace")


def read(path: Path) -> bytes:
    """A file that has to be there."""
    if not path.is_file():
        raise Differs(f"{path.name} is missing")
    return path.read_bytes()


def digest(data: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(data).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
