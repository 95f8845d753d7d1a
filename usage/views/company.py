"""The page of one company."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from intacct_usage.lib import clock
from intacct_usage.lib.access import Right, may, require
from usage.analysis.charts import monthly_usage_of
from usage.analysis.company_usage import coverage_map, fetches_of, functions_of, latest_months, partners_of
from usage.companies.archived_batches import batches_of
from usage.models import Company
from usage.reports.exceptions import advice_for
from usage.views.chart_data import chart_data, chart_summary

MEASURE = "transactions"


@require(Right.VIEW_REPORTS)
@require_safe
def company(request: HttpRequest, pk: int) -> HttpResponse:
    """Its history stays visible after it was skipped or removed from the list."""
    shown = get_object_or_404(Company.objects.select_related("query_filter"), pk=pk)
    today = clock.today()
    usage, coverage = monthly_usage_of(shown, today), coverage_map(shown, today)
    latest = latest_months(usage, today)
    return render(
        request,
        "usage/company.html",
        {
            "company": shown,
            "is_stale": shown.is_stale(clock.now()),
            "months": usage.months[::-1],
            "chart": chart_data(latest, MEASURE, "line"),
            "chart_summary": chart_summary(latest, MEASURE),
            "coverage": coverage,
            "unknown_days": coverage.counts[""],
            "partners": partners_of(shown),
            "functions": functions_of(shown, today),
            "fetches": fetches_of(shown),
            "batches": batches_of(shown) if may(request.user, Right.MANAGE_COMPANIES) else [],
            "advice": advice_for(shown.error_family) if shown.health == Company.Health.FAILING else None,
        },
    )
