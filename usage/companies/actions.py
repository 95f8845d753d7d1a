"""What people do with companies of the list: add, skip, unskip, take off the list (data is `removal`)."""

import logging
import re
from typing import Final

from django.db.models import QuerySet

from intacct_usage.lib import clock
from intacct_usage.lib.plurals import counted
from usage.companies.audit import named, record_companies
from usage.companies.entries import (
    CompanyEntry,
    CompanyListError,
    company_key,
    duplicate_problems,
    id_problem,
    text_problem,
)
from usage.companies.list_diff import CompanyListChanges, apply_changes
from usage.list_lock import company_list_lock
from usage.models import Company

logger = logging.getLogger(__name__)

BY_LIMIT: Final = 150


class CompanyActionError(Exception):
    """An action that was refused; `message` says why and what to do."""

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)


def add_companies(text: str, *, added_by: str) -> CompanyListChanges:
    """Add the company IDs of a text, one per line (or separated by commas, semicolons or tabs); all or none.

    A company that left the list before comes back with its history. Raises CompanyListError naming the lines of IDs
    that cannot be, stand twice or are in the list already, upper and lower case and blanks aside.
    """
    numbered = [
        (number, part.strip())
        for number, line in enumerate(text.splitlines(), start=1)
        for part in re.split(r"[,;\t]", line)
        if part.strip()
    ]
    if not numbered:
        raise CompanyListError("Enter at least one company ID.")
    with company_list_lock():
        listed = {company_key(each): each for each in Company.objects.listed().values_list("intacct_id", flat=True)}
        problems = [f"Line {number}: the ID {problem}." for number, each in numbered if (problem := id_problem(each))]
        problems += duplicate_problems(numbered, word="Line")
        problems += (
            f"Line {number}: “{each}” is in the list already (as “{listed[company_key(each)]}”)."
            for number, each in numbered
            if company_key(each) in listed
        )
        if problems:
            raise CompanyListError(problems)
        entries = [CompanyEntry(each) for _, each in numbered]
        return apply_changes(entries, origin=Company.Origin.MANUAL, changed_by=added_by)


def skip(companies: QuerySet[Company], *, by: str, reason: str = "") -> int:
    """Leave these companies out from the next run on; returns how many were not skipped before.

    Who, when and why of companies that are skipped already stay. Raises CompanyActionError for an unusable reason.
    """
    reason = reason.strip()
    if problem := text_problem("skip_reason", reason):
        raise CompanyActionError(f"The reason {problem}.")
    with company_list_lock():
        names = named(_listed(companies).filter(skipped_at=None))
        skipped = (
            _listed(companies)
            .filter(skipped_at=None)
            .update(skipped_at=clock.now(), skipped_by=by[:BY_LIMIT], skip_reason=reason)
        )
        record_companies(by, "skipped", names, count=skipped, reason=reason)
    logger.info("%s skipped from now on, by %s.", counted(skipped, "company is", "companies are"), by)
    return skipped


def unskip(companies: QuerySet[Company], *, by: str) -> int:
    """Include these companies again from the next run on; returns how many were skipped."""
    with company_list_lock():
        left_out = _listed(companies).exclude(skipped_at=None)
        names = named(left_out)
        unskipped = left_out.update(skipped_at=None, skipped_by="", skip_reason="")
        record_companies(by, "no longer skipped", names, count=unskipped)
    logger.info("%s no longer skipped, by %s.", counted(unskipped, "company is", "companies are"), by)
    return unskipped


def remove_from_list(companies: QuerySet[Company], *, by: str) -> int:
    """Take companies off the list and keep their history; returns how many were on it.

    A run that is under way leaves them out; they come back when the list is loaded with them or they are added again.
    """
    with company_list_lock():
        names = named(_listed(companies))
        removed = _listed(companies).update(removed_at=clock.now())
        record_companies(by, "taken off the list", names, count=removed)
    taken = counted(removed, "company was", "companies were")
    logger.info("%s removed from the list by %s; the history is kept.", taken, by)
    return removed


def _listed(companies: QuerySet[Company]) -> QuerySet[Company]:
    return Company.objects.listed().filter(pk__in=companies.order_by().values("pk"))
