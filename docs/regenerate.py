"""Write what programs print and what the code names into the pages that show it, so that nobody types it.

A page asks with `<!-- output: notcontent … -->` for what a command prints, or with `<!-- list: … -->` for one of
`LISTS`; the block up to `<!-- end -->` is replaced. The lists are checked by a test.
"""

from __future__ import annotations

import argparse
import importlib
import os
import pkgutil
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"(<!-- (?P<kind>output|list): (?P<what>[^>]*?) -->\n).*?(<!-- end -->)", re.S)
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def output(command: str) -> str:
    """What the command prints, as a code block."""
    words = [sys.executable, "-m", "notcontent.cli.main", *shlex.split(command)[1:]]
    environment = {"COLUMNS": "100", "PATH": os.environ["PATH"]}
    done = subprocess.run(words, capture_output=True, text=True, check=True, cwd=ROOT, env=environment)
    return f"```\n$ {command}\n{done.stdout.rstrip()}\n```\n"


def commands() -> str:
    """Every command with its one-line help."""
    from notcontent.cli.main import build_parser

    def walk(parser: argparse.ArgumentParser, words: str) -> Iterator[str]:
        for action in parser._actions:
            if isinstance(action, argparse._SubParsersAction):
                helps = {choice.dest: choice.help for choice in action._choices_actions}
                for name, child in action.choices.items():
                    yield f"| `{words} {name}` | {helps.get(name, '')} |"
                    yield from walk(child, f"{words} {name}")

    return "\n".join(["| command | what it does |", "|---|---|", *walk(build_parser(), "notcontent")]) + "\n"


def errors() -> str:
    """Every error class: what it means, and whether trying again can help."""
    import notcontent
    from notcontent.errors import NotContentError

    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("NOTCONTENT_EXCHANGE_FOLDER", folder)
        for found in pkgutil.walk_packages(notcontent.__path__, "notcontent."):
            # Django's rooms need a set-up exchange; their errors stand in one file that does not.
            if not found.name.startswith("notcontent.exchange.") or found.name.endswith(".errors"):
                importlib.import_module(found.name)

    def walk(family: type[NotContentError]) -> Iterator[type[NotContentError]]:
        for error in sorted(family.__subclasses__(), key=lambda error: (error.__module__, error.__name__)):
            yield error
            yield from walk(error)

    rows = []
    for error in walk(NotContentError):
        first = (error.__doc__ or "").strip().split("\n\n")[0].replace("\n", " ")
        room = error.__module__.removeprefix("notcontent.")
        rows.append(
            f"| `{error.__name__}` | {room} | {' '.join(first.split())} | {'no' if error.permanent else 'yes'} |"
        )
    return "\n".join(["| error | room | when | try again? |", "|---|---|---|---|", *rows]) + "\n"


def metrics() -> str:
    """Every metric of the guard: its kind, labels and meaning."""
    from notcontent.guard.metrics import described

    rows = [f"| `{name}` | {kind} | {', '.join(labels) or '-'} | {text} |" for name, kind, labels, text in described()]
    return "\n".join(["| metric | kind | labels | what it says |", "|---|---|---|---|", *rows]) + "\n"


def settings(before: str) -> str:
    """Every setting of the guard with its default. What it means is written on the page and kept."""
    from dataclasses import fields

    from notcontent.guard.settings import Settings

    meanings = dict(re.findall(r"^\| `(\w+)` \| [^|]* \| (.*) \|$", before, re.M))
    rows = [f"| `{each.name}` | `{each.default}` | {meanings.get(each.name, UNSAID)} |" for each in fields(Settings)]
    return "\n".join(["| setting | default | meaning |", "|---|---|---|", *rows]) + "\n"


def limits() -> str:
    """How many of 256 bits may differ, by the kind of view and the length of the list."""
    from notcontent.fingerprint.orientations import Orientation
    from notcontent.fingerprint.views.view import ViewKind
    from notcontent.guard.limits import TABLE, limits_for

    sizes = {
        "10 thousand": 10**4,
        "100 thousand": 10**5,
        "1 million": 10**6,
        "10 million": 10**7,
        "50 million": 5 * 10**7,
    }
    turns = list(Orientation)
    shown = {"upright": Orientation.UPRIGHT, "mirrored": Orientation.MIRRORED, "turned": Orientation.HALF_TURN}
    rows = []
    for kind in dict.fromkeys(row.kind for row in TABLE):
        for word, turn in shown.items():
            bits = [limits_for(size).bits(ViewKind(kind))[turns.index(turn)] for size in sizes.values()]
            if max(bits) > 0:
                rows.append(f"| `{kind}` | {word} | {' | '.join(str(each) if each > 0 else '–' for each in bits)} |")
    head = ["| view | copy | " + " | ".join(sizes) + " |", "|---|---" + "|---" * len(sizes) + "|"]
    return "\n".join([*head, *rows]) + "\n"


