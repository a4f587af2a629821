"""PostgreSQL that is started anew under a running exchange: nobody's next request meets what is left of the old one."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from notcontent.exchange.folder import touch_mark
from tests.exchange.databases import serve_postgresql
from tests.exchange.running import Person, Running, picture_code

pytestmark = pytest.mark.peer


def test_requests_go_on_when_the_database_was_started_anew(tmp_path: Path) -> None:
    with serve_postgresql() as server:
        exchange = Running.set_up(tmp_path / "data").settle(postgresql=server.create())
        (exchange.folder / "exchange.sqlite3").unlink()
        partner, mina = exchange.start().partner(), Person(exchange)
        try:
            code = picture_code()
            assert mina.send([code], [partner.id]).status_code == 201
            partner.follow_until(lambda: partner.holds(code))
            for _ in range(2):
                server.end(signal.SIGINT)
                server.start()
                # Else a token is known for half a minute, and the tables are not asked.
                touch_mark(exchange.folder / "partners-changed")
                assert partner.get("/v1/feed/poll?epoch=1&after=0").status_code == 200
                assert mina.look().status_code == 200
            code = picture_code()
            assert mina.send([code], [partner.id]).status_code == 201
            partner.follow_until(lambda: partner.holds(code))
        finally:
            exchange.stop()
