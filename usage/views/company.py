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
from usage.fetching.needs import fetch_needs
from usage.models import Company
from usage.reports.exceptions import advice_for
from usage.views.chart_data import chart_context, chart_csv_response, chart_picture, months_label


@require(Right.VIEW_REPORTS)
@require_safe
def company(request: HttpRequest, pk: int) -> HttpResponse:
    """Its history stays visible after it was skipped or removed from the list."""
    shown = get_object_or_404(Company.objects.select_related("query_filter"), pk=pk)
    today = clock.today()
    usage, coverage = monthly_usage_of(shown, today), coverage_map(shown, today)
    latest, name = latest_months(usage, today), shown.intacct_id
    return render(
        request,
        "usage/company.html",
        {
            "company": shown,
            "needs": fetch_needs(),
            "is_stale": shown.is_stale(clock.now()),
            **chart_context(usage, shown=latest),
            "chart_csv": reverse("usage:company_chart_csv", args=[pk]),
            "picture": chart_picture(name, months_label(latest), data_as_of=shown.last_success_at, company=name),
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
