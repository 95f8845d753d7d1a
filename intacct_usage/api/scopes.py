"""The filters of the pages as parameters of the API, by the pages' own form: both mean the same by the same words."""

from intacct_usage.api.schemas import UsageQuery
from usage.forms.report_scope import ReportScopeForm
from usage.reports.scope import ReportScope


class BadParametersError(Exception):
    """Parameters that the pages would refuse, by name."""

    def __init__(self, fields: dict[str, str]) -> None:
        super().__init__("A parameter is not valid.")
        self.fields = fields


def report_scope(query: UsageQuery) -> ReportScope:
    """Raises BadParametersError."""
    return _scope(
        {
            "filter": query.filter,
            "from": query.first_day.isoformat() if query.first_day else "",
            "to": query.last_day.isoformat() if query.last_day else "",
            "complete_months": "on" if query.complete_months else "",
            "preset": query.preset,
        }
    )


def filter_scope(name: str) -> ReportScope:
    """All data of the filter of this name. Raises BadParametersError."""
    return _scope({"filter": name})


def _scope(values: dict[str, str]) -> ReportScope:
    form = ReportScopeForm(values)
    if not form.is_valid():
        raise BadParametersError({name: " ".join(map(str, errors)) for name, errors in form.errors.items()})
    return form.scope
