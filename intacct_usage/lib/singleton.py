"""A table with at most one row: what an installation has exactly one of."""

from typing import Self

from django.db import models


class SingleRowModel(models.Model):
    """The database refuses a second row: `slot` is unique and only ever 1."""

    slot = models.PositiveSmallIntegerField(default=1, unique=True, editable=False)

    class Meta:
        abstract = True

    @classmethod
    def current(cls) -> Self | None:
        return cls._default_manager.first()
