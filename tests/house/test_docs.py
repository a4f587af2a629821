"""The documentation says what the code says."""

from __future__ import annotations

import importlib.util
import re
import subprocess
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def regenerate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("regenerate", ROOT / "docs" / "regenerate.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_command_and_error_stands_in_the_documentation(regenerate: ModuleType) -> None:
    for name in ("commands", "errors"):
        text = (ROOT / "docs" / "developer" / f"{name}.md").read_text()
        assert text == regenerate.regenerate(text, lists_only=True), "run: python docs/regenerate.py"
        assert text.count("\n| `") > 10


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
