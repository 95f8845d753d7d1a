from datetime import datetime
from typing import Any, NoReturn, Self

from django.db import models

from intacct_usage.lib import clock

ACTOR_LENGTH = 150
TARGET_LENGTH = 300
REASON_LENGTH = 500


class AppendOnlyError(Exception):
    """Something tried to change or delete what is on record."""

    def __init__(self) -> None:
        super().__init__("The audit record is only ever added to.")


class Action(models.TextChoices):
    SIGNED_IN = "signed_in", "Signed in"
    SIGNED_OUT = "signed_out", "Signed out"
    SIGN_IN_FAILED = "sign_in_failed", "Sign-in failed"
    SIGN_IN_BLOCKED = "sign_in_blocked", "Sign-in blocked for a while"
    SESSION_ENDED = "session_ended", "Session ended"
    PASSWORD_CHANGED = "password_changed", "Password changed"  # the name of an action
    SECOND_FACTOR_ON = "second_factor_on", "Second factor switched on"
    SECOND_FACTOR_OFF = "second_factor_off", "Second factor switched off"
    ROLES_CHANGED = "roles_changed", "Roles or rights changed"
    ADDED = "added", "Added"
    CHANGED = "changed", "Changed"
    DELETED = "deleted", "Deleted"
    SECRET_SET = "secret_set", "Secret set"  # the name of an action
    SECRET_CLEARED = "secret_cleared", "Secret cleared"  # the name of an action
    KEYS_ROTATED = "keys_rotated", "Encryption key changed"
    COMPANIES_CHANGED = "companies_changed", "Company list changed"
    DATA_REMOVED = "data_removed", "Data removed"
    DATA_RESTORED = "data_restored", "Data restored"
    RUN_STARTED = "run_started", "Run started"
    RUN_STOPPED = "run_stopped", "Run stopped"
    REPORTS_SENT = "reports_sent", "Reports sent"
    TEST_SENT = "test_sent", "Test mail sent"
    DOWNLOADED = "downloaded", "Downloaded"


class AuditEventQuerySet(models.QuerySet["AuditEvent"]):
    def between(self, first: datetime | None, last: datetime | None) -> Self:
        """Events from `first` to before `last`; None leaves an end open."""
        events = self
        if first is not None:
            events = events.filter(at__gte=first)
        if last is not None:
            events = events.filter(at__lt=last)
        return events

    def update(self, **values: Any) -> NoReturn:  # Any: as Django declares it
        raise AppendOnlyError

    def delete(self) -> NoReturn:
        raise AppendOnlyError

    def bulk_update(self, *args: Any, **kwargs: Any) -> NoReturn:  # Any: as Django declares it
        raise AppendOnlyError


class AuditEvent(models.Model):
    """One thing somebody did. People and objects are plain values, so that the record outlives their rows.

    The database refuses changes too: a trigger made by the first migration.
    """

    at = models.DateTimeField(default=clock.now, editable=False)
    actor = models.CharField(max_length=ACTOR_LENGTH, help_text="A user name, “command line”, or who it was not.")
    address = models.CharField(max_length=45, blank=True, help_text="IP address the request came from.")
    action = models.CharField(max_length=30, choices=Action)
    target = models.CharField(max_length=TARGET_LENGTH, blank=True)
    before = models.JSONField(default=dict, blank=True)
    after = models.JSONField(default=dict, blank=True)
    reason = models.CharField(max_length=REASON_LENGTH, blank=True)
    request_id = models.CharField(max_length=64, blank=True)

    objects = AuditEventQuerySet.as_manager()

    class Meta:
        verbose_name = "audit event"
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["action", "id"], name="audit_action"),
            models.Index(fields=["actor", "id"], name="audit_actor"),
            models.Index(fields=["at"], name="audit_at"),
        ]

    def __str__(self) -> str:
        return f"{self.actor}: {self.get_action_display()} {self.target}".rstrip()

    def save(self, *args: Any, **kwargs: Any) -> None:  # Any: Django's own signature
        """Raises AppendOnlyError for a row that is stored."""
        if not self._state.adding:
            raise AppendOnlyError
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:  # Any: Django's own signature
        raise AppendOnlyError

    @property
    def before_lines(self) -> list[tuple[str, str]]:
        return _lines(self.before)

    @property
    def after_lines(self) -> list[tuple[str, str]]:
        return _lines(self.after)


def _lines(values: dict[str, Any]) -> list[tuple[str, str]]:  # Any: JSON
    """Each value in words, by its name."""
    return [(name, _words(value)) for name, value in values.items()]


def _words(value: Any) -> str:  # Any: JSON
    match value:
        case None | "" | [] | {}:
            return "none"
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(_words(each) for each in value)
        case dict():
            return "; ".join(f"{name}: {_words(each)}" for name, each in value.items())
    return str(value)
