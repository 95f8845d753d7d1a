"""The history of runs: everything a schedule or a person started, and what was missed or skipped."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from intacct_usage.lib.access import Right, require
from intacct_usage.lib.listing import list_page
from scheduling.forms.filters import RunHistoryForm
from scheduling.run_details import RunDetails

SORTS = {"due": "due_at", "schedule": "schedule_name", "companies": "run__companies_total"}


@require(Right.VIEW_REPORTS)
@require_safe
def runs(request: HttpRequest) -> HttpResponse:
    form = RunHistoryForm(request.GET)
    listing = list_page(request, form.occurrences(), sorts=SORTS, default_sort="-due")
    rows = [RunDetails(occurrence.run, occurrence) for occurrence in listing.page.object_list]
    return render(request, "scheduling/runs.html", {"form": form, "listing": listing, "rows": rows})
