"""Write the output of commands into the pages that show it, so that nobody types what a program prints.

A page asks with `<!-- output: notcontent … -->`, and the block up to `<!-- end -->` is replaced.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"(<!-- output: (?P<command>notcontent [^>]*?) -->\n).*?(<!-- end -->)", re.S)


def run(command: str) -> str:
    """What the command prints."""
    words = [sys.executable, "-m", "notcontent.cli.main", *shlex.split(command)[1:]]
    done = subprocess.run(words, capture_output=True, text=True, check=True, cwd=ROOT, env={"COLUMNS": "100", "PATH": ""})  # noqa: S603
    return done.stdout


def regenerate(text: str) -> str:
    """The page with fresh output."""
    return BLOCK.sub(lambda block: f"{block[1]}```\n$ {block['command']}\n{run(block['command']).rstrip()}\n```\n{block[3]}", text)


def main() -> None:
    """Rewrite every page that asks for output."""
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        text = path.read_text()
        if (fresh := regenerate(text)) != text:
            path.write_text(fresh)
            print(f"renewed {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
