"""The commands about schedules, with what they print and how they exit."""

import shlex
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from intacct_usage.management.commands import add_schedule, run_schedule
from notifications.models import EmailConfiguration, OutgoingEmail
from scheduling.models import Occurrence, Schedule
from scheduling.pipeline import queue_waiting_reports
from scheduling.schedules import ScheduleRefusedError
from scheduling.tasks import make_reports
from tests.scheduling.schedules import make_configuration, make_enabled, make_fetchable, make_schedule
from usage.models import FetchRun, QueryFilter

pytestmark = pytest.mark.django_db


def run(name: str, *arguments: str) -> str:
    out = StringIO()
    call_command(name, *arguments, stdout=out)
    return out.getvalue()


def make_reports_of(occurrence: Occurrence) -> None:
    """What a worker would do."""
    queue_waiting_reports()
    occurrence.refresh_from_db()
    make_reports(occurrence.pk, occurrence.lease_token)


@pytest.mark.parametrize("name", ["Nightly run", "Bob's $HOME"])
def test_the_hint_of_how_to_enable_a_schedule_can_be_pasted_into_a_shell(name: str) -> None:
    hint = run("add_schedule", name, "--daily", "02:30").splitlines()[-1].partition("enable it with: ")[2]
    _, *command = shlex.split(hint)

    assert "is enabled" in run(*command)
    assert Schedule.objects.get(name=name).enabled


@pytest.mark.parametrize(
    ("option", "value", "kind", "timing"),
    [
        ("--one-off", "2090-12-01T09:00", "one_off", "2090-12-01T09:00"),
        ("--every", "30m", "interval", "30m"),
        ("--daily", "02:30", "daily", "02:30"),
        ("--weekly", "mon,thu@02:30", "weekly", "mon,thu@02:30"),
        ("--monthly", "last@02:30", "monthly", "last@02:30"),
        ("--cron", "0 2 * * *", "cron", "0 2 * * *"),
    ],
)
def test_each_kind_of_timing_is_created_disabled(option: str, value: str, kind: str, timing: str) -> None:
    printed = run("add_schedule", "Nightly", option, value, "--zone", "Europe/London")

    schedule = Schedule.objects.get()
    assert (schedule.kind, schedule.timing, schedule.zone, schedule.enabled) == (kind, timing, "Europe/London", False)
    assert "It is disabled" in printed


