"""What is logged is about the guard, in sentences or objects, and never what somebody sent."""

from __future__ import annotations

import json
import logging

import pytest

from notcontent.guard.logs import set_up_logs


@pytest.mark.parametrize("as_json", [True, False])
def test_of_an_exception_only_its_class_and_place_are_written(
    as_json: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    try:
        set_up_logs(as_json=as_json)
        logger = logging.getLogger("notcontent.somewhere")
        logger.info("nothing about a single request")
        try:
            raise ValueError("a name, a file, a fingerprint")
        except ValueError:
            logger.error("reading failed", exc_info=True, extra={"fields": {"list": "helpline"}})
    finally:
        root.handlers[:], root.level = before
    [line] = capsys.readouterr().err.splitlines()
    assert "fingerprint" not in line and "nothing" not in line
    if as_json:
        said = json.loads(line)
        assert said.pop("at").endswith("+00:00") and said.pop("where").startswith("test_logs.py:")
        assert said == {"level": "error", "event": "reading failed", "list": "helpline", "exception": "ValueError"}
    else:
        assert line.startswith("reading failed list=helpline exception=ValueError where=test_logs.py:")
