"""The same questions to HMA and to the guard's door, over the same six fingerprints and a picture's.

`python -m tests.doors.hma.asking` asks a real HMA, from the folder that HMA_SOURCE names, and writes its answers down.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from PIL import Image

from notcontent.fingerprint.compute import fingerprint_picture
from tests.conftest import generated_picture

RECORDED = Path(__file__).with_name("recorded.json")
BANKS = ("ALPHA", "BETA")
X, Y, Z = (np.random.default_rng(seed).integers(0, 256, 32, np.uint8).tobytes() for seed in (1, 2, 3))


def away(value: bytes, bits: int) -> bytes:
    return (int.from_bytes(value, "big") ^ ((1 << bits) - 1)).to_bytes(32, "big")


def flat() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (200, 200), (120, 130, 140)).save(buffer, "PNG")
    return buffer.getvalue()


PICTURES = {
    "listed": generated_picture(800),
    "small": generated_picture(801, 400, 300),
    "large": generated_picture(802, 1800, 1400),
    "flat": flat(),
    "none": b"not a picture at all",
}
#: Numbered from 1, in ALPHA and BETA by turns.
VALUES = [X, away(X, 10), Y, away(Y, 31), Z, away(Z, 32), fingerprint_picture(PICTURES["listed"]).upright.value]


@dataclass(frozen=True)
class Question:
    path: str
    query: dict[str, str] = field(default_factory=dict)
    json: Any = None
    picture: str = ""
    verb: str = "GET"

    @property
    def name(self) -> str:
        """Not always of it alone: the order counts."""
        said = "&".join(f"{key}={value[:8]}" for key, value in self.query.items())
        sent = self.picture or (json.dumps(self.json)[:24] if self.json else "")
        return f"{self.verb} {self.path}?{said} {sent}".rstrip("? ")


def signal(value: bytes, path: str = "/m/lookup", **more: str) -> Question:
    return Question(path, {"signal": value.hex(), "signal_type": "pdq", **more})


def compare(question: Any) -> Question:
    return Question("/m/compare", json=question, verb="POST")


QUESTIONS = [
    *(signal(value) for value in (X, Y, Z, away(X, 31), away(X, 32), away(Y, 1), bytes(32))),
    signal(X, banks="BETA"), signal(X, banks="ALPHA,BETA"), signal(X, banks="NONE"), signal(X, seed="7"),
    *(signal(value, "/m/raw_lookup") for value in (X, Z, bytes(32))),
    signal(X, "/m/raw_lookup", include_distance="true"),
    signal(Y, "/m/raw_lookup", include_distance="true", banks="BETA"),
    signal(X, "/m/raw_lookup", banks="NONE"),
    Question("/m/lookup"), Question("/m/lookup", {"signal": X.hex()}), Question("/m/raw_lookup", {"signal": X.hex()}),
    Question("/m/lookup", {"signal": X.hex().upper(), "signal_type": "pdq"}),
    Question("/m/lookup", {"signal": "ab", "signal_type": "pdq"}),
    Question("/m/lookup", {"signal": X.hex(), "signal_type": "none"}),
    compare({"pdq": [X.hex(), away(X, 9).hex()]}), compare({"pdq": [X.hex(), away(X, 31).hex()]}),
    compare({"pdq": [X.hex(), away(X, 32).hex()]}), compare({"pdq": [X.hex(), Y.hex()]}), compare({}), compare(["a"]),
    compare({"pdq": "a"}), compare({"pdq": []}), compare({"pdq": ["a", "b"]}), compare({"pdq": [X.hex()] * 3}),
    compare({"none": [X.hex()] * 2}),
    Question("/m/index/status", {"signal_type": "pdq"}), Question("/m/index/status", {"signal_type": "none"}),
    Question("/status"), Question("/status/live"),
    Question("/c/banks"), Question("/c/bank/ALPHA"), Question("/c/bank/NONE"),
    Question("/c/bank/ALPHA/content/{first}"), Question("/c/bank/NONE/content/1"),
    Question("/c/banks", json={"name": "lower"}, verb="POST"),
    Question("/c/bank/NONE", json={"enabled": False}, verb="PUT"), Question("/c/bank/NONE", verb="DELETE"),
    Question("/c/exchange/NONE"), Question("/c/exchange/NONE/status"), Question("/c/exchange/NONE", verb="DELETE"),
    Question("/c/exchanges/api/none"), Question("/c/exchanges/api/none/schema"),
    Question("/c/exchanges", json={"bank": "lower", "api": "none"}, verb="POST"),
    Question("/c/exchanges", json={"bank": "NEW", "api": "none", "api_json": {}}, verb="POST"),
    *(Question("/h/hash", picture=name, verb="POST") for name in PICTURES),
    *(Question("/m/lookup", picture=name, verb="POST") for name in ("listed", "small", "large", "none")),
    Question("/m/lookup", {"types": "none"}, picture="listed", verb="POST"),
    Question("/h/hash", {"url": "ftp://example.org/a"}), Question("/h/hash"),
    Question("/h/hash", verb="POST"),
]  # fmt: skip


def ask(client: httpx.Client, prefix: str, question: Question, first: int = 1) -> tuple[int, Any]:
    """Status and answer, JSON where it is JSON. `first`: the number of the first fingerprint there."""
    files = {"photo": ("x", PICTURES[question.picture])} if question.picture else None
    body = {"json": question.json} if question.json is not None else {"files": files}
    answer = client.request(question.verb, prefix + question.path.format(first=first), params=question.query, **body)
    kind = answer.headers.get("content-type", "")
    return answer.status_code, answer.json() if kind.startswith("application/json") else answer.text


def record() -> None:
    """Ask a real HMA and write down what it said."""
    from bench.support.hma import running_hma

    values = np.frombuffer(b"".join(VALUES), np.uint8).reshape(-1, 32)
    with (
        running_hma(values, 0, BANKS) as address,
        httpx.Client(base_url=address, timeout=60, trust_env=False) as client,
    ):
        said = [[question.name, *ask(client, "", question)] for question in QUESTIONS]
    # What an error says is HMA's own wording; that it is one is what matters.
    lines = ",\n".join(json.dumps([name, status, body if status < 300 else None]) for name, status, body in said)
    RECORDED.write_text(f"[\n{lines}\n]\n")
    print(f"{len(said)} answers")


if __name__ == "__main__":
    record()
