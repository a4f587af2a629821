"""What can go wrong with a notice."""

from __future__ import annotations

from django.utils.translation import gettext

from notcontent.exchange.errors import ExchangeError
from notcontent.exchange.notices.regimes.contract import Element


class NoticeError(ExchangeError):
    """A notice can't go on as it was asked. The text says why, and what to do."""


class NotComplete(NoticeError):
    """An element that the law asks for is missing. Add what the list names, then ask again."""

    def __init__(self, missing: tuple[Element, ...]) -> None:
        told = " ".join(f"{element.asks} ({element.id})." for element in missing)
        super().__init__(gettext("The notice lacks what the law asks for, so it would start no clock.") + f" {told}")
        self.missing = missing


class NotNow(NoticeError):
    """The notice stands somewhere else by now. Look at it again."""


class EvidenceFirst(NoticeError):
    """Nobody said what became of the evidence. Keep it first, or say why it is skipped."""


class HerWordFirst(NoticeError):
    """She has not said yes to this notice. Wait for her word in her case, or leave her name out."""


class SecondPersonFirst(NoticeError):
    """The notice names her, and whoever drafted it can't approve it. Somebody else at the desk has to."""


class NotSentByUs(NoticeError):
    """The route is only explained here, or the site takes no e-mail. Follow what the page says instead."""


class MailNotSetUp(NoticeError):
    """No relay for mail is named in exchange.json. Add `mail`, or hand the notice in by the site's form."""


class MailRefused(NoticeError):
    """The mail relay did not take the notice, so it was not sent. Read what to do, and try again."""


class MailboxFailed(NoticeError):
    """The mailbox that answers come to could not be read. Check the server and the settings; nothing was lost."""


class RepliesNotKept(NoticeError):
    """Answers came that this machine could not keep. Look for a full disk; they still lie in the mailbox."""

    permanent = False


class HeadersFailed(NoticeError):
    """The process that asks links for their headers did not do so. Look yourself, or try again later."""


class WorkGone(NoticeError):
    """The key of this notice is not on this machine any more, so its text can't be read here. Draft it anew."""


class BadFacts(NoticeError):
    """What was typed can't be a notice: a link, an address or a text is not one. Correct it and send it again."""


class BadDirectory(NoticeError):
    """A data file of the directory of sites does not follow the form. Correct what the text names."""
