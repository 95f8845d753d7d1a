"""What the archive still holds, by company and by batch: one batch is what one fetch or removal took away."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Case, Count, Exists, IntegerField, Max, Min, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce

from intacct_usage.lib import clock
from intacct_usage.lib.plurals import counted
from usage.companies.entries import UNSTORABLE
from usage.companies.list_diff import CompanyChange
from usage.companies.removal import RESTORABLE_DAYS, is_too_much_to_wait_for, restore_archived
from usage.models import ArchivedUsageRecord, Company


@dataclass(frozen=True)
class ArchivedBatch:
    """Records of one company that left at the same moment for the same reason; their days from first to last."""

    archived_at: datetime
    reason: str
    records: int
    first_day: date
    last_day: date

    @property
    def key(self) -> str:
        """The text by which `batch_of` finds it again."""
        return self.archived_at.isoformat()

    @property
    def reason_in_words(self) -> str:
        return ArchivedUsageRecord.Reason(self.reason).label

    @property
    def kept_until(self) -> datetime:
        """When it is removed for good."""
        return self.archived_at + timedelta(days=RESTORABLE_DAYS)

    @property
    def is_large(self) -> bool:
        return is_too_much_to_wait_for(1, self.records)


def batches_of(company: Company) -> list[ArchivedBatch]:
    """Those that can be brought back, the newest first."""
    archived = ArchivedUsageRecord.objects.filter(company=company, archived_at__gte=_restorable_since())
    batches = archived.values("archived_at", "reason").annotate(
        records=Count("pk"), first_day=Min("created_on"), last_day=Max("created_on")
    )
    return [ArchivedBatch(**batch) for batch in batches.order_by("-archived_at", "reason")]


def batch_of(company: Company, key: str) -> ArchivedBatch | None:
    """The batch with this key; None if there is none (any more)."""
    return next((batch for batch in batches_of(company) if batch.key == key), None)


def restore_batch(company: Company, archived_at: datetime) -> int:
    """Bring back what left at that moment, and nothing else; returns how many. As `restore_archived` otherwise."""
    return restore_archived(company, archived_at, archived_until=archived_at)


def restorable(searched: str = "") -> QuerySet[Company]:
    """Companies that left the list lately, or whose data was removed, though they are listed again.

    Of those, whose ID holds the text; none for a text that no database stores.
    """
    if UNSTORABLE & set(searched):
        return Company.objects.none()
    left = Q(removed_at__gte=_restorable_since())
    without_data = Q(Exists(removed_records(OuterRef("pk"))), removed_at=None)
    return Company.objects.filter(left | without_data, intacct_id__icontains=searched)


def removed_records(company: OuterRef | int) -> QuerySet[ArchivedUsageRecord]:
    """What people took away of a company and can still bring back."""
    taken = ArchivedUsageRecord.objects.filter(company=company, reason__in=ArchivedUsageRecord.TAKEN_BY_PEOPLE)
    return taken.filter(archived_at__gte=_restorable_since())


def with_what_left(companies: QuerySet[Company]) -> QuerySet[Company]:
    """With `left_at`, when the company or its data left, and `archived`, how many records `restore_company` finds."""
    with_it = ArchivedUsageRecord.objects.filter(company=OuterRef("pk"), archived_at__gte=OuterRef("removed_at"))
    taken = removed_records(OuterRef("pk"))
    newest = taken.order_by("-archived_at").values("archived_at")[:1]
    found = Case(When(removed_at=None, then=_counted(taken)), default=_counted(with_it))
    return companies.annotate(left_at=Coalesce("removed_at", Subquery(newest)), archived=Coalesce(found, 0))


def restore_company(company: Company) -> int:
    """Bring a company back with what left together with it; one that is listed again gets what people took away of it.

    Returns how many records; otherwise as `restore_archived`.
    """
    if company.removed_at is not None:
        return restore_archived(company, company.removed_at)
    return restore_archived(company, _restorable_since(), reasons=ArchivedUsageRecord.TAKEN_BY_PEOPLE)


def revival_note(revived: Sequence[CompanyChange]) -> str:
    """How many companies that come back to the list have archived records, and where those are; empty for none."""
    if not revived:
        return ""
    with_archive = Company.objects.filter(Exists(removed_records(OuterRef("pk"))))
    count = len({change.company.pk for change in revived}.intersection(with_archive.values_list("pk", flat=True)))
    if not count:
        return ""
    return (
        f"{counted(count, 'company has', 'companies have')} archived records from before, which do not come back by "
        "themselves: Configuration, Restore brings them back."
    )


def _counted(archived: QuerySet[ArchivedUsageRecord]) -> Subquery:
    counted = archived.order_by().values("company").annotate(count=Count("pk")).values("count")
    return Subquery(counted, output_field=IntegerField())


def _restorable_since() -> datetime:
    return clock.now() - timedelta(days=RESTORABLE_DAYS)
