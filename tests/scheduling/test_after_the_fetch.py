"""What follows a run: reports once, a mail per configuration, an alert when it failed, nothing when it was stopped."""

from datetime import UTC, datetime, timedelta

import pytest
from django_q.models import OrmQ

from notifications.models import OutgoingEmail
from scheduling import pipeline, tasks
from scheduling.models import Occurrence, Schedule
from scheduling.run_requests import run_now, stop_occurrence, stop_run
from tests.factories import make_record
from tests.scheduling.schedules import make_configuration, make_fetchable, make_schedule
from usage.fetching.runs import finish_run, halt_run, start_next_run
from usage.models import Company, CompanyFetch, FetchRun

pytestmark = pytest.mark.django_db


def begin(**fields: object) -> Occurrence:
    """A schedule with two recipients and one to be told, run by a person; its run has started."""
    make_fetchable()
    make_fetchable()
    schedule = make_schedule(**{"reports": ["summary"], "report_format": "csv", **fields})
    schedule.emails.set([make_configuration("Finance"), make_configuration("Partners")])
    schedule.alerts.set([make_configuration("Operations")])
    occurrence = run_now(schedule, by="ann")
    start_next_run()
    return occurrence


def end_run(*statuses: str) -> None:
    run = FetchRun.objects.get()
    for fetch, status in zip(CompanyFetch.objects.filter(run=run).order_by("pk"), statuses, strict=True):
        CompanyFetch.objects.filter(pk=fetch.pk).update(status=status)
    finish_run(run.pk)


def make_reports(occurrence: Occurrence) -> None:
    occurrence.refresh_from_db()
    tasks.make_reports(occurrence.pk, occurrence.lease_token)
    occurrence.refresh_from_db()


def mails() -> list[tuple[str, str]]:
    return sorted(OutgoingEmail.objects.values_list("kind", "configuration_name"))


def test_a_successful_run_has_its_reports_made_and_mailed_to_each_configuration() -> None:
    occurrence = begin()

    end_run("done", "done")
    make_reports(occurrence)

    assert (occurrence.state, occurrence.message) == ("success", "2 of 2 companies were fetched.")
    assert mails() == [("report", "Finance"), ("report", "Partners")]
    assert occurrence.emails.count() == 2
    [attachment] = OutgoingEmail.objects.first().attachments
    assert "Summary" in attachment["label"]


def test_a_run_that_failed_in_part_says_so_in_the_first_line() -> None:
    occurrence = begin()

    end_run("done", "failed")
    make_reports(occurrence)

    email = OutgoingEmail.objects.first()
    assert email.content["problem"] == (
        "1 of 2 companies failed in this run; its figures are those of the last successful fetch, if there was one."
    )
    assert email.subject.startswith("Partial success")
    assert occurrence.state == "success"


def test_empty_reports_are_skipped_where_the_schedule_says_so_and_the_log_tells() -> None:
    occurrence = begin(skip_empty=True)
    Company.objects.update(health=Company.Health.HEALTHY)

    end_run("done", "done")
    make_reports(occurrence)

    states = list(OutgoingEmail.objects.values_list("state", "attachments"))
    assert (occurrence.state, states) == ("success", [("skipped", []), ("skipped", [])])
    assert "hold no records, no company failed" in OutgoingEmail.objects.first().message
    assert not any(queued.task["func"] == "notifications.tasks.deliver_email" for queued in OrmQ.objects.all())


@pytest.mark.parametrize("trouble", ["failed", "never fetched", "records", "not asked for"])
def test_reports_with_something_to_tell_are_never_skipped(trouble: str) -> None:
    occurrence = begin(skip_empty=trouble != "not asked for")
    Company.objects.update(health=Company.Health.HEALTHY)
    if trouble == "never fetched":
        Company.objects.filter(pk=Company.objects.first().pk).update(health=Company.Health.UNKNOWN)
    if trouble == "records":
        make_record(Company.objects.first())

    end_run("done", "failed" if trouble == "failed" else "done")
    make_reports(occurrence)

    assert {email.state for email in OutgoingEmail.objects.all()} == {"pending"}


def test_a_run_that_failed_altogether_sends_an_alert_and_no_reports() -> None:
    occurrence = begin()

    end_run("failed", "failed")
    pipeline.settle_fetched()

    occurrence.refresh_from_db()
    assert (occurrence.state, mails()) == ("error", [("alert", "Operations")])
    alert = OutgoingEmail.objects.get()
    assert occurrence.message in alert.content["lines"]
    assert (alert.schedule_name, alert.run_id) == (occurrence.schedule_name, occurrence.run_id)


