"""What a load balancer or container asks: is the process alive, can it serve. No detail for strangers."""

import logging
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.contrib.auth.decorators import login_not_required
from django.core.checks import Error
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from intacct_usage.lib.disk import disk_problem
from scheduling.database_clock import database_now
from scheduling.models import DispatchClock, WorkerBeat

logger = logging.getLogger(__name__)

TICK_LIMIT = timedelta(minutes=3)
OWN_PACKAGES = ("intacct_usage", "usage", "notifications", "scheduling")


def pending_migrations() -> list[str]:
    """Migrations this version has and the database has not, as "app.name". Raises DatabaseError."""
    return _pending(MigrationExecutor(connection))


def schema_problem() -> str:
    """Why this version cannot work on this database, in a sentence; empty if it can. Raises DatabaseError."""
    executor = MigrationExecutor(connection)
    newer = _newer(executor)
    if newer:
        return newer
    pending = _pending(executor)
    if pending:
        return (
            f"The database needs `manage.py migrate` first "
            f"({len(pending)} migrations are missing, the first is {pending[0]})."
        )
    return ""


def check_schema(databases: Sequence[str] | None = None, **options: Any) -> list[Error]:  # Any: as Django calls checks
    """System check of `migrate`: an older version neither migrates nor serves what a newer one made."""
    problem = _newer(MigrationExecutor(connection)) if databases else ""
    return [Error(problem, id="intacct_usage.E001")] if problem else []


def start_problem() -> str:
    """Why the site must not start, in a sentence; a database that is away for now is no reason."""
    try:
        return schema_problem()
    except DatabaseError:
        return ""
    finally:
        connection.close()


def _newer(executor: MigrationExecutor) -> str:
    own = {app.label for app in apps.get_app_configs() if app.name.split(".")[0] in OWN_PACKAGES}
    known = executor.loader.disk_migrations
    replaced = {one for migration in known.values() for one in migration.replaces}
    newer = sorted(
        f"{app}.{name}"
        for app, name in executor.loader.applied_migrations
        if app in own and (app, name) not in known and (app, name) not in replaced
    )
    if newer:
        return (
            f"The database was made by a newer version of this program (it has {newer[0]}). "
            "Install that version, or restore a backup of this one."
        )
    return ""


def _pending(executor: MigrationExecutor) -> list[str]:
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _backwards in plan]


def worker_problem() -> str:
    if not WorkerBeat.objects.alive().exists():
        return "No worker has given a sign of life for 30 seconds; start `manage.py worker`."
    return ""


def tick_problem() -> str:
    ticked = DispatchClock.current()
    if ticked is None or database_now() - ticked.seen_at > TICK_LIMIT:
        return "No worker has looked for due schedules for three minutes; the worker's log says why."
    return ""


CHECKS: tuple[Callable[[], str], ...] = (schema_problem, worker_problem, tick_problem, disk_problem)


def readiness_problem() -> str:
    """The first thing that keeps this installation from doing its work, in a sentence; empty if nothing does."""
    try:
        return next((problem for check in CHECKS if (problem := check())), "")
    except DatabaseError as error:
        return f"The database does not answer ({type(error).__name__})."


@login_not_required
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 while the process answers at all."""
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


@login_not_required
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when database, schema, worker and disk allow work, else 503; the log holds the cause."""
    problem = readiness_problem()
    _last.note(problem)
    if problem:
        response = HttpResponse("not ready\n", content_type="text/plain; charset=utf-8", status=503)
        setattr(response, "_has_been_logged", True)  # noqa: B010  # Django's mark; else each question is an ERROR line
        return response
    return HttpResponse("ready\n", content_type="text/plain; charset=utf-8")


class _LastProblem:
    """Whoever asks does so every few seconds; the log gets a line when the answer changes."""

    def __init__(self) -> None:
        self._problem = ""

    def note(self, problem: str) -> None:
        if problem == self._problem:
            return
        self._problem = problem
        if problem:
            logger.warning("Not ready: %s", problem)
        else:
            logger.info("Ready again")


_last = _LastProblem()
