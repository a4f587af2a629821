"""What a guard writes to standard error: warnings alone, about itself and never about an upload or a person."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from pathlib import Path


def _fields(record: logging.LogRecord) -> dict[str, object]:
    """What belongs to an event. Of an exception only class and place: its text may hold what somebody sent."""
    fields = dict(getattr(record, "fields", {}))
    if record.exc_info and record.exc_info[1]:
        trace = record.exc_info[2]
        while trace and trace.tb_next:
            trace = trace.tb_next
        where = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else None
        fields |= {"exception": type(record.exc_info[1]).__name__, "where": where}
    return fields


class _Line(logging.Formatter):
    """A sentence, and after it what a program may want to read of it."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        return record.getMessage() + "".join(f" {name}={value}" for name, value in _fields(record).items())


class _Json(logging.Formatter):
    """One object a line: `at`, `level`, `event`, and the fields of this event."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        said = {"at": at, "level": record.levelname.lower(), "event": record.getMessage()}
        return json.dumps(said | _fields(record), default=str)


def set_up_logs(*, as_json: bool) -> None:
    """Write warnings to standard error in this form, in this process. Nothing is written about requests."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Json() if as_json else _Line())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
