"""Run now, retry, stop, and the rules about enabled schedules: one effect each, whoever asks and how often."""

import pytest

from scheduling.models import AlertRecipient, Occurrence, ReportRecipient, Schedule, ScheduleLockedError
from scheduling.run_requests import AlreadyRunningError, retry_failed, run_now, stop_run
from scheduling.schedules import (
    Recipients,
    ScheduleRefusedError,
    delete_schedule,
    disable_schedule,
    enable_schedule,
    save_schedule,
)
from tests.scheduling.schedules import DUE, make_configuration, make_enabled, make_fetchable, make_schedule
from tests.scheduling.together import together
from usage.fetching.runs import RunRefusedError, finish_run, start_next_run
from usage.models import CompanyFetch, FetchRun

pytestmark = pytest.mark.django_db


def test_a_double_click_on_run_now_starts_one_run() -> None:
    make_fetchable()
    schedule = make_schedule()
    run_now(schedule, by="ann")

    with pytest.raises(AlreadyRunningError, match="is running already"):
        run_now(schedule, by="ann")

    assert FetchRun.objects.count() == Occurrence.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_people_who_press_run_now_at_once_start_one_run() -> None:
    make_fetchable()
    schedule = make_schedule()

    def press() -> bool:
        try:
            return bool(run_now(schedule, by="ann"))
        except AlreadyRunningError:
            return False

    assert sorted(together(4, press)) == [False, False, False, True]
    assert FetchRun.objects.count() == 1


def test_twenty_mailings_of_stored_data_an_hour_are_the_most_for_one_person() -> None:
    schedule = make_schedule(mode="reports_only")

    def send(person: str) -> None:
        run_now(schedule, by=person)
        Occurrence.objects.update(state="success")

    for _ in range(20):
        send("ann")

    with pytest.raises(RunRefusedError, match="20 mailings within an hour are the most"):
        send("ann")
    send("bob")
    send("command line")


def test_run_now_leaves_the_timetable_alone() -> None:
    make_fetchable()
    schedule = make_enabled()

    occurrence = run_now(schedule, by="ann")

    schedule.refresh_from_db()
    assert (schedule.next_run_at, schedule.enabled) == (DUE, True)
    assert (occurrence.origin, occurrence.asked_by, occurrence.run.asked_by) == ("manual", "ann", "ann")


def test_retry_fetches_what_failed_with_what_it_ran_with_and_mails_nothing() -> None:
    for _ in range(3):
        make_fetchable()
    schedule = make_schedule(mode="full_refresh", keep_history=True)
    schedule.emails.set([make_configuration()])
    first = run_now(schedule, by="ann")
    start_next_run()
    failed = CompanyFetch.objects.order_by("pk")[1]
    CompanyFetch.objects.exclude(pk=failed.pk).update(status="done")
    CompanyFetch.objects.filter(pk=failed.pk).update(status="failed")
    finish_run(first.run_id)
    Occurrence.objects.update(state="success")

    again = retry_failed(FetchRun.objects.get(), by="bob")
    start_next_run()

    assert (again.origin, again.schedule, again.run.retry_of) == ("retry", schedule, first.run)
    assert (again.run.mode, again.run.keep_history, again.run_parameters.email_ids) == ("full_refresh", True, ())
    assert [fetch.company for fetch in CompanyFetch.objects.filter(run=again.run)] == [failed.company]


def test_retry_of_a_run_that_goes_on_is_refused() -> None:
    make_fetchable()
    occurrence = run_now(make_schedule(), by="ann")

    with pytest.raises(RunRefusedError, match="has not ended yet"):
        retry_failed(occurrence.run, by="ann")


def test_a_run_is_retried_by_one_run_at_a_time() -> None:
    first = make_fetchable()
    run = FetchRun.objects.create(asked_by="ann", status="success", companies_total=1, companies_failed=1)
    CompanyFetch.objects.create(run=run, company=first, status="failed")
    again = retry_failed(run, by="ann").run

    with pytest.raises(RunRefusedError, match=rf"Run {again.pk} fetches what failed in run {run.pk} already."):
        retry_failed(run, by="bob")

    assert FetchRun.objects.open().count() == 1


