"""What can go wrong at an exchange."""

from __future__ import annotations

from http import HTTPStatus
from typing import ClassVar

from notcontent.errors import NotContentError


class ExchangeError(NotContentError):
    """Something went wrong at the exchange that its operator can act on."""


class AlreadySetUp(ExchangeError):
    """The folder already holds an exchange. Choose another folder, or go on with this one."""


class NotSetUp(ExchangeError):
    """The folder holds no exchange. Run `notcontent exchange init --folder FOLDER` first."""


class PortTaken(ExchangeError):
    """Another program listens on a port this exchange was told to use. Stop it or choose another port."""


class FaceStopped(ExchangeError):
    """A part of the exchange ended by itself, so all of it was stopped. Read its last words and start again."""


class PublisherBusy(ExchangeError):
    """Another process publishes this exchange's streams. There may be only one: stop the other first."""

    permanent = False


class EraseUnanswered(ExchangeError):
    """The running publisher did not finish erasing in time. It goes on; ask again to see when it is done."""

    permanent = False


class LedgerMissing(ExchangeError):
    """The ledger of withdrawals is not where it should be. Put its disk or file back."""


class LedgerBroken(ExchangeError):
    """The ledger of withdrawals was changed or is damaged, or is another exchange's. Put the right copy back."""


class LedgerUnwritable(ExchangeError):
    """The ledger of withdrawals can't be written, so nothing is withdrawn. Look for a full or missing disk."""

    permanent = False


class BackupFailed(ExchangeError):
    """A backup could not be made whole; no file of it was left. Look for a full disk and try again."""

    permanent = False


class NotABackup(ExchangeError):
    """The file is no backup of this version, or the key does not open it. Check both."""


class NotRestored(ExchangeError):
    """A backup can't be restored here: something is in the way, or it is too old. Nothing was changed."""


class NameTaken(ExchangeError):
    """Somebody already has this name. Choose another."""


class OnlyForPractice(ExchangeError):
    """This can be done on an exchange for practice only; on a real one people decide at sites and at the desk."""


class NotStated(ExchangeError):
    """She has not said, dated, that it was not agreed. Ask her to, on the page; then ask for this again."""


class NotADemand(ExchangeError):
    """What is to be published lacks a month that has begun or a country of two letters. Write it again."""


class UnknownName(ExchangeError):
    """Nothing here has this name or id. Check it and try again."""


class Refused(ExchangeError):
    """A request that a face refuses. Becomes `{"error": {"code", "message", "do"}}` with this status."""

    permanent: ClassVar[bool] = True

    def __init__(
        self,
        status: HTTPStatus,
        code: str,
        message: str,
        do: str,
        *,
        entry: int | None = None,
        retry_after_s: int | None = None,
    ) -> None:
        super().__init__(f"{message} {do}")
        self.status = status
        self.code = code
        self.message = message
        self.do = do
        self.entry = entry
        self.retry_after_s = retry_after_s
