"""Settings under which the queue would repeat, double or lose work refuse to start; what we rely on in it is pinned."""

import inspect
from importlib.metadata import version

import pytest
from django.conf import settings
from django.core.checks import run_checks
from django_q import cluster, monitor, worker
from django_q.conf import Conf

from intacct_usage.settings import POSTGRESQL_OPTIONS, SQLITE_OPTIONS
from scheduling import supervisor
from scheduling.checks import cluster_problems, lease_problems
from scheduling.cluster import BeatingStat, WholeSentinel

LOCK_TIMEOUT_SECONDS = 20


def test_the_settings_of_this_project_pass() -> None:
    assert cluster_problems(settings.Q_CLUSTER) == []
    assert lease_problems(settings.LEASE_SECONDS, settings.REAPER_SECONDS) == []
    assert [message for message in run_checks() if message.id.startswith("scheduling.")] == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("orm", None),
        ("timeout", None),
        ("timeout", 30),
        ("timeout", 300),
        ("retry", 60),
        ("ack_failures", False),
        ("max_attempts", 0),
        ("catch_up", True),
        ("bulk", 10),
        ("queue_limit", 50),
        ("workers", 1),
        ("sync", True),
    ],
)
def test_each_unsafe_value_is_refused_by_name(name: str, value: object) -> None:
    problems = cluster_problems({**settings.Q_CLUSTER, name: value})

    assert problems
    assert any(name in problem or "retry" in problem for problem in problems)


def test_django_q2s_own_defaults_are_refused() -> None:
    assert len(cluster_problems({})) >= 8


def test_leases_that_would_show_a_dead_run_as_running_are_refused() -> None:
    assert lease_problems(90, 31)
    assert not lease_problems(90, 30)


def test_a_cluster_that_waits_for_the_database_is_not_taken_for_dead() -> None:
    waits = (int(SQLITE_OPTIONS["timeout"]), int(POSTGRESQL_OPTIONS["connect_timeout"]) + LOCK_TIMEOUT_SECONDS)

    assert max(waits) + 10 <= supervisor.STALE_SECONDS <= 60


def test_the_cluster_is_the_version_that_is_replaced_in_parts() -> None:
    assert version("django-q2") == "1.11.1"


def test_what_is_replaced_in_the_cluster_is_there() -> None:
    sentinel = cluster.Sentinel

    assert WholeSentinel.__mro__[1] is sentinel
    assert BeatingStat.__mro__[1] is cluster.Stat
    assert list(inspect.signature(sentinel.reincarnate).parameters) == ["self", "process"]
    assert list(inspect.signature(sentinel.start).parameters) == ["self"]
    assert list(inspect.signature(cluster.Stat.save).parameters) == ["self"]
    assert "self.pool" in inspect.getsource(sentinel.guard)
    assert "self.stop_event.wait" in inspect.getsource(sentinel.guard)
    assert "Stat(self).save()" in inspect.getsource(sentinel.guard)
    assert "target=Sentinel" in inspect.getsource(cluster.Cluster.start)


def test_a_recycled_worker_is_marked_as_we_read_it() -> None:
    assert "timer.value = -2" in inspect.getsource(worker.worker)


def test_a_refused_tasks_arguments_are_unpacked_inside_of_the_try() -> None:
    source = inspect.getsource(worker.worker)

    assert (
        source.index("pre_execute.send")
        < source.index("try:\n            if f is None")
        < source.index('f(*task["args"]')
    )
    assert 'task.get("hook")' in inspect.getsource(monitor.save_task)


def test_the_values_arrive_in_the_cluster() -> None:
    given = (Conf.WORKERS, Conf.TIMEOUT, Conf.RETRY, Conf.BULK, Conf.QUEUE_LIMIT, Conf.MAX_ATTEMPTS)

    assert given == (4, 120, 180, 1, 1, 1)
    assert (Conf.ACK_FAILURES, Conf.CATCH_UP, Conf.ORM) == (True, False, "default")
