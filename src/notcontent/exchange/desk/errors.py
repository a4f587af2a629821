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


class NotAHold(ExchangeError):
    """A legal hold names what it keeps, and ends within a year. Choose both; it can be asked for again in time."""


class BadAccountName(ExchangeError):
    """An account's name is of at most 32 small letters, digits and hyphens. Choose such a name; it need not be real."""


class TooManyTries(ExchangeError):
    """Too many wrong tries to sign in. Wait as long as it says, then try again; an invitation needs no waiting."""

    permanent = False


class NoSuchInvitation(ExchangeError):
    """The invitation was used, is older than three days, or was copied in part. Ask for another."""


class WeakPassword(ExchangeError):
    """The password is too easy to guess. Choose another; a sentence of several words is good."""


class LastLead(ExchangeError):
    """Without this account nobody would lead the desk. Make somebody else a lead first."""


class SignInFailed(ExchangeError):
    """Name, password or code are not right. Try again; whoever leads the desk can invite you anew."""


class AuditHeadUnreadable(ExchangeError):
    """A signed head of the audit was changed or is not of this exchange. Compare it with a copy kept elsewhere."""


class ReplyTextsUnreadable(ExchangeError):
    """A file of reply texts is damaged or lacks a text. Put the one that came with the release back."""
