"""Tables that page and sort on the server, with the whole state in the address."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest

PAGE_SIZES = (25, 50, 100, 250)
DEFAULT_PAGE_SIZE = 50


@dataclass(frozen=True)
class Listing:
    """One page of a table and how it is sorted; `sort_header` and `includes/pagination.html` read it."""

    page: Page[Any]  # Any: rows may be instances, dictionaries or dataclasses
    sort: str
    page_size: int
    page_sizes: tuple[int, ...] = PAGE_SIZES

    @property
    def total(self) -> int:
        return self.page.paginator.count


def list_page(
    request: HttpRequest,
    rows: "QuerySet[Any] | Sequence[Any]",  # Any: see Listing
    *,
    sorts: Mapping[str, str],
    default_sort: str,
) -> Listing:
    """The page of `rows` that the address asks for; anything it asks wrongly falls back to the default.

    `sorts` maps the keys allowed in `?sort=` (with "-" for descending) to a field, or for a plain sequence to an
    attribute or dictionary key; ties are broken by the primary key, so that paging never skips a row.
    """
    sort = request.GET.get("sort", "")
    if sort.lstrip("-") not in sorts or sort.startswith("--"):
        sort = default_sort
    page_size = _page_size(request.GET.get("size", ""))
    paginator = Paginator(_ordered(rows, sorts[sort.lstrip("-")], sort.startswith("-")), page_size)
    return Listing(paginator.get_page(request.GET.get("page", "1")[:12]), sort, page_size)


def _ordered(rows: Any, field: str, descending: bool) -> Any:  # Any: see Listing
    if isinstance(rows, QuerySet):
        return rows.order_by(f"-{field}" if descending else field, "pk")
    return sorted(rows, key=lambda row: _sort_value(row, field), reverse=descending)


def _sort_value(row: Any, field: str) -> tuple[bool, Any]:  # Any: see Listing
    value = row[field] if isinstance(row, Mapping) else getattr(row, field)
    return (value is not None, value.casefold() if isinstance(value, str) else value)


def _page_size(asked: str) -> int:
    return {str(size): size for size in PAGE_SIZES}.get(asked, DEFAULT_PAGE_SIZE)
