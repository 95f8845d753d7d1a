"""A worker runs this project's tasks and nothing else, whoever writes into django-q2's tables."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib import admin
from django_q.models import OrmQ, Task
from django_q.models import Schedule as InternalSchedule
from django_q.signals import pre_execute
from django_q.tasks import async_task

from notifications import tasks as mail_tasks
from scheduling import tasks
from scheduling.task_guard import ForeignTaskError, is_own_task, refuse_foreign_task
from tests.workers.installation import Installation
from tests.workers.processes import wait_until

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.slow
def test_a_foreign_callable_is_refused_and_the_worker_goes_on(
    install: Callable[..., Installation], tmp_path: Path
) -> None:
    installation = install()
    marker = tmp_path / "marker"
    worker = installation.start_worker()
    processes = set(worker.pool)

    async_task("os.system", f"touch {marker}")
    InternalSchedule.objects.create(func="subprocess.getoutput", args=f"'touch {marker}'", schedule_type="O")
    wait_until(lambda: Task.objects.filter(func="os.system").exists())
    run = installation.ask_for_run()
    wait_until(lambda: type(run).objects.get(pk=run.pk).status == "success")

    assert "Refused to run os.system" in worker.log
    assert not marker.exists()
    assert set(worker.pool) == processes
    wait_until(lambda: not OrmQ.objects.exists())  # nothing comes back


@pytest.mark.parametrize(
    ("function", "own"),
    [
        (tasks.work_lane, True),
        (tasks.regular_work, True),
        (mail_tasks.deliver_email, True),
        (os.system, False),
        (tasks.work_in_seat, False),
        (async_task, False),
        (lambda: None, False),
        (None, False),
        ("scheduling.tasks.work_lane", False),
    ],
)
def test_own_tasks_are_the_functions_of_the_task_modules(function: object, own: bool) -> None:
    assert is_own_task(function) is own


def test_a_refused_task_fails_before_its_function_is_called() -> None:
    task = {"func": "os.system", "args": ("touch /tmp/x",), "kwargs": {}, "hook": "os.remove", "chain": [1]}

    refuse_foreign_task("django_q", os.system, task)

    with pytest.raises(ForeignTaskError, match=r"Refused to run os\.system"):
        tuple(task["args"])
    assert "hook" not in task and "chain" not in task


def test_the_guard_is_asked_before_every_task() -> None:
    assert refuse_foreign_task in [receiver() for _, receiver, *_ in pre_execute.receivers]


def test_a_hook_is_dropped_from_our_own_tasks_too() -> None:
    task = {"func": "scheduling.tasks.work_lane", "args": (1, 1, 1), "kwargs": {}, "hook": "os.remove"}

    refuse_foreign_task("django_q", tasks.work_lane, task)

    assert task == {"func": "scheduling.tasks.work_lane", "args": (1, 1, 1), "kwargs": {}}


def test_the_admin_of_the_queue_is_closed() -> None:
    admin.autodiscover()

    assert [model for model in admin.site._registry if model._meta.app_label == "django_q"] == []


def test_no_code_reads_the_results_of_tasks() -> None:
    """Their results are pickles that run code when they are read."""
    apps = ("intacct_usage", "usage", "notifications", "scheduling")
    readers = [
        path.relative_to(ROOT).as_posix()
        for app in apps
        for path in (ROOT / app).rglob("*.py")
        for words in ("Success.objects", "Failure.objects", "Task.objects", "fetch(", "result(")
        if "django_q" in path.read_text() and words in path.read_text()
    ]

    assert readers == []
