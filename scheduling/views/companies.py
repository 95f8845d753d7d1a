"""Fetch chosen companies now: from the list, from a row of the error summary, from a company's page."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from intacct_usage.lib.access import Right, require
from scheduling.run_requests import fetch_companies
from usage.fetching.runs import RunRefusedError
from usage.views.company_selection import read_selection
from usage.views.once import once


@require(Right.OPERATE_RUNS)
@require_POST
@once("scheduling:runs")
def fetch(request: HttpRequest) -> HttpResponse:
    """One run for all of them, then its page."""
    chosen = read_selection(request)
    try:
        occurrence = fetch_companies(chosen.companies, by=request.user.get_username())
    except RunRefusedError as refusal:
        messages.error(request, refusal.message)
        return redirect(chosen.back)
    messages.success(request, f"{occurrence.run} fetches {occurrence.run_parameters.filter_name}.")
    return redirect("scheduling:run", occurrence.run_id)
