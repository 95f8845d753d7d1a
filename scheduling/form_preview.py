"""What a schedule would do as it is typed: its next runs, its companies, the subject and size of its mails."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.conf import settings

from intacct_usage.lib import clock
from notifications.report_delivery import ReportMailing, estimated_sizes
from notifications.report_mail import fill_subject
from scheduling.forms.schedule import ScheduleForm
from scheduling.forms.timing import FIELDS_OF_KIND, in_zone
from scheduling.recurrence import describe, upcoming
from usage.models import Company, QueryFilter
from usage.periods import ReportPeriod, period_for
from usage.reports.kinds import ReportFormat, ReportKind
from usage.reports.scope import ReportScope

RUNS_SHOWN: Final = 5


@dataclass(frozen=True)
class NextRuns:
    """`problems` are sentences with the label of their field; then there are no runs."""

    words: str
    moments: Sequence[datetime]
    zone: str
    problems: Sequence[tuple[str, str]] = ()

    @property
    def is_elsewhere(self) -> bool:
        """Whether the zone is another one than that in which the pages show their times."""
        return self.zone != settings.TIME_ZONE


@dataclass(frozen=True)
class SchedulePreview:
    next_runs: NextRuns
    companies: int
    filter_name: str
    subject: str
    period: str
    period_has_begun: bool


def preview_of(form: ScheduleForm) -> SchedulePreview:
    """Of a form after `is_valid()`, whatever came of it."""
    cleaned = form.cleaned_data
    query_filter: QueryFilter | None = cleaned.get("query_filter")
    period = _period(form)
    scope = ReportScope(query_filter, period)
    values = {
        "schedule": str(cleaned.get("name", "")),
        "filter": scope.filter_name,
        "period": period.label,
        "date": clock.today().isoformat(),
        "status": "Success",
    }
    return SchedulePreview(
        next_runs_of(form),
        Company.objects.queryable().in_filter(query_filter).count(),
        scope.filter_name,
        fill_subject(str(cleaned.get("subject_template", "")), values),
        period.label,
        period.has_begun(clock.today()),
    )


def next_runs_of(form: ScheduleForm) -> NextRuns:
    zone = str(form.cleaned_data.get("zone") or settings.TIME_ZONE)
    if form.recurrence is None:
        return NextRuns("", (), zone, _problems(form))
    runs = upcoming(form.recurrence, clock.now(), RUNS_SHOWN)
    return NextRuns(describe(form.recurrence), [in_zone(moment, zone) for moment in runs], zone)


def _problems(form: ScheduleForm) -> list[tuple[str, str]]:
    kind = str(form.cleaned_data.get("kind", ""))
    names = (*FIELDS_OF_KIND.get(kind, ()), "kind", "zone")
    return [(str(form.fields[name].label), str(sentence)) for name in names for sentence in form.errors.get(name, [])]


def _period(form: ScheduleForm) -> ReportPeriod:
    zone = str(form.cleaned_data.get("zone") or settings.TIME_ZONE)
    today = in_zone(clock.now(), zone).date()
    start, whole = form.cleaned_data.get("report_start"), bool(form.cleaned_data.get("complete_months"))
    return period_for(start, complete_months=whole, today=today)


def estimate_of(form: ScheduleForm) -> dict[ReportKind, int]:
    """About how many bytes each attachment would have now; empty if none is chosen. Reads the totals of the period."""
    kinds = [ReportKind(kind) for kind in form.cleaned_data.get("reports", ())]
    report_format = form.cleaned_data.get("report_format")
    if not kinds or not report_format:
        return {}
    scope = ReportScope(form.cleaned_data.get("query_filter"), _period(form))
    return estimated_sizes(ReportMailing(kinds, ReportFormat(report_format), scope, asked_by=""))
