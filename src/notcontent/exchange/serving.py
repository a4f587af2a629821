# ruff: noqa: PLC0415 - Django may only be imported once its settings are named.
"""`notcontent exchange serve`: three faces and one publisher, each a process; all of them end together."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from types import FrameType

from notcontent.exchange.errors import FaceStopped, PortTaken
from notcontent.exchange.folder import Folder
from notcontent.exchange.listener import Role, prepare_django
from notcontent.exchange.person.work import LOAD_BYTES
from notcontent.exchange.profile import read_profile
from notcontent.exchange.setting_up import make_case_file_key, make_ledger, refuse_unfinished
from notcontent.listening import open_listener

LOOPBACK = "127.0.0.1"
STOP_TIMEOUT_S = 6.0


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the faces listen. Port 0 means any free one."""

    person_port: int = 8000
    partners_port: int = 8001
    desk_port: int = 8002
    person_host: str = LOOPBACK
    partners_host: str = LOOPBACK
    desk_host: str = LOOPBACK

    def of(self, role: Role) -> tuple[str, int]:
        """Host and port of one face."""
        return {
            Role.PERSON: (self.person_host, self.person_port),
            Role.PARTNERS: (self.partners_host, self.partners_port),
            Role.DESK: (self.desk_host, self.desk_port),
        }[role]


def serve(folder: Folder, addresses: Addresses, announce: Callable[[dict[Role, str]], None]) -> None:
    """Serve until SIGINT or SIGTERM. `announce` gets the address of each face once all of them listen.

    Raises `NotSetUp`, `PortTaken` before anything is started, and `FaceStopped` (after stopping the rest) when a
    process
    ends by itself: nothing is restarted behind the operator's back.
    """
    profile = read_profile(folder)
    refuse_unfinished(folder)
    with ExitStack() as stack:
        listening = {role: stack.enter_context(_bind(role, *addresses.of(role))) for role in FACES}
        bring_tables_up_to_date(folder)
        make_case_file_key(folder)
        stopping = _Stopping()
        children = stack.enter_context(_Children(folder))
        for role, bound in listening.items():
            for _ in range(profile.workers if role in SEVERAL else 1):
                children.start(role, bound)
        children.start(Role.PUBLISHER, None)
        announce({role: _url(bound) for role, bound in listening.items()})
        while not stopping.asked:
            if (ended := children.ended()) is not None:
                raise FaceStopped(
                    f"The exchange's {ended} ended by itself, so all of it was stopped. Read its last words above, "
                    "then start again; nothing that was acknowledged is lost."
                )
            time.sleep(0.2)


FACES = (Role.PERSON, Role.PARTNERS, Role.DESK)
#: Faces that may have several processes, which share one listening socket. A poll at the partners' face costs no
#: process anything while it waits.
SEVERAL = (Role.PERSON, Role.DESK)


def bring_tables_up_to_date(folder: Folder) -> None:
    """Create or migrate the tables, and see that there is a ledger of withdrawals."""
    prepare_django(folder.path, None)
    from django.core.management import call_command
    from django.db import connections

    call_command("migrate", verbosity=0, interactive=False)
    connections.close_all()
    make_ledger(folder)


def _bind(role: Role, host: str, port: int) -> socket.socket:
    try:
        return open_listener(host, port)
    except OSError as error:
        raise PortTaken(
            f"Port {port} for the {role} face cannot be used ({error.strerror}). Stop the program that listens "
            f"there, or choose another with --{role}-port."
        ) from None


def _url(bound: socket.socket) -> str:
    host, port = bound.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class _Stopping:
    """Set by the first SIGINT or SIGTERM."""

    def __init__(self) -> None:
        self.asked = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._ask)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self.asked = True


class _Children:
    """Child processes that cannot outlive this one: each holds the reading end of a pipe that only we can write."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._processes: list[tuple[Role, subprocess.Popen[bytes]]] = []
        self._read, self._write = os.pipe()
        # What came in lately, for all of her face's processes; a file without a name, in memory alone.
        self._load = os.memfd_create("load") if hasattr(os, "memfd_create") else None
        if self._load is not None:
            os.ftruncate(self._load, LOAD_BYTES)

    def __enter__(self) -> _Children:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._write)
        os.close(self._read)
        if self._load is not None:
            os.close(self._load)
        for _role, process in self._processes:
            process.terminate()
        end_s = time.monotonic() + STOP_TIMEOUT_S
        for _role, process in self._processes:
            try:
                process.wait(max(0.1, end_s - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def start(self, role: Role, bound: socket.socket | None) -> None:
        """Start one role."""
        words = [sys.executable, "-m", "notcontent.exchange.listener", role, "--folder", str(self._folder.path)]
        words += ["--parent", str(self._read)]
        keep = [self._read]
        if bound is not None:
            words += ["--socket", str(bound.fileno())]
            keep.append(bound.fileno())
        if role is Role.PERSON and self._load is not None:
            words += ["--load", str(self._load)]
            keep.append(self._load)
        # Ctrl-C in a terminal reaches the whole group; this process alone decides when its children stop. They inherit
        # what is blocked here, so none of them hears it, not even while it is still being started.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            process = subprocess.Popen(words, pass_fds=keep, stdin=subprocess.DEVNULL)  # noqa: S603
            self._processes.append((role, process))
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def ended(self) -> Role | None:
        """A role whose process is no longer there."""
        return next((role for role, process in self._processes if process.poll() is not None), None)
