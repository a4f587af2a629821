"""What can go wrong with partners."""

from __future__ import annotations

from notcontent.exchange.errors import ExchangeError


class NotVetted(ExchangeError):
    """The vetting checklist can't be stored as it is. Fill in what is missing and send it again."""


class TwoPeopleAdd(ExchangeError):
    """Two people add a site, at the desk. Ask there, or say on the command line why one has to."""


class NotForThisClient(ExchangeError):
    """That can't be done for what this partner follows its list with. The partner's page says what can."""
