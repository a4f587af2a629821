"""`notcontent run` as somebody types it."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

import httpx
import pytest

from notcontent.cli.practice import Ports

pytestmark = pytest.mark.journey


def run_command(folder: Path, ports: Ports) -> list[str]:
    words = [sys.executable, "-m", "notcontent.cli.main", "run", "--folder", str(folder)]
    for name, port in asdict(ports).items():
        words += [f"--{name}-port", str(port)]
    return words


def started(process: subprocess.Popen[str]) -> str:
    """What it printed until it stood."""
    assert process.stdout
    printed = ""
    while "Press Ctrl-C" not in printed:
        line = process.stdout.readline()
        assert line, printed
        printed += line
    return printed


def test_it_says_how_to_get_in_stops_on_ctrl_c_and_starts_again_the_same(tmp_path: Path) -> None:
    ports = Ports.free(board=True)
    told = []
    for _ in range(2):
        process = subprocess.Popen(run_command(tmp_path / "data", ports), stdout=subprocess.PIPE, text=True)
        told.append(started(process))
        assert "Practice only. Nothing here reaches a real site." in told[-1]
        for name in ("person", "board", "desk"):
            assert httpx.get(ports.url(name), follow_redirects=True).status_code == 200
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
        time.sleep(0.2)
        for port in asdict(ports).values():
            with socket.socket() as probe:
                assert probe.connect_ex(("127.0.0.1", port)) != 0, "everything must have stopped"
    assert told[0] == told[1]
    assert re.search(r"sign in as +desk +password \S{12,}", told[0])


def test_it_stops_on_sigterm_also_where_ctrl_c_is_ignored(tmp_path: Path) -> None:
    """As a shell starts what runs in the background."""
    ports = Ports.free(board=False)
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        process = subprocess.Popen(
            [*run_command(tmp_path / "data", ports), "--no-board"], stdout=subprocess.PIPE, text=True
        )
    finally:
        signal.signal(signal.SIGINT, before)
    started(process)
    process.terminate()
    try:
        assert process.wait(60) == 0
    finally:
        process.kill()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", ports.guard)) != 0


def test_a_taken_port_gets_a_clear_error_before_anything_starts(tmp_path: Path) -> None:
    ports = Ports.free(board=True)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", ports.guard))
        taken.listen()
        done = subprocess.run(run_command(tmp_path / "data", ports), capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert f"Port {ports.guard} (for the guard) is taken." in done.stderr
    assert "--guard-port" in done.stderr
    assert not (tmp_path / "data").exists()
