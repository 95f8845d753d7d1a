"""Model fields and the base class of models that keep secrets."""

import uuid
from datetime import datetime
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models

from intacct_usage.lib.crypto import VERSION_PREFIX, key_ring
from intacct_usage.lib.redaction import register_secret


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]  # not subscriptable at run time
    """Holds ciphertext only, and is never part of a form.

    The attribute is the ciphertext; use `SecretBearingModel.seal` and `.reveal`. Saving anything else is refused,
    so that a plain value can never reach the table by mistake.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # Any: Django's own field signature
        kwargs.setdefault("blank", True)
        kwargs.setdefault("default", "")
        kwargs["editable"] = False
        super().__init__(*args, **kwargs)

    def get_prep_value(self, value: Any) -> Any:  # Any: as in Django
        if value and not str(value).startswith(VERSION_PREFIX):
            raise ValueError(f"{self.model.__name__}.{self.name} takes ciphertext only; use seal().")
        return super().get_prep_value(value)


class SecretBearingModel(models.Model):
    """A row with secrets. The key is made before the first save, because ciphertext is bound to its row."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)

    class Meta:
        abstract = True

    @classmethod
    def secret_fields(cls) -> list[str]:
        return [field.name for field in cls._meta.concrete_fields if isinstance(field, EncryptedTextField)]

    def seal(self, field_name: str, plaintext: str) -> None:
        """Put a secret into a field (not saved yet); empty clears it."""
        place = self.place_of(field_name)
        setattr(self, field_name, key_ring().encrypt(plaintext, place=place) if plaintext else "")

    def reveal(self, field_name: str) -> str:
        """The secret in the clear, for its own service only; empty if none is set. Raises SecretUnreadableError."""
        place = self.place_of(field_name)
        ciphertext = getattr(self, field_name)
        plaintext = key_ring().decrypt(ciphertext, place=place) if ciphertext else ""
        register_secret(plaintext)
        return plaintext

    def secret_set_at(self, field_name: str) -> datetime | None:
        """When the secret was entered (UTC), None if it is not set. Raises SecretUnreadableError."""
        ciphertext = getattr(self, field_name)
        return key_ring().set_at(ciphertext, place=self.place_of(field_name)) if ciphertext else None

    def rotate_secrets(self) -> list[str]:
        """Re-encrypt every secret with the first key (not saved yet); the names of the fields that changed."""
        changed = [name for name in self.secret_fields() if getattr(self, name)]
        for name in changed:
            setattr(self, name, key_ring().rotate(getattr(self, name), place=self.place_of(name)))
        return changed

    def place_of(self, field_name: str) -> str:
        """What the ciphertext of this field is bound to: table, column and row."""
        if field_name not in self.secret_fields():
            raise FieldDoesNotExist(f"{type(self).__name__} has no secret “{field_name}”.")
        return f"{self._meta.db_table}.{field_name}:{self.pk}"
