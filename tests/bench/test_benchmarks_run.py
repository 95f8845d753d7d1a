"""That the benchmarks can be run at all; what they find is in docs/performance.md."""

import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from bench.rounds import medians, percentile

ROOT = Path(__file__).resolve().parent.parent.parent
COMMANDS = sorted(
    path.stem
    for path in (ROOT / "bench").glob("*.py")
    if "argparse" in path.read_text(encoding="utf-8") and "main()" in path.read_text(encoding="utf-8")
)


def told_names() -> set[str]:
    """The benchmarks whose commands docs/performance.md shows."""
    text = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
    return set(re.findall(r"script/bench ([a-z-]+)", text))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_benchmark_says_how_it_is_run(name: str) -> None:
    module = import_module(f"bench.{name}")

    assert f"script/bench {name.replace('_', '-')}" in (module.__doc__ or "")
    assert callable(module.main)


def test_the_document_names_only_benchmarks_that_exist() -> None:
    assert told_names() <= {name.replace("_", "-") for name in COMMANDS}


@pytest.mark.slow
def test_a_small_fetch_is_measured_from_end_to_end() -> None:
    command = ["--companies", "3", "--records", "50", "--rounds", "1", "--alone", "--database", "sqlite"]

    found = subprocess.run(
        [sys.executable, "-m", "bench.fetch", *command], cwd=ROOT, capture_output=True, text=True, timeout=240
    )

    assert found.returncode == 0, found.stderr
    assert re.search(r"ours, sqlite .* records 150  stored 150  requests 6", found.stdout)
    assert "ceiling (bytes thrown away)" in found.stdout


def test_a_median_is_taken_of_each_figure() -> None:
    assert medians({"a": [{"s": 1, "n": 5}, {"s": 9, "n": 6}, {"s": 2, "n": 7}]}) == {"a": {"s": 2, "n": 6}}


def test_a_percentile_is_a_value_that_was_seen() -> None:
    assert [percentile([5, 1, 4, 2, 3], share) for share in (0, 0.5, 0.95, 1)] == [1, 3, 5, 5]
