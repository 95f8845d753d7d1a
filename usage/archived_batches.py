"""What the archive still holds of a company, batch by batch: one batch is what one fetch or removal took away."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Max, Min

from intacct_usage.lib import clock
from usage.company_removal import RESTORABLE_DAYS, is_too_much_to_wait_for, restore_archived
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
    since = clock.now() - timedelta(days=RESTORABLE_DAYS)
    archived = ArchivedUsageRecord.objects.filter(company=company, archived_at__gte=since)
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
