"""Somebody at her computer."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Terminal:
    """Mina at her computer: answers what the program asks, and reads what it prints."""

    words: str = ""
    said: str = ""
    printed: str = ""
    answers: list[str] = field(default_factory=list)
    folder: Path | None = None

    def run(self, *arguments: object) -> int:
        program = subprocess.Popen(
            [sys.executable, "-m", "notcontent.cli.main", "device", *map(str, arguments)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            cwd=self.folder,
        )  # fmt: skip
        assert program.stdin and program.stdout and program.stderr
        waiting = list(self.answers)
        while sign := program.stderr.read(1):
            self.said += sign
            asked = re.search(r"\n    (\S.*)\n(?s:.*)What (?:is word|are the digits of group) (\d)\? $", self.said)
            if asked:
                self.words = asked[1]
                self._type(program, self.words.split(" ")[int(asked[2]) - 1].upper())
            elif waiting and re.search(r"(1–\d[^\n]*|words[^\n]*|code[^\n]*): $", self.said):
                self._type(program, waiting.pop(0))
        self.printed = program.stdout.read()
        program.stdin.close()
        return program.wait(60)

    def _type(self, program: subprocess.Popen[str], line: str) -> None:
        assert program.stdin
        self.said += "\n"
        program.stdin.write(line + "\n")
        program.stdin.flush()
