"""Evidence at the exchange: kept sealed, signed, timestamped by real authorities, exported by two, checked outside."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyrage
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notcontent.device.sealing import open_with, seal_to
from notcontent.evidence.folder import HERS, Collector, make_folder, write_folder
from notcontent.evidence.package import open_package
from notcontent.evidence.record import Record, join, make_record
from notcontent.evidence.seen import How, LinkSeen, MessageSeen, Seen, WitnessStatement, values_of
from notcontent.evidence.timestamp import Authority
from tests.evidence.authority import Answering, serve_authority
from tests.exchange.desk_people import open_account

NOW = datetime(2026, 11, 29, 8, 30, 12, tzinfo=UTC)
DEVICE = "ab" * 32
HER_NAME = "Mina Example"
SEEN: list[Seen] = [
    LinkSeen(
        url="https://board.example/post/8812734", seen_at=NOW, how=How.SEEN, page_title="Fourth floor", views=412,
        what_it_shows="a woman on a sofa", her_name=HER_NAME,
    ),
    MessageSeen(
        url="https://t.example/c/44/7", chat_title="Boys of the fourth floor", chat_id=-1001234567890, message_id=7,
        members=2_113, posted_at=NOW, forwarded_from="Another room", self_deleting=True, protected=True, seen_at=NOW,
        how=How.SECOND_DEVICE,
    ),
    WitnessStatement(witness="a colleague of hers", said_at=NOW, statement="He showed it to all of us."),
]  # fmt: skip


def public_of(private: str) -> str:
    from notcontent.letter import format_identity, parse_key

    identity = pyrage.x25519.Identity.from_str(format_identity(private))
    return parse_key(str(identity.to_public()))


def record_of(seen: Seen, **more: str) -> Record:
    return make_record([*values_of(seen), *more.items()], lambda: secrets.token_hex(16))


@pytest.fixture(scope="module")
def two_authorities(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[tuple[Authority, Answering]]]:
    place = tmp_path_factory.mktemp("authorities")
    with serve_authority("First", place / "first") as first, serve_authority("Second", place / "second") as second:
        yield [first, second]


@dataclass
class Helpline:
    """A case at an exchange with two people at its desk and two timestamp authorities."""

    folder: Any
    case: str
    authorities: list[Authority]

    def keep(self, seen: Seen, **more: str) -> Any:
        from notcontent.exchange.evidence.keeping import keep_evidence

        record = record_of(seen, **more)
        sealed = seal_to(join(record, []), [public_of(DEVICE)])
        return keep_evidence(self.folder, self.case, record.sha256, sealed, actor="mira", now=NOW)

    def export(self) -> bytes:
        from notcontent.exchange.desk.two_people import agree
        from notcontent.exchange.evidence.exporting import ask_to_export, export_evidence

        asked = ask_to_export(self.case, actor="mira", reason="the police asked", today=NOW.date())
        agree(asked.id, actor="noor", today=NOW.date())
        return export_evidence(self.folder, self.case, actor="mira", now=NOW)


@pytest.fixture
def helpline(tables: Any, two_authorities: list[tuple[Authority, Answering]]) -> Helpline:
    from notcontent.exchange.cases.models import Case
    from notcontent.exchange.desk.roles import Role

    open_account("mira", Role.DESK)
    open_account("noor", Role.LEAD)
    case = Case.objects.create(locator_sha256="0" * 64, circumstance="online")
    return Helpline(tables, case.id, [authority for authority, _ in two_authorities])


def folder_of(package: bytes, withheld: frozenset[str] = frozenset()) -> dict[str, bytes]:
    collector = Collector("", "notcontent", "")
    opened = open_package(package)
    return make_folder(
        opened,
        lambda sealed: open_with(sealed, DEVICE),
        withheld=withheld,
        collector=collector,
        now=NOW,
        print_pdf=None,
    )


def verify(folder: Path, script: Path | None = None) -> subprocess.CompletedProcess[str]:
    """The script, isolated, with nothing but Python and openssl on the PATH."""
    programs = folder.parent / "programs"
    if not programs.exists():
        programs.mkdir()
        for program in (sys.executable, shutil.which("openssl")):
            assert program is not None
            (programs / ("python3" if "python" in program else "openssl")).symlink_to(os.path.realpath(program))
    words = [programs / "python3", "-I", "-S", script or folder / "verify.py", folder]
    return subprocess.run(words, env={"PATH": str(programs)}, cwd=folder, capture_output=True, text=True, check=False)


def test_typed_facts_become_a_folder_that_holds_with_nothing_but_python_and_openssl(
    helpline: Helpline, tmp_path: Path
) -> None:
    from notcontent.exchange.evidence.stamping import stamp_evidence

    for seen in SEEN:
        assert stamp_evidence(helpline.keep(seen, case=helpline.case).id, helpline.authorities, NOW) == 0
    whole, without = folder_of(package := helpline.export()), folder_of(package, HERS)
    for name, made in (("whole", whole), ("without", without)):
        write_folder(made, tmp_path / name)
        done = verify(tmp_path / name)
        assert done.returncode == 0 and "Everything holds" in done.stdout, done.stdout + done.stderr
        assert done.stdout.count("by the timestamp stamp-") == 2 * len(SEEN)
    text, hidden = (b"\n".join(made.values()) for made in (whole, without))
    assert all(each in text for each in (b"board.example/post/8812734", HER_NAME.encode(), helpline.case.encode()))
    assert b"board.example/post/8812734" in hidden
    assert HER_NAME.encode() not in hidden and helpline.case.encode() not in hidden


def test_any_changed_byte_of_a_folder_is_found(helpline: Helpline, tmp_path: Path) -> None:
    from notcontent.exchange.evidence.stamping import stamp_evidence

    stamp_evidence(helpline.keep(SEEN[0]).id, helpline.authorities, NOW)
    made = folder_of(helpline.export())
    folder = tmp_path / "folder"
    write_folder(made, folder)
    # A copy from outside: a script that was changed itself could say anything.
    script = tmp_path / "verify.py"
    script.write_bytes(made["verify.py"])
    assert verify(folder, script).returncode == 0

    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(st.data())
    def changed(data: st.DataObject) -> None:
        path = data.draw(st.sampled_from(sorted(made)))
        place = data.draw(st.integers(0, len(made[path]) - 1))
        byte = bytes([made[path][place] ^ data.draw(st.integers(1, 255))])
        (folder / path).write_bytes(made[path][:place] + byte + made[path][place + 1 :])
        try:
            assert verify(folder, script).returncode == 1, f"byte {place} of {path}"
        finally:
            (folder / path).write_bytes(made[path])

    changed()
