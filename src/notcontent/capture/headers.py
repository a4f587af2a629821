"""The process that asks links for their headers: `python -m notcontent.capture.headers`.

In: {"urls": [...], "practice"} as JSON. Out: a list with a status for each, or null where no answer came. It asks once
each, follows nothing, sends no cookie and no word of who asks, and reads no byte of a page: HEAD has no body (RFC 9110,
section 9.3.2).
"""

from __future__ import annotations

import encodings.idna  # noqa: F401 - whatever is loaded late has to be there before rights are given up
import http.client
import json
import sys
from typing import Any

from notcontent.capture.addresses import Pins
from notcontent.capture.errors import CaptureError
from notcontent.capture.fetching import _Pinned as Pinned
from notcontent.capture.run import give_up_rights

#: As a browser asks; a site that turns programs away would tell nothing.
ASKED = {"User-Agent": "Mozilla/5.0", "Accept": "*/*"}


def ask_for_status(url: str, pins: Pins) -> int | None:
    """The status of one link, of a public address alone; None where no answer came or it may not be asked."""
    try:
        target = pins.find(url)
    except CaptureError:
        return None
    connection = Pinned(target)
    try:
        connection.request("HEAD", target.path, headers=ASKED)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()


def main() -> int:
    """Ask for all of them, one after the other."""
    give_up_rights()
    asked: dict[str, Any] = json.load(sys.stdin)
    pins = Pins(practice=asked["practice"])
    json.dump([ask_for_status(url, pins) for url in asked["urls"]], sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
