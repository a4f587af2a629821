"""A whole practice set-up on one machine: exchange, guard and, from a source checkout, the sample picture board.

`notcontent run` and `notcontent demo` both stand on it. It uses the same commands that a helpline and a platform type,
as separate processes, so that what is practised is the real thing.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import secrets
import signal
import socket
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from notcontent.errors import NotContentError

LOOPBACK = "127.0.0.1"
START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 15.0
#: Below what Linux (32768), macOS and Windows (49152) give to outgoing connections.
_NEVER_OUTGOING = range(20_000, 32_768)


class PracticeError(NotContentError):
    """The practice set-up could not be started or kept running."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Where each part listens on the loopback address. `board` 0: no board."""

    person: int
    partners: int
    desk: int
    guard: int
    board: int

    @classmethod
    def free(cls, *, board: bool) -> Ports:
        """Ports that nobody listens on right now, of those that no outgoing connection is given.

        Otherwise, while a part is down, another one that knocks there could be given that very port to knock from.
        """
        numbers: list[int] = []
        for number in random.sample(_NEVER_OUTGOING, len(_NEVER_OUTGOING)):
            with socket.socket() as probe, contextlib.suppress(OSError):
                probe.bind((LOOPBACK, number))
                numbers.append(number)
            if len(numbers) == 5:
                break
        else:
            raise PracticeError("No five ports are free. Stop what uses them, and start again.")
        person, partners, desk, guard, last = numbers
        return cls(person, partners, desk, guard, last if board else 0)

    def url(self, name: str) -> str:
        """The address of one part."""
        return f"http://{LOOPBACK}:{getattr(self, name)}"


@dataclass(frozen=True, slots=True)
class Secrets:
    """What the first start made, kept in the data folder so that the next start can print it again."""

    partner_token: str
    guard_token: str
    moderator_word: str
    desk_name: str
    desk_password: str
    root_key: str


def board_program() -> Path | None:
    """The sample board of a source checkout, if this is one."""
    path = Path(__file__).parents[3] / "examples" / "board" / "board.py"
    return path if path.is_file() else None


