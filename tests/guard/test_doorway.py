"""What doors that are shown everything pass over, and what not."""

from __future__ import annotations

import asyncio
import io
import zipfile

import pytest

from notcontent.errors import NotContentError
from notcontent.fingerprint.formats import FORMATS
from notcontent.fingerprint.refusals import UnreadablePicture
from notcontent.guard.arriving import Held, Piece, Room
from notcontent.guard.doorway import HEAD_BYTES, DoorRule, Doorway, Judged, Outcome, is_nothing_for_us
from notcontent.guard.errors import BadSettings, TooMuchAtOnce, UploadTooLarge
from notcontent.guard.settings import load_settings
from tests.conftest import generated_picture


def zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("picture.jpg", generated_picture(1))
    return buffer.getvalue()


@pytest.mark.parametrize(
    "everyday",
    [b"", b"<!doctype html>", b'{"a": 1}', b"%PDF-1.7\n", b"body { color: red }", bytes(5000), b"RIFF\0\0\0\0WAVEfmt ",
     b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"ID3\x04", "中文".encode(), zipped()],
    ids=lambda data: repr(data[:8]),
)  # fmt: skip
def test_everyday_files_are_passed_over(everyday: bytes) -> None:
    assert is_nothing_for_us(everyday)


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_whatever_begins_like_a_picture_that_is_opened_is_not(name: str) -> None:
    for signature in FORMATS[name]:
        begins = {"AVIF": b"\0\0\0\x20", "WEBP": b""}.get(name, b"") + signature
        assert not is_nothing_for_us(begins + (b"\0\0\0\0WEBP" if name == "WEBP" else b"") + bytes(100))


@pytest.mark.parametrize(
    "other",
    [b"\0\0\0\x18ftypheic", b"\0\0\0\x18ftypmif1", b"\0\0\0\x0cJXL \r\n", b"\xff\x0a", b"\0\0\0\x0cjP  ", b"8BPS\0\1",
     b"\0\0\0\x18ftypisom", b"\x1aE\xdf\xa3", b"GIF89a"],
    ids=repr,
)  # fmt: skip
def test_neither_are_videos_nor_pictures_that_nobody_opens(other: bytes) -> None:
    assert not is_nothing_for_us(other + bytes(100))


class NoAnswer:
    """An Answering that must not be asked."""

    async def check(self, *_: object) -> object:
        raise AssertionError("asked")


def judge(upload: bytes, when_unchecked: Outcome, blocks: int = 1000, max_bytes: int = 1 << 20) -> Judged:
    doorway = Doorway(NoAnswer(), DoorRule(Outcome.STOP, when_unchecked))  # type: ignore[arg-type]
    piece = Piece(Room(1 << 20), max_bytes)
    for start in range(0, len(upload), blocks):
        piece.add(upload[start : start + blocks])
    return asyncio.run(piece.judge(doorway))


@pytest.mark.parametrize("when_unchecked", Outcome)
def test_what_is_passed_over_passes_whatever_is_stated(when_unchecked: Outcome) -> None:
    for letter in (b"", b"a letter", b"a letter" * HEAD_BYTES):
        assert judge(letter, when_unchecked) == Judged(Outcome.PASS, passed_over=True)


@pytest.mark.parametrize("when_unchecked", Outcome)
def test_what_could_not_be_checked_meets_what_is_stated(when_unchecked: Outcome) -> None:
    causes: list[tuple[bytes, type[NotContentError], int]] = [
        (b"\0\0\0\x18ftypheic" + bytes(5000), UnreadablePicture, 1 << 20),
        (b"\xff\xd8\xff" + bytes(2 << 20), UploadTooLarge, 1 << 20),
        (b"\xff\xd8\xff" + bytes(2 << 20), TooMuchAtOnce, 8 << 20),
    ]
    for upload, cause, max_bytes in causes:
        judged = judge(upload, when_unchecked, max_bytes=max_bytes)
        assert judged.outcome is when_unchecked and isinstance(judged.error, cause) and not judged.passed_over


def test_the_room_is_given_back_whatever_happens() -> None:
    room = Room(1000)
    with pytest.raises(UploadTooLarge), Held(room, 100) as held:
        held.add(bytes(60))
        held.add(bytes(60))
    with Held(room, 1000) as held:
        held.add(bytes(1000))
        with pytest.raises(TooMuchAtOnce):
            room.take(1)
        assert held.whole() == bytes(1000)
        # Counted as long as somebody works on it.
        with pytest.raises(TooMuchAtOnce):
            room.take(1)
    room.take(1000)


def test_an_open_door_without_a_stated_rule_does_not_start(tmp_path: object) -> None:
    with pytest.raises(BadSettings, match="clamd_when_held"):
        load_settings(tmp_path, {"NOTCONTENT_GUARD_CLAMD_PORT": "3310"})  # type: ignore[arg-type]
