from datetime import datetime

from django.db import IntegrityError, models, transaction
from django.db.models import F


class AttemptTallyQuerySet(models.QuerySet["AttemptTally"]):
    def take(self, key: str, *, most: int, now: datetime, until: datetime, prolong: bool) -> bool:
        """Count one attempt; False if `most` were made already, and then nothing is counted.

        `prolong` moves the end with every attempt, else it stays where the first one put it. Safe with many processes:
        each step is one conditional statement.
        """
        if self._count(key, most=most, now=now, until=until, prolong=prolong):
            return True
        if self.filter(key=key, ends_at__lte=now).update(count=1, ends_at=until, told_at=None):
            return True
        try:
            with transaction.atomic():
                self.create(key=key, count=1, ends_at=until)
        except IntegrityError:  # it is there by now: full, or made by another process a moment ago
            return self._count(key, most=most, now=now, until=until, prolong=prolong)
        return True

    def give_back(self, key: str) -> None:
        """Uncount one attempt, because it succeeded."""
        self.filter(key=key, count__gt=0).update(count=F("count") - 1)

    def tell(self, key: str, now: datetime) -> bool:
        """Whether this is the first refusal of the window, the one to be put on record."""
        return self.filter(key=key, told_at=None).update(told_at=now) == 1

    def _count(self, key: str, *, most: int, now: datetime, until: datetime, prolong: bool) -> bool:
        values = {"count": F("count") + 1, **({"ends_at": until} if prolong else {})}
        return self.filter(key=key, count__lt=most, ends_at__gt=now).update(**values) == 1


class AttemptTally(models.Model):
    """How often something was tried within a window of time. The key is a keyed hash: no name, no address is kept."""

    key = models.CharField(max_length=64, unique=True)
    count = models.PositiveIntegerField()
    ends_at = models.DateTimeField(db_index=True)
    told_at = models.DateTimeField(null=True)

    objects = AttemptTallyQuerySet.as_manager()

    class Meta:
        verbose_name = "tally of attempts"
        verbose_name_plural = "tallies of attempts"
