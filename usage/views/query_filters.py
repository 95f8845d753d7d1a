"""Saving the query filters, and counting what they match while they are typed."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from intacct_usage.lib.access import Right, require
from intacct_usage.lib.form_pages import form_of
from intacct_usage.lib.plurals import counted
from usage.filters.assignment import FilterSetError, save_filters
from usage.forms.query_filters import PREFIX, FilterFormSet, preview_typed
from usage.views.configuration import Typed, show_configuration
from usage.views.once import once

PAGE = "usage:configuration"


@require(Right.MANAGE_CONFIGURATION)
@form_of(PAGE, "filters")
@once(PAGE)
def save(request: HttpRequest) -> HttpResponse:
    """Save Filters: all rows or none."""
    formset = FilterFormSet(request.POST, prefix=PREFIX)
    if formset.is_valid():
        try:
            saved = save_filters(formset.rules())
        except FilterSetError as refusal:
            formset.take_errors(refusal)
        else:
            messages.success(request, f"Saved {counted(len(saved), 'filter')}. Companies are regrouped.")
            return redirect(PAGE)
    return show_configuration(request, Typed(filters=formset, preview=preview_typed(request.POST)))


@require(Right.MANAGE_CONFIGURATION)
@require_POST
def preview(request: HttpRequest) -> HttpResponse:
    """The counts beside the rows as they are typed; changes nothing (a POST, because the rows are long)."""
    return render(request, "usage/configuration/filter_counts.html", {"preview": preview_typed(request.POST)})
