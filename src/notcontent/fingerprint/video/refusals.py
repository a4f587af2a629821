"""Why a video got no fingerprints. Like those of pictures, and each is one of them, with words that fit a video."""

from __future__ import annotations

from typing import Final

from notcontent.fingerprint.refusals import (
    NotAPicture,
    PictureRefused,
    PictureTooHard,
    PictureTooLarge,
    UnreadablePicture,
)


class NotAVideo(NotAPicture):
    """The bytes are of no kind of video we open, or of a still picture."""

    code = "not_a_video"
    text = "This file is not a video of a kind we can read. Use MP4, MOV, WebM, MKV, AVI, or an animated GIF or WebP."


class UnreadableVideo(UnreadablePicture):
    """It begins like a video, and no frame of it can be read."""

    code = "unreadable_video"
    text = "This video is damaged or of a rare kind. Save it again as MP4 in a video program, and retry."


class VideoTooLarge(PictureTooLarge):
    """More bytes, or more pixels in a frame, than allowed."""

    code = "video_too_large"
    text = "This video is too large to be read here. Save a smaller copy of it and use that."


class VideoTooLong(PictureRefused):
    """It lasts longer, or has more frames, than allowed."""

    code = "video_too_long"
    text = "This video is too long to be read here. Cut it into shorter parts and use those."


class VideoTooHard(PictureTooHard):
    """Reading it took more time or memory than one video may have."""

    code = "video_too_hard"
    text = "Reading this video took too much time or memory. Save a smaller copy of it as MP4, and retry."


class VideoShowsNothing(PictureRefused):
    """No frame of it shows enough to be listed."""

    code = "shows_nothing"
    text = "There is too little to see in this video for codes that are only its own. Choose another video."


#: What a worker may say; the other refusals are the reader's own.
BY_CODE: Final[dict[str, type[PictureRefused]]] = {
    refusal.code: refusal for refusal in (NotAVideo, UnreadableVideo, VideoTooLarge, VideoTooLong, VideoTooHard)
}
