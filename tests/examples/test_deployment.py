"""The files under examples/deploy say what the program understands, and what others lint finds nothing to object to."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest
import yaml

from notcontent.cli.main import build_parser
from notcontent.guard.settings import ENVIRONMENT_PREFIX, Settings

DEPLOY = Path(__file__).parents[2] / "examples" / "deploy"
UNITS = sorted(DEPLOY.glob("*.service"))


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_what_a_unit_starts_is_a_command_on_the_folder_that_it_makes(unit: Path) -> None:
    text = unit.read_text()
    started = re.search(r"^ExecStart=\S+/notcontent (.*)$", text, re.M)
    assert started
    parsed = build_parser().parse_args(shlex.split(started[1]))
    assert "serve" in parsed.run.__name__
    state = re.search(r"^StateDirectory=(.*)$", text, re.M)
    assert state and str(parsed.folder) == f"/var/lib/{state[1]}" and state[1] == unit.stem
    # The folder is there before the first command that its head names, run by the account that owns it.
    made, first = text.find(f"install -d -m 0700 -o {unit.stem} "), text.find(f"sudo -u {unit.stem} ")
    assert 0 < made < first and f"{parsed.folder}\n" in text[made:first]


def test_the_container_starts_a_command_and_compose_sets_settings_that_exist() -> None:
    words = re.search(r"^CMD (\[.*\])$", (DEPLOY / "Dockerfile").read_text(), re.M)
    assert words and build_parser().parse_args(yaml.safe_load(words[1])).run.__name__ == "run_serve"
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    known = {ENVIRONMENT_PREFIX + each.name.upper() for each in fields(Settings)}
    for service in compose["services"].values():
        assert set(service["environment"]) <= known
        assert "ports" not in service, "a guard is not for the outside"
        assert (DEPLOY / service["build"]["context"] / service["build"]["dockerfile"]).is_file()
        assert set(service["networks"]) <= set(compose["networks"])


@pytest.mark.peer
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_systemd_finds_nothing_wrong_with_a_unit_and_calls_it_shut_in(unit: Path, tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd is not installed")
    here = tmp_path / unit.name
    # It looks whether the program is there, and whether the account is.
    text = unit.read_text().replace("/opt/notcontent/bin/notcontent", sys.executable)
    here.write_text(re.sub(r"^User=.*$", "User=daemon", text, flags=re.M))
    verified = subprocess.run([program, "verify", "--man=no", here], capture_output=True, text=True, check=False)
    assert (verified.returncode, verified.stderr) == (0, "")
    judged = subprocess.run(
        [program, "security", "--offline=yes", "--threshold=40", here], capture_output=True, text=True, check=False
    )
    assert judged.returncode == 0, judged.stdout[-400:]


@pytest.mark.peer
def test_hadolint_finds_nothing_in_the_dockerfile() -> None:
    program = Path(sys.executable).with_name("hadolint")
    found = subprocess.run([program, DEPLOY / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (found.returncode, found.stdout) == (0, "")
