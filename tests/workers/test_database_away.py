"""The database ends the worker's connections in the middle of a run: it connects again and finishes."""

from collections.abc import Callable

import pytest
from django.db import connection

from tests.workers.installation import Installation, world
from tests.workers.ledger_check import differences, false_states, queries
from tests.workers.processes import PATIENCE_SECONDS, wait_until
from usage.models import FetchRun

pytestmark = pytest.mark.slow
COMPANIES = 40


def end_other_connections() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return len(cursor.fetchall())


def test_a_run_outlives_ended_connections(install: Callable[..., Installation]) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no connections to end")
    installation = install(world(COMPANIES, 0.2))
    worker = installation.start_worker()
    run = installation.ask_for_run()

    for calls in (8, 24):
        wait_until(lambda calls=calls: queries(installation) >= calls, PATIENCE_SECONDS)
        assert end_other_connections() > 3
    wait_until(lambda: FetchRun.objects.get(pk=run.pk).status not in FetchRun.OPEN_STATUSES, PATIENCE_SECONDS)

    run.refresh_from_db()
    assert (run.status, run.companies_done) == ("success", COMPANIES)
    assert differences(installation) == false_states(run) == []
    assert worker.popen.poll() is None
