"""The labels of a folder's printed pages in each language that notices are written in, from `wording/`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from notcontent.errors import NotContentError

ENGLISH = "en"


class NoSuchLanguage(NotContentError):
    """There are no labels in this language. Choose one that the text names."""


@dataclass(frozen=True, slots=True)
class Labels:
    """The labels in one language (BCP 47)."""

    language: str
    texts: Mapping[str, str]

    def __call__(self, name: str, **values: object) -> str:
        """The label, with the words that stand in braces filled in. Raises KeyError."""
        return self.texts[name].format(**values)


@cache
def read_labels(language: str) -> Labels:
    """Raises `NoSuchLanguage`."""
    if language not in languages():
        raise NoSuchLanguage(f"There are no labels in this language. Choose one of {', '.join(languages())}.")
    return Labels(language, tomllib.loads(_folder().joinpath(f"{language}.toml").read_text("utf-8")))


@cache
def languages() -> tuple[str, ...]:
    """The languages, in their tags' order."""
    return tuple(sorted(file.name.removesuffix(".toml") for file in _folder().iterdir() if file.name.endswith(".toml")))


def _folder() -> Traversable:
    return files("notcontent.evidence").joinpath("wording")
