"""What can go wrong with evidence at the exchange."""

from __future__ import annotations

from notcontent.exchange.errors import ExchangeError


class NotSealed(ExchangeError):
    """What came is no sealed record with its hash. Seal it on the desk's page, or with `notcontent evidence`."""


class TooMuchEvidence(ExchangeError):
    """A case holds no more evidence than this. Export what is there, or keep it in another case."""


class CustodyIsAppendOnly(ExchangeError):
    """A row of custody cannot be changed or deleted. Write a new one that says what is different."""


class NothingToExport(ExchangeError):
    """The case holds no evidence. Keep some first."""


class CaptureRefused(ExchangeError):
    """A page was not captured, for the reason that it says. Typed facts are evidence too."""

    permanent = False
