"""What can go wrong between an exchange, a follower and the program it follows for."""

from __future__ import annotations

from notcontent.errors import NotContentError


class FollowerError(NotContentError):
    """The list could not be followed, or not be handed on."""


class ExchangeAway(FollowerError):
    """The exchange could not be reached, or could not answer. Try again later; the list stays in use."""

    permanent = False


class ExchangeRefuses(FollowerError):
    """The exchange does not take this token or this question. Ask the helpline."""


class HmaAway(FollowerError):
    """HMA could not be reached, or did not do what was asked. It is asked again; its bank stays as it was."""

    permanent = False


class BadState(FollowerError):
    """The file that says what was handed on cannot be read. Delete it: the bank is then made anew."""
