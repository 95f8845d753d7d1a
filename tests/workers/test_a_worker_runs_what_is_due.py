"""From a due time to the mail, by a real worker process."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from scheduling.models import Occurrence, Schedule
from scheduling.schedules import Recipients, enable_schedule, save_schedule
from tests.workers.installation import Installation
from tests.workers.ledger_check import differences, false_states, queries
from tests.workers.processes import PATIENCE_SECONDS, wait_until

pytestmark = pytest.mark.slow


def due_now(schedule: Schedule) -> None:
    Schedule.objects.filter(pk=schedule.pk).update(next_run_at=datetime.now(UTC) - timedelta(seconds=1))


def test_a_due_schedule_is_fetched_reported_and_mailed_once(install: Callable[..., Installation]) -> None:
    installation = install()
    configurations = [installation.add_email_configuration(name) for name in ("Finance", "Partners")]
    schedule = Schedule(name="Nightly", kind="daily", timing="02:30", zone="UTC", reports=["summary", "exceptions"])
    save_schedule(schedule, Recipients(configurations), by="test")
    enable_schedule(schedule, by="test")
    due_now(schedule)

    installation.start_worker()
    wait_until(lambda: len(installation.mail.messages()) == 2, PATIENCE_SECONDS)

    occurrence = Occurrence.objects.get()
    wait_until(lambda: not occurrence.emails.exclude(state="sent").exists())
    assert (occurrence.state, occurrence.emails.count()) == ("success", 2)
    assert differences(installation) == false_states(occurrence.run) == []
    assert queries(installation) == 12
    assert "Traceback" not in installation.log
