"""The bot beside a Bot API that nobody here wrote."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import altered, generated_picture
from tests.doors.fake_bot_api import GROUP
from tests.doors.running_bot import RunningBot
from tests.doors.telemelya import running_telemelya
from tests.guard.running_guard import guard_of_two, wait_until

CLAIMED, VERIFIED, OTHER = generated_picture(1), generated_picture(2), generated_picture(7)


@pytest.mark.peer
def test_a_listed_picture_leaves_a_group_of_telemelya_and_nothing_is_said_there(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("guard", "api", "bot")]
    for folder in folders:
        folder.mkdir()
    with guard_of_two(folders[0], CLAIMED, VERIFIED) as guard, running_telemelya(folders[1]) as api:
        bot = RunningBot(api, guard.url, guard.token, folders[2])
        passed, listed = [], []
        for posts, picture in (
            (passed, OTHER),
            (passed, CLAIMED),
            (listed, VERIFIED),
            (listed, altered(VERIFIED, "mirrored")),
        ):
            posts.append(api.post(picture))
            wait_until(lambda: len(api.called("file")) == len(passed) + len(listed), "the photo to be fetched")
        wait_until(lambda: len(api.responses()) >= len(listed), "both to be deleted")
        bot.stop()
        # All that telemelya saw done: two messages are deleted. Nothing was sent to anybody in the group.
        did = {(each["method"], each["chat_id"], each["message_id"]) for each in api.responses()}
        assert did == {("deleteMessage", GROUP["id"], message) for message in listed}, bot.log.read_text()
        assert [each["status"] for each in api.called("file")] == [200] * 4
