"""What the Overview shows: the first steps, this month against the last, what fails, how fresh the data is."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Q
from django.urls import NoReverseMatch, reverse

from intacct_usage.lib import clock
from notifications.models import EmailConfiguration
from scheduling.models import Schedule
from scheduling.models.worker_beat import WorkerBeat
from usage.models import ApiCredential, Company, FetchRun, OutboundProxy, QueryFilter
from usage.models.company import STALE_AFTER
from usage.periods import PeriodPreset, ReportPeriod, first_of_month, preset_period
from usage.reports import ReportScope
from usage.reports.totals import sum_totals

ROWS_SHOWN = 5
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Step:
    """One of the first steps. `address` is empty while there is no page for it, or it is done elsewhere."""

    title: str
    text: str
    done: bool
    address: str = ""
    optional: bool = False


@dataclass(frozen=True)
class MonthFigures:
    """Transactions. `to_same_day` counts last month up to the day of the month that today is."""

    this_month: int
    to_same_day: int
    last_month: int
    first_day: date
    today: date

    @property
    def change(self) -> int:
        return self.this_month - self.to_same_day


@dataclass(frozen=True)
class CompanyFigures:
    """Of the listed companies; `fresh` were fetched well within the last 36 hours, skipped ones do not count."""

    listed: int
    skipped: int
    failing: int
    never_fetched: int
    fresh: int

    @property
    def queried(self) -> int:
        return self.listed - self.skipped


def month_figures(today: date) -> MonthFigures:
    this_month = preset_period(PeriodPreset.THIS_MONTH, today)
    last_month = preset_period(PeriodPreset.LAST_MONTH, today)
    same_days = _same_days_of_last_month(today)
    return MonthFigures(
        _transactions(this_month), _transactions(same_days), _transactions(last_month), first_of_month(today), today
    )


def company_figures() -> CompanyFigures:
    queried = Q(skipped_at=None)
    found = Company.objects.listed().aggregate(
        listed=Count("pk"),
        skipped=Count("pk", filter=~queried),
        failing=Count("pk", filter=queried & Q(health=Company.Health.FAILING)),
        never_fetched=Count("pk", filter=queried & Q(health=Company.Health.UNKNOWN)),
        fresh=Count("pk", filter=queried & Q(last_success_at__gte=clock.now() - STALE_AFTER)),
    )
    return CompanyFigures(**found)


def longest_failing() -> list[Company]:
    return list(Company.objects.failing().order_by("failing_since", "pk")[:ROWS_SHOWN])


def latest_runs() -> list[FetchRun]:
    return list(FetchRun.objects.all()[:ROWS_SHOWN])


def next_schedules() -> list[Schedule]:
    """Enabled schedules, the next due first."""
    return list(Schedule.objects.enabled().select_related("query_filter").order_by("next_run_at", "pk")[:ROWS_SHOWN])


def worker_is_missing() -> bool:
    """Schedules wait for a worker and none is alive."""
    return Schedule.objects.enabled().exists() and not WorkerBeat.objects.alive().exists()


def first_steps(companies: CompanyFigures) -> list[Step]:
    """The way from an empty installation to the first report, with the state of each step from real data."""
    configuration = _address("usage:configuration")
    return [
        Step(
            "Enter the API credentials",
            "Sender ID, user ID and their passwords. They are tried before they are saved.",
            ApiCredential.objects.exists(),
            configuration,
        ),
        Step(
            "Set up the proxy",
            "Only if this server reaches the internet through one.",
            OutboundProxy.objects.exists(),
            configuration,
            optional=True,
        ),
        Step("Load the companies", "From your API, a CSV file, or by hand.", companies.listed > 0, configuration),
        Step(
            "Group companies by filters",
            "Segments by the beginning of the company ID, or by a pattern.",
            QueryFilter.objects.exists(),
            configuration,
            optional=True,
        ),
        Step(
            "Add an email configuration",
            "Who receives reports, and how they are sent. It is tested before it is saved.",
            EmailConfiguration.objects.exists(),
            _address("notifications:notifications"),
        ),
        Step(
            "Create a schedule and enable it",
            "When usage is fetched, for which companies, and who gets the reports.",
            Schedule.objects.enabled().exists() or FetchRun.objects.exclude(finished_at=None).exists(),
            _address("scheduling:schedules"),
        ),
    ]


def steps_are_done(steps: list[Step]) -> bool:
    return all(step.done or step.optional for step in steps)


def _transactions(period: ReportPeriod) -> int:
    return sum_totals(ReportScope(None, period)).transactions


def _same_days_of_last_month(today: date) -> ReportPeriod:
    """Last month up to the day of the month that today is, or all of it if it has fewer days."""
    last_day = first_of_month(today) - ONE_DAY
    first_day = first_of_month(last_day)
    return ReportPeriod(first_day, min(last_day, first_day + (today.day - 1) * ONE_DAY))


def _address(url_name: str) -> str:
    try:
        return reverse(url_name)
    except NoReverseMatch:
        return ""
