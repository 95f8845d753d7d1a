"""`prune` removes what is past its time and nothing else."""

import os
from datetime import timedelta

import pytest
from django.core.management import call_command

from intacct_usage.accounts.models import SignInSession
from intacct_usage.lib import clock
from intacct_usage.logs.models import LogEntry
from notifications.report_files import new_folder, reports_folder
from scheduling import pruning
from scheduling.tick import tick
from tests.factories import make_company, make_signature
from usage.models import ArchivedUsageRecord

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_data_dir(settings, tmp_path):
    settings.DATA_DIR = tmp_path


def archive(record_no: str, *, days_ago: int) -> None:
    ArchivedUsageRecord.objects.create(
        company=make_company(),
        record_no=record_no,
        created_on=clock.today(),
        transactions=1,
        signature=make_signature(),
        reason=ArchivedUsageRecord.Reason.CLEARED,
        archived_at=clock.now() - timedelta(days=days_ago),
    )


def test_everything_past_its_time_goes_and_the_rest_stays(capsys) -> None:
    now = clock.now()
    for days_ago in (1, 89, 91):
        archive(str(days_ago), days_ago=days_ago)
        LogEntry.objects.create(at=now - timedelta(days=days_ago), level="INFO", logger="usage", message=str(days_ago))
        ends = now - timedelta(days=days_ago - 90)
        SignInSession.objects.create(session_key=f"key{days_ago}", expire_date=ends, started_at=now, seen_at=now)
    old, young = new_folder(), new_folder()
    os.utime(old, (0, 0))

    call_command("prune")

    assert capsys.readouterr().out == (
        "Removed 1 log lines, 1 archived usage records, 1 folders of mailed reports, 1 sessions.\n"
    )
    assert sorted(ArchivedUsageRecord.objects.values_list("record_no", flat=True)) == ["1", "89"]
    assert sorted(LogEntry.objects.values_list("message", flat=True)) == ["1", "89"]
    assert sorted(SignInSession.objects.values_list("session_key", flat=True)) == ["key1", "key89"]
    assert list(reports_folder().iterdir()) == [young]


def test_the_regular_tick_prunes_at_once_and_then_once_an_hour(monkeypatch) -> None:
    monkeypatch.setattr(pruning._LastTime, "monotonic", None)
    archive("old", days_ago=100)

    first = pruning.prune_now_and_then()
    archive("old too", days_ago=100)

    assert first is not None
    assert first.archived_records == 1
    assert pruning.prune_now_and_then() is None


def test_the_regular_tick_goes_on_at_once_while_more_is_left(monkeypatch) -> None:
    monkeypatch.setattr(pruning._LastTime, "monotonic", None)
    monkeypatch.setattr(pruning, "ROWS_PER_TICK", 1)
    for number in range(2):
        archive(str(number), days_ago=100)

    assert pruning.prune_now_and_then() is not None
    assert pruning.prune_now_and_then() is not None


def test_the_regular_step_prunes(monkeypatch) -> None:
    monkeypatch.setattr(pruning._LastTime, "monotonic", None)
    archive("old", days_ago=100)

    tick()

    assert not ArchivedUsageRecord.objects.exists()
