"""Opening a port to listen on, also right after a sudden end, and sharing it fairly among processes."""

from __future__ import annotations

import errno
import socket
import time

#: After a kill, what the killed process had started may hold the port for a moment longer than the process itself.
PATIENCE_S = 5.0
_MAY_WAIT = 2048
#: What servers of asyncio are given as their `backlog`. They take so many connections in one go; a process that took
#: all that wait would answer all of them for as long as they last, and the processes beside it none.
TAKEN_AT_ONCE = 1


class Listener(socket.socket):
    """A listening socket whose queue is long, whatever backlog the server on it was given."""

    def listen(self, backlog: int = 0, /) -> None:
        """Let many connections wait."""
        super().listen(max(backlog, _MAY_WAIT))


def open_listener(host: str, port: int, patience_s: float = PATIENCE_S) -> Listener:
    """A socket that listens. `port` 0: any free one. Raises OSError and OverflowError where it can't be had in time."""
    end = time.monotonic() + patience_s
    while True:
        # Named as TCP, for only then does asyncio switch off the delay that gathers small answers (40 ms for each).
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = Listener(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
            listener.listen()
        except (OSError, OverflowError) as error:
            listener.close()
            taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
            if not taken or time.monotonic() > end:
                raise
            time.sleep(0.1)
        else:
            return listener
