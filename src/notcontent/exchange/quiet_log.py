"""Logging that cannot tell on anybody: no address, browser, path or fingerprint, only what broke and where."""

from __future__ import annotations

import logging
import traceback
from typing import Any


class PlaceOnly(logging.Formatter):
    """Writes the level, the kind of error and the lines of code it passed, never a message.

    Messages of requests and of errors in other people's code carry paths, values and addresses; the names of our own
    source
    lines do not.
    """

    def format(self, record: logging.LogRecord) -> str:
        """One line: `ERROR ValueError at person/views.py:12 < django/core/handlers.py:8`."""
        words = [record.levelname]
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            frames = traceback.extract_tb(error.__traceback__)[-6:]
            places = " < ".join(
                f"{'/'.join(frame.filename.split('/')[-2:])}:{frame.lineno}" for frame in reversed(frames)
            )
            words.append(f"{type(error).__name__} at {places}")
        else:
            words.append(f"{record.name} at {record.module}:{record.lineno}")
        return " ".join(words)


#: Django's and uvicorn's loggers end here too; there is no handler that sees a message.
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": True,
    "formatters": {"place": {"()": "notcontent.exchange.quiet_log.PlaceOnly"}},
    "handlers": {
        # A logger without any handler would fall back to Python's last resort, which prints the message.
        "nowhere": {"class": "logging.NullHandler"},
        "place": {"class": "logging.StreamHandler", "level": "ERROR", "formatter": "place"},
    },
    "loggers": {
        name: {"level": "ERROR", "handlers": ["place"], "propagate": False}
        for name in (
            "django",
            "django.request",
            "django.server",
            "django.security",
            "uvicorn",
            "uvicorn.error",
            "asyncio",
        )
    }
    | {"uvicorn.access": {"level": "CRITICAL", "handlers": ["nowhere"], "propagate": False}},
    "root": {"level": "ERROR", "handlers": ["place"]},
}
