"""The proof of work that keeps floods small without knowing who sends (docs/spec/person.md §3).

Holds no state of anybody. A challenge carries its own expiry and difficulty and a seal; the nonces bind it to one
locator, so that work done for one case can't open another.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import struct
from collections.abc import Sequence
from datetime import date
from http import HTTPStatus
from mmap import mmap

from notcontent.exchange.errors import Refused

ROUNDS = 16
LOWEST_BITS = 8
HIGHEST_BITS = 13
VALID_S = 15 * 60
FILE_VALID_DAYS = 30
#: Cases a minute that a helpline's machine takes without noticing; each doubling adds one bit.
QUIET_CASES_A_MINUTE = 120
#: A case brings eight fingerprints with each picture and 600 with a full video, so it weighs by them as well.
FINGERPRINTS_THAT_WEIGH_ONE_CASE = 160

_CHALLENGE = re.compile(r"([0-9]{1,12})\.([0-9]{1,2})\.([0-9a-f]{32})\.([0-9a-f]{64})", re.ASCII)
_CHALLENGE_OF_FILE = re.compile(r"file:([0-9]{4}-[0-9]{2}-[0-9]{2})", re.ASCII)


#: Of each second, modulo their number: which one it was, and what came in during it.
_SECOND = struct.Struct("<QQ")
_SECONDS = 64
LOAD_BYTES = _SECOND.size * _SECONDS


class Load:
    """How much came in during the last minute, in all processes that share its memory. Only sums, never who."""

    def __init__(self) -> None:
        """Of this process alone, until it shares."""
        self._memory: bytearray | mmap = bytearray(LOAD_BYTES)

    def share(self, memory: mmap) -> None:
        """Count in this memory of LOAD_BYTES from now on, with whoever else does."""
        self._memory = memory

    def count_case(self, now_s: float, fingerprints: int) -> None:
        """One more case, on a clock that only runs forward and is the same for all processes.

        Two that are counted at one moment may count as one: that is not worth a lock.
        """
        place = int(now_s) % _SECONDS * _SECOND.size
        second, weight = _SECOND.unpack_from(self._memory, place)
        weight = (weight if second == int(now_s) else 0) + 1 + fingerprints // FINGERPRINTS_THAT_WEIGH_ONE_CASE
        _SECOND.pack_into(self._memory, place, int(now_s), weight)

    def bits(self, now_s: float) -> int:
        """Zero bits a round to ask for now: 8 when it is quiet, 13 at most."""
        of_seconds = _SECOND.iter_unpack(bytes(self._memory))
        weight: int = sum(weight for second, weight in of_seconds if now_s - 60 <= second <= now_s)
        return min(HIGHEST_BITS, LOWEST_BITS + (weight // QUIET_CASES_A_MINUTE).bit_length())


def make_challenge(secret: str, bits: int, now_s: float) -> str:
    """A fresh challenge that is valid for 15 minutes. `now_s` is Unix time."""
    body = f"{int(now_s) + VALID_S}.{bits}.{secrets.token_hex(16)}"
    return f"{body}.{_seal(secret, body)}"


def check_work(secret: str, untrusted_challenge: object, nonces: Sequence[int], locator: str, now_s: float) -> None:
    """Raises `Refused` 403 `work` unless the challenge is ours and fresh and every round is solved for this locator."""
    match = _CHALLENGE.fullmatch(untrusted_challenge) if isinstance(untrusted_challenge, str) else None
    if match is None:
        raise _work_refused()
    expires, bits, token, seal = match.groups()
    if not hmac.compare_digest(seal, _seal(secret, f"{expires}.{bits}.{token}")) or int(expires) < now_s:
        raise _work_refused()
    _check_rounds(match.string, int(bits), nonces, locator)


def check_work_of_file(untrusted_challenge: object, nonces: Sequence[int], locator: str, today: date) -> None:
    """Raises `Refused` 403 `work` unless the challenge is a day of the last 30 and every round is solved for it.

    A case file was made without asking us, so its work is always the hardest, and a day is all that it can prove.
    """
    match = _CHALLENGE_OF_FILE.fullmatch(untrusted_challenge) if isinstance(untrusted_challenge, str) else None
    try:
        age_days = (today - date.fromisoformat(match[1])).days if match else -99
    except ValueError:
        age_days = -99
    # A device may be a day ahead of UTC.
    if match is None or not -1 <= age_days <= FILE_VALID_DAYS:
        raise _work_refused()
    _check_rounds(match.string, HIGHEST_BITS, nonces, locator)


def _check_rounds(challenge: str, bits: int, nonces: Sequence[int], locator: str) -> None:
    if len(nonces) != ROUNDS:
        raise _work_refused()
    start = f"{challenge}:{locator}:"
    for number, nonce in enumerate(nonces):
        digest = hashlib.sha256(f"{start}{number}:{nonce}".encode("ascii")).digest()
        if int.from_bytes(digest[:4], "big") >> (32 - bits):
            raise _work_refused()


def _seal(secret: str, body: str) -> str:
    return hmac.new(secret.encode(), f"notcontent/proof-of-work/1:{body}".encode(), hashlib.sha256).hexdigest()


def _work_refused() -> Refused:
    return Refused(
        HTTPStatus.FORBIDDEN,
        "work",
        "The small calculation that came with this is missing, wrong or too old.",
        "Ask for a new one at /v1/work and send again. Nothing is lost.",
    )
