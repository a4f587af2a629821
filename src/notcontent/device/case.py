"""Open a case, look at it, take everything back: what the page does, for a terminal."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import httpx

from notcontent.device.passphrase import CaseKeys
from notcontent.device.sealing import seal_to
from notcontent.device.work import do_work
from notcontent.errors import NotContentError

#: The work of a case file, and what its length is rounded up to.
FILE_ROUNDS, FILE_BITS = 16, 13
FILE_STEP_BYTES = 4_096


class ExchangeError(NotContentError):
    """The exchange did not do what was asked; the text is the exchange's own advice where it gave one."""

    permanent = False


@dataclass(frozen=True, slots=True)
class PictureCode:
    """What is sent of one picture: its quality and eight fingerprints of 64 hex digits, upright first."""

    quality: int
    orientations: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """As docs/spec/person.md §3 has it."""
        return {"kind": "pdq", "quality": self.quality, "orientations": list(self.orientations)}


@dataclass(frozen=True, slots=True)
class VideoCode:
    """What is sent of one video: the upright fingerprints of 1 to 600 of its frames, 64 hex digits each."""

    frames: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """As docs/spec/person.md §3 has it."""
        return {"kind": "video", "frames": list(self.frames)}


@dataclass(frozen=True, slots=True)
class SiteStatus:
    """One site's row in a case. `state` and `hits` as in docs/spec/person.md §4; `since` a day.

    `seen_again`: the Monday of the week in which the site saw it in a new place, if it says so.
    """

    name: str
    state: str
    since: str
    hits: str
    seen_again: str | None = None


@dataclass(frozen=True, slots=True)
class CaseStatus:
    """What the exchange says of a case. Days are texts or None; `forgotten` is matching, everything or None."""

    opened: str
    entries: int
    withdrawn: str | None
    withdraws_on: str | None
    forgotten: str | None
    erased_here: str | None
    sites: tuple[SiteStatus, ...]


@dataclass(frozen=True, slots=True)
class JoinedSite:
    """A site that takes part. `country`: two letters."""

    id: str
    name: str
    country: str
    proves_forgetting: bool


@dataclass(frozen=True, slots=True)
class ExchangeInfo:
    """What an exchange says of itself. Keys are X25519 public keys of 64 hex digits."""

    helpline: str
    helpline_keys: tuple[str, ...]
    case_file_key: str
    max_entries: int
    sites: tuple[JoinedSite, ...]


class Exchange:
    """The person's face of one exchange. Counts the bytes it sends, so that they can be shown."""

    def __init__(self, url: str, *, timeout_s: float = 30) -> None:
        self._client = httpx.Client(base_url=url, timeout=timeout_s)
        self.bytes_sent = 0

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def describe(self) -> ExchangeInfo:
        """Who runs it, and which sites take part."""
        told = self._ask("GET", "/v1/site")
        sites = (
            JoinedSite(site["id"], site["name"], site["country"], site["proves_forgetting"])
            for site in told["partners"]
        )
        helpline = told["helpline"]
        return ExchangeInfo(
            helpline["name"], tuple(helpline["keys"]), told["case_file_key"], told["max_entries"], tuple(sites)
        )

    def sites(self) -> list[tuple[str, str]]:
        """(id, name) of every joined site."""
        return [(site.id, site.name) for site in self.describe().sites]

    def open_case(
        self,
        keys: CaseKeys,
        codes: Sequence[PictureCode | VideoCode],
        partners: Sequence[str],
        circumstance: str,
        *,
        letter: bytes | None = None,
    ) -> None:
        """Send the codes and a sealed letter. Sending the same again is harmless, so a lost answer loses nothing."""
        self.send(self.prepare(keys, codes, partners, circumstance, letter=letter))

    def prepare(
        self,
        keys: CaseKeys,
        codes: Sequence[PictureCode | VideoCode],
        partners: Sequence[str],
        circumstance: str,
        *,
        letter: bytes | None = None,
    ) -> bytes:
        """The bytes that open the case, with the work that the exchange asks for now."""
        work = self._ask("GET", "/v1/work")
        nonces = do_work(work["challenge"], keys.locator, work["rounds"], work["bits"])
        work = {"challenge": work["challenge"], "nonces": nonces}
        return _format_case(keys, codes, partners, circumstance, letter=letter, work=work)

    def send(self, prepared: bytes) -> None:
        """Open the case with what `prepare` made."""
        self._send("POST", "/v1/cases", prepared)

    def look(self, keys: CaseKeys) -> CaseStatus:
        """The case as it stands."""
        body = {"v": 1, "locator": keys.locator, "look_key": keys.look_key}
        return _status(self._ask("POST", "/v1/cases/look", body))

    def withdraw(self, keys: CaseKeys, forget: str = "everything") -> CaseStatus:
        """Take everything back, or (`matching`) the codes alone. Again is harmless."""
        body = {"v": 1, "locator": keys.locator, "withdraw_key": keys.withdraw_key, "forget": forget}
        return _status(self._ask("POST", "/v1/cases/withdraw", body))

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        return self._send(method, path, None if body is None else json.dumps(body, separators=(",", ":")).encode())

    def _send(self, method: str, path: str, content: bytes | None) -> Any:
        self.bytes_sent += len(content or b"")
        try:
            answer = self._client.request(
                method, path, content=content, headers={"Content-Type": "application/json"} if content else {}
            )
            answered = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise ExchangeError("The exchange could not be reached. Nothing is lost; try again.") from error
        if answer.is_success:
            return answered
        advice = answered.get("error", {}) if isinstance(answered, dict) else {}
        raise ExchangeError(f"{advice.get('message', 'The exchange refused.')} {advice.get('do', 'Try again later.')}")


def make_case_file(
    keys: CaseKeys,
    codes: Sequence[PictureCode | VideoCode],
    partners: Sequence[str],
    circumstance: str,
    *,
    case_file_key: str,
    today: date,
    letter: bytes | None = None,
) -> bytes:
    """A case sealed for one exchange, to be brought there by any way within 30 days (docs/spec/person.md §8)."""
    challenge = f"file:{today.isoformat()}"
    work = {"challenge": challenge, "nonces": do_work(challenge, keys.locator, FILE_ROUNDS, FILE_BITS)}
    body = _format_case(keys, codes, partners, circumstance, letter=letter, work=work)
    return seal_to(body + b" " * (-len(body) % FILE_STEP_BYTES), [case_file_key])


def _format_case(
    keys: CaseKeys,
    codes: Sequence[PictureCode | VideoCode],
    partners: Sequence[str],
    circumstance: str,
    *,
    letter: bytes | None,
    work: dict[str, Any],
) -> bytes:
    body = {
        "v": 1,
        "locator": keys.locator,
        "look_key": keys.look_key,
        "withdraw_key": keys.withdraw_key,
        "reply_to": keys.reply_to,
        "circumstance": circumstance,
        "entries": [code.to_json() for code in codes],
        "partners": list(partners),
        "later_sites": "ask",
        "statements": [],
        "wait_days": 0,
        "letter": letter and base64.b64encode(letter).decode(),
        "work": work,
    }
    return json.dumps(body, separators=(",", ":")).encode()


def _status(answer: dict[str, Any]) -> CaseStatus:
    return CaseStatus(
        opened=answer["opened"],
        entries=answer["entries"],
        withdrawn=answer["withdrawn"],
        withdraws_on=answer["withdraws_on"],
        forgotten=answer["forgotten"],
        erased_here=answer["erased_here"],
        sites=tuple(
            SiteStatus(s["name"], s["state"], s["since"], s["hits"], s.get("seen_again")) for s in answer["sites"]
        ),
    )
