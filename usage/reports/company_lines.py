"""The companies of a report in its order, as light tuples: at most a few thousand, kept in memory."""

from typing import NamedTuple

from django.db.models import Q

from usage.models.company import OTHER
from usage.reports.scope import ReportScope


class CompanyLine(NamedTuple):
    pk: int
    intacct_id: str
    name: str
    sage_account_number: str
    filter_name: str

    @property
    def cells(self) -> tuple[str, str, str, str]:
        return self[1:]


def company_lines(scope: ReportScope, condition: Q | None = None) -> list[CompanyLine]:
    """Companies of the scope that meet the condition, ordered by company ID without regard to case.

    The order is made here because databases order text differently.
    """
    rows = (
        scope.companies()
        .filter(condition or Q())
        .order_by()
        .values_list("pk", "intacct_id", "name", "sage_account_number", "query_filter__name")
    )
    lines = [CompanyLine(pk, company_id, name, number, group or OTHER) for pk, company_id, name, number, group in rows]
    lines.sort(key=lambda line: (line.intacct_id.casefold(), line.intacct_id))
    return lines
