"""The one family of errors that every room derives its own from."""

from __future__ import annotations

from typing import ClassVar


class NotContentError(Exception):
    """Something went wrong that a person or an operator can act on.

    The text says what happened and what to do. It never carries a passphrase, a fingerprint, a file name, a link or
    the words of a message, because error texts end up in logs.
    """

    #: True when trying the same thing again cannot help.
    permanent: ClassVar[bool] = True
