"""Which companies an action is about: one, those that were ticked, or all that the list's filters find."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.urls import reverse

from intacct_usage.lib.refusals import NotUnderstoodError
from intacct_usage.lib.typed_numbers import typed_number
from usage.analysis.error_summary import companies_of_error
from usage.forms.companies import CompanyFilterForm, SkippedFilterForm
from usage.forms.report_scope import NOT_VALID, ReportScopeForm
from usage.models import Company

LISTS: Final = {"companies": "usage:companies", "exceptions": "usage:exceptions", "errors": "usage:reports"}
NAMED: Final = 20
"""So many companies are named on a page that asks; of more the count is told."""


@dataclass(frozen=True)
class Selection:
    """`query` is the list's query string, `source` the list (a key of LISTS) the person came from and returns to."""

    companies: QuerySet[Company]
    pks: tuple[int, ...]
    everything: bool
    query: str
    source: str

    @property
    def back(self) -> str:
        address = reverse(LISTS[self.source])
        if self.source == "errors":
            scope = QueryDict(self.query, mutable=True)
            scope.pop("error", None)
            return f"{address}?{scope.urlencode()}#errors"
        return f"{address}?{self.query}" if self.query else address

    @property
    def count(self) -> int:
        return self.companies.count()

    @property
    def named(self) -> list[Company]:
        return list(self.companies.order_by("intacct_id")[:NAMED])


def read_selection(request: HttpRequest) -> Selection:
    """What the list or the page that asks has sent. Raises NotUnderstoodError for what no such page sends."""
    posted = request.POST
    source = posted.get("source", "companies")
    query = QueryDict(posted.get("query", "")[:2000]).urlencode()
    one = posted.get("one", "")
    everything = not one and posted.get("all") == "yes"
    pks = chosen_numbers([one] if one else posted.getlist("company"))
    if source not in LISTS:
        raise NotUnderstoodError("There is no such list.")
    companies = _matching(source, query) if everything else Company.objects.listed().filter(pk__in=pks)
    return Selection(companies, () if everything else pks, everything, query, source)


def chosen_numbers(typed: Sequence[str]) -> tuple[int, ...]:
    """The companies' numbers in a form. Raises NotUnderstoodError for what no form holds."""
    numbers = [typed_number(text) for text in typed]
    if None in numbers:
        raise NotUnderstoodError("A company is chosen by its number.")
    return tuple(number for number in numbers if number is not None)


def _matching(source: str, query: str) -> QuerySet[Company]:
    if source == "errors":
        return _with_error(QueryDict(query))
    form = SkippedFilterForm if source == "exceptions" else CompanyFilterForm
    return form(QueryDict(query)).companies()


def _with_error(query: QueryDict) -> QuerySet[Company]:
    """The companies behind one row of the error summary, in the scope of the page it stood on."""
    form = ReportScopeForm(query)
    if not form.is_valid():
        raise NotUnderstoodError(NOT_VALID)
    return companies_of_error(form.scope, query.get("error", ""))
