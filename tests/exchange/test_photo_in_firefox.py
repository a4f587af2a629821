"""A photo of a screen in Debian's Firefox: blackened and kept, or not sent where it alters what a page reads."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
from pathlib import Path

import pyrage
import pytest
from PIL import Image

from notcontent.evidence.record import split
from notcontent.letter import parse_key
from tests.exchange.running import HELPLINE, Person, Running, command
from tests.exchange.test_desk_in_a_browser import chat_on_a_screen, write
from tests.page.test_firefox import NOBODY_ELSE, OURS, driver

__all__ = ["driver"]

pytestmark = [pytest.mark.peer, pytest.mark.on_sqlite, pytest.mark.timeout(300)]


def test_a_photo_is_blackened_in_firefox_and_not_sent_where_it_resists_fingerprinting(
    exchange: Running, mina: Person, driver: Path, tmp_path: Path
) -> None:
    program = shutil.which("firefox-esr") or shutil.which("firefox")
    if program is None:
        pytest.skip("Firefox is not installed; run tests/install-peers as root")
    write(mina, [parse_key(str(HELPLINE.to_public()))], letter={"text": "It is there."})
    ((case,),) = exchange.execute("SELECT id FROM cases_case")
    (tmp_path / "photo.jpg").write_bytes(chat_on_a_screen())
    told = {
        "program": program, "url": exchange.urls["desk"], "case": case, "photo": str(tmp_path / "photo.jpg"),
        "password": command(exchange.folder, "desk-user", "ana").split()[-1],
    }  # fmt: skip
    for resists, ends_at in ((True, "photo"), (False, "evidence")):
        job = told | {"settings": NOBODY_ELSE | {"privacy.resistFingerprinting": resists}}
        words = ["node", str(OURS / "photo.mjs"), str(driver), json.dumps(job)]
        done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout) == {"problems": [], "path": f"/cases/{case}/{ends_at}"}
        kept = exchange.execute("SELECT sealed FROM evidence_evidence")
        assert len(kept) == (0 if resists else 1)
    record, (png,) = split(pyrage.decrypt(bytes(kept[0][0]), [HELPLINE]))
    (window,) = record.values("window")
    _, x, y, w, h = window.split(" ")
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    picture.paste((0, 0, 0), (int(x), int(y), int(x) + int(w), int(y) + int(h)))
    assert picture.getcolors() == [(picture.width * picture.height, (0, 0, 0))]
