"""The one verb of the audit record, and who acts where nobody is named."""

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest

from intacct_usage.audit.models import ACTOR_LENGTH, REASON_LENGTH, TARGET_LENGTH, Action, AuditEvent
from intacct_usage.lib.actors import COMMAND_LINE, NOBODY
from intacct_usage.lib.redaction import escape_line, redact
from intacct_usage.logs.context import current_context

VALUE_LENGTH = 500
MOST_VALUES = 50

Values = Mapping[str, Any]  # Any: values of model fields
ACTING: ContextVar[HttpRequest | None] = ContextVar("acting", default=None)
"""The request that is being answered in this thread; set by `middleware`."""


@dataclass(frozen=True)
class Change:
    """What was and what is, by field; never with a secret in it."""

    before: Values = field(default_factory=dict)
    after: Values = field(default_factory=dict)


def record(
    actor: AbstractBaseUser | str | None,
    action: Action,
    *,
    target: object = "",
    change: Change | None = None,
    reason: str = "",
) -> AuditEvent:
    """Add an event, in the transaction of what it is about: both are kept or neither.

    `actor` None stands for the person of the present request, or for the command line where there is none. Texts are
    cut, freed of secrets and control characters.
    """
    request = ACTING.get()
    change = change or Change()
    return AuditEvent.objects.create(
        actor=_text(_name(actor, request), ACTOR_LENGTH),
        address=request.META.get("REMOTE_ADDR", "")[:45] if request is not None else "",
        action=action,
        target=_text(str(target), TARGET_LENGTH),
        before=_values(change.before),
        after=_values(change.after),
        reason=_text(reason, REASON_LENGTH),
        request_id=str(current_context().get("request_id", "")),
    )


def _name(actor: AbstractBaseUser | str | None, request: HttpRequest | None) -> str:
    if isinstance(actor, AbstractBaseUser):
        return actor.get_username()
    if actor:
        return actor
    if request is None:
        return COMMAND_LINE
    return request.user.get_username() or NOBODY if hasattr(request, "user") else NOBODY


def _text(text: str, length: int) -> str:
    return escape_line(redact(text), length)


def _values(values: Values) -> dict[str, Any]:  # Any: JSON
    return {_text(str(name), VALUE_LENGTH): _value(value) for name, value in values.items()}


def _value(value: Any) -> Any:  # Any: from a model field to JSON
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return _values(value)
    if isinstance(value, list | tuple | set | frozenset):
        several = [_value(each) for each in value]
        more = len(several) - MOST_VALUES
        return [*several[:MOST_VALUES], f"… and {more} more"] if more > 0 else several
    return _text(str(value), VALUE_LENGTH)
