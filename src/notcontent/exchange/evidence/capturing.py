"""Having a page captured: by another process, which gets the address, public keys, and no way to the tables."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping

from django.utils.translation import gettext

from notcontent.exchange.evidence.errors import CaptureRefused
from notcontent.exchange.letters.keys import offline_keys, sealing_keys

LONGEST_S = 150
#: A browser needs hundreds of megabytes.
_one_at_a_time = threading.Lock()


def capture(url: str, told: Mapping[str, str], *, practice: bool, full: bool = False) -> tuple[str, bytes]:
    """The hash of the record of a captured page, and the record, sealed there already. Raises `CaptureRefused`.

    `told`: more fields of the record, `case`, `collector` and `reason`. `full`: with what the page's pictures are made
    of, and sealed to the offline keys alone.
    """
    if not (keys := offline_keys() if full else sealing_keys()):
        raise CaptureRefused(
            gettext("A full capture is sealed to the helpline's offline key alone, and there is none. Add one first.")
            if full
            else gettext("There is no key to seal evidence to. Add a device's key on the page of keys first.")
        )
    if not _one_at_a_time.acquire(blocking=False):
        raise CaptureRefused(gettext("Another page is being captured just now. Try again in a minute."))
    try:
        with tempfile.TemporaryDirectory() as home:
            environment = {"PATH": os.environ.get("PATH", os.defpath), "HOME": home, "TMPDIR": home}
            environment |= {"CHROMIUM": os.environ["CHROMIUM"]} if "CHROMIUM" in os.environ else {}
            done = subprocess.run(
                [sys.executable, "-m", "notcontent.capture.run"],
                input=json.dumps({**told, "url": url, "keys": keys, "practice": practice, "full": full}).encode(),
                env=environment, cwd=home, capture_output=True, check=False, timeout=LONGEST_S,
            )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise CaptureRefused(
            gettext("The page took too long. Write down typed facts instead, or try again later.")
        ) from None
    finally:
        _one_at_a_time.release()
    record_sha256, _, sealed = done.stdout.partition(b"\n")
    if done.returncode:
        # A sentence of the process itself; it names no address.
        said = record_sha256.decode(errors="replace") if done.returncode == 2 else ""
        raise CaptureRefused(
            gettext(said)
            if said
            else gettext("The page could not be captured. Write down typed facts instead, or try again later.")
        )
    return record_sha256.decode(), sealed