def test_all_options_arrive() -> None:
    query_filter = QueryFilter.objects.create(name="UK", value="UK_")
    EmailConfiguration.objects.create(name="Finance", from_address="a@example.com", to="b@example.com")

    run(
        *("add_schedule", "Monthly", "--monthly", "1@06:00", "--filter", "UK", "--email", "finance"),
        *("--reports", "summary,detailed", "--format", "csv", "--report-start", "2026-01-01", "--complete-months"),
        *("--full-refresh", "--keep-history", "--alert", "Finance", "--lookback-days", "2", "--skip-empty", "--enable"),
    )

    schedule = Schedule.objects.get()
    assert (schedule.query_filter, schedule.mode, schedule.keep_history) == (query_filter, "full_refresh", True)
    assert (schedule.reports, schedule.report_format) == (["summary", "detailed"], "csv")
    assert (str(schedule.report_start), schedule.complete_months, schedule.lookback_days) == ("2026-01-01", True, 2)
    assert schedule.skip_empty
    assert [list(many.values_list("name", flat=True)) for many in (schedule.emails, schedule.alerts)] == [
        ["Finance"],
        ["Finance"],
    ]
    assert schedule.enabled and schedule.next_run_at is not None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--daily", "25:00"), "“25:00” is not a time of day"),
        (("--cron", "0 0 30 2 *"), "never"),
        (("--every", "5m"), "15 minutes"),
        (("--daily", "02:30", "--zone", "Mars/Base"), "Mars/Base"),
        (("--daily", "02:30", "--reports-only"), "choose at least one email configuration"),
        (("--daily", "02:30", "--reports-only", "--full-refresh"), "not allowed with argument"),
        (("--daily", "02:30", "--keep-history"), "This belongs to Full Refresh"),
        (("--daily", "02:30", "--filter", "other"), "“Other” is what no query filter takes"),
        (("--daily", "02:30", "--filter", "XX"), "There is no query filter “XX”"),
        (
            ("--daily", "02:30", "--report-start", "9999-12-15"),
            "“9999-12-15” is out of range; write a day from 2000 to 2099",
        ),
        (
            ("--daily", "02:30", "--report-start", "0001-01-15"),
            "“0001-01-15” is out of range; write a day from 2000 to 2099",
        ),
        (("--one-off", "2020-01-01T09:00"), "has passed"),
        (("--cron", "*/5 * * * *"), "only 5 minutes apart"),
        (("--daily", "02:30", "--weekly", "mon@02:30"), "not allowed with argument"),
        ((), "one of the arguments"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(arguments: tuple[str, ...], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        run("add_schedule", "Nightly", *arguments)

    assert not Schedule.objects.exists()


def test_the_log_says_nothing_of_a_schedule_that_was_not_kept(caplog, monkeypatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise ScheduleRefusedError("It cannot be enabled.")

    monkeypatch.setattr(add_schedule, "enable_schedule", refuse)

    with caplog.at_level("INFO"), pytest.raises(CommandError, match=r"It cannot be enabled\."):
        run("add_schedule", "Nightly", "--daily", "02:30", "--enable")

    assert not Schedule.objects.exists()
    assert "created the schedule" not in caplog.text


def test_the_log_tells_of_a_schedule_that_was_kept(caplog, django_capture_on_commit_callbacks) -> None:
    with caplog.at_level("INFO"), django_capture_on_commit_callbacks(execute=True):
        run("add_schedule", "Nightly", "--daily", "02:30", "--enable")

    assert [line.message for line in caplog.records if "the schedule" in line.message] == [
        "command line created the schedule “Nightly”",
        "command line enabled the schedule “Nightly”",
    ]


def test_a_name_is_taken_once_in_any_case() -> None:
    make_schedule("Nightly")

    with pytest.raises(CommandError, match="There is a schedule of this name already"):
        run("add_schedule", "NIGHTLY", "--daily", "02:30")


def test_enable_disable_and_list() -> None:
    make_schedule("Nightly", timing="02:30", zone="Asia/Kathmandu")

    enabled, again = run("enable_schedule", "nightly"), run("enable_schedule", "nightly")
    listed = run("list_schedules")
    disabled = run("disable_schedule", "nightly")

    assert "is enabled" in enabled and "was enabled already" in again and "is disabled" in disabled
    assert "Pending" in listed and "+0545" in listed and "Every day at 02:30 (Asia/Kathmandu)" in listed
    assert "Disabled" in run("list_schedules")


def test_an_unknown_schedule_is_named_with_those_there_are() -> None:
    make_schedule("Nightly")

    with pytest.raises(CommandError, match="There is no schedule “Daily”"):
        run("enable_schedule", "Daily")


def test_run_schedule_starts_a_run_beside_the_timetable(capsys: pytest.CaptureFixture[str]) -> None:
    make_fetchable()
    schedule = make_enabled()
    before = schedule.next_run_at

    printed = run("run_schedule", "Nightly")

    schedule.refresh_from_db()
    occurrence = Occurrence.objects.get()
    assert (occurrence.origin, occurrence.asked_by) == ("command_line", "command line")
    assert printed == f"The schedule “Nightly” was started as run {occurrence.run_id}.\n"
    assert "No worker is running" in capsys.readouterr().err
    assert schedule.next_run_at == before


def test_a_mail_that_is_skipped_because_it_is_empty_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    schedule = make_schedule(mode="reports_only", skip_empty=True)
    schedule.emails.add(make_configuration("Finance"))
    monkeypatch.setattr(run_schedule, "LOOK_SECONDS", 0)
    monkeypatch.setattr(run_schedule, "_show", lambda progress, occurrence: make_reports_of(occurrence))

    printed = run("run_schedule", "Nightly", "--wait")

    assert "Finance: Skipped. Not sent: the reports hold no records" in printed
    assert OutgoingEmail.objects.get().state == "skipped"


@pytest.mark.parametrize("fetchable", [True, False])
def test_run_schedule_refuses_with_exit_code_2(fetchable: bool) -> None:
    make_schedule()
    if fetchable:
        make_fetchable()
        run("run_schedule", "Nightly")

    with pytest.raises(CommandError, match="is running already" if fetchable else "No credentials") as refusal:
        run("run_schedule", "Nightly")

    assert refusal.value.returncode == 2
    assert FetchRun.objects.count() == int(fetchable)


def test_stop_run_ends_a_run_and_says_so_the_second_time() -> None:
    make_fetchable()
    make_schedule()
    run("run_schedule", "Nightly")
    number = str(FetchRun.objects.get().pk)

    first, second = run("stop_run", number), run("stop_run", number)

    assert first == f"Run {number}: Stopped. Stopped by command line before it started.\n"
    assert second.startswith(f"Run {number} had ended already: Stopped.")
    assert Occurrence.objects.get().state == "stopped"


def test_stop_run_of_no_run_is_refused() -> None:
    with pytest.raises(CommandError, match="There is no run 77"):
        run("stop_run", "77")
