"""The small proof of work that keeps floods from the intake (docs/spec/person.md §3). Pure."""

from __future__ import annotations

import hashlib


def do_work(challenge: str, locator: str, rounds: int, bits: int) -> list[int]:
    """One nonce for each round, such that SHA-256 of `challenge:locator:round:nonce` starts with `bits` zero bits."""
    nonces = []
    for turn in range(rounds):
        start = hashlib.sha256(f"{challenge}:{locator}:{turn}:".encode())
        nonce = 0
        while True:
            attempt = start.copy()
            attempt.update(str(nonce).encode())
            if int.from_bytes(attempt.digest()[:8], "big") >> (64 - bits) == 0:
                break
            nonce += 1
        nonces.append(nonce)
    return nonces
