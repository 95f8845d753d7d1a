from datetime import datetime
from typing import Self

from django.db import models

from intacct_usage.lib.singleton import SingleRowModel


class SetupTokenQuerySet(models.QuerySet["SetupToken"]):
    def valid(self, now: datetime) -> Self:
        return self.filter(expires_at__gt=now)

    def spend(self, digest: str, now: datetime) -> bool:
        """Use the token up; False if it is wrong, over or spent. Of two at the same moment one wins."""
        spent, _ = self.valid(now).filter(digest=digest).delete()
        return spent == 1


class SetupToken(SingleRowModel):
    """Lets whoever reads the log make the first administrator, once. A new one takes the place of the old."""

    digest = models.CharField(max_length=64, editable=False)
    expires_at = models.DateTimeField(editable=False)

    objects = SetupTokenQuerySet.as_manager()

    class Meta:
        verbose_name = "token of the first administrator"
        verbose_name_plural = "tokens of the first administrator"
