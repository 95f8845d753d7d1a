"""Loads the company list from the companies API: where from, what would change, and the change itself."""

import logging
from collections.abc import Mapping, Sequence

from django.conf import settings
from django.db import transaction

from intacct_usage.lib import clock
from intacct_usage.lib.crypto import SecretUnreadableError
from intacct_usage.lib.redaction import register_secret
from usage.companies.entries import CompanyEntry, CompanyListError
from usage.companies.list_diff import CompanyListChanges, apply_changes, plan_changes
from usage.companies.list_fields import MAPPABLE
from usage.companies.list_source import ListRequest, LoadLimits, Progress, check_request, read_company_list
from usage.models import CompanySource
from usage.outbound_connections import open_outbound_session

logger = logging.getLogger(__name__)

NO_SOURCE = (
    "No companies API configured. Enter its URL under Configuration (or give --url to `manage.py load_companies`)."
)


def list_request(
    *,
    url: str = "",
    token: str = "",
    token_header: str | None = None,
    token_scheme: str | None = None,
    field_mapping: Mapping[str, str] | None = None,
) -> ListRequest:
    """What to ask for: the stored source with the values that are given instead.

    The stored token is used only for the stored URL; another URL needs its own. Raises CompanyListError.
    """
    source = CompanySource.current() or CompanySource()
    url = url.strip() or source.url
    if not url:
        raise CompanyListError(NO_SOURCE)
    register_secret(token)
    request = ListRequest(
        url=url,
        token=token or _stored_token(source, url),
        token_header=(source.token_header if token_header is None else token_header).strip(),
        token_scheme=(source.token_scheme if token_scheme is None else token_scheme).strip(),
        field_mapping=_checked_mapping(source.field_mapping if field_mapping is None else field_mapping),
    )
    check_request(request)
    return request


def save_source(request: ListRequest) -> CompanySource:
    """Store where the list comes from. The token is replaced as a whole, so no token follows to another server."""
    check_request(request)
    with transaction.atomic():
        source = CompanySource.current() or CompanySource()
        if request.token != _readable_token(source):
            source.seal("token", request.token)
        source.url = request.url
        source.token_header = request.token_header
        source.token_scheme = request.token_scheme
        source.field_mapping = dict(request.field_mapping)
        source.save()
    return source


def read_list(request: ListRequest, *, on_progress: Progress | None = None) -> list[CompanyEntry]:
    """Every company the API lists now, through the proxy if one is enabled. Raises CompanyListError."""
    limits = LoadLimits(total_seconds=settings.HTTP_DEADLINE_SECONDS)
    try:
        session = open_outbound_session()
    except SecretUnreadableError as unreadable:
        raise CompanyListError(unreadable.message) from unreadable
    with session:
        return read_company_list(session, request, limits, on_progress=on_progress)


def preview_list(
    request: ListRequest, *, on_progress: Progress | None = None
) -> tuple[list[CompanyEntry], CompanyListChanges]:
    """The list and what it would change; nothing is written. Raises CompanyListError."""
    entries = read_list(request, on_progress=on_progress)
    return entries, plan_changes(entries)


def apply_list(
    request: ListRequest, entries: Sequence[CompanyEntry], *, confirm_shrink: bool = False
) -> CompanyListChanges:
    """Apply a list that was read, and store its source and the time, all or nothing. Raises CompanyListError."""
    with transaction.atomic():
        changes = apply_changes(entries, confirm_shrink=confirm_shrink)
        source = save_source(request)
        source.last_loaded_at = clock.now()
        source.last_loaded_count = len(entries)
        source.save(update_fields=["last_loaded_at", "last_loaded_count"])
    return changes


def _stored_token(source: CompanySource, url: str) -> str:
    if url != source.url:
        return ""
    try:
        return source.reveal("token")
    except SecretUnreadableError as unreadable:
        raise CompanyListError(unreadable.message) from unreadable


def _readable_token(source: CompanySource) -> str | None:
    """None where the stored token cannot be read any more."""
    try:
        return source.reveal("token")
    except SecretUnreadableError:
        return None


def _checked_mapping(mapping: Mapping[str, str]) -> dict[str, str]:
    unknown = sorted(set(mapping) - set(MAPPABLE))
    if unknown:
        raise CompanyListError(f"“{unknown[0]}” is not a field that can be mapped; there are {', '.join(MAPPABLE)}.")
    if not all(isinstance(name, str) and len(name) <= 200 for name in mapping.values()):
        raise CompanyListError("A field mapping names one field of the API by its name, of at most 200 characters.")
    return {field: name.strip() for field, name in mapping.items() if name.strip()}
