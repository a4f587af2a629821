"""`notcontent telegram` as a process, between a Bot API and a guard."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.doors.fake_bot_api import TOKEN, FakeBotApi
from tests.doors.telemelya import Telemelya
from tests.guard.running_guard import wait_until

#: On a loaded machine; on an idle one it takes five seconds, most of them aiogram's.
START_TIMEOUT_S = 150.0


class RunningBot:
    def __init__(self, api: FakeBotApi | Telemelya, guard_url: str, token: str, folder: Path, **more: object) -> None:
        settings = {
            "bot_token": TOKEN, "guard": guard_url, "guard_token": token, "when_unchecked": "pass",
            "contact": "check@club.example", "api": api.url, **more,
        }  # fmt: skip
        file = folder / "telegram.toml"
        file.write_text(
            "".join(
                f"{key} = {str(value).lower() if value in (True, False) else repr(value)}\n"
                for key, value in settings.items()
            )
        )
        self.log = folder / "log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "notcontent.cli.main", "telegram", file], stdout=log, stderr=log, env=os.environ
            )
        wait_until(lambda: api.called("getUpdates"), f"the bot\n{self.log.read_text()}", START_TIMEOUT_S)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)
        self.process.wait(60)
