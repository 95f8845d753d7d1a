"""A port that nobody listens on, for programs that must be told theirs."""

import errno
import secrets
import socket

LOWEST, COUNT = 20_000, 12_000
"""Below the range that systems choose from: a connection of some other test cannot get the port meanwhile."""


def free_port() -> int:
    for _ in range(100):
        port = LOWEST + secrets.randbelow(COUNT)
        with socket.socket() as listener:
            try:
                listener.bind(("127.0.0.1", port))
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise
            else:
                return port
    raise AssertionError(f"no free port among {LOWEST} to {LOWEST + COUNT}")