class Practice:
    """The processes of one practice set-up; a context manager that stops all it started."""

    def __init__(self, folder: Path, ports: Ports, *, hit_delay_days: int = 1) -> None:
        self.folder = folder
        self.ports = ports
        self._environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        self._hit_delay_days = hit_delay_days
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._good_answer: dict[str, str] = {}

    def __enter__(self) -> Practice:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> Secrets:
        """Set up what is not there yet, start everything and return how to get in. Raises `PracticeError`."""
        self._check_ports()
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        exchange, guard = self.folder / "exchange", self.folder / "guard"
        kept = self.folder / "practice.json"
        if not (exchange / "ready").exists():
            self.command(
                "exchange", "init", "--practice", "--name", "Practice helpline", "--folder", exchange,
                "--hit-delay-days", self._hit_delay_days, "--partners-url", self.ports.url("partners"),
                "--helpline-key", self._helpline_key(),
            )  # fmt: skip
            (exchange / "ready").touch()
        ports = self.ports
        self.serve(
            "exchange",
            "exchange", "serve", "--folder", exchange, "--person-port", ports.person,
            "--partners-port", ports.partners, "--desk-port", ports.desk,
        )  # fmt: skip
        self.wait_for("exchange", f"{ports.url('person')}/v1/site")
        known = Secrets(**json.loads(kept.read_text())) if kept.exists() else self._introduce(exchange, guard, kept)
        self.command(
            "guard", "follow", ports.url("partners"), "--name", "practice", "--folder", guard,
            "--token", known.partner_token, "--root-key", known.root_key,
        )  # fmt: skip
        if not (guard / "guard.toml").exists():
            # So that a closed room of the board, and where it went, can be tried.
            (guard / "guard.toml").write_text("spinoff_days = 90\n", "utf-8")
        self.serve("guard", "guard", "serve", "--folder", guard, "--port", ports.guard)
        self.wait_for("guard", f"{ports.url('guard')}/readyz")
        if ports.board:
            self._start_board(known)
        return known

    @property
    def helpline_key(self) -> Path:
        """The private key that opens letters. A real helpline has it on another machine than the exchange."""
        return self.folder / "helpline.key"

    def _helpline_key(self) -> str:
        """The public half of the helpline's key, made where there is none yet."""
        if not self.helpline_key.exists():
            self.command("letter", "key", "--out", self.helpline_key)
        return self.helpline_key.read_text().splitlines()[0].split()[-1]

    def stop(self) -> None:
        """Stop every process, the last started first; kill what does not stop."""
        for process in reversed(self._processes.values()):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        end = time.monotonic() + STOP_TIMEOUT_S
        for process in self._processes.values():
            try:
                process.wait(max(0.1, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self._processes.clear()

    def wait(self) -> None:
        """Return only by an exception: when a part ends by itself, or Ctrl-C."""
        while True:
            for name, process in self._processes.items():
                if process.poll() is not None:
                    raise PracticeError(f"The {name} stopped by itself. Its last words are in {self._log(name)}.")
            time.sleep(0.3)

    def kill(self, name: str) -> None:
        """End a part at once, with all its processes, as a power cut would. For drills and tests."""
        process = self._processes[name]
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def restart_what_was_killed(self) -> None:
        """Start every part that no longer runs, with the words it was started with."""
        for name, process in list(self._processes.items()):
            if process.poll() is not None:
                self._spawn(name, *process.args[1:])  # type: ignore[index]
        for name in self._processes:
            self.wait_for(name, self._good_answer[name])

    def command(self, *words: object) -> str:
        """Run one `notcontent` command to its end and return what it printed. Raises `PracticeError`."""
        done = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-m", "notcontent.cli.main", *map(str, words)],
            env=self._environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode != 0:
            raise PracticeError(f"`notcontent {words[0]} {words[1]}` failed. It said: {done.stderr.strip()[-2000:]}")
        return done.stdout

    def _introduce(self, exchange: Path, guard: Path, kept: Path) -> Secrets:
        """Make the sample partner, the board's token and a desk account. Safe to repeat when cut short."""
        partner: dict[str, Any] = json.loads(
            self.command(
                "exchange", "partner", "add", "Practice board", "--country", "ZZ", "--json", "--folder", exchange
            )
        )
        desk_name = "desk"
        password = (
            self.command("exchange", "desk-user", desk_name, "--folder", exchange).strip().splitlines()[-1].split()[-1]
        )
        token = (
            self.command("guard", "token", f"board-{secrets.token_hex(3)}", "--hold", "202", "--folder", guard)
            .strip()
            .splitlines()[-1]
            .split()[-1]
        )
        made = Secrets(partner["token"], token, secrets.token_hex(4), desk_name, password, partner["root_key"])
        part = kept.with_suffix(".part")
        part.touch(mode=0o600)
        part.write_text(json.dumps(asdict(made), indent=1))
        part.replace(kept)
        return made

    def _start_board(self, known: Secrets) -> None:
        program = board_program()
        if program is None:
            raise PracticeError("The sample board is part of the source tree only. Start with --no-board.")
        self._spawn(
            "board",
            program, "--port", self.ports.board, "--folder", self.folder / "board", "--guard", self.ports.url("guard"),
            "--token", known.guard_token, "--moderator-word", known.moderator_word,
        )  # fmt: skip
        self.wait_for("board", self.ports.url("board"))

    def serve(self, name: str, *words: object) -> None:
        """Start a `notcontent` command that goes on until it is stopped."""
        self._spawn(name, "-m", "notcontent.cli.main", *words)

    def _spawn(self, name: str, *words: object) -> None:
        with self._log(name).open("ab") as log:
            self._processes[name] = subprocess.Popen(  # noqa: S603 - our own programs
                [sys.executable, *map(str, words)],
                env=self._environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def _log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def wait_for(self, name: str, url: str) -> None:
        """Return once the part answers well. Raises `PracticeError` if it ends or takes too long."""
        self._good_answer[name] = url
        end = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < end:
            if self._processes[name].poll() is not None:
                raise PracticeError(f"The {name} did not start. It said: {self._log(name).read_text()[-2000:]}")
            try:
                with urlopen(url, timeout=2):  # noqa: S310 - an address of our own on loopback
                    return
            except (HTTPError, URLError, OSError):
                time.sleep(0.1)
        raise PracticeError(f"The {name} did not answer within {START_TIMEOUT_S:.0f} s. See {self._log(name)}.")

    def _check_ports(self) -> None:
        for name, port in asdict(self.ports).items():
            if not port:
                continue
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind((LOOPBACK, port))
                except OSError:
                    raise PracticeError(
                        f"Port {port} (for the {name}) is taken. "
                        f"Stop what uses it, or choose another: --{name}-port NUMBER."
                    ) from None
