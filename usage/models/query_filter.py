from django.db import models


class QueryFilter(models.Model):
    """A named segment of companies. Companies that match none belong to “Other”, which is never a row."""

    class Kind(models.TextChoices):
        PREFIX = "prefix", "Prefix"
        GLOB = "glob", "Pattern (* and ?)"
        REGEX = "regex", "Regular expression"

    name = models.CharField(max_length=100, unique=True)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.PREFIX)
    value = models.CharField(
        max_length=200, help_text="For a prefix, how the company ID begins, in upper and lower case."
    )
    position = models.PositiveIntegerField(default=0, help_text="Decides where two filters of one length match.")

    class Meta:
        ordering = ["position", "name"]
        constraints = [
            models.CheckConstraint(condition=~models.Q(value=""), name="usage_queryfilter_value_not_empty"),
        ]

    def __str__(self) -> str:
        return self.name
