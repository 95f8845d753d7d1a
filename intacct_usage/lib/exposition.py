"""Writes figures in the text format that Prometheus reads (version 0.0.4)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_LABEL_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})
_HELP_ESCAPES = str.maketrans({"\\": r"\\", "\n": r"\n"})


@dataclass(frozen=True)
class Sample:
    """One value. Label values are any text; label names are ours."""

    value: float
    labels: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Metric:
    """A gauge with all its samples; one without samples is left out. `name` says the unit at its end."""

    name: str
    meaning: str
    samples: tuple[Sample, ...]


def exposition(metrics: Iterable[Metric]) -> str:
    """The page. Raises ValueError for a name that Prometheus would refuse, or that comes twice."""
    lines: list[str] = []
    seen: set[str] = set()
    for metric in metrics:
        if not _NAME.fullmatch(metric.name) or metric.name in seen:
            raise ValueError(f"“{metric.name}” cannot be used as the name of a metric here.")
        seen.add(metric.name)
        if metric.samples:
            lines.append(f"# HELP {metric.name} {metric.meaning.translate(_HELP_ESCAPES)}")
            lines.append(f"# TYPE {metric.name} gauge")
            lines.extend(f"{metric.name}{_labels(sample.labels)} {_number(sample.value)}" for sample in metric.samples)
    return "\n".join(lines) + "\n"


def _labels(labels: dict[str, str]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{value.translate(_LABEL_ESCAPES)}"' for name, value in labels.items()) + "}"


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else f"{value:.3f}"
