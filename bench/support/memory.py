"""How much memory a guard takes: all its processes, each page once, and the index that they share apart."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from pathlib import Path

#: The first process of a guard, which follows the lists and answers too; one that lives as long as a video is read.
WRITER, VIDEO = "writer", "video"
#: Words of a process's command, and its role: `beside` answers beside the writer, `decoder` opens pictures.
_ROLES = {"fingerprint.video.worker": VIDEO, "fingerprint.worker": "decoder", "cli.guard": "beside"}


@dataclass(slots=True)
class Memory:
    """Megabytes (10^6 bytes) of proportional set size: pages shared by several processes count once in all.

    `index_mb`: of these, the pages of the index's and the fingerprints' files. `by_role`: the others, by the role of a
    process; `processes` counts them.
    """

    total_mb: float = 0.0
    index_mb: float = 0.0
    by_role: dict[str, float] = field(default_factory=dict)
    processes: int = 0


def guard_memory(pid: int, folder: Path) -> Memory:
    """What the guard with this first process and this data folder takes now. Source: proc(5), smaps."""
    memory = Memory()
    for process, role in _processes(pid, WRITER):
        # One that ended a moment ago takes nothing.
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            own_mb, index_mb = _mapped_mb(process, str(folder))
            memory.total_mb += own_mb + index_mb
            memory.index_mb += index_mb
            memory.by_role[role] = memory.by_role.get(role, 0.0) + own_mb
            memory.processes += 1
    return memory


def _processes(pid: int, role: str) -> list[tuple[int, str]]:
    found = [(pid, role)]
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        for children in Path(f"/proc/{pid}/task").glob("*/children"):
            for child in map(int, children.read_text().split()):
                command = Path(f"/proc/{child}/cmdline").read_text()
                found += _processes(child, next((role for word, role in _ROLES.items() if word in command), "other"))
    return found


def _mapped_mb(pid: int, folder: str) -> tuple[float, float]:
    """Of one process: everything else, and what it maps of this folder."""
    else_kib = mapped_kib = 0
    in_folder = False
    with Path(f"/proc/{pid}/smaps").open() as lines:
        for line in lines:
            first, _, more = line.partition(" ")
            if not first.endswith(":"):
                in_folder = folder in more
            elif first == "Pss:" and in_folder:
                mapped_kib += int(more.split()[0])
            elif first == "Pss:":
                else_kib += int(more.split()[0])
    return else_kib * 1.024e-3, mapped_kib * 1.024e-3
