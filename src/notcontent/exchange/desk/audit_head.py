"""The signed head of the audit: how many rows there are and the hash of the last. Format and parse side by side."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from django.utils.translation import gettext

from notcontent.exchange.desk.errors import AuditHeadUnreadable
from notcontent.exchange.folder import Folder, write_durably
from notcontent.feed.signature import BadSignature, PublicKey, Signed, SigningKey
from notcontent.feed.text import MalformedText, TextReader, check_hex

KIND = "notcontent-audit-head/1"


@dataclass(frozen=True, slots=True)
class AuditHead:
    """`number` rows (0 for none), the last with this hash, on this day."""

    day: date
    number: int
    sha256: str


def format_audit_head(head: AuditHead) -> str:
    """The text to sign."""
    return f"{KIND}\nday: {head.day.isoformat()}\nrow: {head.number}\nsha256: {head.sha256}\n"


def parse_audit_head(untrusted_text: str) -> AuditHead:
    """The head that `format_audit_head` would write as exactly this text. Raises `MalformedText`."""
    reader = TextReader(untrusted_text, KIND, max_bytes=1024)
    head = AuditHead(reader.day("day"), reader.number("row"), check_hex(reader.field("sha256"), 64))
    reader.end()
    return head


def write_signed_head(folder: Folder, key: SigningKey, head: AuditHead) -> None:
    """Write the head and its signature into the folder of heads, as files that `minisign -V` takes."""
    folder.audit.mkdir(mode=0o700, exist_ok=True)
    signed = key.sign(format_audit_head(head))
    path = folder.audit / f"{head.day.isoformat()}.head"
    # A head without its signature is no head: after a sudden end between the two it is written again.
    path.unlink(missing_ok=True)
    write_durably(_signature_of(path), signed.signature.encode())
    write_durably(path, signed.text.encode())


def last_head_file(folder: Folder) -> Path | None:
    """The newest head; its signature lies beside it."""
    return max(folder.audit.glob("*.head"), default=None)


def read_signed_heads(folder: Folder, keys: tuple[PublicKey, ...]) -> list[AuditHead]:
    """Every head of the folder, oldest first. Raises `AuditHeadUnreadable`."""
    return [read_head_file(path, keys) for path in sorted(folder.audit.glob("*.head"))]


def read_head_file(path: Path, keys: tuple[PublicKey, ...]) -> AuditHead:
    """A head with its signature beside it, as kept here or elsewhere. Raises `AuditHeadUnreadable`."""
    try:
        signed = Signed(path.read_text(), _signature_of(path).read_text())
    except (OSError, UnicodeDecodeError):
        raise AuditHeadUnreadable(
            gettext("%(name)s or its signature can't be read. Both files belong together; compare them with a copy.")
            % {"name": path.name}
        ) from None
    for key in keys:
        try:
            return parse_audit_head(key.verify(signed))
        except (BadSignature, MalformedText):
            continue
    raise AuditHeadUnreadable(
        gettext("%(name)s was changed, or signed by another key. Compare it with a copy kept elsewhere.")
        % {"name": path.name}
    )


def _signature_of(path: Path) -> Path:
    return path.with_name(path.name + ".minisig")
