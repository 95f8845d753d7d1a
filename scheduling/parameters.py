"""What an occurrence ran with: copied when it begins, so that later edits of the schedule change nothing of it."""

from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any, Self

from usage.models import QueryFilter
from usage.models.fetch_run import FetchRun
from usage.periods import ReportPeriod, period_for
from usage.reports.kinds import ReportFormat, ReportKind
from usage.reports.scope import ALL_FILTERS, FilterGoneError

REPORTS_ONLY = "reports_only"


@dataclass(frozen=True)
class RunParameters:
    """JSON-ready: days as ISO texts, rows of other tables by ID and name.

    `email_ids` are the configurations that get the reports, `alert_ids` those that are told of failures; the names
    are for people, in the same order.
    """

    mode: str = FetchRun.Mode.INCREMENTAL.value
    filter_id: int | None = None
    filter_name: str = ALL_FILTERS
    keep_history: bool = False
    lookback_days: int = 0
    report_start: str = ""
    complete_months: bool = False
    skip_empty: bool = False
    reports: tuple[str, ...] = ()
    report_format: str = ReportFormat.XLSX.value
    email_ids: tuple[str, ...] = ()
    email_names: tuple[str, ...] = ()
    alert_ids: tuple[str, ...] = ()
    alert_names: tuple[str, ...] = ()
    subject_template: str = ""
    timing: str = ""
    zone: str = "UTC"

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:  # Any: JSON of `as_json`, perhaps of an older version
        known: dict[str, Any] = {}  # Any: JSON
        for name in cls.__dataclass_fields__.keys() & values.keys():
            value = values[name]
            known[name] = tuple(value) if isinstance(value, list) else value
        return cls(**known)

    def as_json(self) -> dict[str, Any]:  # Any: JSON
        return asdict(self)

    def without_mails(self) -> Self:
        """The same run, of which nobody gets reports and nobody is told."""
        return replace(self, email_ids=(), email_names=(), alert_ids=(), alert_names=())

    @property
    def is_reports_only(self) -> bool:
        return self.mode == REPORTS_ONLY

    @property
    def sends_reports(self) -> bool:
        return bool(self.email_ids)

    @property
    def report_kinds(self) -> list[ReportKind]:
        return [ReportKind(kind) for kind in self.reports]

    def query_filter(self) -> QueryFilter | None:
        """None means all filters. Raises FilterGoneError."""
        if self.filter_id is None:
            return None
        found = QueryFilter.objects.filter(pk=self.filter_id).first()
        if found is None:
            raise FilterGoneError(self.filter_name)
        return found

    def period(self, today: date) -> ReportPeriod:
        """`today` is the day in the schedule's zone."""
        start = date.fromisoformat(self.report_start) if self.report_start else None
        return period_for(start, complete_months=self.complete_months, today=today)
