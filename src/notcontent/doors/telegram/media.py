"""Where pictures and videos hide in a message."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from aiogram.types import (
    Animation,
    Document,
    ExternalReplyInfo,
    LivePhoto,
    Message,
    PaidMediaLivePhoto,
    PaidMediaPhoto,
    PaidMediaVideo,
    PhotoSize,
    Sticker,
    Story,
    Video,
    VideoNote,
)

#: What a bot may fetch from Telegram's own servers.
MAX_FILE_BYTES: Final = 20_000_000
_Sized = Animation | Document | LivePhoto | Sticker | Video | VideoNote


@dataclass(frozen=True, slots=True)
class Piece:
    """A file to look at. `whole` is false for a small picture that stands for a file which can't be fetched.

    `file_id` is None where there is nothing to fetch at all. `unique_id` stays the same wherever the file is sent.
    """

    file_id: str | None
    unique_id: str
    whole: bool = True


def find_media(message: Message | ExternalReplyInfo) -> tuple[Piece, ...]:
    """Everything in a message that may show a picture, also in one from another chat that it answers."""
    return tuple(_find(message))


def largest(sizes: list[PhotoSize]) -> Piece:
    """The largest of a picture's sizes: the last."""
    return Piece(sizes[-1].file_id, sizes[-1].file_unique_id)


def _find(message: Message | ExternalReplyInfo) -> Iterator[Piece]:
    if message.photo:
        yield largest(message.photo)
    # An animation comes with the same file as a document, for older programs.
    document = None if message.animation else message.document
    for file in (message.video, message.animation, message.video_note, message.sticker, document, message.live_photo):
        if file:
            yield _sized(file)
    for paid in message.paid_media.paid_media if message.paid_media else []:
        match paid:
            case PaidMediaPhoto():
                yield largest(paid.photo)
            case PaidMediaVideo():
                yield _sized(paid.video)
            case PaidMediaLivePhoto():
                yield _sized(paid.live_photo)
            case _:
                yield Piece(None, "", whole=False)  # A preview: what was not paid for is not shown.
    if message.story:
        yield _story(message.story)
    if isinstance(message, Message):
        if message.new_chat_photo:
            yield largest(message.new_chat_photo)
        if message.external_reply:
            yield from _find(message.external_reply)


def _sized(file: _Sized) -> Piece:
    vector = isinstance(file, Sticker) and file.is_animated
    if (file.file_size or 0) <= MAX_FILE_BYTES and not vector:
        return Piece(file.file_id, file.file_unique_id)
    small = getattr(file, "thumbnail", None)
    # A drawn sticker is no photograph, and its small picture shows all there is to see.
    return Piece(small.file_id if small else None, file.file_unique_id, whole=bool(vector and small))


def _story(story: Story) -> Piece:
    return Piece(None, f"story {story.chat.id} {story.id}", whole=False)  # Bots can't fetch stories.
