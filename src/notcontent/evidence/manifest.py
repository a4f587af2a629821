"""What the exchange signs and has timestamped of a record, and who touched it. Format and parse side by side. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from notcontent.feed.text import NO_HASH, MalformedText, TextReader, check_time, format_time

KIND = "notcontent-evidence-manifest/1"
CUSTODY_KIND = "notcontent-evidence-custody/1"


@dataclass(frozen=True, slots=True)
class Manifest:
    """Which record was kept when and by whom; never what is in it.

    `evidence` is a random id of 32 hex digits, `record_sha256` the record's hash, `keeper` the random id of an account,
    `previous_sha256` the hash of the manifest that was made before in the same case (zeros for the first).
    """

    evidence: str
    record_sha256: str
    kept: datetime
    keeper: str
    tool: str
    previous_sha256: str = NO_HASH


@dataclass(frozen=True, slots=True)
class Touch:
    """One row of custody: who did what to a piece of evidence, when, to the second. Each names the hash of the last."""

    evidence: str
    number: int
    at: datetime
    actor: str
    what: str
    previous_sha256: str

    @property
    def line(self) -> str:
        """The row as it is hashed and written."""
        told = [self.evidence, self.number, format_time(self.at), self.actor, self.what, self.previous_sha256]
        return json.dumps(told, ensure_ascii=True, separators=(",", ":"))

    @property
    def sha256(self) -> str:
        """Its hash, 64 hex digits."""
        return hashlib.sha256(self.line.encode()).hexdigest()


def format_manifest(manifest: Manifest) -> str:
    """The text that is signed."""
    return (
        f"{KIND}\nevidence: {manifest.evidence}\nrecord: {manifest.record_sha256}\nkept: {format_time(manifest.kept)}\n"
        f"keeper: {manifest.keeper}\ntool: {manifest.tool}\nprevious: {manifest.previous_sha256}\n"
    )


def parse_manifest(untrusted_text: str) -> Manifest:
    """The manifest that `format_manifest` would write as exactly this text. Raises `MalformedText`."""
    reader = TextReader(untrusted_text, KIND, max_bytes=2_000)
    manifest = Manifest(
        reader.hex("evidence", 32), reader.hex("record", 64), reader.time("kept"), reader.field("keeper"),
        reader.field("tool"), reader.hex("previous", 64),
    )  # fmt: skip
    reader.end()
    return manifest


def format_custody(touches: Sequence[Touch]) -> str:
    """Every row of one or several pieces of evidence, as text to be signed."""
    return "".join(f"{line}\n" for line in (CUSTODY_KIND, *(touch.line for touch in touches)))


def parse_custody(untrusted_text: str) -> tuple[Touch, ...]:
    """The rows. Raises `MalformedText`, also where one is missing between others or was changed."""
    reader = TextReader(untrusted_text, CUSTODY_KIND)
    touches: list[Touch] = []
    last: dict[str, Touch] = {}
    for line in untrusted_text.split("\n")[1:-1]:
        reader.line()
        touch = _read_touch(line)
        before = last.get(touch.evidence)
        expected = (before.number + 1, before.sha256) if before else (1, NO_HASH)
        if (touch.number, touch.previous_sha256) != expected:
            raise MalformedText("A row of custody is missing or was changed.")
        last[touch.evidence] = touch
        touches.append(touch)
    return tuple(touches)


def _read_touch(line: str) -> Touch:
    try:
        told = json.loads(line)
    except (ValueError, RecursionError):
        told = None
    match told:
        case [str(evidence), int(number), str(at), str(actor), str(what), str(previous)]:
            touch = Touch(evidence, number, check_time(at), actor, what, previous)
            if touch.line == line:
                return touch
    raise MalformedText("A row of custody is not written as it should be.")
