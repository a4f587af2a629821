"""What can go wrong with somebody else's list."""

from __future__ import annotations

from notcontent.errors import NotContentError


class RelayError(NotContentError):
    """Somebody else's list could not be told to the guard."""


class SourceAway(RelayError):
    """The list could not be fetched. It is tried again; after an hour the guard is told that the list is away."""

    permanent = False


class SourceUnusable(RelayError):
    """The source cannot be used as it is set up. Check its name, its settings and its keys."""
