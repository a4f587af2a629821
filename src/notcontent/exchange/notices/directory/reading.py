"""The directory as it ships with this version: who takes notices where."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from urllib.parse import urlsplit

from notcontent.exchange.notices.directory.service import Service, parse_service
from notcontent.exchange.notices.errors import BadDirectory


@cache
def read_directory() -> dict[str, Service]:
    """All sites by their keys, in the order of their names. Raises `BadDirectory`."""
    found = {}
    for file in files("notcontent.exchange.notices.directory").joinpath("services").iterdir():
        if not file.name.endswith(".toml"):
            continue
        key = file.name.removesuffix(".toml")
        try:
            found[key] = parse_service(key, tomllib.loads(file.read_text("utf-8")))
        except (ValueError, KeyError, TypeError) as error:
            raise BadDirectory(f"The directory’s file {file.name} is not right: {error}. Correct it.") from None
    return dict(sorted(found.items(), key=lambda pair: pair[1].name.casefold()))


def find_service(link: str) -> Service | None:
    """The site that a link leads to, by the name of its host; None where the directory does not know it."""
    try:
        host = (urlsplit(link).hostname or "").removeprefix("www.")
    except ValueError:
        return None
    found = [
        (len(name), service)
        for service in read_directory().values()
        for name in service.hosts
        if host == name or (service.subdomains and host.endswith(f".{name}"))
    ]
    # One site may live below the name of another.
    return max(found, key=lambda pair: pair[0])[1] if found else None
