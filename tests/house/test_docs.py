"""The documentation says what the code says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_command_and_error_stands_in_the_documentation() -> None:
    """In a process of its own, so that only what the programs themselves load is counted."""
    check = [sys.executable, ROOT / "docs" / "regenerate.py", "--check"]
    done = subprocess.run(check, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout}{done.stderr}\nrun: python docs/regenerate.py"
    for page, rows in {
        "developer/commands": 10,
        "developer/errors": 10,
        "platform/reference": 50,
        "platform/metrics": 15,
    }.items():
        text = (ROOT / "docs" / f"{page}.md").read_text()
        assert text.count("\n| `") >= rows, page
        assert "not written yet" not in text


def test_the_figures_that_explain_are_those_that_were_measured() -> None:
    measured, told = ((ROOT / "docs" / "platform" / name).read_text() for name in ("evasion.md", "tiers.md"))
    for pattern in (
        r"([\d.]+)%\*\* found by the cascade",
        r"([\d.]+)% by plain PDQ",
        r"matches\*\* in ([\d,]+) comparisons",
        r"nearest was (\d+) bits",
        r"On (\d+) photographs",
    ):
        [figure] = re.findall(pattern, measured)
        assert re.search(rf"(?<![\d.,]){re.escape(figure)}(?![\d,])", told), pattern


def test_links_between_pages_lead_somewhere() -> None:
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.relative_to(ROOT)}: {target}"


def test_what_the_readme_shows_was_printed_by_the_program() -> None:
    text = (ROOT / "README.md").read_text()
    block = re.search(r"<!-- output: notcontent demo -->\n```\n\$ notcontent demo\n(.*?)```", text, re.S)
    assert block, "run: python docs/regenerate.py"
    assert "both receipts arrived: stopped and erased" in block[1]
    assert "All as expected." in block[1]


def test_the_project_speaks_of_itself_alone() -> None:
    names = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    for name in names:
        text = (ROOT / name).read_bytes().decode("utf-8", "replace")
        assert not re.search(r"/(?:work|home|root)/\w+/", text) or name == "tests/house/test_docs.py", name
