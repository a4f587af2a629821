"""A fresh exchange and Mina's way through the page for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from .person_face import Face
from .walk import Walk


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
