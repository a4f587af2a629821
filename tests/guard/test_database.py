"""What the guard's database keeps whoever uses it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

#: A process that closes databases while a thread reads from them; each a little later in what the thread does.
CLOSING = """
import sqlite3, sys, threading, time
from pathlib import Path
from notcontent.guard.database import Database

MANY = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) SELECT i, hex(i) FROM n"
folder, refused = Path(sys.argv[1]), []

def read(database):
    try:
        while True:
            with database.read() as connection:
                connection.execute(MANY).fetchall()
    except sqlite3.ProgrammingError:
        refused.append(database)

for number in range(20):
    database = Database(folder)
    reading = threading.Thread(target=read, args=(database,))
    reading.start()
    time.sleep(0.01 + number / 1000)
    database.close()
    reading.join()
print(len(refused))
"""


def test_a_database_that_a_thread_still_reads_is_closed_without_a_crash(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", CLOSING, tmp_path], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "20"), done.stderr
