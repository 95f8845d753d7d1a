"""Manage Companies / Instances and Exceptions: the lists, and what is done to the companies chosen in them."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from intacct_usage.lib.access import Right, require
from intacct_usage.lib.form_pages import form_of
from intacct_usage.lib.listing import list_page
from usage.background_work import ask_for_company_job
from usage.companies.actions import CompanyActionError
from usage.companies.choice import Outcomes, remove_each, remove_each_with_data, skip_each, unskip_each
from usage.companies.removal import RESTORABLE_DAYS, consequences
from usage.fetching.needs import fetch_needs
from usage.forms.companies import CompanyFilterForm, RemoveForm, SkipForm, SkippedFilterForm
from usage.models import BackgroundJob, Company, FetchRun
from usage.views.company_selection import Selection, read_selection
from usage.views.once import once

SORTS = {
    "id": "intacct_id",
    "account": "sage_account_number",
    "reseller": "reseller",
    "filter": "query_filter__name",
    "health": "health",
    "success": "last_success_at",
}
EXCEPTION_SORTS = {"id": "intacct_id", "since": "skipped_at", "by": "skipped_by", "reason": "skip_reason"}
PAGE = "usage:companies"


@require(Right.SKIP_COMPANIES)
@require_safe
def companies(request: HttpRequest) -> HttpResponse:
    """The list that is queried, with search, filters, sorting and pages, all in the address."""
    form = CompanyFilterForm(request.GET)
    return _show_list(request, "companies", form.companies(), form=form)


@require(Right.SKIP_COMPANIES)
@require_safe
def exceptions(request: HttpRequest) -> HttpResponse:
    """The companies that are left out, with reason, since when, by whom and their last error."""
    form = SkippedFilterForm(request.GET)
    return _show_list(request, "exceptions", form.companies(), form=form)


@require(Right.SKIP_COMPANIES)
@form_of(PAGE)
@once(PAGE)
def skip(request: HttpRequest) -> HttpResponse:
    """Ask for the reason, then skip."""
    chosen = read_selection(request)
    if not chosen.companies.exists():
        return _nothing_chosen(request, chosen)
    confirmed = request.POST.get("confirmed") == "yes"
    form = SkipForm(request.POST if confirmed else None)
    if confirmed and form.is_valid():
        by = request.user.get_username()
        outcomes = skip_each(chosen.companies, by=by, reason=form.cleaned_data["reason"])
        return _show_outcomes(request, chosen, outcomes, title="Skip")
    return render(request, "usage/configuration/skip.html", {"chosen": chosen, "form": form})


@require(Right.SKIP_COMPANIES)
@form_of(PAGE)
@once(PAGE)
def unskip(request: HttpRequest) -> HttpResponse:
    chosen = read_selection(request)
    if not chosen.companies.exists():
        return _nothing_chosen(request, chosen)
    outcomes = unskip_each(chosen.companies, by=request.user.get_username())
    return _show_outcomes(request, chosen, outcomes, title="Unskip")


@require(Right.MANAGE_COMPANIES)
@form_of(PAGE)
@once(PAGE)
def remove(request: HttpRequest) -> HttpResponse:
    """Say what would go, let the history be kept or not, then remove."""
    chosen = read_selection(request)
    if not chosen.companies.exists():
        return _nothing_chosen(request, chosen)
    confirmed = request.POST.get("confirmed") == "yes"
    form = RemoveForm(request.POST if confirmed else None)
    found = consequences(chosen.companies)
    if confirmed and form.is_valid():
        act = remove_each_with_data if form.with_data else remove_each
        by = request.user.get_username()
        try:
            if form.with_data and found.is_large:
                pks = list(chosen.companies.values_list("pk", flat=True))
                job = ask_for_company_job(BackgroundJob.Kind.REMOVE, pks, asked_by=by)
                return redirect("usage:company_job", job.pk)
            outcomes = act(chosen.companies, by=by)
        except CompanyActionError as refusal:
            form.add_error(None, refusal.message)
        else:
            return _show_outcomes(request, chosen, outcomes, title="Remove")
    context = {
        "chosen": chosen,
        "form": form,
        "consequences": found,
        "restorable_days": RESTORABLE_DAYS,
        "open_run": FetchRun.objects.open().order_by("pk").first(),
    }
    return render(request, "usage/configuration/remove.html", context)


def _show_list(request: HttpRequest, source: str, found: QuerySet[Company], *, form: CompanyFilterForm) -> HttpResponse:
    is_exceptions = source == "exceptions"
    listing = list_page(
        request,
        found.select_related("query_filter"),
        sorts=EXCEPTION_SORTS if is_exceptions else SORTS,
        default_sort="-since" if is_exceptions else "id",
    )
    context: dict[str, Any] = {  # Any: template context
        "form": form,
        "listing": listing,
        "source": source,
        "needs": None if is_exceptions else fetch_needs(),
        "query": request.GET.urlencode(),
        "listed": listing.total if not form.is_filtering else Company.objects.listed().count(),
    }
    return render(request, f"usage/configuration/{source}.html", context)


def _show_outcomes(request: HttpRequest, chosen: Selection, outcomes: Outcomes, *, title: str) -> HttpResponse:
    """One company: back to the list with a word. Several: a page with the result of each."""
    if len(outcomes.each) == 1:
        only = outcomes.each[0]
        messages.success(request, f"{only.company}: {only.words}.")
        return redirect(chosen.back)
    context = {"chosen": chosen, "outcomes": outcomes, "title": title}
    return render(request, "usage/configuration/outcomes.html", context)


def _nothing_chosen(request: HttpRequest, chosen: Selection) -> HttpResponse:
    messages.warning(request, "No company was chosen, or they left the list in the meantime. Nothing was changed.")
    return redirect(chosen.back)
