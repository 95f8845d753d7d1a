"""A short kill sweep: a few SIGKILLs at moments chosen by chance, and nothing is lost, doubled or shown wrongly."""

from pathlib import Path

import pytest

from bench.kill_sweep_child import begin_sweep

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
KILLS = 3


def test_a_few_kills_leave_everything_right(tmp_path: Path) -> None:
    sweep = begin_sweep(tmp_path, seed=11)
    try:
        while sum(sweep.kills.values()) < KILLS:
            sweep.round()
    finally:
        sweep.end()

    assert sweep.violations == []
    assert max(sweep.recoveries) < 90
