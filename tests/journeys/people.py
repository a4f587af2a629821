"""Who acts in the journeys, and how they wait for what must come."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx

from notcontent.cli.practice import Practice, Secrets
from notcontent.device.case import CaseStatus, Exchange, PictureCode, VideoCode
from notcontent.device.passphrase import CaseKeys

WAIT_S = 60.0
T = TypeVar("T")


def until(ask: Callable[[], T], holds: Callable[[T], bool], what: str, wait_s: float = WAIT_S) -> T:
    """Ask again and again until the answer holds; the answer."""
    end = time.monotonic() + wait_s
    while True:
        answer = ask()
        if holds(answer):
            return answer
        assert time.monotonic() < end, f"waited {wait_s:.0f} s for {what}; last seen: {answer}"
        time.sleep(0.05)


@dataclass
class Platform:
    """A host that asks the guard, with its token."""

    practice: Practice
    known: Secrets

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """One request to the guard."""
        return httpx.request(
            method,
            self.practice.ports.url("guard") + path,
            headers={"Authorization": f"Bearer {self.known.guard_token}"},
            timeout=60,
            **more,
        )

    def check(self, data: bytes) -> dict[str, Any]:
        """The verdict on an upload."""
        body = self.ask("POST", "/v1/check", content=data).json()
        assert "verdict" in body, body
        return dict(body)

    def verdict(self, data: bytes) -> str:
        """Only the word."""
        return str(self.check(data)["verdict"])

    def until_verdict(self, data: bytes, verdict: str) -> dict[str, Any]:
        """Post until the verdict is this one."""
        return until(lambda: self.check(data), lambda body: body["verdict"] == verdict, f"verdict {verdict}")


@dataclass
class Case:
    """A person's own case on the practice exchange."""

    practice: Practice
    keys: CaseKeys

    def __post_init__(self) -> None:
        self.exchange = Exchange(self.practice.ports.url("person"))

    def send(self, *codes: PictureCode | VideoCode, circumstance: str = "online") -> None:
        """Open the case for every joined site."""
        sites = [site for site, _ in self.exchange.sites()]
        self.exchange.open_case(self.keys, codes, sites, circumstance)

    def look(self) -> CaseStatus:
        """Its status."""
        return self.exchange.look(self.keys)

    def withdraw(self) -> CaseStatus:
        """Take everything back."""
        return self.exchange.withdraw(self.keys)

    def until_site(self, state: str) -> CaseStatus:
        """Look until every site that was ever told has reached this state.

        A case withdrawn before its codes were sent has no site to wait for.
        """

        def reached(status: CaseStatus) -> bool:
            told = status.sites or status.withdrawn
            return bool(told) and all(site.state == state for site in status.sites)

        return until(self.look, reached, f"site state {state}")


def files_below(folder: Path) -> dict[Path, bytes]:
    """Every file of a folder, with its bytes."""
    found = {}
    for path in folder.rglob("*"):
        try:
            if path.is_file():
                found[path] = path.read_bytes()
        except FileNotFoundError:
            continue  # a temporary file that was just renamed
    return found
