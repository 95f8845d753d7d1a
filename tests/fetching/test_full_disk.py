"""A disk that is full, before a run and in it: the run says so, nothing is half stored, and afterwards all goes on."""

import errno
from collections import namedtuple
from collections.abc import Callable

import psycopg
import pytest
from django.db import OperationalError, connection

from intacct_usage.lib import disk
from intacct_usage.simulator.scenario import Scenario
from tests.worlds import World
from usage.fetching import lane
from usage.fetching.database_patience import CANNOT_BE_WRITTEN, is_of_the_disk, patiently
from usage.fetching.runs import RunRefusedError, ask_for_run
from usage.models import CompanyFetch, FetchRun
from usage.records import row_spool
from usage.records.data_check import check_data

MakeWorld = Callable[..., World]
COMPANIES = 6
SOME = Scenario(company_count=COMPANIES, history_days=20, records_per_day=(20, 20), counts_own_calls=False)
Usage = namedtuple("Usage", "total used free")
MIB = 1024**2


def of_postgresql(kind: type[psycopg.Error]) -> OperationalError:
    error = OperationalError("could not extend file")
    error.__cause__ = kind("could not extend file")
    return error


@pytest.fixture
def _small_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk.shutil, "disk_usage", lambda path: Usage(1000 * MIB, 990 * MIB, 10 * MIB))


@pytest.mark.usefixtures("_small_disk")
def test_no_run_begins_without_room(make_world: MakeWorld) -> None:
    make_world(SOME)

    with pytest.raises(RunRefusedError, match=r"^Only 10 MiB are free where DATA_DIR is; 256 are needed\."):
        ask_for_run(asked_by="test")


def test_a_run_in_which_the_disk_fills_up_ends_with_the_reason_and_the_next_one_is_whole(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, stored = make_world(SOME), []

    def store(*arguments: object, **more: object) -> object:
        if len(stored) == 2:
            raise of_postgresql(psycopg.errors.DiskFull)
        stored.append(store_window(*arguments, **more))
        return stored[-1]

    store_window = lane.store_window
    monkeypatch.setattr(lane, "store_window", store)
    with pytest.raises(OperationalError):
        world.fetch(concurrency=1)
    asked_for = len({call.company for call in world.gateway.ledger.calls(function="query")})
    monkeypatch.undo()
    lane.finish_run(FetchRun.objects.get().pk)

    run = FetchRun.objects.get()
    assert (run.status, run.companies_done, asked_for) == ("error", 2, 3)
    assert run.message == f"{CANNOT_BE_WRITTEN} 4 of {COMPANIES} companies were not tried."
    assert list(check_data()) == []


def test_sqlite_without_room_stores_nothing_of_a_company_and_all_of_it_later(make_world: MakeWorld) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("the page limit of SQLite")
    world = make_world(SOME)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")  # pages that other tests left free would be room
        pages = cursor.execute("PRAGMA page_count").fetchone()[0]
        cursor.execute(f"PRAGMA max_page_count = {pages + 4}")

    with pytest.raises(OperationalError, match="database or disk is full"):
        world.fetch(concurrency=1)
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA max_page_count = 1000000")
        intact = cursor.execute("PRAGMA integrity_check").fetchone()[0]
    lane.finish_run(FetchRun.objects.get().pk)
    again = world.fetch()

    assert (intact, FetchRun.objects.order_by("pk").first().status) == ("ok", "error")
    assert (again.status, again.companies_done, list(check_data())) == ("success", COMPANIES, [])


def test_waiting_does_not_help_a_full_disk(db: None) -> None:
    calls: list[int] = []

    def act() -> None:
        calls.append(1)
        raise OperationalError("database or disk is full")

    with pytest.raises(OperationalError):
        patiently(act, wait=lambda seconds: None)

    assert len(calls) == 1


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (OperationalError("disk I/O error"), True),
        (of_postgresql(psycopg.errors.DiskFull), True),
        (of_postgresql(psycopg.errors.IoError), True),
        (of_postgresql(psycopg.errors.AdminShutdown), False),
        (OperationalError("database is locked"), False),
    ],
)
def test_faults_of_the_disk_are_known(error: OperationalError, expected: bool) -> None:
    assert is_of_the_disk(error) == expected


def test_rows_that_cannot_be_put_aside_fail_their_company_with_the_reason(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world(SOME)

    def full(*arguments: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(row_spool.RowSpool, "extend", full)
    run = world.fetch()

    assert run.status == "error"
    assert CompanyFetch.objects.first().message == (
        "The rows could not be put aside while they were read (No space left on device). The stored records were kept. "
        "Look at the disk of the temporary files, then press Retry."
    )
