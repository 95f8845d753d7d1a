"""Adding companies by hand, and the list as a CSV file, in and out."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from intacct_usage.lib import clock
from intacct_usage.lib.access import Right, require
from intacct_usage.lib.demo_data import demo_part
from intacct_usage.lib.form_pages import form_of
from intacct_usage.lib.plurals import counted
from usage.companies.actions import add_companies
from usage.companies.archived_batches import revival_note
from usage.companies.csv_file import export_companies, import_companies
from usage.companies.entries import PROBLEMS_SHOWN, CompanyListError
from usage.forms.companies import AddCompaniesForm, ImportCompaniesForm
from usage.views.once import once

PAGE = "usage:companies"


@require(Right.MANAGE_COMPANIES)
@require_http_methods(["GET", "HEAD", "POST"])
@once(PAGE)
def add(request: HttpRequest) -> HttpResponse:
    """Add IDs that were typed or pasted: all or none, with the line of each that cannot be added."""
    form = AddCompaniesForm(request.POST or None)
    if form.is_valid():
        try:
            changes = add_companies(form.cleaned_data["ids"], added_by=request.user.get_username())
        except CompanyListError as refusal:
            _take_problems(form, "ids", refusal)
        else:
            added = counted(len(changes.new) + len(changes.revived), "company", "companies")
            messages.success(request, f"Added {added}. {revival_note(changes.revived)}".rstrip())
            return redirect(PAGE)
    return _show(request, form, ImportCompaniesForm())


@require(Right.MANAGE_COMPANIES)
@form_of("usage:add_companies", "import")
@once(PAGE)
def import_csv(request: HttpRequest) -> HttpResponse:
    form = ImportCompaniesForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            content = form.cleaned_data["file"].read()
            changes = import_companies(content, imported_by=request.user.get_username())
        except CompanyListError as refusal:
            _take_problems(form, "file", refusal)
        else:
            messages.success(request, f"Imported: {changes.summary}. {revival_note(changes.revived)}".rstrip())
            return redirect(PAGE)
    return _show(request, AddCompaniesForm(), form)


@require(Right.SKIP_COMPANIES)
@require_safe
def export_csv(request: HttpRequest) -> HttpResponse:
    name = f"companies-{clock.today():%Y-%m-%d}{demo_part()}.csv"
    return HttpResponse(
        export_companies(),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _show(request: HttpRequest, add_form: AddCompaniesForm, import_form: ImportCompaniesForm) -> HttpResponse:
    context = {"add_form": add_form, "import_form": import_form}
    return render(request, "usage/configuration/add.html", context)


def _take_problems(form: AddCompaniesForm | ImportCompaniesForm, field: str, refusal: CompanyListError) -> None:
    for problem in refusal.problems[:PROBLEMS_SHOWN]:
        form.add_error(field, problem)
    further = len(refusal.problems) - PROBLEMS_SHOWN
    if further > 0:
        form.add_error(field, f"And {further} more problems.")
