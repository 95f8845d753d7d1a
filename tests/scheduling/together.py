"""Several threads doing the same thing at the same moment, each with a connection of its own."""

import threading
from collections.abc import Callable
from typing import TypeVar

from django.db import connection

Result = TypeVar("Result")


def together(count: int, act: Callable[[], Result]) -> list[Result]:
    """What each of `count` threads got; an error in one of them is raised here."""
    barrier, results, errors = threading.Barrier(count), [], []

    def run() -> None:
        try:
            barrier.wait(60)
            results.append(act())
        except BaseException as error:  # noqa: BLE001 - it is raised again, in the test
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    if errors:
        raise errors[0]
    return results
