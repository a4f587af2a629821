"""`notcontent letter reseal` and `take-out`: letters sealed anew on the helper's own computer, through the desk."""

from __future__ import annotations

import argparse
import base64
import getpass
import hashlib
import os
import sys
from pathlib import Path
from typing import Any

from notcontent.errors import NotContentError

CODE_VARIABLE = "NOTCONTENT_DESK_CODE"


class DeskError(NotContentError):
    """The desk could not be asked, or refused."""


def add_commands(words: argparse._SubParsersAction[Any]) -> None:
    """Add this room's commands to those of `letter`."""
    reseal = words.add_parser(
        "reseal",
        help="seal every letter and piece of evidence that waits to the keys that hold now",
        description="Fetches the letters and evidence that were sealed before the helpline's keys changed, opens them "
        "here with your key and gives them back sealed to the keys that hold now. Nothing is printed or written. Can "
        "be interrupted and started again.",
    )
    out = words.add_parser(
        "take-out",
        help="take a lost device or a leaving colleague out, and seal every letter anew",
        description="Takes a key out of the helpline's list, so that nothing is sealed to it any more, and then does "
        "what `reseal` does.",
        epilog="What the lost device had fetched before, it can go on reading: nobody can change that.",
    )
    out.add_argument("device", help="the device's name on the desk's page of keys, or the id of its key")
    out.add_argument("--reason", required=True, help="why, for the audit; without names")
    for parser in (reseal, out):
        parser.add_argument("--desk", required=True, metavar="URL", help="where you reach the desk")
        parser.add_argument("--key", type=Path, required=True, metavar="FILE", help="the file that `letter key` made")
        parser.set_defaults(run=run_reseal)
    out.set_defaults(run=run_take_out)


def run_reseal(args: argparse.Namespace) -> int:
    """Seal anew."""
    with _Desk(args.desk) as desk:
        return _reseal(desk, args.key)


def run_take_out(args: argparse.Namespace) -> int:
    """Take a key out, then seal anew."""
    with _Desk(args.desk) as desk:
        named = [key for key in desk.ask("GET", "/v1/keys")["keys"] if args.device in (key["id"], key["name"])]
        if len(named) != 1:
            raise DeskError("No key in use has this name or id, or several have. Look at the desk's page of keys.")
        taken = desk.ask("POST", f"/v1/keys/{named[0]['id']}/take-out", {"v": 1, "reason": args.reason})
        print(f"“{taken['name']}” was taken out. Nothing is sealed to it any more.")
        return _reseal(desk, args.key)


def _reseal(desk: _Desk, key: Path) -> int:
    """0 when nothing waits any more, 1 when this key did not open all."""
    import pyrage

    from notcontent.cli.letter import read_identity
    from notcontent.letter import format_recipient

    identity = read_identity(key)
    done, failed, after = 0, 0, ""
    while True:
        page = desk.ask("GET", f"/v1/letters?after={after}")
        if not page["letters"]:
            break
        anew = []
        for letter in page["letters"]:
            after = letter["id"]
            sealed = base64.b64decode(letter["sealed"])
            try:
                plain = pyrage.decrypt(sealed, [identity])
            except pyrage.DecryptError:
                failed += 1
                continue
            to = [pyrage.x25519.Recipient.from_str(format_recipient(each)) for each in dict.fromkeys(letter["to"])]
            again = base64.b64encode(pyrage.encrypt(plain, to)).decode()
            anew.append({"id": letter["id"], "was_sha256": hashlib.sha256(sealed).hexdigest(), "sealed": again})
        if anew:
            done += desk.ask("POST", "/v1/letters", {"v": 1, "keys": page["keys"], "letters": anew})["taken"]
        _show(done + failed, done + failed + page["left"])
    print(f"{done} letters and pieces of evidence were sealed anew.")
    if failed:
        print(
            f"This key does not open {failed} others. Do it again with one that was in use before them.",
            file=sys.stderr,
        )
    return 1 if failed else 0


def _show(done: int, of: int) -> None:
    if sys.stderr.isatty():
        filled = 40 * done // max(1, of)
        print(f"\r[{'#' * filled}{'.' * (40 - filled)}] {done}/{of}", end="" if done < of else "\n", file=sys.stderr)


class _Desk:
    """The desk's face, asked with a code that somebody who is signed in made there."""

    def __init__(self, url: str) -> None:
        import httpx

        if url.startswith("http://") and httpx.URL(url).host not in ("127.0.0.1", "localhost", "::1"):
            raise DeskError("The desk has to be reached over https, or on this machine through a tunnel.")
        code = os.environ.get(CODE_VARIABLE) or getpass.getpass("Code from the desk's page of keys: ")
        self._client = httpx.Client(base_url=url, timeout=60, headers={"Authorization": f"Desk {code.strip()}"})

    def __enter__(self) -> _Desk:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """The desk's answer. Raises `DeskError`."""
        import httpx

        try:
            answer = self._client.request(method, path, json=body)
            told = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise DeskError("The desk could not be reached. What is done stays done: try again.") from error
        if answer.is_success:
            return told
        refused = told.get("error", {}) if isinstance(told, dict) else {}
        raise DeskError(f"{refused.get('message', 'The desk refused.')} {refused.get('do', '')}".strip())
