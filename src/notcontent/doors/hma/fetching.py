"""Fetching what a client names by address: from hosts that the settings name, and from nowhere else.

A door that fetches whatever it is told can be sent to the machines behind it. So the host has to stand in the settings,
redirects are not followed, and a name that leads to a private address is refused: only an address that stands in the
settings itself may be private.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

import httpx

from notcontent.guard.door_errors import DoorError

_PORTS = {"http": 80, "https": 443}
#: At a time, each held in memory.
_MOST_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class _Target:
    """Where to connect to, and what to call it there."""

    url: str
    host: str
    name: str


class Fetching:
    """Fetches uploads by their addresses."""

    def __init__(self, hosts: frozenset[str], *, max_bytes: int, timeout_s: float) -> None:
        """`hosts`: `host` or `host:port`; the first stands for the usual ports. None: nothing is fetched."""
        self._hosts, self._max_bytes, self._timeout_s = hosts, max_bytes, timeout_s
        self._room = asyncio.Semaphore(_MOST_AT_ONCE)

    async def fetch(self, untrusted_url: str) -> bytes:
        """What is there. Raises DoorError: 400 may not or cannot be fetched, 403 switched off, 413 too large."""
        if not self._hosts:
            raise DoorError(403, "url_off", "This door fetches nothing.", "Send the file, or set hma_fetch_hosts.")
        parts = self._allowed(untrusted_url)
        try:
            async with asyncio.timeout(self._timeout_s), self._room:
                return await self._get(await _target(parts))
        except (TimeoutError, OSError, httpx.HTTPError, httpx.InvalidURL) as error:
            raise DoorError(400, "fetch", "This address could not be fetched.", "Send the file itself.") from error

    def _allowed(self, untrusted_url: str) -> SplitResult:
        try:
            parts = urlsplit(untrusted_url)
            usual_port = _PORTS[parts.scheme]
            port = parts.port or usual_port
        except (ValueError, KeyError) as error:
            raise DoorError(400, "url", "This is no address of http or https.", "Send the file itself.") from error
        host = (parts.hostname or "").lower()
        usual = port == usual_port and host in self._hosts
        if "@" in parts.netloc or not (usual or f"{host}:{port}" in self._hosts):
            raise DoorError(400, "url", "This door may not fetch from there.", "Name the host in hma_fetch_hosts.")
        return parts

    async def _get(self, target: _Target) -> bytes:
        # The bytes as they are: a compressed answer would have to be unpacked without a bound.
        headers = {"Host": target.host, "Accept-Encoding": "identity"}
        body = bytearray()
        async with (
            httpx.AsyncClient(timeout=self._timeout_s, follow_redirects=False, trust_env=False) as client,
            client.stream("GET", target.url, headers=headers, extensions={"sni_hostname": target.name}) as answer,
        ):
            if answer.status_code != 200:
                raise DoorError(400, "fetch", "This address could not be fetched.", "Send the file itself.")
            async for block in answer.aiter_raw():
                body += block
                if len(body) > self._max_bytes:
                    raise DoorError(413, "too_large", "What is there is too large.", "Raise max_upload_mib.")
        return bytes(body)


async def _target(parts: SplitResult) -> _Target:
    """Where this leads to now: looked up once, so that it cannot lead elsewhere when it is connected to."""
    name = (parts.hostname or "").lower()
    port = parts.port or _PORTS[parts.scheme]
    try:
        address = str(ipaddress.ip_address(name))
    except ValueError:
        found = await asyncio.get_running_loop().getaddrinfo(name, port, type=socket.SOCK_STREAM)
        addresses = [ipaddress.ip_address(each[4][0]) for each in found]
        if not addresses or not all(each.is_global for each in addresses):
            raise DoorError(400, "url", "This name leads to a private address.", "Send the file itself.") from None
        address = str(addresses[0])
    where = f"[{address}]" if ":" in address else address
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return _Target(f"{parts.scheme}://{where}:{port}{path}", parts.netloc, name)
