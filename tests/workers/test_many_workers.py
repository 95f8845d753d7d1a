"""Several workers on one database: schedules fire once, a run is shared, nobody meets a locked database."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.db.models import Count

from scheduling.models import Occurrence, RunLane, Schedule, WorkerBeat
from tests.holding import held_up
from tests.workers.installation import Installation, world
from tests.workers.ledger_check import differences, false_states, queries
from tests.workers.processes import PATIENCE_SECONDS, wait_until
from usage.models import CompanySource, FetchRun

COMPANIES = 40
SCHEDULES = 20


@pytest.mark.slow
def test_schedules_due_in_one_minute_fire_once_under_two_workers(install: Callable[..., Installation]) -> None:
    installation = install(world(2))
    for _ in range(2):
        installation.start_worker()
    wait_until(lambda: WorkerBeat.objects.alive().count() == 2)
    moment = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=1)
    timing = f"{moment:%Y-%m-%dT%H:%M}"
    names = [f"Schedule {number}" for number in range(SCHEDULES)]
    Schedule.objects.bulk_create(
        [
            Schedule(name=name, kind="one_off", timing=timing, zone="UTC", enabled=True, next_run_at=moment)
            for name in names
        ]
    )

    wait_until(
        lambda: not Occurrence.objects.open().exists() and Occurrence.objects.count() >= SCHEDULES, PATIENCE_SECONDS
    )

    per_schedule = Occurrence.objects.values("schedule").annotate(count=Count("pk"))
    assert sorted(row["count"] for row in per_schedule) == [1] * SCHEDULES
    assert FetchRun.objects.filter(status="success").count() == SCHEDULES
    assert "locked" not in installation.log and "Traceback" not in installation.log


@pytest.mark.slow
def test_two_workers_share_one_run(install: Callable[..., Installation]) -> None:
    installation = install(world(2 * COMPANIES, 0.5), FETCH_CONCURRENCY="2")
    for _ in range(2):
        installation.start_worker()
    wait_until(lambda: WorkerBeat.objects.alive().count() == 2)

    run = installation.ask_for_run()
    wait_until(lambda: RunLane.objects.exclude(owner="").values("owner").distinct().count() == 2)
    wait_until(lambda: FetchRun.objects.get(pk=run.pk).status == "success", PATIENCE_SECONDS)

    assert differences(installation) == false_states(run) == []
    assert queries(installation) == 2 * COMPANIES


@pytest.mark.slow
def test_writers_beside_a_fetch_never_meet_a_locked_database(install: Callable[..., Installation]) -> None:
    installation = install(world(COMPANIES, 0.05))
    installation.start_worker()
    over, counts, locked = threading.Event(), {}, []

    def read_then_write(number: int) -> None:
        try:
            while not over.is_set():
                with transaction.atomic():
                    CompanySource.objects.count()
                    FetchRun.objects.filter(pk=run.pk).update(lookback_days=0)
                counts[number] += 1
        except OperationalError as error:
            locked.append(str(error))
        finally:
            connection.close()

    counts.update(dict.fromkeys(range(4), 0))
    writers = [threading.Thread(target=read_then_write, args=(number,)) for number in counts]
    with held_up(installation.gateway, answered=COMPANIES // 2, function="query"):  # until each had its turns
        run = installation.ask_for_run()
        for writer in writers:
            writer.start()
        wait_until(lambda: locked or min(counts.values()) > 10, PATIENCE_SECONDS)
    wait_until(lambda: FetchRun.objects.get(pk=run.pk).status == "success", PATIENCE_SECONDS)
    over.set()
    for writer in writers:
        writer.join()

    assert locked == []
    assert len(counts) == 4 and min(counts.values()) > 10
    assert "locked" not in installation.log


def test_sqlite_waits_at_begin_and_keeps_a_write_ahead_log(db: None) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("settings of SQLite")
    with connection.cursor() as cursor:
        values = [cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "busy_timeout")]

    assert values == ["wal", 20_000]
    assert settings.DATABASES["default"]["OPTIONS"]["transaction_mode"] == "IMMEDIATE"


def test_postgresql_never_waits_for_ever(db: None) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("settings of PostgreSQL")
    names = ("lock_timeout", "idle_in_transaction_session_timeout", "statement_timeout")
    with connection.cursor() as cursor:
        values = [cursor.execute(f"SHOW {name}").fetchone()[0] for name in names]
    options = settings.DATABASES["default"]["OPTIONS"]

    assert values == ["20s", "1min", "15min"]
    assert options["keepalives_idle"] + options["keepalives_interval"] * options["keepalives_count"] <= 30
    assert (options["connect_timeout"], options["tcp_user_timeout"]) == (10, 25_000)
