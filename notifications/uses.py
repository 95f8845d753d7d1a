"""Who uses an email configuration. Apps above say so here, because they are imported by none below them."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, order=True)
class Use:
    """One user of a configuration: its name, its page (empty if it has none), and what it sends there."""

    name: str
    address: str
    what: str


UseFinder = Callable[[Collection[UUID]], Iterable[tuple[UUID, Use]]]
"""Given the keys of configurations, the uses of each; one query for all of them."""

_finders: list[UseFinder] = []


def register_use_finder(finder: UseFinder) -> None:
    """Called once when an app starts. Safe to repeat."""
    if finder not in _finders:
        _finders.append(finder)


def uses_of(configurations: Collection[UUID]) -> dict[UUID, list[Use]]:
    """The uses of each configuration, in the order of their names; of none an empty list."""
    found: defaultdict[UUID, set[Use]] = defaultdict(set)
    for finder in _finders:
        for key, use in finder(configurations):
            found[key].add(use)
    return {key: sorted(found[key]) for key in configurations}
