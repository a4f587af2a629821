"""What can go wrong while a page is captured."""

from __future__ import annotations

from notcontent.errors import NotContentError


class CaptureError(NotContentError):
    """A page could not be captured. Write down typed facts instead; they are evidence too."""

    permanent = False


class AddressRefused(CaptureError):
    """The address is not one of the public web. Only http and https on their own ports are captured."""

    permanent = True


class BrowserMissing(CaptureError):
    """Chromium is not there or does not start. Install it, or name it with CHROMIUM."""
