"""A file whose time of change tells every process that what some partner may do is not what it was."""

from __future__ import annotations

from django.conf import settings

from notcontent.exchange.folder import Folder, touch_mark


def say_that_partners_changed() -> None:
    """Have every process of this exchange look tokens and partners up again at its next request.

    Call it once the change is committed.
    """
    folder: Folder = settings.FOLDER
    touch_mark(folder.partners_mark)