def fail_again() -> Occurrence:
    occurrence = run_now(Schedule.objects.get(), by="ann")
    start_next_run()
    run = FetchRun.objects.latest("pk")
    CompanyFetch.objects.filter(run=run).update(status="failed")
    finish_run(run.pk)
    pipeline.settle_fetched()
    occurrence.refresh_from_db()
    return occurrence


def test_the_same_failure_again_and_again_is_told_once_in_four_hours(time_machine) -> None:
    time_machine.move_to("2026-03-10T09:00:00Z", tick=False)
    begin()
    end_run("failed", "failed")
    pipeline.settle_fetched()

    told = []
    for minutes in (15, 30, 230, 250, 265):
        time_machine.move_to(datetime(2026, 3, 10, 9, tzinfo=UTC) + timedelta(minutes=minutes), tick=False)
        told.append(fail_again().emails.count())

    assert told == [0, 0, 0, 1, 0]
    assert "you are told again after four hours" in OutgoingEmail.objects.first().content["lines"][-1]


def test_another_failure_is_told_at_once() -> None:
    begin()
    end_run("failed", "failed")
    pipeline.settle_fetched()
    Occurrence.objects.update(message="Something else.")

    assert fail_again().emails.count() == 1


def test_a_run_that_was_ended_early_sends_an_alert_and_no_reports() -> None:
    occurrence = begin()
    run = FetchRun.objects.get()

    halt_run(run.pk, reason="Stopped to avoid locking users.")
    finish_run(run.pk)

    occurrence.refresh_from_db()
    assert (occurrence.state, mails()) == ("error", [("alert", "Operations")])


def test_a_stopped_run_sends_nothing() -> None:
    occurrence = begin()

    stop_run(FetchRun.objects.get(), by="bob")
    pipeline.settle_fetched()
    pipeline.queue_waiting_reports()

    occurrence.refresh_from_db()
    assert (occurrence.state, mails()) == ("stopped", [])
    assert occurrence.message == "Stopped by bob; 0 of 2 companies were fetched and kept."


def test_a_stop_while_the_reports_are_made_sends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    occurrence = begin()
    end_run("done", "done")
    made = pipeline.make_reports

    def stop_meanwhile(mailing: object) -> object:
        stop_occurrence(Occurrence.objects.get(), by="bob")
        return made(mailing)

    monkeypatch.setattr(pipeline, "make_reports", stop_meanwhile)
    make_reports(occurrence)

    assert (occurrence.state, mails()) == ("stopped", [])


def test_reports_that_cannot_be_made_are_an_error_with_an_alert(monkeypatch: pytest.MonkeyPatch) -> None:
    occurrence = begin()
    end_run("done", "done")

    def full_disk(mailing: object) -> object:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pipeline, "make_reports", full_disk)
    make_reports(occurrence)

    assert (occurrence.state, mails()) == ("error", [("alert", "Operations")])
    assert "No space left on device" in occurrence.message


def test_reports_whose_worker_died_three_times_are_given_up() -> None:
    occurrence = begin()
    end_run("done", "done")
    Occurrence.objects.update(attempts=3)

    make_reports(occurrence)

    assert (occurrence.state, occurrence.message) == ("error", pipeline.WORKER_DIED)


def test_what_it_ran_with_stays_when_the_schedule_is_edited_meanwhile() -> None:
    occurrence = begin()
    schedule = Schedule.objects.get()
    schedule.reports, schedule.subject_template = ["detailed", "exceptions"], "Edited"
    schedule.save()

    end_run("done", "done")
    make_reports(occurrence)

    email = OutgoingEmail.objects.first()
    assert len(email.attachments) == 1
    assert email.subject != "Edited"


def test_the_subject_is_the_schedules_own_with_its_words_filled_in() -> None:
    occurrence = begin(subject_template="{status} of {schedule}: {filter} {period}")

    end_run("done", "done")
    make_reports(occurrence)

    assert set(OutgoingEmail.objects.values_list("subject", flat=True)) == {"Success of Nightly: All Filters all data"}


def test_without_recipients_a_run_ends_with_its_fetch() -> None:
    make_fetchable()
    occurrence = run_now(make_schedule(), by="ann")
    start_next_run()

    end_run("done")

    occurrence.refresh_from_db()
    assert (occurrence.state, mails()) == ("success", [])


def test_the_end_of_a_run_queues_its_reports_at_once_and_only_once() -> None:
    begin()

    end_run("done", "done")
    pipeline.settle_fetched()
    pipeline.queue_waiting_reports()

    assert [task.func() for task in OrmQ.objects.all()] == ["scheduling.tasks.make_reports"]