def sites() -> str:
    """Every site of the directory: where it takes notices, by whose word, and as of when."""
    from notcontent.exchange.notices.directory.reading import read_directory

    rows = []
    for one in read_directory().values():
        ways = "<br>".join(
            f"{channel.to} ({', '.join(channel.laws)}; {channel.proof}, {channel.seen or 'no date'}) {channel.asks}"
            for channel in one.channels
        )
        covered = ", ".join(f"{law} {said.answer}" for law, said in sorted(one.covered.items()))
        rows.append(
            f"| {one.name} | {one.country} | {ways or 'none known'} | {covered or '–'} | {' '.join(one.notes) or '–'} |"
        )
    head = [
        "| site | country | where, under which law, by whose word, as of | covered | notes |",
        "|---|---|---|---|---|",
    ]
    return "\n".join([*head, *rows]) + "\n"


def ladder(law: str) -> str:
    """The steps of one law when a site does not act, and what a request to keep evidence rests on."""
    from notcontent.exchange.notices.regimes.known import REGIMES

    regime = REGIMES[law]
    rows = []
    for rung in regime.ladder:
        clock = rung.answer
        time = (
            f"{clock.working_days} working day{'s' if clock.working_days > 1 else ''}"
            if clock and clock.working_days
            else f"{clock.days} days"
            if clock
            else "–"
        )
        if clock:
            time += " (law)" if clock.binding else " (own target)"
        where = f" {rung.address}" if rung.address else ""
        letter = "yes" if rung.has_letter else "no"
        rows.append(f"| `{rung.id}` | {rung.to}{where} | {rung.when} | {letter} | {time} | {rung.learns} |")
    head = [
        "| step | who is asked | when | letter | time for an answer | what they learn |",
        "|---|---|---|---|---|---|",
    ]
    kept = (
        f"\n**To keep evidence.** {regime.preservation.basis} ({regime.preservation.source}.)\n"
        if regime.preservation
        else ""
    )
    return "\n".join([*head, *rows]) + "\n" + kept


def texts() -> str:
    """Every text of a notice: its law, language, letters, and who has reviewed it."""
    from notcontent.exchange.notices.wording.rendering import read_wordings

    rows = [
        f"| `{law}.{language}.toml` | {len(one.letters)} | {len(one.consent) + len(one.grounds)} | {one.written} | "
        f"{'yes' if one.by_lawyer else 'no'} | {'yes' if one.by_native_speaker else 'no'} |"
        for (law, language), one in read_wordings().items()
    ]
    head = [
        "| file | letters | ready sentences | written | read by a lawyer | by a native speaker |",
        "|---|---|---|---|---|---|",
    ]
    return "\n".join([*head, *rows]) + "\n"


UNSAID = "**not written yet**"
LISTS = {
    "errors": lambda _: errors(),
    "commands": lambda _: commands(),
    "metrics": lambda _: metrics(),
    "settings": settings,
    "limits": lambda _: limits(),
    "sites": lambda _: sites(),
    "texts": lambda _: texts(),
} | {f"ladder of {law}": lambda _, law=law: ladder(law) for law in ("us", "uk", "eu")}


def regenerate(text: str, *, lists_only: bool = False) -> str:
    """The page with its blocks made anew."""

    def fill(block: re.Match[str]) -> str:
        if block["kind"] == "list":
            return f"{block[1]}{LISTS[block['what']](block[0])}{block[4]}"
        return block[0] if lists_only else f"{block[1]}{output(block['what'])}{block[4]}"

    return BLOCK.sub(fill, text)


def main() -> int:
    """Rewrite every page that asks for something; with --check only say which lists are stale, and exit 1."""
    check = "--check" in sys.argv
    stale = False
    for path in PAGES:
        text = path.read_text()
        if (fresh := regenerate(text, lists_only=check)) != text:
            stale = True
            print(f"{'stale' if check else 'renewed'}: {path.relative_to(ROOT)}")
            if not check:
                path.write_text(fresh)
    return int(check and stale)


if __name__ == "__main__":
    sys.exit(main())
