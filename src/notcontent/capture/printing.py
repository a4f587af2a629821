"""A printable PDF of a page of ours, by Chromium: on the helper's own computer, never in the exchange's process."""

from __future__ import annotations

import base64

from notcontent.capture.chromium import open_browser


def print_pdf(page: str) -> bytes:
    """The PDF of an HTML page that loads nothing. Raises `CaptureError`."""
    with open_browser() as tab:
        frame = tab.ask("Page.getFrameTree")["frameTree"]["frame"]["id"]
        tab.ask("Emulation.setScriptExecutionDisabled", {"value": True})
        tab.ask("Page.setDocumentContent", {"frameId": frame, "html": page})
        told = tab.ask("Page.printToPDF", {"preferCSSPageSize": True, "displayHeaderFooter": False})
        return base64.b64decode(told["data"])
