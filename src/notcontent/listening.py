"""Opening a port to listen on, also right after a sudden end."""

from __future__ import annotations

import errno
import socket
import time

#: After a kill, what the killed process had started may hold the port for a moment longer than the process itself.
PATIENCE_S = 5.0


def open_listener(host: str, port: int, patience_s: float = PATIENCE_S) -> socket.socket:
    """A socket that listens. `port` 0: any free one. Raises OSError and OverflowError where it can't be had in time."""
    end = time.monotonic() + patience_s
    while True:
        # Named as TCP, for only then does asyncio switch off the delay that gathers small answers (40 ms for each).
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
            listener.listen(2048)
        except (OSError, OverflowError) as error:
            listener.close()
            taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
            if not taken or time.monotonic() > end:
                raise
            time.sleep(0.1)
        else:
            return listener
