"""The house keeps its shape."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "notcontent"
PYTHON = sorted(SOURCE.rglob("*.py"))
#: Ours; what stands in page/codecs comes from npm.
SCRIPTS = sorted([*(SOURCE / "page").glob("*.js"), *(SOURCE / "page").glob("*.mjs")])


def tracked_files() -> list[str]:
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


#: Rooms that touch no file, socket, clock or database.
PURE = [
    "exchange/notices/directory/service.py",
    *(f"exchange/notices/regimes/{path.name}" for path in (SOURCE / "exchange/notices/regimes").glob("*.py")),
    "exchange/notices/states.py",
    "exchange/notices/watching.py",
    "fingerprint/pdq.py",
    "fingerprint/formats.py",
    "fingerprint/orientations.py",
    "fingerprint/value.py",
    "fingerprint/views/view.py",
    "fingerprint/video/enrolled.py",
    "fingerprint/video/formats.py",
    "fingerprint/video/frame.py",
    "fingerprint/video/sampling.py",
    "feed/delta.py",
    "feed/follow.py",
    "guard/frame_rule.py",
    "guard/limits.py",
    "guard/notice_clock.py",
    "guard/policy.py",
    "guard/probing.py",
    "guard/rate.py",
    "guard/statement.py",
    "guard/verdict.py",
]
IMPURE_MODULES = {
    "asyncio", "django", "http", "httpx", "logging", "os", "pathlib", "random", "requests", "secrets", "shutil",
    "socket", "sqlite3", "starlette", "subprocess", "tempfile", "threading", "time", "urllib", "uvicorn",
}  # fmt: skip
IMPURE_CALLS = {"open", "now", "today", "utcnow", "print", "input"}


@pytest.mark.parametrize("room", PURE)
def test_pure_rooms_touch_no_file_socket_clock_or_database(room: str) -> None:
    tree = ast.parse((SOURCE / room).read_text())
    imported = {
        (alias.name if isinstance(node, ast.Import) else node.module or "").split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    called = {
        node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
    }
    assert not imported & IMPURE_MODULES
    assert not called & IMPURE_CALLS


def test_a_fresh_interpreter_with_the_exchange_has_no_picture_decoder() -> None:
    program = (
        "import os, pkgutil, importlib, sys\n"
        "os.environ['DJANGO_SETTINGS_MODULE'] = 'notcontent.exchange.settings.person'\n"
        "os.environ.setdefault('NOTCONTENT_FOLDER', '/nonexistent')\n"
        "import notcontent.exchange, notcontent.feed, notcontent.index\n"
        "for room in (notcontent.feed, notcontent.index):\n"
        "    for found in pkgutil.walk_packages(room.__path__, room.__name__ + '.'):\n"
        "        importlib.import_module(found.name)\n"
        "import notcontent.fingerprint.orientations\n"
        "print(sorted(m for m in sys.modules if m.split('.')[0] == 'PIL' or 'fingerprint.decode' in m))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("path", [*PYTHON, *SCRIPTS], ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_file_stays_under_400_lines_and_has_a_name_that_says_something(path: Path) -> None:
    # Where Django looks for a database.
    named_by_django = SOURCE / "exchange" / "sqlite" / "base.py"
    assert path == named_by_django or path.stem not in {
        "util",
        "utils",
        "helper",
        "helpers",
        "common",
        "core",
        "misc",
        "shared",
        "base",
        "manager",
    }
    assert len(path.read_text().splitlines()) < 400


def test_a_package_holds_a_docstring_and_nothing_else() -> None:
    for path in SOURCE.rglob("__init__.py"):
        if "migrations" in path.parts:
            continue
        body = ast.parse(path.read_text()).body
        assert len(body) == 1 and isinstance(body[0], ast.Expr), path


def test_fetch_occurs_in_one_file_of_the_page() -> None:
    assert [path.name for path in SCRIPTS if re.search(r"\bfetch\s*\(", path.read_text())] == ["send.js"]


def test_every_module_says_what_it_is() -> None:
    for path in PYTHON:
        if "migrations" not in path.parts:
            assert ast.get_docstring(ast.parse(path.read_text())), path


def test_broad_excepts_stand_once_a_process() -> None:
    found = [
        f"{path.relative_to(SOURCE)}:{node.lineno}"
        for path in PYTHON
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or getattr(node.type, "id", "") in {"Exception", "BaseException"})
    ]
    assert len(found) <= 7, found


def test_no_picture_is_committed() -> None:
    picture = re.compile(r"\.(jpe?g|png|webp|gif|tiff?|bmp|avif|heic|mp4)$", re.I)
    found = [name for name in tracked_files() if picture.search(name)]
    assert [name for name in found if not name.startswith("docs/pictures/")] == []


def test_the_threat_models_rows_name_tests_that_exist() -> None:
    named = re.findall(r"`(tests/[\w/]+\.(?:py|mjs))(?:::(\w+))?`", (ROOT / "THREAT-MODEL.md").read_text())
    assert len(named) >= 15
    for path, name in named:
        assert (ROOT / path).is_file(), path
        assert not name or f"def {name}(" in (ROOT / path).read_text(), f"{path}::{name}"
