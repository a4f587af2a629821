"""The platform's tutorial, carried out as it is printed, until its picture is blocked and passes again."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from notcontent.cli.practice import Ports
from tests.conftest import generated_picture
from tests.device.terminal import Terminal

PAGE = Path(__file__).parents[2] / "docs" / "platform" / "tutorial.md"
BLOCK = re.compile(r"^```(sh|json)\n(.*?)^```$", re.S | re.M)
pytestmark = pytest.mark.journey


@dataclass
class Reader:
    """Does what the page says, and keeps what was printed for the words in capitals."""

    folder: Path
    ports: Ports
    known: dict[str, str] = field(default_factory=dict)
    started: list[subprocess.Popen[str]] = field(default_factory=list)
    words: str = ""
    done: list[str] = field(default_factory=list)

    def carry_out(self, commands: str) -> str:
        said = ""
        for line in commands.splitlines():
            said = self.type(self.filled(line))
            self.done.append(line)
        return said

    def filled(self, line: str) -> str:
        for word, value in self.known.items():
            line = line.replace(word, value)
        for port, free in {8000: "person", 8001: "partners", 8100: "guard"}.items():
            line = line.replace(f"127.0.0.1:{port}", f"127.0.0.1:{getattr(self.ports, free)}")
        return line

    def type(self, line: str) -> str:
        # This machine's ports are shared: what the page leaves to the defaults is stated.
        if "exchange init" in line:
            line += f" --partners-url {self.ports.url('partners')}"
        if line.endswith("serve --folder exchange"):
            ports = self.ports
            line += f" --person-port {ports.person} --partners-port {ports.partners} --desk-port {ports.desk}"
            return self.start(line)
        if line.endswith("guard serve"):
            return self.start(f"{line} --port {self.ports.guard}")
        if " device " in line:
            person = Terminal(answers=[self.words] if self.words else ["1", "1"], folder=self.folder)
            assert person.run(*shlex.split(line.partition(" device ")[2])) == 0, person.said
            self.words = self.words or person.words
            return person.printed
        done = subprocess.run(
            ["sh", "-ec", line], cwd=self.folder, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, f"{line}: {done.stderr}"
        printed = {
            "PARTNER-TOKEN": r"^  token +(\S+)$", "ROOT-KEY": r"^  root key +(RW\S+)$", "GUARD-TOKEN": r"^(ncg_\S+)$",
            "ENTRY": r'"entry": ?"([0-9a-f]{32})"',
        }  # fmt: skip
        for word, pattern in printed.items():
            if found := re.search(pattern, done.stdout, re.M):
                self.known[word] = found[1]
        return done.stdout

    def start(self, line: str) -> str:
        process = subprocess.Popen(
            ["sh", "-ec", f"exec {line}"], cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.started.append(process)
        assert process.stdout
        return process.stdout.readline()


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    # Step 1: what it installs is what the tests run with.
    (tmp_path / "venv").symlink_to(sys.prefix)
    (tmp_path / "photo.jpg").write_bytes(generated_picture(42))
    reading = Reader(tmp_path, Ports.free(board=False))
    yield reading
    for process in reversed(reading.started):
        process.terminate()
        process.communicate(timeout=60)


def holds(answer: object, printed: object) -> bool:
    """Whether all that the page prints is in the answer."""
    if isinstance(printed, dict):
        return isinstance(answer, dict) and all(holds(answer.get(key), value) for key, value in printed.items())
    if isinstance(printed, list):
        return isinstance(answer, list) and len(answer) == len(printed) and all(map(holds, answer, printed))
    return answer == printed


def is_as_printed(said: str, printed: str) -> bool:
    try:
        (answer, *status), (expected, *expected_status) = said.splitlines(), printed.splitlines()
        return holds(json.loads(answer), json.loads(expected)) and status == expected_status
    except ValueError:
        return False


def test_every_command_of_the_tutorial_leads_where_it_says_it_leads(reader: Reader) -> None:
    statuses = []
    last = ""
    for kind, text in BLOCK.findall(PAGE.read_text()):
        if kind == "sh":
            said, last = reader.carry_out(text), text
            continue
        end = time.monotonic() + 60
        while not is_as_printed(said, text):
            assert time.monotonic() < end, f"{last}\nshould say\n{text}\nand says\n{said}"
            time.sleep(0.3)
            said = reader.carry_out(last.splitlines()[-1])
        statuses += text.splitlines()[1:]
    assert statuses == ["200", "202", "451", "200"]
    assert len(reader.done) >= 12
