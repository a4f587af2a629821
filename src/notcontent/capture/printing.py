"""Printable PDFs of pages of ours, by Chromium: on the helper's own computer, never in the exchange's process."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from notcontent.capture.chromium import open_browser


def print_pdfs(pages: Sequence[str]) -> list[bytes]:
    """The PDF of each HTML page; they load nothing. Raises `CaptureError`."""
    with open_browser() as tab:
        frame = tab.ask("Page.getFrameTree")["frameTree"]["frame"]["id"]
        tab.ask("Emulation.setScriptExecutionDisabled", {"value": True})
        made = []
        for page in pages:
            tab.ask("Page.setDocumentContent", {"frameId": frame, "html": page})
            told = tab.ask("Page.printToPDF", {"preferCSSPageSize": True, "displayHeaderFooter": False})
            made.append(base64.b64decode(told["data"]))
        return made
