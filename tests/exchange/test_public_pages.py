"""What everybody may read: the numbers in every language, and the root key, which the real minisign checks."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from notcontent.page.languages import LANGUAGES, read_text
from tests.exchange.desk_people import face


@pytest.fixture
def client(tables: Any) -> Iterator[Any]:
    """Somebody whom nobody knows, on the person's face."""
    from django.conf import settings
    from django.test import Client

    folder, settings.FOLDER = settings.FOLDER, tables
    with face("person"):
        yield Client()
    settings.FOLDER = folder


@pytest.mark.parametrize("tag", LANGUAGES)
@pytest.mark.on_sqlite
def test_the_numbers_are_told_whole_in_every_language(client: Any, tag: str) -> None:
    from notcontent.exchange.notices.states import Refusal
    from notcontent.exchange.public.models import Demand, Month, NoticeQuarter

    counts = {"listed": 40, "held": 3, "released": 12, "disputed": 0, "withdrawn": 11, "seen_again": 17}
    Month.objects.create(first_day=date(2026, 10, 1), median_hold_days=2.0, decided=15, **counts)
    Demand.objects.create(month=date(2026, 10, 1), country="DE", obeyed=True)
    counts = {"sent": 70, "acknowledged": 50, "removed": 20, "refused": 60, "overdue": 2, "timed": 20}
    reasons = {str(one): 10 for one in Refusal}
    NoticeQuarter.objects.create(
        first_day=date(2026, 7, 1), site="", law="us", refused_for=reasons, hours=30.0, **counts
    )
    answer = client.get(f"/numbers?lang={tag}")
    page = answer.content.decode()
    assert f'<html lang="{tag}" dir="{"rtl" if tag == "ar" else "ltr"}">' in page and "<script" not in page
    for key in ("heading", "lead", "notices", "fewer", "otherSites", "reasons.none", "reasons.not_covered", "why"):
        assert read_text(tag, f"numbers.{key}") in page, key
    assert {"2026-10", "2026-Q3", "40", "17", "70", "30"} <= set(re.findall(r">([\w-]+)<", page))
    assert "TAKE IT DOWN Act (United States)" in page and not re.search(r"\{\w*\}", page)
    for sheet in re.findall(r'<link rel="stylesheet" href="([^"]+)"', page):
        assert client.get(sheet).status_code == 200, sheet
    if tag != "en":
        assert not re.search("fewer than|other sites|obeyed|not intimate|Median", page)
    assert answer["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self'")


@pytest.mark.on_sqlite
def test_the_root_key_is_what_the_exchange_was_set_up_with_and_a_key_that_was_taken_back_is_named_as_one(
    client: Any, tables: Any
) -> None:
    from notcontent.exchange.folder import write_durably
    from notcontent.feed.keys import FeedKeys, format_feed_keys
    from notcontent.feed.signature import PublicKey, Signed, SigningKey

    root = SigningKey.from_text((tables.root_folder / "root.key").read_text())
    online = SigningKey.from_text(tables.online_key.read_text()).public
    told = json.loads(client.get("/v1/root-key").content)
    assert told["root_key"] == root.public.text == tables.root_public.read_text().strip()
    assert (told["may_sign"], told["revoked"]) == ([online.text], [])
    signed = Signed.from_json(told["feed_keys"])
    assert online.text in PublicKey.from_text(told["root_key"]).verify(signed)
    for tag in LANGUAGES:
        page = client.get(f"/root-key?lang={tag}").content.decode()
        assert f"minisign -Vm feed-keys.txt -P {root.public.text}" in page and read_text(tag, "rootKey.compare") in page
        assert f"minisign -Vm notes.html -P {online.text}" in page and "<script" not in page
        assert f'href="/root-key?lang={tag}"' in client.get(f"/plain/?lang={tag}").content.decode()

    new = SigningKey.generate().public
    keys = FeedKeys(2, date(2026, 11, 29), (online, new), (online.key_id,))
    write_durably(tables.feed_keys, json.dumps(root.sign(format_feed_keys(keys)).to_json()).encode())
    told = json.loads(client.get("/v1/root-key").content)
    assert (told["may_sign"], told["revoked"]) == ([new.text], [online.key_id])
    page = client.get("/root-key").content.decode()
    assert f"notes.html -P {new.text}" in page and online.text not in page and online.key_id in page


@pytest.mark.peer
@pytest.mark.on_sqlite
def test_minisign_itself_says_whether_the_root_key_vouches_for_the_key_that_signs_a_kit(
    client: Any, tmp_path: Path
) -> None:
    def follow(address: str) -> str:
        """Do what the page says, word for word, with the files that it names."""
        page = client.get(address).content.decode()
        for link in re.findall(r'href="(/root-key/[^"]+)"', page):
            (tmp_path / link.rpartition("/")[2]).write_bytes(client.get(link).content)
        for name, link in (("notes.html", "/kit/en"), ("notes.html.minisig", "/kit/en.minisig")):
            (tmp_path / name).write_bytes(client.get(link).content)
        commands = re.findall(r"<pre[^>]*>(minisign [^<]+)</pre>", page)
        assert len(commands) == 2
        return "\n".join(
            subprocess.run(words.split(), cwd=tmp_path, check=True, capture_output=True, text=True).stdout
            for words in commands
        )

    said = follow("/root-key?lang=en")
    assert said.count("Signature and comment signature verified") == 2 and "notcontent-feed-keys" in said
    file = tmp_path / "feed-keys.txt"
    file.write_bytes(file.read_bytes().replace(b"sequence: 1", b"sequence: 2"))
    key = json.loads(client.get("/v1/root-key").content)["root_key"]
    words = ["minisign", "-Vm", "feed-keys.txt", "-P", key]
    assert subprocess.run(words, cwd=tmp_path, check=False, capture_output=True).returncode != 0
