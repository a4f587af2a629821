"""Write vectors/passphrase.json with Python's own hashlib, hmac and base64.

`python -m tests.page.make_passphrase_vectors`
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import unicodedata
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

VECTORS = Path(__file__).parents[2] / "vectors" / "passphrase.json"
#: Language, what is left (before NFKD), and what may be typed for it: first as it is shown, then as hands do it.
TYPED: list[tuple[str, str, list[str]]] = [
    (
        "en",
        "abacusdropdownfelttipyoyozebrazoom",
        [
            "abacus drop-down felt-tip yo-yo zebra zoom",
            "  Abacus DROP-DOWN\nfelt-tip, yo-yo. zebra\tZoom ",
            "abacus dropdown felttip yoyo zebra zoom",
            "ａｂａｃｕｓ　ｄｒｏｐ－ｄｏｗｎ　felt‑tip yo–yo zebra zoom",
            "àbacus drop down felt tip yo yo zebrä zoom",
        ],
    ),
    (
        "es",
        "abanicoazucenabalconescaderadulzurazafra",
        [
            "abanico azucena balcones cadera dulzura zafra",
            "Abanico Azucena, Balcones; Cadera Dulzura Zafra.",
            "ábanico azúcena balcónes cadera dulzura zafrá",
            "ABANICO-AZUCENA-BALCONES\nCADERA-DULZURA-ZAFRA",
        ],
    ),
    (
        "zh-Hans",
        "山河水火木花春",
        ["山 河 水 火 木 花 春", "山河水火木花春", "山　河　水　火　木　花　春", "山、河、水、火、木、花、春。"],
    ),
    (
        "zh-Hant",
        "山河飛風龍花春",
        ["山 河 飛 風 龍 花 春", "山河飛風龍花春", "「山河」，「飛風龍」：花春！", "山　河　飛\n風龍　花春"],
    ),
    (
        "ko",
        "가격그늘마찰보통소풍침대힘껏",
        [
            "가격 그늘 마찰 보통 소풍 침대 힘껏",
            "가격그늘마찰보통소풍침대힘껏",
            unicodedata.normalize("NFD", "가격 그늘 마찰 보통 소풍 침대 힘껏"),
            "가격, 그늘, 마찰,\n보통　소풍・침대・힘껏.",
        ],
    ),
    (
        "ja",
        "あいたあおそらかんかほうりつきもちすいようひわれる",
        [
            "あいだ あおぞら がんか ほうりつ きもち すいようび われる",
            "あいだ　あおぞら　がんか　ほうりつ　きもち　すいようび　われる",
            "アイダ・アオゾラ・ガンカ・ホウリツ・キモチ・スイヨウビ・ワレル",
            "ｱｲﾀﾞ ｱｵｿﾞﾗ ｶﾞﾝｶ ﾎｳﾘﾂ ｷﾓﾁ ｽｲﾖｳﾋﾞ ﾜﾚﾙ",
            unicodedata.normalize("NFD", "あいだあおぞらがんか、ほうりつ。きもちすいようびわれる"),
            "あいた゛ あおそら か゛んか ほうりつ きもち すいようひ われる",
        ],
    ),
    (
        "ar",
        "123456789012345678901234",
        [
            "1234 5678 9012 3456 7890 1234",
            "١٢٣٤ ٥٦٧٨ ٩٠١٢ ٣٤٥٦ ٧٨٩٠ ١٢٣٤",
            "۱۲۳۴-۵۶۷۸-۹۰۱۲-۳۴۵۶-۷۸۹۰-۱۲۳۴",
            "１２３４５６ ７８９０１２ ３４５６７８ ９０１２３４",
            "\u200f1234\u00a05678\u200e 9012،3456 7890 1234",
        ],
    ),
    ("", "éclairstraßefinchistanbulǆ12σοφος", ["éclair Straße ﬁnch İstanbul Ǆ ½ ΣΟΦΟΣ"]),
]


def derive(normalised: str) -> dict[str, str]:
    """All that is made from the words, by RFC 8018 and RFC 5869 written out, and the codes to hand on."""
    master = hashlib.pbkdf2_hmac("sha256", normalised.encode(), b"notcontent/passphrase/1", 600_000, 32)
    key = hmac.new(bytes(32), master, "sha256").digest()

    def expand(label: str, length: int) -> bytes:
        return hmac.new(key, f"notcontent/{label}/1".encode() + b"\x01", "sha256").digest()[:length]

    locator, look, withdraw, read = (
        expand("locator", 16),
        expand("look", 32),
        expand("withdraw", 32),
        expand("read", 32),
    )
    return {
        "locator": locator.hex(),
        "look_key": look.hex(),
        "withdraw_key": withdraw.hex(),
        "read_key": read.hex(),
        "reply_to": X25519PrivateKey.from_private_bytes(read).public_key().public_bytes_raw().hex(),
        "looking_code": hand_on(locator + look),
        "withdrawing_code": hand_on(locator + withdraw),
    }


def hand_on(body: bytes) -> str:
    """Crockford's base 32 of the bytes and two of their SHA-256, in groups of five."""
    usual = base64.b32encode(body + hashlib.sha256(body).digest()[:2]).decode()
    ours = usual.translate(str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789ABCDEFGHJKMNPQRSTVWXYZ"))
    return " ".join(ours[at : at + 5] for at in range(0, 80, 5))


def main() -> None:
    """Make the file anew."""
    rows = []
    for language, kept, typed in TYPED:
        normalised = "".join(c for c in unicodedata.normalize("NFKD", kept) if not unicodedata.combining(c)).lower()
        rows.append({"language": language, "typed": typed, "normalised": normalised, **derive(normalised)})
    VECTORS.write_text(json.dumps({"version": 1, "passphrases": rows}, indent=1, ensure_ascii=True) + "\n", "ascii")


if __name__ == "__main__":
    main()
