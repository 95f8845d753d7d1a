"""Holds the simulated Intacct up, so that what a test looks at lasts as long as it looks, on any machine."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event

from intacct_usage.simulator.gateway import GatewaySimulator

LONGEST_SECONDS = 600  # nobody waits so long: only a test that hangs gets there


@contextmanager
def held_up(gateway: GatewaySimulator, *, answered: int, function: str = "") -> Iterator[Event]:
    """The gateway answers so many functions (or calls of this one) and no further one until this ends, or until the
    event that it yields is set: a run stays under way meanwhile, however fast or slow the machine.
    """
    numbers, opened = itertools.count(1), Event()

    def hold(call: object) -> None:
        if function in ("", call.function) and next(numbers) > answered:
            opened.wait(LONGEST_SECONDS)

    gateway.on_request.append(hold)
    try:
        yield opened
    finally:
        gateway.on_request.remove(hold)
        opened.set()
