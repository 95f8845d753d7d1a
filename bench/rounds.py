"""Runs contestants alternately and tells medians and ratios."""

import statistics
import sys
from collections.abc import Callable, Mapping, Sequence

Figures = dict[str, float]


def alternate(contestants: Mapping[str, Callable[[], Figures]], rounds: int) -> dict[str, list[Figures]]:
    """Every contestant once per round, in turn, so that a busy machine is busy for all of them."""
    found: dict[str, list[Figures]] = {name: [] for name in contestants}
    for number in range(rounds):
        for name, run in contestants.items():
            found[name].append(run())
            sys.stderr.write(f"round {number + 1}: {name} {shown(found[name][-1])}\n")
    return found


def medians(found: Mapping[str, Sequence[Figures]]) -> dict[str, Figures]:
    return {
        name: {key: statistics.median(figures[key] for figures in runs) for key in runs[0]}
        for name, runs in found.items()
        if runs
    }


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` (0 to 1) of all lie below or at."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def shown(figures: Mapping[str, float]) -> str:
    return "  ".join(f"{name} {_number(value)}" for name, value in figures.items())


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def tell(title: str, found: Mapping[str, Figures], *, ratio_of: str = "", to: str = "") -> None:
    """Print a table of medians, and how the figure `ratio_of` compares with that of the contestant `to`."""
    sys.stdout.write(f"{title}\n")
    width = max(map(len, found), default=0)
    for name, figures in found.items():
        ratio = f"  = {figures[ratio_of] / found[to][ratio_of]:.2f} x" if to in found and ratio_of in figures else ""
        sys.stdout.write(f"  {name:{width}}  {shown(figures)}{ratio}\n")
    sys.stdout.flush()
