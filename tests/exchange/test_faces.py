"""Three faces: a route of one is not found on the others. Read from the URL maps, so that a new route is covered."""

from __future__ import annotations

import importlib
import itertools
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.exchange.running import Running

FACES = ("person", "partners", "desk")


EXAMPLES = {
    "<str:name>": "main.js", "<str:case>": "0" * 32, "<str:letter>": "0" * 16,
    "<str:proposal>": "0" * 16, "<str:key>": "0" * 16, "<str:permit>": "0" * 16, "<str:part>": "head",
    "<str:evidence>": "0" * 32,
    "<str:notice>": "0" * 16,
    "<str:act>": "ask", "<str:account>": "0" * 16, "<str:partner>": "0" * 16,
    "<language:tag>": "en", "<str:language>": "en",
    "(?P<name>[0-9]+-[0-9]+)": "1-1", r"\.": ".", r"\Z": "", "^": "",
}  # fmt: skip


def patterns(face: str) -> list[str]:
    """Each pattern of a face's URL map, as it is written there."""
    urls = importlib.import_module(f"notcontent.exchange.{face}.urls")
    return [str(pattern.pattern) for pattern in urls.urlpatterns]


def example_of(pattern: str) -> str:
    """An example address for a pattern."""
    address = pattern
    for part, example in EXAMPLES.items():
        address = address.replace(part, example)
    assert not re.search(r"[<(\\^$]", address), f"give an example for {address}"
    return "/" + address


def routes(face: str) -> list[str]:
    """An example address for each pattern of a face's URL map."""
    return [example_of(pattern) for pattern in patterns(face)]


@pytest.mark.parametrize(("face", "other"), list(itertools.permutations(FACES, 2)))
def test_a_route_of_one_face_is_not_found_on_another(
    exchange: Running, django_folder: Path, face: str, other: str
) -> None:
    own = set(routes(other))
    tried = 0
    for address in routes(face):
        if address in own:
            assert address in {"/", "/openapi.json"}, (
                "only these two may exist on more than one face, each with its own view"
            )
            continue
        for method in ("GET", "POST"):
            answer = httpx.request(method, exchange.urls[other] + address, timeout=60, follow_redirects=False)
            assert answer.status_code == 404, f"{method} {address} of {face} on {other}"
            tried += 1
    assert tried >= 4


@pytest.mark.parametrize("face", FACES)
def test_the_settings_of_a_face_name_its_own_map(django_folder: Path, face: str) -> None:
    settings = importlib.import_module(f"notcontent.exchange.settings.{face}")
    assert f"notcontent.exchange.{face}.urls" == settings.ROOT_URLCONF
    assert settings.DEBUG is False


def test_only_the_desk_has_sessions_cookies_and_accounts(django_folder: Path) -> None:
    for face in ("person", "partners"):
        settings = importlib.import_module(f"notcontent.exchange.settings.{face}")
        installed = " ".join([*settings.INSTALLED_APPS, *settings.MIDDLEWARE])
        assert "django.contrib" not in installed and "sessions" not in installed and "desk" not in installed


def test_each_face_has_a_secret_of_its_own(django_folder: Path) -> None:
    secrets = {importlib.import_module(f"notcontent.exchange.settings.{face}").SECRET_KEY for face in FACES}
    assert len(secrets) == 3


def test_the_described_routes_are_the_real_ones(django_folder: Path) -> None:
    for face in ("person", "partners"):
        document = importlib.import_module(f"notcontent.exchange.{face}.openapi").DOCUMENT
        described = {
            path.replace("{name}.minisig", "1-1.minisig").replace("{name}", "main.js").replace("{language}", "en")
            for path in document["paths"]
        }
        assert described == set(routes(face))


#: Arithmetic over numbers that are there already, which can read no file: the first two check what a person sends, with
#: the others canaries are made (partners/drawing.py).
OPEN_NOTHING = ("value", "orientations", "pdq", "operators", "reference")


def test_a_fresh_interpreter_with_the_whole_exchange_has_no_picture_decoder(django_folder: Path) -> None:
    program = (
        "import os, sys, pkgutil, importlib\n"
        f"os.environ['NOTCONTENT_EXCHANGE_FOLDER'] = {str(django_folder)!r}\n"
        "from pathlib import Path\n"
        "from notcontent.exchange.listener import prepare_django\n"
        f"prepare_django(Path({str(django_folder)!r}), None)\n"
        "import notcontent.exchange, notcontent.cli.exchange\n"
        "for found in pkgutil.walk_packages(notcontent.exchange.__path__, 'notcontent.exchange.'):\n"
        "    importlib.import_module(found.name)\n"
        "bad = [m for m in sys.modules if m.split('.')[0] in ('PIL', 'cv2', 'imageio', 'av', 'pillow_heif')]\n"
        "bad += [m for m in sys.modules if m.startswith('notcontent.fingerprint.') "
        f"and m.rsplit('.')[-1] not in {OPEN_NOTHING}]\n"
        "assert any(m == 'notcontent.exchange.person.views' for m in sys.modules)\n"
        "print(bad)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "[]", done.stderr
