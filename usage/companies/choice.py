"""What an action on several companies does to each of them, one by one."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.db.models import QuerySet

from usage.companies.actions import remove_from_list, skip, unskip
from usage.companies.removal import remove_with_data
from usage.list_lock import company_list_lock
from usage.models import Company


@dataclass(frozen=True)
class Outcome:
    """One company and what became of it; `changed` tells whether the action did anything to it."""

    company: Company
    words: str
    changed: bool


@dataclass(frozen=True)
class Outcomes:
    """All of them, those that were not changed first."""

    each: tuple[Outcome, ...]

    @property
    def changed(self) -> int:
        return sum(outcome.changed for outcome in self.each)

    @property
    def counted(self) -> list[tuple[str, int]]:
        """How many companies had which outcome, the most frequent first."""
        return Counter(outcome.words for outcome in self.each).most_common()

    @property
    def summary(self) -> str:
        """“2 skipped, 1 was skipped before”."""
        return ", ".join(f"{count} {words}" for words, count in self.counted)


def skip_each(companies: QuerySet[Company], *, by: str, reason: str) -> Outcomes:
    """Skip and tell what became of each. Raises CompanyActionError for an unusable reason."""

    def words(company: Company) -> tuple[str, bool]:
        return ("was skipped before", False) if company.is_skipped else ("skipped", True)

    return _act(companies, words, lambda chosen: skip(chosen, by=by, reason=reason))


def unskip_each(companies: QuerySet[Company], *, by: str) -> Outcomes:
    """Unskip and tell what became of each."""

    def words(company: Company) -> tuple[str, bool]:
        return ("unskipped", True) if company.is_skipped else ("was not skipped", False)

    return _act(companies, words, lambda chosen: unskip(chosen, by=by))


def remove_each(companies: QuerySet[Company], *, by: str) -> Outcomes:
    """Take off the list, keep the history, and tell what became of each."""
    return _act(companies, lambda _: ("removed", True), lambda chosen: remove_from_list(chosen, by=by))


def remove_each_with_data(companies: QuerySet[Company], *, by: str) -> Outcomes:
    """Remove with data, one transaction each. Raises CompanyActionError while a run is queued or running."""
    listed = companies.filter(removed_at=None)
    outcomes = tuple(Outcome(company, "removed with data", True) for company in listed.order_by("intacct_id"))
    remove_with_data(listed, by=by)
    return Outcomes(outcomes)


def _act(
    companies: QuerySet[Company],
    words: Callable[[Company], tuple[str, bool]],
    verb: Callable[[QuerySet[Company]], object],
) -> Outcomes:
    with company_list_lock():  # so that what is told of each company is what the verb found
        chosen = list(companies.order_by("intacct_id"))
        found = [_outcome(company, words) for company in chosen]
        verb(companies)
    return Outcomes(tuple(_unchanged_first(found)))


def _outcome(company: Company, words: Callable[[Company], tuple[str, bool]]) -> Outcome:
    if company.removed_at is not None:
        return Outcome(company, "left the list before", False)
    return Outcome(company, *words(company))


def _unchanged_first(outcomes: Iterable[Outcome]) -> list[Outcome]:
    return sorted(outcomes, key=lambda outcome: outcome.changed)
