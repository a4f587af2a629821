"""What a sweep goes through: files in a fixed order, from where an earlier sweep of the same roots stopped.

A root is a folder here, or a bucket in a cloud (`doors/sweep`): it knows its own files, how one is opened, and how one
is put aside.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import stat
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO, Protocol


@dataclass(slots=True)
class Counts:
    """What a sweep has seen so far."""

    files: int = 0
    matches: int = 0
    errors: int = 0
    passed_over: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """One file: which of the roots it is under, and the names that lead to it from there."""

    root: int
    parts: tuple[str, ...]


class Root(Protocol):
    """One thing to sweep. What goes wrong in one file raises OSError or a NotContentError."""

    @property
    def name(self) -> str:
        """As it is printed and remembered."""

    def below(self, after: tuple[str, ...] | None) -> Iterator[tuple[str, ...]]:
        """The files, in an order that stays; those that come later than `after`."""

    def path(self, parts: tuple[str, ...]) -> str:
        """Where a file lies, as it is printed."""

    def open(self, parts: tuple[str, ...]) -> BinaryIO | None:
        """A file, with a descriptor; None for what is none, or can't be a picture or video. In a thread."""

    def put_aside(self, parts: tuple[str, ...], verdict: str) -> None:
        """Do what was asked for with a file whose verdict is `hold` or `block`. In a thread."""


class Places:
    """The files of several roots."""

    def __init__(self, roots: Sequence[Root], remembered_in: Path | None) -> None:
        """Read how far an earlier sweep came. Raises OSError when that file can't be read."""
        self._roots, self._remembered_in = list(roots), remembered_in
        self._names = [root.name for root in roots]
        self.counts = Counts()
        self._after: Place | None = None
        if remembered_in is not None and remembered_in.exists():
            try:
                held = json.loads(remembered_in.read_text("utf-8"))
                if held["roots"] == self._names:
                    self._after = Place(int(held["root"]), tuple(map(str, held["parts"])))
                    self.counts = Counts(**{name: int(value) for name, value in held["counts"].items()})
            except (ValueError, KeyError, TypeError):
                pass  # Cut off in the writing or another thing altogether: it begins at the beginning.

    def path(self, place: Place) -> str:
        """Where a file lies."""
        return self._roots[place.root].path(place.parts)

    def open(self, place: Place) -> BinaryIO | None:
        """A file to be read; None for what is none. Raises OSError and NotContentError."""
        return self._roots[place.root].open(place.parts)

    def put_aside(self, place: Place, verdict: str) -> None:
        """What was asked for with what is held or blocked. Raises OSError and NotContentError."""
        self._roots[place.root].put_aside(place.parts, verdict)

    def __iter__(self) -> Iterator[Place]:
        """Every file that is still to be swept. Folders that can't be opened are places too, to be reported."""
        for number, root in enumerate(self._roots):
            if self._after is None or number > self._after.root:
                after = None
            elif number == self._after.root:
                after = self._after.parts
            else:
                continue
            for parts in root.below(after):
                yield Place(number, parts)

    def remember(self, place: Place) -> None:
        """This place and all before it are done. Raises OSError."""
        if self._remembered_in is None:
            return
        held = {"roots": self._names, "root": place.root, "parts": place.parts, "counts": asdict(self.counts)}
        temporary = self._remembered_in.with_name(self._remembered_in.name + ".part")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(held, file)
        temporary.replace(self._remembered_in)

    def finish(self) -> None:
        """All is done: the next sweep begins at the beginning."""
        if self._remembered_in is not None:
            self._remembered_in.unlink(missing_ok=True)


class FolderRoot:
    """A folder with all below it, depth first by name; or one file."""

    def __init__(self, path: str, move_to: str | None = None) -> None:
        """Both absolute. What is held or blocked goes to `move_to`, which is not swept itself."""
        self.name, self._move_to = path, move_to

    def path(self, parts: tuple[str, ...]) -> str:
        """Where a file lies."""
        return os.path.join(self.name, *parts)

    def below(self, after: tuple[str, ...] | None) -> Iterator[tuple[str, ...]]:
        """The files. `after` may have gone meanwhile."""
        yield from self._below((), after)

    def _below(self, parts: tuple[str, ...], after: tuple[str, ...] | None) -> Iterator[tuple[str, ...]]:
        """`after` is the rest of the way to the last file that is done."""
        path = self.path(parts)
        if not os.path.isdir(path) or (parts and os.path.islink(path)):
            if after is None:
                yield parts
            return
        if path == self._move_to:
            return
        try:
            names = sorted(os.listdir(path))
        except OSError:
            yield parts
            return
        for name in names:
            if after and name < after[0]:
                continue
            # Along the way to the last place the way goes on; that place itself is done, what comes after it is not.
            yield from self._below((*parts, name), after[1:] if after and name == after[0] else None)

    def open(self, parts: tuple[str, ...]) -> BinaryIO | None:
        """A link is followed where it was named itself, never inside a folder; a pipe is not waited for."""
        path = self.path(parts)
        if parts and os.path.islink(path):
            return None
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | (os.O_NOFOLLOW if parts else 0))
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            return None
        return os.fdopen(descriptor, "rb")

    def put_aside(self, parts: tuple[str, ...], _: str) -> None:
        """Move it, under the names it had. Nothing that is there already is overwritten."""
        if self._move_to is None:
            return
        target = os.path.join(self._move_to, *(parts or (os.path.basename(self.name),)))
        os.makedirs(os.path.dirname(target), mode=0o700, exist_ok=True)
        if os.path.lexists(target):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
        shutil.move(self.path(parts), target)
