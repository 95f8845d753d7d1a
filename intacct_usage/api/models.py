"""Tokens with which programs use the REST API."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from intacct_usage.lib import clock
from intacct_usage.lib.access import Right


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def valid(self) -> Self:
        """Neither revoked nor expired, and of an account that may still sign in."""
        return self.filter(Q(revoked_at=None), expires_at__gt=clock.now(), owner__is_active=True)


class ApiToken(models.Model):
    """Lets a program act as its owner, within its scope and until it expires. The token itself is not stored."""

    class Scope(models.TextChoices):
        READ = "read", "Read"
        RUN = "run", "Read, and run schedules"

    name = models.CharField(max_length=60, help_text="What it is for, such as the name of the program.")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="api_tokens",
        help_text="The token can do what this account can do now, never more than its scope.",
    )
    scope = models.CharField(max_length=10, choices=Scope, default=Scope.READ)
    prefix = models.CharField(max_length=8, unique=True, editable=False, help_text="How the token begins, to know it.")
    digest = models.CharField(max_length=64, editable=False, help_text="SHA-256 of the token.")
    expires_at = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.CharField(max_length=150, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_by = models.CharField(max_length=150, blank=True, editable=False)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        verbose_name = "API token"
        ordering = ["-id"]
        constraints = [models.CheckConstraint(condition=~Q(name=""), name="api_token_name_not_empty")]

    def __str__(self) -> str:
        return f"{self.name} (iau_{self.prefix}…)"

    @property
    def state(self) -> str:
        if self.revoked_at is not None:
            return "revoked"
        if self.expires_at <= clock.now():
            return "expired"
        return "valid" if self.owner.is_active else "owner inactive"

    @property
    def rights(self) -> frozenset[Right]:
        """What the scope allows at most."""
        reading = frozenset({Right.VIEW_REPORTS})
        return reading | {Right.OPERATE_RUNS} if self.scope == self.Scope.RUN else reading

    @property
    def acting(self) -> str:
        """Who acts, for logs and histories."""
        return f"{self.owner.get_username()} (API token {self.name})"[:150]
