"""What can go wrong at the desk."""

from __future__ import annotations

from notcontent.exchange.errors import ExchangeError


class AuditIsAppendOnly(ExchangeError):
    """An audit row cannot be changed or deleted. Write a new one that says what is different."""


class NotAllowed(ExchangeError):
    """None of the account's roles allows this. Ask somebody who holds the role, or a lead to give it to you."""


class NeedsSecondPerson(ExchangeError):
    """Nobody agrees to what she asked for herself. Somebody else at the helpline has to."""


class NothingToDecide(ExchangeError):
    """The proposal was decided already, has lapsed, or is not there. Look at the list of proposals again."""


class ReasonMissing(ExchangeError):
    """A reason has to be written down, in a sentence and without names. Write one and send it again."""


class BadAccountName(ExchangeError):
    """An account's name is of at most 32 small letters, digits and hyphens. Choose such a name; it need not be real."""
