"""Reads what a person or an address asked for: names and days as text become a report scope, or one clear sentence."""

import re
from datetime import date

from usage.models import QueryFilter
from usage.models.company import OTHER
from usage.periods import EARLIEST_DAY, LATEST_DAY, period_for
from usage.reports.scope import ALL_FILTERS, ReportScope

ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


class ReportRequestError(Exception):
    """A report that cannot be made as it was asked for; `message` says why and what is possible."""

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)


def scope_from_words(
    filter_name: str, first_day: str, last_day: str, *, complete_months: bool, today: date
) -> ReportScope:
    """Empty texts mean all filters and open ends; days are YYYY-MM-DD, both included.

    A filter is found by its name in any case if no other name fits as well. Raises ReportRequestError.
    """
    first, last = _day(first_day, "first"), _day(last_day, "last")
    if first and last and first > last:
        raise ReportRequestError(f"The first day, {first}, is after the last day, {last}.")
    period = period_for(first, last, complete_months=complete_months, today=today)
    if not filter_name or filter_name.casefold() == ALL_FILTERS.casefold():
        return ReportScope(None, period)
    query_filter = _query_filter(filter_name)
    return ReportScope(query_filter, period, other_only=query_filter is None)


def _day(text: str, which: str) -> date | None:
    if not text:
        return None
    try:
        if not ISO_DAY.fullmatch(text):
            raise ValueError
        day = date.fromisoformat(text)
    except ValueError:
        raise ReportRequestError(
            f"The {which} day “{text[:40]}” is not a date; write it as YYYY-MM-DD, for example 2026-02-28."
        ) from None
    if not EARLIEST_DAY <= day <= LATEST_DAY:
        raise ReportRequestError(
            f"The {which} day, {day}, is out of range; write one from {EARLIEST_DAY.year} to {LATEST_DAY.year}."
        )
    return day


def _query_filter(name: str) -> QueryFilter | None:
    """None means “Other”."""
    filters = list(QueryFilter.objects.all())
    exact = [found for found in filters if found.name == name]
    alike = exact or [found for found in filters if found.name.casefold() == name.casefold()]
    if len(alike) == 1:
        return alike[0]
    if not alike and name.casefold() == OTHER.casefold():
        return None
    known = ", ".join(f"“{found}”" for found in [*(found.name for found in filters), OTHER])
    raise ReportRequestError(f"There is no query filter “{name[:100]}”. Filters: {known}.")
