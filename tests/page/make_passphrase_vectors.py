"""Write passphrase-vectors.json with Python's own hashlib and hmac: `python -m tests.page.make_passphrase_vectors`."""

from __future__ import annotations

import hashlib
import hmac
import json
from pathlib import Path

VECTORS = Path(__file__).with_name("passphrase-vectors.json")
#: What was typed, and what is left of it (docs/spec/person.md section 1).
TYPED = [
    ("correct horse battery staple yodel zoom", "correcthorsebatterystapleyodelzoom"),
    ("  Correct HORSE\nbattery-staple, yodel.zoom ", "correcthorsebatterystapleyodelzoom"),
    ("drop-down felt-tip t-shirt yo-yo abacus zoom", "dropdownfelttiptshirtyoyoabacuszoom"),
    ("éclair Straße ﬁnch İstanbul Ǆ ½", "eclairstraßefinchistanbuldz12"),
    ("1234 5678 9012 3456 7890 1234", "123456789012345678901234"),
    ("여섯 단어", "여섯단어"),
]


def derive(normalised: str) -> dict[str, str]:
    """The three values, by RFC 8018 and RFC 5869 written out."""
    master = hashlib.pbkdf2_hmac("sha256", normalised.encode(), b"notcontent/passphrase/1", 600_000, 32)
    key = hmac.new(bytes(32), master, "sha256").digest()

    def expand(label: str, length: int) -> str:
        return hmac.new(key, f"notcontent/{label}/1".encode() + b"\x01", "sha256").digest()[:length].hex()

    return {"locator": expand("locator", 16), "look_key": expand("look", 32), "withdraw_key": expand("withdraw", 32)}


def main() -> None:
    """Make the file anew."""
    import unicodedata

    rows = []
    for typed, kept in TYPED:
        normalised = unicodedata.normalize("NFKD", kept)
        rows.append({"typed": typed, "normalised": normalised, **derive(normalised)})
    VECTORS.write_text(json.dumps({"version": 1, "passphrases": rows}, indent=1, ensure_ascii=True) + "\n", "ascii")


if __name__ == "__main__":
    main()
