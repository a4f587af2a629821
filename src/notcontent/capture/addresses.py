"""Which machine an address leads to: looked up once, refused unless every answer is public, and kept to until the end.

A name that is looked up again could lead elsewhere by then (DNS rebinding).
"""

from __future__ import annotations

import ipaddress
import socket
import threading
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from notcontent.capture.errors import AddressRefused, CaptureError

PORTS = {"http": 80, "https": 443}
MAX_HOSTS = 60


@dataclass(frozen=True, slots=True)
class Target:
    """Where to connect: `ip` was looked up once, `host` is what is asked for there."""

    scheme: str
    host: str
    port: int
    ip: str
    path: str


@dataclass(slots=True)
class Pins:
    """What each name led to when it was first asked for. `practice` lets loopback be captured, for trying it out."""

    practice: bool = False
    _held: dict[str, str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def find(self, url: str) -> Target:
        """The target of an address. Raises `AddressRefused` and `CaptureError`."""
        try:
            parts = urlsplit(url)
            host, port = (parts.hostname or "").encode("idna").decode(), parts.port
        except ValueError:
            raise AddressRefused(_REFUSED) from None
        usual = PORTS.get(parts.scheme)
        port = port or usual
        if usual is None or not host or port is None or parts.username is not None:
            raise AddressRefused(_REFUSED)
        with self._lock:
            if host not in self._held:
                if len(self._held) >= MAX_HOSTS:
                    raise AddressRefused("The page asks too many other sites. Write down typed facts instead.")
                self._held[host] = _look_up(host, practice=self.practice)
            ip = self._held[host]
        if port != usual and not (self.practice and ipaddress.ip_address(ip).is_loopback):
            raise AddressRefused(_REFUSED)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return Target(parts.scheme, host, port, ip, path)


def is_public(ip: str) -> bool:
    """Whether anybody may be asked at this address: not private, local, reserved or many at once, in whatever dress."""
    address = ipaddress.ip_address(ip)
    if isinstance(address, ipaddress.IPv6Address):
        if any(address in each for each in _CARRIERS):
            return False
        if address.ipv4_mapped is not None:
            return is_public(str(address.ipv4_mapped))
    return address.is_global and not address.is_multicast and not address.is_reserved


def _look_up(host: str, *, practice: bool) -> str:
    try:
        found = [str(told[4][0]) for told in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError):
        raise CaptureError("The site's name leads nowhere. Check the address, or try again later.") from None
    # One bad answer among good ones is an attempt: the whole name is refused.
    for ip in found:
        if "%" in ip or not (is_public(ip) or (practice and ipaddress.ip_address(ip).is_loopback)):
            raise AddressRefused(_REFUSED)
    return found[0]


#: IPv4 inside of IPv6 that somebody else unpacks: 6to4, Teredo, NAT64.
_CARRIERS = tuple(
    ipaddress.IPv6Network(each) for each in ("2002::/16", "2001::/32", "64:ff9b::/96", "64:ff9b:1::/48", "::/96")
)
_REFUSED = "Only pages of the public web are captured: http or https, on the usual port, at a public address."
