"""A fresh exchange and Mina's way through the page for each test."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from .person_face import Face
from .walk import Walk

AXE_VERSION = "4.14.1"
AXE_FOLDER = Path(__file__).parents[2] / "build" / "axe"
AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture
def face() -> Iterator[Face]:
    """A person's face of an exchange without cases."""
    with Face() as running:
        yield running


@pytest.fixture
def walk(page: Page, face: Face) -> Walk:
    """Mina at the first screen."""
    walk = Walk(page, face)
    walk.open()
    return walk


@pytest.fixture(scope="session")
def axe() -> Iterator[str]:
    """The source of axe-core, from the npm registry into the git-ignored build folder."""
    script = AXE_FOLDER / AXE_VERSION / "axe.min.js"
    if not script.is_file():
        if shutil.which("npm") is None:
            pytest.skip("npm is not installed, so axe-core could not be got")
        script.parent.mkdir(parents=True, exist_ok=True)
        command = ["npm", "pack", "--silent", f"axe-core@{AXE_VERSION}"]
        run = subprocess.run(command, cwd=script.parent, capture_output=True, timeout=60, check=False)
        if run.returncode != 0:
            pytest.skip("the npm registry could not be reached, so axe-core could not be got")
        with tarfile.open(script.parent / f"axe-core-{AXE_VERSION}.tgz") as pack:
            member = pack.extractfile("package/axe.min.js")
            assert member is not None
            script.write_bytes(member.read())
    yield script.read_text("utf-8")
