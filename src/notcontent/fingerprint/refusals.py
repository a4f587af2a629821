"""Why a picture got no fingerprint. Apart from the decoder, so that whoever handles these needs no decoder loaded."""

from __future__ import annotations

from typing import ClassVar

from .value import FingerprintError


class PictureRefused(FingerprintError):
    """This upload got no fingerprint. `code` is the short word for it that a worker process may say."""

    code: ClassVar[str]
    text: ClassVar[str]

    def __init__(self) -> None:
        super().__init__(self.text)


class NotAPicture(PictureRefused):
    """The bytes are of no format we open."""

    code = "not_a_picture"
    text = "This file is not a picture of a kind we can read. Use JPEG, PNG, WebP, GIF, TIFF, BMP or AVIF."


class UnreadablePicture(PictureRefused):
    """It begins like a picture, and is damaged, cut off or of a rare kind."""

    code = "unreadable"
    text = (
        "This picture is damaged or incomplete. Open it in a picture program, save it again as JPEG or PNG, and retry."
    )


class PictureNotOpened(UnreadablePicture):
    """It is a picture, of a kind that nobody here opens: HEIC, JPEG XL, JPEG 2000, Photoshop."""

    code = "not_opened"
    text = "This is a picture of a kind that can't be read here, such as HEIC. Save it as JPEG or PNG, and retry."


class PictureTooLarge(PictureRefused):
    """More bytes or pixels than allowed."""

    code = "too_large"
    text = "This picture is too large to be read here. Save a smaller copy of it and use that."


class PictureTooHard(PictureRefused):
    """Decoding took more time or memory than one picture may have."""

    code = "too_hard"
    text = "Reading this picture took too much time or memory. Save it again as JPEG or PNG, and retry."


class DecoderDied(PictureRefused):
    """The worker process that held this picture ended under it. A new one has taken its place."""

    permanent = False
    code = "decoder_died"
    text = "The program that read this picture stopped. Try once more; if it stops again, save the picture as JPEG."


class NoRoom(PictureRefused):
    """Too many pictures wait already."""

    permanent = False
    code = "no_room"
    text = "Too many pictures are being read at this moment. Try again in a few seconds."


class DecoderUnavailable(FingerprintError):
    """The pool is not running: its worker processes could not start, or it was closed."""

    permanent = False


#: What a worker may say; the other refusals are the pool's own.
BY_CODE: dict[str, type[PictureRefused]] = {
    refusal.code: refusal
    for refusal in (NotAPicture, UnreadablePicture, PictureNotOpened, PictureTooLarge, PictureTooHard)
}
