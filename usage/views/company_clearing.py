"""Clear All, and bringing back what was removed."""

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from intacct_usage.lib.access import Right, require
from intacct_usage.lib.listing import list_page
from intacct_usage.lib.plurals import counted
from usage.background_work import ask_for_company_job
from usage.companies.actions import CompanyActionError
from usage.companies.archived_batches import batch_of, restorable, restore_batch, restore_company, with_what_left
from usage.companies.removal import RESTORABLE_DAYS, clear_all, consequences, everything, is_too_much_to_wait_for
from usage.forms.companies import ClearAllForm
from usage.models import ArchivedUsageRecord, BackgroundJob, Company, FetchRun
from usage.views.company_selection import chosen_numbers
from usage.views.once import once

SORTS = {"id": "intacct_id", "removed": "left_at"}
PAGE = "usage:configuration"
ARCHIVE = "usage:removed"
Kind = BackgroundJob.Kind


@require(Right.MANAGE_COMPANIES)
@require_http_methods(["GET", "HEAD", "POST"])
@once(PAGE)
def clear(request: HttpRequest) -> HttpResponse:
    """What would go, in numbers; after the typed word, all of it, into the archive."""
    form = ClearAllForm(request.POST or None)
    found, by = consequences(everything()), request.user.get_username()
    if form.is_valid():
        try:
            if found.is_large:
                pks = list(everything().values_list("pk", flat=True))
                return redirect("usage:company_job", ask_for_company_job(Kind.CLEAR_ALL, pks, asked_by=by).pk)
            removal = clear_all(by=by)
        except CompanyActionError as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(request, f"{removal.said} They can be restored here for {RESTORABLE_DAYS} days.")
            return redirect(ARCHIVE)
    context = {
        "form": form,
        "consequences": found,
        "restorable_days": RESTORABLE_DAYS,
        "open_run": FetchRun.objects.open().order_by("pk").first(),
    }
    return render(request, "usage/configuration/clear.html", context)


@require(Right.MANAGE_COMPANIES)
@require_safe
def removed(request: HttpRequest) -> HttpResponse:
    """What can be brought back: companies that left the list, and data of companies that are listed again."""
    searched = request.GET.get("q", "").strip()[:200]
    found = with_what_left(restorable(searched))
    context = {
        "listing": list_page(request, found, sorts=SORTS, default_sort="-removed"),
        "searched": searched,
        "query": searched,
        "restorable_days": RESTORABLE_DAYS,
    }
    return render(request, "usage/configuration/removed.html", context)


@require(Right.MANAGE_COMPANIES)
@require_POST
@once(ARCHIVE)
def restore(request: HttpRequest) -> HttpResponse:
    """Bring back the ticked companies, or all that the search finds, with what left together with them."""
    posted = request.POST
    if posted.get("all") == "yes" and "one" not in posted:
        found = restorable(posted.get("query", "")[:200])
    else:
        chosen = chosen_numbers(posted.getlist("one") or posted.getlist("company"))
        found = restorable().filter(pk__in=chosen)
    restored = records = still_off = 0
    try:
        if _is_large(found):
            pks = list(found.order_by("pk").values_list("pk", flat=True))
            job = ask_for_company_job(Kind.RESTORE, pks, asked_by=request.user.get_username())
            return redirect("usage:company_job", job.pk)
        for company in found.order_by("pk"):
            records += restore_company(company)
            restored += 1
            still_off += company.removed_before is not None
    except CompanyActionError as refusal:
        messages.error(request, refusal.message)
    else:
        back = f"{counted(restored, 'company', 'companies')} and {counted(records, 'record')}"
        rest = f" {still_off} of them had left the list before and did not return to it." if still_off else ""
        messages.success(request, f"Restored {back}.{rest}")
    return redirect(ARCHIVE)


@require(Right.MANAGE_COMPANIES)
@require_POST
@once(ARCHIVE)
def restore_records(request: HttpRequest, pk: int) -> HttpResponse:
    """Bring back one batch of a company's archived records, as its page shows them."""
    company = get_object_or_404(Company, pk=pk)
    batch = batch_of(company, request.POST.get("batch", ""))
    try:
        if batch is None:
            raise CompanyActionError("The archive no longer holds these records. Nothing was changed.")
        if batch.is_large:
            by = request.user.get_username()
            job = ask_for_company_job(Kind.RESTORE, [pk], asked_by=by, archived_at=batch.archived_at)
            return redirect("usage:company_job", job.pk)
        restored = restore_batch(company, batch.archived_at)
    except CompanyActionError as refusal:
        messages.error(request, refusal.message)
    else:
        left = batch_of(company, batch.key)
        rest = f" What is stored again in a newer form ({left.records:,}) stays archived." if left else ""
        messages.success(request, f"Restored {counted(restored, 'record')}.{rest}")
    return redirect("usage:company", pk)


def _is_large(companies: QuerySet[Company]) -> bool:
    archived = ArchivedUsageRecord.objects.filter(company__in=companies.order_by().values("pk"))
    return is_too_much_to_wait_for(companies.count(), archived.count())
