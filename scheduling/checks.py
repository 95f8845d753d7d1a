"""Start-up checks: values under which runs would be repeated, doubled or lost are refused."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error

WORKER_TAG = "worker"
"""The checks of what the worker runs with, for `manage.py check --tag`."""

LONGEST_SLICE_SECONDS = 60


def check_cluster(app_configs: Sequence[AppConfig] | None, **more: object) -> list[CheckMessage]:
    """System check of `Q_CLUSTER` and of the leases."""
    sentences = [
        *cluster_problems(settings.Q_CLUSTER),
        *lease_problems(settings.LEASE_SECONDS, settings.REAPER_SECONDS),
    ]
    return [Error(sentence, id=f"scheduling.E{number:03}") for number, sentence in enumerate(sentences, 1)]


def cluster_problems(cluster: Mapping[str, Any]) -> list[str]:  # Any: settings of a dictionary
    """One sentence per value that django-q2 must not run with."""
    timeout, retry = cluster.get("timeout"), cluster.get("retry", 60)
    rules = [
        (cluster.get("orm") == "default", "orm must be “default”: runs and their tasks are committed together."),
        (
            isinstance(timeout, int) and timeout > LONGEST_SLICE_SECONDS,
            f"timeout must be more than {LONGEST_SLICE_SECONDS} s, the longest slice of work.",
        ),
        (
            isinstance(timeout, int) and isinstance(retry, int) and retry > timeout,
            "retry must be more than timeout, or tasks run twice at once.",
        ),
        (cluster.get("ack_failures") is True, "ack_failures must be true, or a failing task comes back for ever."),
        (cluster.get("max_attempts") == 1, "max_attempts must be 1: our own tables decide what is tried again."),
        (cluster.get("catch_up") is False, "catch_up must be false: what was missed is caught up once, by us."),
        (cluster.get("bulk") == 1, "bulk must be 1, so that no worker hoards what others could do."),
        (cluster.get("queue_limit") == 1, "queue_limit must be 1, so that a stop does not wait for a queue."),
        (cluster.get("workers", 0) >= 2, "workers must be at least 2: one stays free for mails and reports."),
        (not cluster.get("sync"), "sync must be off: it runs tasks inside web requests."),
    ]
    return [f"Q_CLUSTER: {sentence}" for holds, sentence in rules if not holds]


def lease_problems(lease_seconds: float, reaper_seconds: float) -> list[str]:
    if lease_seconds + reaper_seconds > 120:
        return ["LEASE_SECONDS and REAPER_SECONDS together must be at most 120, or a dead run is shown as running."]
    return []
