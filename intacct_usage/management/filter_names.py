"""Finds the query filter that a command names."""

from django.core.management.base import CommandError

from usage.models import QueryFilter
from usage.models.company import OTHER

OTHER_IS_NOT_FETCHED_ALONE = (
    "“Other” is what no query filter takes; its companies are fetched with All Filters, and not by themselves. "
    "Leave --filter out, or give them a query filter of their own."
)


def filter_to_fetch(name: str, *, returncode: int = 1) -> QueryFilter:
    """Raises CommandError with the names there are."""
    found = QueryFilter.objects.filter(name=name).first()
    if found is not None:
        return found
    if name.casefold() == OTHER.casefold():
        raise CommandError(OTHER_IS_NOT_FETCHED_ALONE, returncode=returncode)
    known = ", ".join(f"“{known}”" for known in QueryFilter.objects.values_list("name", flat=True)) or "none yet"
    raise CommandError(f"There is no query filter “{name}”. Filters: {known}.", returncode=returncode)
