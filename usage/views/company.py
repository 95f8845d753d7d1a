"""The page of one company."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from intacct_usage.lib import clock
from intacct_usage.lib.access import Right, may, require
from usage.archived_batches import batches_of
from usage.company_usage import MonthTotals, coverage_map, fetches_of, functions_of, months_of, partners_of
from usage.models import Company
from usage.periods import first_of_month
from usage.reports.exceptions import advice_for

CHART_MONTHS = 24


@require(Right.VIEW_REPORTS)
@require_safe
def company(request: HttpRequest, pk: int) -> HttpResponse:
    """Its history stays visible after it was skipped or removed from the list."""
    shown = get_object_or_404(Company.objects.select_related("query_filter"), pk=pk)
    months, today = months_of(shown), clock.today()
    coverage = coverage_map(shown, today)
    return render(
        request,
        "usage/company.html",
        {
            "company": shown,
            "is_stale": shown.is_stale(clock.now()),
            "months": months,
            "this_month": first_of_month(today),
            "chart": _chart(months),
            "chart_summary": _chart_summary(months),
            "coverage": coverage,
            "unknown_days": coverage.counts[""],
            "partners": partners_of(shown),
            "functions": functions_of(shown, today),
            "fetches": fetches_of(shown),
            "batches": batches_of(shown) if may(request.user, Right.MANAGE_COMPANIES) else [],
            "advice": advice_for(shown.error_family) if shown.health == Company.Health.FAILING else None,
        },
    )


def _chart(months: list[MonthTotals]) -> dict[str, Any]:  # Any: JSON for static/js/charts.js
    shown = list(reversed(months[:CHART_MONTHS]))
    running = first_of_month(clock.today())
    return {
        "view": "line",
        "measure": "transactions",
        "labels": [f"{one.month:%b %Y}" for one in shown],
        "unfinished": [one.month >= running for one in shown],
        "states": ["to date" if one.month >= running else "" for one in shown],
        "totals": [one.totals.transactions for one in shown],
        "series": [],
    }


def _chart_summary(months: list[MonthTotals]) -> str:
    made = sum(one.totals.transactions for one in months[:CHART_MONTHS])
    return f"Transactions by month: {made:,} in the months shown."
