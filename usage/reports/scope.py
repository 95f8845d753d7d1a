"""What a report is limited to: companies of one filter, of none (“Other”) or all, and a stretch of days."""

from dataclasses import dataclass

from django.db.models import Q

from usage.models import Company, QueryFilter
from usage.models.company import OTHER, CompanyQuerySet
from usage.periods import ReportPeriod

ALL_FILTERS = "All Filters"
NEVER = Q(pk__in=[])


class FilterGoneError(Exception):
    """The query filter that reports were asked for does not exist any more; `message` says so."""

    def __init__(self, name: str) -> None:
        self.message = f"The query filter “{name}” was removed meanwhile, so no reports could be made for it."
        super().__init__(self.message)


@dataclass(frozen=True)
class ReportScope:
    """`query_filter` None means all filters, unless `other_only` limits the report to companies without one."""

    query_filter: QueryFilter | None
    period: ReportPeriod
    other_only: bool = False

    def __post_init__(self) -> None:
        if self.query_filter is not None and self.other_only:
            raise ValueError("A report is limited to a filter or to “Other”, not to both.")

    @property
    def filter_name(self) -> str:
        if self.query_filter is not None:
            return self.query_filter.name
        return OTHER if self.other_only else ALL_FILTERS

    @property
    def filter_definition(self) -> str:
        """Which companies the filter means, for people."""
        if self.query_filter is not None:
            return f"{self.query_filter.get_kind_display()}: {self.query_filter.value}"
        return "Companies that match no filter" if self.other_only else "Every company"

    def companies(self) -> CompanyQuerySet:
        """Every company of the filter, skipped and removed ones too."""
        companies = Company.objects.all()
        return companies.in_other() if self.other_only else companies.in_filter(self.query_filter)

    def days(self, field: str) -> Q:
        """The condition that the date in this field lies in the period, both ends included."""
        if self.period.is_empty:
            return NEVER
        condition = Q()
        if self.period.first_day is not None:
            condition &= Q(**{f"{field}__gte": self.period.first_day})
        if self.period.last_day is not None:
            condition &= Q(**{f"{field}__lte": self.period.last_day})
        return condition

    def of_companies(self) -> Q:
        """The condition that a row's `company` belongs to the filter."""
        if self.other_only:
            return Q(company__query_filter=None)
        return Q() if self.query_filter is None else Q(company__query_filter=self.query_filter)
