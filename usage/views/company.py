"""The page of one company."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from intacct_usage.lib import clock
from intacct_usage.lib.access import Right, may, require
from usage.analysis.charts import monthly_usage_of
from usage.analysis.company_usage import coverage_map, fetches_of, functions_of, latest_months, partners_of
from usage.companies.archived_batches import batches_of
from usage.models import Company
from usage.reports import chart_file_name
from usage.reports.exceptions import advice_for
from usage.views.chart_data import chart_context, chart_csv_response


@require(Right.VIEW_REPORTS)
@require_safe
def company(request: HttpRequest, pk: int) -> HttpResponse:
    """Its history stays visible after it was skipped or removed from the list."""
    shown = get_object_or_404(Company.objects.select_related("query_filter"), pk=pk)
    today = clock.today()
    usage, coverage = monthly_usage_of(shown, today), coverage_map(shown, today)
    return render(
        request,
        "usage/company.html",
        {
            "company": shown,
            "is_stale": shown.is_stale(clock.now()),
            **chart_context(usage, shown=latest_months(usage, today)),
            "chart_csv": reverse("usage:company_chart_csv", args=[pk]),
            "chart_picture": chart_file_name("png", company=shown.intacct_id),
            "coverage": coverage,
            "unknown_days": coverage.counts[""],
            "partners": partners_of(shown),
            "functions": functions_of(shown, today),
            "fetches": fetches_of(shown),
            "batches": batches_of(shown) if may(request.user, Right.MANAGE_COMPANIES) else [],
            "advice": advice_for(shown.error_family) if shown.health == Company.Health.FAILING else None,
        },
    )


@require(Right.VIEW_REPORTS)
@require_safe
def chart_csv(request: HttpRequest, pk: int) -> HttpResponse:
    """The months of one company as a file."""
    company = get_object_or_404(Company, pk=pk)
    return chart_csv_response(monthly_usage_of(company, clock.today()), company=company.intacct_id)
