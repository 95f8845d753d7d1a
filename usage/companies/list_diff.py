"""Compares a list of companies with the stored one, and applies the difference in one transaction."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from intacct_usage.audit.models import Action
from intacct_usage.audit.recording import Change, record
from intacct_usage.lib import clock
from usage.companies.entries import TEXT_FIELDS, CompanyEntry, CompanyListError, company_key
from usage.filters.assignment import assign_filters
from usage.filters.grouping import FilterRuleError
from usage.list_lock import company_list_lock
from usage.models import Company

logger = logging.getLogger(__name__)

WRITE_BATCH: Final = 1000
WRITTEN_FIELDS: Final = [
    "intacct_id",
    *TEXT_FIELDS,
    "origin",
    "missing_since",
    "removed_at",
    "removed_before",
    "skipped_at",
    "skipped_by",
]


class ShrinkUnconfirmedError(CompanyListError):
    """More than half of the companies would be gone; ask, then apply with `confirm_shrink`."""

    def __init__(self, gone: int, listed: int) -> None:
        self.gone = gone
        self.listed = listed
        super().__init__(
            f"The new list lacks {gone} of the {listed} companies that were loaded before. If this is right, confirm "
            "it and load again; otherwise check the companies API. Nothing was changed."
        )


@dataclass(frozen=True)
class FieldChange:
    """One value of one company, before and after; `field` is the name of the column in the CSV file."""

    field: str
    old: str
    new: str


@dataclass(frozen=True)
class CompanyChange:
    """A stored company that a list tells something new about."""

    company: Company
    entry: CompanyEntry
    fields: tuple[FieldChange, ...]


@dataclass(frozen=True)
class CompanyListChanges:
    """What a list would change. new + revived + changed + unchanged are the entries of the list.

    `revived` left the list before and come back with all they had; `returned` (also counted as changed or unchanged)
    were missing from the API for some time; `gone` are missing now and stay in the list, marked; `still_missing` were
    marked before.
    """

    new: tuple[CompanyEntry, ...]
    revived: tuple[CompanyChange, ...]
    changed: tuple[CompanyChange, ...]
    unchanged: tuple[Company, ...]
    returned: tuple[Company, ...]
    gone: tuple[Company, ...]
    still_missing: int
    listed_before: int

    @property
    def shrinks(self) -> bool:
        """Whether more than half of the companies that came from the API would be missing."""
        return 2 * len(self.gone) > self.listed_before

    @property
    def summary(self) -> str:
        """The counts in words."""
        new = len(self.new) + len(self.revived)
        return f"{new} new, {len(self.changed)} changed, {len(self.gone)} gone, {len(self.unchanged)} unchanged"


def plan_changes(entries: Sequence[CompanyEntry], *, whole_list: bool = True) -> CompanyListChanges:
    """Compare with the stored companies; writes nothing.

    With `whole_list` the companies of the API that the list lacks are gone; without, a list only adds and changes.
    The entries' IDs differ in more than case and blanks.
    """
    stored = {company_key(company.intacct_id): company for company in Company.objects.all()}
    new: list[CompanyEntry] = []
    revived: list[CompanyChange] = []
    changed: list[CompanyChange] = []
    unchanged: list[Company] = []
    for entry in entries:
        company = stored.pop(company_key(entry.intacct_id), None)
        if company is None:
            new.append(entry)
            continue
        change = CompanyChange(company, entry, _differences(company, entry))
        if company.removed_at is not None:
            revived.append(change)
        elif change.fields:
            changed.append(change)
        else:
            unchanged.append(company)
    present = [change.company for change in changed] + unchanged
    absent = [company for company in stored.values() if whole_list and _from_api(company)]
    known_present = sum(_from_api(company) and company.missing_since is None for company in present)
    gone = tuple(company for company in absent if company.missing_since is None)
    return CompanyListChanges(
        new=tuple(new),
        revived=tuple(revived),
        changed=tuple(changed),
        unchanged=tuple(unchanged),
        returned=tuple(company for company in present if company.missing_since is not None),
        gone=gone,
        still_missing=len(absent) - len(gone),
        listed_before=known_present + len(gone),
    )


def apply_changes(
    entries: Sequence[CompanyEntry],
    *,
    origin: str = Company.Origin.API,
    confirm_shrink: bool = False,
    changed_by: str = "",
) -> CompanyListChanges:
    """Bring the stored list in line with `entries` and group what is new, all in one transaction; returns what changed.

    Compares anew, so that nothing that happened since a preview is overwritten. A list of the API is the whole list:
    companies it lacks are marked as missing. Skip flags, history and values the list does not tell are kept.
    Raises CompanyListError (for an empty list, and as ShrinkUnconfirmedError); then nothing was changed.
    """
    if not entries:
        raise CompanyListError("The list holds no companies. Nothing was changed.")
    now = clock.now()
    with company_list_lock():
        changes = plan_changes(entries, whole_list=origin == Company.Origin.API)
        if changes.shrinks and not confirm_shrink:
            raise ShrinkUnconfirmedError(len(changes.gone), changes.listed_before)
        made = Company.objects.bulk_create(
            (_new_company(entry, origin, now, changed_by) for entry in changes.new), batch_size=WRITE_BATCH
        )
        updated = _updated_companies(changes, origin, now, changed_by)
        # An upsert by primary key: bulk_update needs minutes for a list of 50,000 changed companies.
        Company.objects.bulk_create(
            updated,
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=WRITTEN_FIELDS,
            batch_size=WRITE_BATCH,
        )
        try:
            assign_filters([*made, *updated])
        except FilterRuleError as refusal:
            raise CompanyListError(refusal.message) from refusal
        _put_on_record(changed_by, changes)
    logger.info("Company list: %s.", changes.summary)
    return changes


def _put_on_record(changed_by: str, changes: CompanyListChanges) -> None:
    after = {
        "new": [entry.intacct_id for entry in changes.new],
        "back": [change.company.intacct_id for change in changes.revived],
        "changed": [change.company.intacct_id for change in changes.changed],
        "gone": [company.intacct_id for company in changes.gone],
    }
    change = Change(after={name: ids for name, ids in after.items() if ids})
    record(changed_by, Action.COMPANIES_CHANGED, target=f"Company list: {changes.summary}", change=change)


def _from_api(company: Company) -> bool:
    return company.origin == Company.Origin.API and company.removed_at is None


def _differences(company: Company, entry: CompanyEntry) -> tuple[FieldChange, ...]:
    old_values = _told_values(company)
    wanted = {
        "company_id": entry.intacct_id,
        "name": entry.name,
        "sage_account_number": entry.sage_account_number,
        "reseller": entry.reseller,
        "skipped": None if entry.skipped is None else _yes_or_no(entry.skipped),
        "skip_reason": entry.skip_reason,
    }
    return tuple(
        FieldChange(field, old_values[field], new)
        for field, new in wanted.items()
        if new is not None and new != old_values[field]
    )


def _told_values(company: Company) -> Mapping[str, str]:
    return {
        "company_id": company.intacct_id,
        "name": company.name,
        "sage_account_number": company.sage_account_number,
        "reseller": company.reseller,
        "skipped": _yes_or_no(company.is_skipped),
        "skip_reason": company.skip_reason,
    }


def _yes_or_no(flag: bool) -> str:
    return "yes" if flag else "no"


def _new_company(entry: CompanyEntry, origin: str, now: datetime, changed_by: str) -> Company:
    company = Company(intacct_id=entry.intacct_id, origin=origin)
    _take_values(company, entry, now, changed_by)
    return company


def _updated_companies(changes: CompanyListChanges, origin: str, now: datetime, changed_by: str) -> list[Company]:
    """The stored companies with their new values, not saved yet."""
    updated = []
    for change in (*changes.revived, *changes.changed):
        _take_values(change.company, change.entry, now, changed_by)
        updated.append(change.company)
    if origin == Company.Origin.API:
        adopted = [company for company in changes.unchanged if _adopts(company)]
        updated += adopted
        for company in updated:
            company.origin = origin
            company.missing_since = None
        for company in changes.gone:
            company.missing_since = now
        updated += changes.gone
    return updated


def _adopts(company: Company) -> bool:
    return company.origin != Company.Origin.API or company.missing_since is not None


def _take_values(company: Company, entry: CompanyEntry, now: datetime, changed_by: str) -> None:
    company.intacct_id = entry.intacct_id
    company.removed_at = company.removed_before = None
    for field in TEXT_FIELDS:
        value = getattr(entry, field)
        if value is not None:
            setattr(company, field, value)
    if entry.skipped is True and not company.is_skipped:
        company.skipped_at, company.skipped_by = now, changed_by
    elif entry.skipped is False:
        company.skipped_at, company.skipped_by, company.skip_reason = None, "", ""


def entries_of(companies: Iterable[Company]) -> list[CompanyEntry]:
    """The stored companies as entries of a list that tells everything."""
    return [
        CompanyEntry(
            company.intacct_id,
            name=company.name,
            sage_account_number=company.sage_account_number,
            reseller=company.reseller,
            skipped=company.is_skipped,
            skip_reason=company.skip_reason if company.is_skipped else "",
        )
        for company in companies
    ]
