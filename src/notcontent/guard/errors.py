"""What can go wrong beside a platform, one class a cause."""

from __future__ import annotations

from notcontent.errors import NotContentError


class GuardError(NotContentError):
    """Something in the guard needs its operator, or its caller, to do something."""


class BadSettings(GuardError):
    """A setting cannot be used."""


class FolderNotOurs(GuardError):
    """The data folder can't be made, or belongs to another account."""


class FolderInUse(GuardError):
    """Another guard runs on this data folder."""


class ListNotReady(GuardError):
    """A list is missing or too old to answer from: answering "allow" would be a guess."""

    permanent = False


class StorageUnavailable(GuardError):
    """What has to survive a crash could not be written, so nothing was decided."""

    permanent = False


class VideosNotRead(GuardError):
    """What opens videos is not installed beside this guard."""


class TakesTooLong(GuardError):
    """A video is not read within the time that a request may wait."""

    permanent = False


class UnknownUpload(GuardError):
    """No upload that was held, blocked or flagged has this id."""


class AlreadyDecided(GuardError):
    """The upload's question has been answered already, in another way."""


class NotBlocked(GuardError):
    """The upload is not blocked, so there is nothing to state reasons for."""


class NotStopped(GuardError):
    """The upload is neither held nor blocked, so there is nothing to dispute."""


class UnknownNotice(GuardError):
    """No notice that a platform received has this id."""


class NoticeClosed(GuardError):
    """All was done about a notice, or it was refused."""


class BadNotice(GuardError):
    """What was said about a notice can't be."""


class TooOften(GuardError):
    """A token's rate is used up."""

    permanent = False

    def __init__(self, retry_after_s: int) -> None:
        """`retry_after_s`: when the next upload may be sent."""
        super().__init__("This token has sent as many uploads as it may for now. Send the next one a little later.")
        self.retry_after_s = retry_after_s


class NoPreview(GuardError):
    """The platform did not give out an upload for a preview."""

    permanent = False


class ListExists(GuardError):
    """A list of this name is followed already, from another exchange."""


class TokenExists(GuardError):
    """A token of this name exists already."""


class NoSuchToken(GuardError):
    """No token has this name."""


class UploadTooLarge(GuardError):
    """An upload has more bytes than the guard takes."""


class TooMuchAtOnce(GuardError):
    """All uploads being received together hold as much memory as they may."""

    permanent = False


class TooSlow(GuardError):
    """An upload arrived too slowly."""

    permanent = False
