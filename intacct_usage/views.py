"""Pages that belong to no single app: Overview, Guide, About."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from intacct_usage import about as installation
from intacct_usage import overview as figures
from intacct_usage.lib import clock
from intacct_usage.lib.access import Right, require
from intacct_usage.site_search import search_site
from usage.analysis.charts import monthly_usage
from usage.periods import PeriodPreset, preset_period
from usage.reports import ReportScope, coverage
from usage.views.chart_data import chart_context, chart_picture

MOST_CHARACTERS = 100
CHART_RANGE = PeriodPreset.LAST_12_MONTHS


@require(Right.VIEW_REPORTS)
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    today = clock.today()
    companies = figures.company_figures()
    steps = figures.first_steps(companies)
    scope = ReportScope(None, preset_period(CHART_RANGE, today))
    known = coverage(scope)
    return render(
        request,
        "overview.html",
        {
            "steps": steps,
            "steps_done": figures.steps_are_done(steps),
            "steps_counted": sum(step.done for step in steps),
            "month": figures.month_figures(today),
            "companies": companies,
            "failing": figures.longest_failing(),
            "schedules": figures.next_schedules(),
            "worker_is_missing": figures.worker_is_missing(),
            "runs": figures.latest_runs(),
            "known": known,
            "known_is_stale": known.is_stale(clock.now()),
            **chart_context(monthly_usage(scope, today)),
            "chart_csv": f"{reverse('usage:chart_csv')}?{urlencode({'preset': CHART_RANGE})}",
            "picture": chart_picture(scope.filter_name, scope.period.label, data_as_of=known.data_as_of),
        },
    )


@require(Right.VIEW_REPORTS)
@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """What the search box of the header found; without a text, what can be found."""
    text = " ".join(request.GET.get("q", "").split())[:MOST_CHARACTERS]
    found = search_site(text, request.user) if text and text.isprintable() else []
    return render(request, "search.html", {"text": text, "found": found})


@require_safe
def guide(request: HttpRequest) -> HttpResponse:
    return render(request, "guide.html")


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    sections = installation.sections()
    return render(request, "about.html", {"sections": sections, "diagnostics": installation.as_text(sections)})
