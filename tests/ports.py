"""Ports that nobody listens on, for programs that must be told theirs."""

import contextlib
import secrets
import socket

LOWEST, COUNT = 20_000, 12_000
"""Below the range that systems choose from: a connection of some other test cannot get the port meanwhile."""


def free_port() -> int:
    return free_ports(1)


def free_ports(count: int) -> int:
    """The first of so many in a row; by chance, so that tests that run at the same time do not get the same."""
    for _ in range(100):
        first = LOWEST + secrets.randbelow(COUNT)
        with contextlib.ExitStack() as held:
            try:
                for number in range(count):
                    listener = held.enter_context(socket.socket())
                    listener.bind(("127.0.0.1", first + number))
            except OSError:
                continue
            return first
    raise AssertionError(f"no {count} free ports in a row between {LOWEST} and {LOWEST + COUNT}")
