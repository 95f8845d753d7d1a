"""The tables change under a running worker, as in an upgrade: it starts anew, and refuses what it does not fit."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from scheduling.models import WorkerBeat
from tests.workers.installation import Installation
from tests.workers.processes import wait_until

pytestmark = pytest.mark.slow


def test_a_worker_on_tables_newer_than_itself_ends_with_the_reason(install: Callable[..., Installation]) -> None:
    installation = install()
    worker = installation.start_worker()
    wait_until(lambda: WorkerBeat.objects.exists())
    recorder = MigrationRecorder(connection)

    recorder.record_applied("usage", "9999_of_a_newer_version")
    try:
        code = worker.wait_for_end()
    finally:
        recorder.record_unapplied("usage", "9999_of_a_newer_version")

    assert code == 1
    assert worker.nothing_left()
    assert "the worker starts anew with the program as it is now" in worker.log
    assert "9999_of_a_newer_version" in worker.log or "newer" in worker.log.rpartition("anew")[2]
