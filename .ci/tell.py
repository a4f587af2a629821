"""Say what ran, what did not and why, from the JUnit files of both suites; exit 1 unless each ran and passed."""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ET
from pathlib import Path

NOT_BUILT_YET = [
    "notcontent relay with StopNCII.org and NCMEC themselves: no keys to them; tried with our own door and files",
    "Synapse with workers or PostgreSQL, Amazon S3 itself, MinIO, other tus servers: not tried",
    "Telegram itself, a self-hosted Bot API server: not tried; the bot runs against a Bot API of our own and telemelya",
    "Nextcloud, Discourse and other hosts of the clamd and ICAP doors: their clients were run, they were not",
    "figures of bench/ (the HMA ones need HMA_SOURCE): measured by `make bench`, kept in docs/developer/figures.md",
    "the page in Firefox beyond test_firefox.py: the kit, videos, HEIC, a whole case in each language",
    "the page in Safari, Brave, Tor Browser and on phones: not tried",
]


def main(paths: list[str]) -> int:
    """Print the summary and return the exit code."""
    passed = failed = 0
    skipped: list[str] = []
    missing = [path for path in paths if not Path(path).is_file()]
    for path in paths:
        if path in missing:
            continue
        for case in ET.parse(path).iter("testcase"):  # noqa: S314 - written by our own pytest a moment ago
            if case.find("failure") is not None or case.find("error") is not None:
                failed += 1
            elif (skip := case.find("skipped")) is not None:
                skipped.append(f"{case.get('classname')}::{case.get('name')}: {skip.get('message')}")
            else:
                passed += 1
    print("\nDid not run, and why:")
    for line in [f"{path}: the suite ended before it wrote its results" for path in missing] + skipped + NOT_BUILT_YET:
        print(f"  - {line}")
    print(f"{passed} passed, {failed} failed, {len(skipped)} skipped")
    return 1 if missing or failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
