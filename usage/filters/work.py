"""What still works on query filters, which are not deleted before it has ended.

Apps above say so here, because they are imported by none below them.
"""

from collections.abc import Callable, Collection

WorkFinder = Callable[[Collection[int]], str]
"""Given the keys of filters, a sentence that names one and what works on it; empty if nothing does."""

_finders: list[WorkFinder] = []


def register_filter_work(finder: WorkFinder) -> None:
    """Called once when an app starts. Safe to repeat."""
    if finder not in _finders:
        _finders.append(finder)


def open_work_on(filters: Collection[int]) -> str:
    """The first sentence found; empty if these filters may be deleted."""
    return next(filter(None, (finder(filters) for finder in _finders)), "")
