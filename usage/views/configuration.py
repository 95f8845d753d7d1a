"""The Configuration page: credentials, proxy, companies and query filters, each with its own form."""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from intacct_usage.lib.access import Right, may, require
from usage.companies.archived_batches import restorable
from usage.forms.company_source import CompanySourceForm
from usage.forms.connections import CredentialsForm, ProxyForm
from usage.forms.query_filters import BaseFilterFormSet, TypedPreview, preview_stored, stored_filter_formset
from usage.models import ApiCredential, Company, OutboundProxy
from usage.outbound_connections import Hop


@dataclass(frozen=True)
class Typed:
    """What was typed into one section and refused, or tried; the other sections show what is stored."""

    credentials: CredentialsForm | None = None
    proxy: ProxyForm | None = None
    hops: list[Hop] = field(default_factory=list)
    source: CompanySourceForm | None = None
    filters: BaseFilterFormSet | None = None
    preview: TypedPreview | None = None


@require(Right.SKIP_COMPANIES)
@require_safe
def configuration(request: HttpRequest) -> HttpResponse:
    return show_configuration(request, Typed())


def show_configuration(request: HttpRequest, typed: Typed) -> HttpResponse:
    """The whole page, with what was typed in one section; operators see the companies alone."""
    context: dict[str, Any] = {"companies": company_counts()}  # Any: template context
    if may(request.user, Right.MANAGE_COMPANIES):
        context["source_form"] = typed.source or CompanySourceForm()
        context["can_restore"] = restorable().exists()
    if may(request.user, Right.MANAGE_CONFIGURATION):
        filters, preview = typed.filters or stored_filter_formset(), typed.preview or preview_stored()
        filters.show_counts(preview)
        context |= {
            "credential": ApiCredential.current(),
            "credentials_form": typed.credentials or CredentialsForm(),
            "proxy": OutboundProxy.current(),
            "proxy_form": typed.proxy or ProxyForm(),
            "hops": typed.hops,
            "hops_ok": all(hop.ok for hop in typed.hops),
            "filters": filters,
            "preview": preview,
        }
    return render(request, "usage/configuration/page.html", context)


def company_counts() -> dict[str, int]:
    """The listed companies by what matters about them, and those that left the list. One query."""
    listed, queried = Q(removed_at=None), Q(removed_at=None, skipped_at=None)
    return Company.objects.aggregate(
        listed=Count("pk", filter=listed),
        queried=Count("pk", filter=queried),
        skipped=Count("pk", filter=listed & ~Q(skipped_at=None)),
        failing=Count("pk", filter=queried & Q(health=Company.Health.FAILING)),
        missing=Count("pk", filter=listed & ~Q(missing_since=None)),
        removed=Count("pk", filter=~listed),
    )
