"""Settings come from one file and the environment, and a wrong one is named."""

from __future__ import annotations

import shlex
from dataclasses import fields
from pathlib import Path

import pytest

from notcontent.cli.main import build_parser
from notcontent.guard.errors import BadSettings
from notcontent.guard.settings import Settings, load_settings

REFERENCE = Path(__file__).parents[2] / "docs" / "platform" / "reference.md"


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    assert load_settings(tmp_path, {}) == Settings()


def test_the_environment_overrules_the_file(tmp_path: Path) -> None:
    (tmp_path / "guard.toml").write_text('port = 9000\nverified = "hold"\nclaims_hold_share = 0\n')
    settings = load_settings(tmp_path, {"NOTCONTENT_GUARD_PORT": "9001", "NOTCONTENT_GUARD_BODY_TIMEOUT_S": "2.5"})
    assert (settings.port, settings.verified, settings.body_timeout_s) == (9001, "hold", 2.5)
    assert settings.claims_hold_share == 0.0


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('claimed = "block"', "claimed"),
        ("port = -1", "port"),
        ('port = "many"', "port"),
        ("port = 80.5", "port"),
        ("port = true", "port"),
        ("host = 5", "host"),
        ("colour = 1", "colour"),
        ('look_at = "everything"', "look_at"),
        ("review_within_bits = 31", "review_within_bits"),
        ('hma = "maybe"', "hma"),
        ('hma = "on"', "hma_when_held"),
        ('hma = "on"\nhma_when_held = "stop"', "hma_when_unchecked"),
        ('hma = "on"\nhma_when_held = "hold"\nhma_when_unchecked = "stop"', "hma_when_held"),
        ("review_within_bits = 61", "review_within_bits"),
        ('when_hold_expires = "maybe"', "when_hold_expires"),
        ('preview_url = "media/{object}"', "preview_url"),
        ('preview_url = "https://media.example/"', "{object}"),
        ('preview_url = "https://{object}.example/"', "preview_url"),
        ("clamd_port = 3310", "clamd_when_held"),
        ('clamd_port = 3310\nclamd_when_held = "stop"', "clamd_when_unchecked"),
        ('icap_port = 1344\nicap_when_held = "stop"\nicap_when_unchecked = "hold"', "icap_when_unchecked"),
        ('clamd_behind = "localhost"', "clamd_behind"),
        ("port = ", "TOML"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, text: str, named: str) -> None:
    (tmp_path / "guard.toml").write_text(text)
    with pytest.raises(BadSettings, match=named):
        load_settings(tmp_path, {})


def test_every_command_in_the_documentation_is_one_that_exists() -> None:
    commands = [
        shlex.split(line.strip().removeprefix("venv/bin/notcontent "))
        for path in REFERENCE.parent.glob("*.md")
        for line in path.read_text().splitlines()
        if line.startswith("venv/bin/notcontent ")
    ]
    assert len(commands) >= 12
    for words in commands:
        assert build_parser().parse_args(words).run


@pytest.mark.parametrize("name", [field.name for field in fields(Settings)])
def test_every_setting_is_documented_with_its_default(name: str) -> None:
    [line] = [line for line in REFERENCE.read_text().splitlines() if line.startswith(f"| `{name}` |")]
    assert f"| `{getattr(Settings(), name)}` |" in line