def test_a_stop_just_after_the_last_company_keeps_the_reports_from_being_made() -> None:
    make_fetchable()
    schedule = make_schedule(reports=["summary"])
    schedule.emails.set([make_configuration()])
    occurrence = run_now(schedule, by="ann")
    FetchRun.objects.update(status="success", finished_at=DUE)  # and its process died before it told anybody

    stopped = stop_run(occurrence.run, by="bob")

    occurrence.refresh_from_db()
    assert (stopped, occurrence.state, occurrence.message) == (
        True,
        "stopped",
        "Stopped by bob before any mail went out.",
    )


def test_stopping_twice_or_after_the_end_has_no_effect() -> None:
    make_fetchable()
    run = run_now(make_schedule(), by="ann").run
    start_next_run()

    answers = [stop_run(run, by="bob"), stop_run(run, by="cleo")]

    run.refresh_from_db()
    assert answers == [True, False]
    assert (run.status, run.stop_requested_by) == ("stopped", "bob")


@pytest.mark.parametrize("change", ["save", "delete", "bulk delete"])
def test_an_enabled_schedule_is_neither_edited_nor_deleted(change: str) -> None:
    make_enabled()
    loaded = Schedule.objects.get()
    act = {"save": loaded.save, "delete": loaded.delete, "bulk delete": Schedule.objects.all().delete}[change]

    with pytest.raises(ScheduleLockedError, match="is enabled"):
        act()

    assert Schedule.objects.enabled().count() == 1


def test_a_form_opened_before_the_schedule_was_enabled_cannot_save_it() -> None:
    opened = make_schedule()
    enable_schedule(Schedule.objects.get(), by="ann")
    opened.timing = "03:00"

    with pytest.raises(ScheduleLockedError):
        save_schedule(opened, Recipients(), by="bob")

    assert Schedule.objects.get().timing == "02:30"


def test_a_running_schedule_is_not_deleted_and_its_history_outlives_it() -> None:
    make_fetchable()
    schedule = make_schedule()
    run = run_now(schedule, by="ann").run

    with pytest.raises(ScheduleLockedError, match="is running"):
        delete_schedule(schedule, by="ann")
    stop_run(run, by="ann")
    delete_schedule(schedule, by="ann")

    occurrence = Occurrence.objects.get()
    assert (occurrence.schedule, occurrence.schedule_name, occurrence.run) == (None, "Nightly", run)


@pytest.mark.django_db(transaction=True)
def test_recipients_of_an_enabled_schedule_stay() -> None:
    schedule = make_schedule()
    schedule.emails.set([make_configuration()])
    enable_schedule(schedule, by="ann")

    with pytest.raises(ScheduleLockedError):
        schedule.emails.clear()
    with pytest.raises(ScheduleLockedError):
        schedule.alerts.add(make_configuration("Operations"))

    assert (ReportRecipient.objects.count(), AlertRecipient.objects.count()) == (1, 0)


def test_disabling_lets_a_run_go_on_and_enabling_twice_is_no_change() -> None:
    make_fetchable()
    schedule = make_enabled()
    run = run_now(schedule, by="ann").run

    answers = [disable_schedule(schedule, by="ann"), disable_schedule(schedule, by="ann")]
    answers += [enable_schedule(schedule, by="ann"), enable_schedule(schedule, by="ann")]

    run.refresh_from_db()
    assert answers == [True, False, True, False]
    assert run.status == "queued"


def test_a_one_off_in_the_past_is_not_enabled() -> None:
    schedule = make_schedule(kind="one_off", timing="2020-01-01T09:00")

    with pytest.raises(ScheduleRefusedError, match="has passed"):
        enable_schedule(schedule, by="ann")
