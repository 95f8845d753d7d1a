"""Each test has an installation of its own; whatever it started is ended."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from intacct_usage.simulator.scenario import Scenario
from tests.workers.installation import Installation, world


@pytest.fixture
def install(transactional_db: None, tmp_path: Path) -> Iterator[Callable[..., Installation]]:
    made: list[Installation] = []

    def make(scenario: Scenario | None = None, **settings: str) -> Installation:
        made.append(Installation(tmp_path, scenario or world(), settings))
        return made[-1]

    yield make
    for installation in made:
        installation.stop()
