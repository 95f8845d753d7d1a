"""What was about to be mailed when a backup was made may have been mailed since: a restore leaves it to a person."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from intacct_usage.backing_up import back_up
from intacct_usage.lib import clock
from notifications.models import ReportRequest
from scheduling.models import Occurrence
from scheduling.parameters import RunParameters
from tests.commands.processes import manage, python
from tests.commands.test_backup_and_restore import empty_database
from tests.scheduling.schedules import make_configuration, make_schedule
from usage.models import FetchRun

__all__ = ["empty_database"]

WORK = """
import json
from django_q.models import OrmQ
from notifications.models import OutgoingEmail, ReportRequest
from notifications.tasks import deliver_email, make_requested_reports
from scheduling.models import Occurrence
from scheduling.tasks import make_reports
from scheduling.tick import tick
known = {function.__module__ + "." + function.__name__: function for function in (
    deliver_email, make_requested_reports, make_reports)}
tick()
for queued in OrmQ.objects.all():
    task = queued.task
    known[task["func"]](*task["args"])
tick()
print(json.dumps({
    "mails": OutgoingEmail.objects.count(),
    "occurrences": dict(Occurrence.objects.values_list("schedule_name", "state")),
    "messages": sorted(set(Occurrence.objects.values_list("message", flat=True))),
    "requests": list(ReportRequest.objects.order_by("pk").values_list("state", "message")),
}))
"""
DOUBT = "Its reports may have been sent before the backup was put back; send them again if they did not arrive."
NOT_MAILED = "Its reports are not mailed: they may have been sent before the backup was put back."


def about_to_mail(name: str, state: str, run_status: str, **fields: object) -> Occurrence:
    configuration = make_configuration(name)
    parameters = RunParameters(email_ids=(str(configuration.pk),), alert_ids=(str(configuration.pk),))
    run = FetchRun.objects.create(asked_by="test", status=run_status)
    return Occurrence.objects.create(
        schedule=make_schedule(name),
        schedule_name=name,
        due_at=clock.now(),
        run=run,
        asked_by="test",
        state=state,
        parameters=parameters.as_json(),
        **fields,
    )


def ask(name: str, state: str, **fields: object) -> None:
    request = ReportRequest.objects.create(asked_by="ann", state=state, **fields)
    request.configurations.add(make_configuration(name))
    ReportRequest.objects.filter(pk=request.pk).update(asked_at=clock.now() - timedelta(hours=1))


@pytest.fixture
def backup(transactional_db: None, tmp_path: Path) -> Path:
    """Made while a fetch had just ended, one had failed, reports were made, and two requests were open."""
    past = clock.now() - timedelta(minutes=5)
    about_to_mail("Fetched", "fetching", "success", message="Once missed.")
    about_to_mail("Failed", "fetching", "error")
    about_to_mail("Reporting", "reporting", "success", lease_until=past)
    ask("Waiting", "waiting")
    ask("Making", "making", attempts=1, lease_until=past)
    back_up(tmp_path / "backup")
    return tmp_path / "backup"


def test_after_a_restore_nothing_is_mailed_without_a_person(backup: Path, empty_database: str) -> None:
    restored = manage("restore", str(backup), database=empty_database)
    worked = python(WORK, database=empty_database)

    assert (restored.returncode, worked.returncode) == (0, 0), restored.stderr + worked.stderr
    assert "5 mailings were being prepared at that time" in restored.stdout
    found = json.loads(worked.stdout.splitlines()[-1])
    assert found["mails"] == 0
    assert found["occurrences"] == {"Fetched": "success", "Failed": "error", "Reporting": "stopped"}
    assert found["messages"] == [NOT_MAILED, DOUBT, f"Once missed. {NOT_MAILED}"]
    assert found["requests"] == [["failed", DOUBT], ["failed", DOUBT]]
