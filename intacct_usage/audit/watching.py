"""Puts every change of some tables on record by itself, whoever makes it: a page, the administration or a command.

Django tells of instances that are saved or deleted and of relations, not of `QuerySet.update`: verbs that use that
record what they do themselves.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_save

from intacct_usage.audit.models import Action
from intacct_usage.audit.recording import Change, record
from intacct_usage.lib.fields import EncryptedTextField

SET, NOT_SET = "set", "not set"
SECRET_NAMES = frozenset({"password", "digest"})
_BEFORE = "_audit_before"


@dataclass(frozen=True)
class _Table:
    plain: tuple[str, ...]
    secret: tuple[str, ...]


_watched: dict[type[models.Model], _Table] = {}


def watch(model: type[models.Model], *, ignoring: Iterable[str] = (), relations: Iterable[str] = ()) -> None:
    """Record what is added, changed and deleted; `ignoring` are fields the program writes, `relations` many-to-many."""
    skipped = {"id", "slot", *ignoring}
    fields = [each for each in model._meta.concrete_fields if each.name not in skipped]
    secret = tuple(each.name for each in fields if isinstance(each, EncryptedTextField) or each.name in SECRET_NAMES)
    _watched[model] = _Table(tuple(each.name for each in fields if each.name not in secret), secret)
    key = f"audit.{model._meta.label}"
    pre_save.connect(_remember, sender=model, dispatch_uid=f"{key}.pre_save")
    post_save.connect(_saved, sender=model, dispatch_uid=f"{key}.post_save")
    post_delete.connect(_deleted, sender=model, dispatch_uid=f"{key}.post_delete")
    for name in relations:
        through = model._meta.get_field(name).remote_field.through  # type: ignore[union-attr]  # a many-to-many field
        m2m_changed.connect(_related, sender=through, dispatch_uid=f"{key}.{name}")


def named(row: models.Model) -> str:
    """“Schedule “Nightly””."""
    return f"{str(row._meta.verbose_name).capitalize()} “{row}”"


def _remember(sender: type[models.Model], instance: models.Model, **signal: Any) -> None:  # Any: Django's signal
    stored = None if instance._state.adding else sender._base_manager.filter(pk=instance.pk).first()
    setattr(instance, _BEFORE, stored)


def _saved(
    sender: type[models.Model],
    instance: models.Model,
    created: bool,
    update_fields: frozenset[str] | None = None,
    **signal: Any,  # Any: Django's signal
) -> None:
    table = _watched[sender]
    before: models.Model | None = instance.__dict__.pop(_BEFORE, None)
    written = [name for name in table.plain if update_fields is None or name in update_fields]
    changed = [name for name in written if before is None or _plain(before, name) != _plain(instance, name)]
    if created or changed:
        record(
            None,
            Action.ADDED if created else Action.CHANGED,
            target=named(instance),
            change=Change(
                {} if before is None else {name: _plain(before, name) for name in changed},
                {name: _plain(instance, name) for name in changed},
            ),
        )
    for name in table.secret:
        if update_fields is None or name in update_fields:
            _record_secret(before, instance, name)


def _record_secret(before: models.Model | None, instance: models.Model, name: str) -> None:
    was, now = getattr(before, name, ""), getattr(instance, name)
    if was == now:
        return
    label = str(instance._meta.get_field(name).verbose_name)  # type: ignore[union-attr]  # a concrete field
    if name == "password" and not isinstance(instance._meta.get_field(name), EncryptedTextField):
        record(None, Action.PASSWORD_CHANGED, target=named(instance))
        return
    record(
        None,
        Action.SECRET_SET if now else Action.SECRET_CLEARED,
        target=f"{named(instance)}: {label}",
        change=Change({label: SET if was else NOT_SET}, {label: SET if now else NOT_SET}),
    )


def _deleted(sender: type[models.Model], instance: models.Model, **signal: Any) -> None:  # Any: Django's signal
    before = {name: _plain(instance, name) for name in _watched[sender].plain}
    record(None, Action.DELETED, target=named(instance), change=Change(before))


def _related(
    instance: models.Model,
    action: str,
    model: type[models.Model],
    pk_set: set[Any] | None = None,  # Any: primary keys
    **signal: Any,  # Any: Django's signal
) -> None:
    if action not in ("post_add", "post_remove", "pre_clear") or (not pk_set and action != "pre_clear"):
        return
    what = str(model._meta.verbose_name_plural)
    names = sorted(str(row) for row in model._base_manager.filter(pk__in=pk_set or ()))
    if action == "post_add":
        change = Change(after={f"{what} added": names})
    else:
        change = Change(before={f"{what} removed": names if pk_set else "all"})
    record(None, Action.ROLES_CHANGED if _is_right(model) else Action.CHANGED, target=named(instance), change=change)


def _is_right(model: type[models.Model]) -> bool:
    return model._meta.app_label == "auth"


def _plain(row: models.Model, name: str) -> Any:  # Any: the field's own type
    """The value of a field; of a relation, what it leads to in words."""
    field = row._meta.get_field(name)
    if isinstance(field, models.ForeignKey):
        related = getattr(row, name)
        return None if related is None else str(related)
    return getattr(row, name)
