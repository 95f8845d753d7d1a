"""Loading the company list: read, show what would change, then apply exactly what was shown."""

import hashlib
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from intacct_usage.lib.access import Right, require
from intacct_usage.lib.form_pages import form_of
from intacct_usage.lib.refusals import TooManyRequestsError
from usage.companies.archived_batches import revival_note
from usage.companies.entries import CompanyEntry, CompanyListError
from usage.companies.list_diff import CompanyListChanges, ShrinkUnconfirmedError
from usage.companies.list_loading import apply_list, list_request, preview_list, save_source
from usage.forms.company_source import CompanySourceForm
from usage.forms.layout import ask_again
from usage.views.configuration import Typed, show_configuration
from usage.views.once import limit_tries, once

PAGE = "usage:configuration"
ROWS_SHOWN: Final = 200
LOADS_PER_HOUR: Final = 60


@dataclass(frozen=True)
class Section:
    """One kind of change with its first rows."""

    title: str
    about: str
    rows: Sequence[Any]  # Any: entries, changes or companies
    kind: str

    @property
    def shown(self) -> Sequence[Any]:  # Any: as above
        return self.rows[:ROWS_SHOWN]

    @property
    def further(self) -> int:
        return max(len(self.rows) - ROWS_SHOWN, 0)


@require(Right.MANAGE_COMPANIES)
@form_of(PAGE, "companies")
@once(PAGE)
def load(request: HttpRequest) -> HttpResponse:
    """Load: read the list and show what it would change. The address and the token are kept, the list is not."""
    form = CompanySourceForm(request.POST)
    if form.is_valid():
        try:
            limit_tries(request, "loads of the company list", most=LOADS_PER_HOUR)
            wanted = form.request()
            entries, changes = preview_list(wanted)
        except (CompanyListError, TooManyRequestsError) as refusal:
            form.add_error("token" if form.drops_token else None, _sentence(form, refusal))
        else:
            save_source(wanted)
            return _show_preview(request, entries, changes)
    ask_again(form, "token")
    return show_configuration(request, Typed(source=form))


@require(Right.MANAGE_COMPANIES)
@form_of(PAGE, "companies")
@once(PAGE)
def apply(request: HttpRequest) -> HttpResponse:
    """Apply the list that was shown. It is read once more; if it differs by now, it is shown again instead."""
    try:
        wanted = list_request()
        entries, changes = preview_list(wanted)
        if _digest(entries) != request.POST.get("digest"):
            messages.warning(request, "The list changed since it was shown. Check it again; nothing was applied yet.")
            return _show_preview(request, entries, changes)
        applied = apply_list(wanted, entries, confirm_shrink=request.POST.get("confirm_shrink") == "yes")
    except ShrinkUnconfirmedError as refusal:
        messages.error(request, refusal.message)
        return _show_preview(request, entries, changes)
    except CompanyListError as refusal:
        messages.error(request, refusal.message)
        return redirect(PAGE)
    note = revival_note(applied.revived)
    messages.success(request, f"The company list is up to date: {applied.summary}. {note}".rstrip())
    return redirect("usage:companies")


def _show_preview(request: HttpRequest, entries: Sequence[CompanyEntry], changes: CompanyListChanges) -> HttpResponse:
    note = revival_note(changes.revived)
    sections = [
        Section("New", "Not in the list so far; queried from the next run on.", changes.new, "entry"),
        Section("Back", f"Left the list before; they come back with their history. {note}", changes.revived, "change"),
        Section("Changed", "Their attributes differ. Skip flags and history stay.", changes.changed, "change"),
        Section(
            "Gone",
            "No longer in the API. They stay in the list, marked, with all their data, until you remove them.",
            changes.gone,
            "company",
        ),
    ]
    return render(
        request,
        "usage/configuration/load.html",
        {
            "changes": changes,
            "sections": [section for section in sections if section.rows],
            "total": len(entries),
            "digest": _digest(entries),
        },
    )


def _digest(entries: Sequence[CompanyEntry]) -> str:
    return hashlib.sha256(repr([astuple(entry) for entry in entries]).encode()).hexdigest()


def _sentence(form: CompanySourceForm, refusal: Exception) -> str:
    if not form.drops_token:
        return str(refusal)
    return f"{refusal} The stored token belongs to another address and was not sent; enter the token of this one."
