"""All secrets of the installation, wherever they are stored: which can be read, and their rotation to a new key."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from django.apps import apps
from django.db import transaction

from intacct_usage.lib.crypto import SecretUnreadableError, key_ring
from intacct_usage.lib.fields import SecretBearingModel
from intacct_usage.lib.plurals import counted

KEY_CHECK = "intacct_usage.KeyCheck"
"""The row that holds a known text: unreadable only when the key is another one."""

OTHER_KEY = (
    "it was saved with a key that is not in ENCRYPTION_KEY; put that key back, after the present one and separated by "
    "a comma, or enter the secret again"
)
OTHER_PLACE = "its ciphertext was written for another place and is refused here; enter the secret again"
DAMAGED = "ENCRYPTION_KEY is right but does not open it: it is damaged or older than the key; enter the secret again"


@dataclass(frozen=True)
class StoredSecret:
    """Names a secret for people, never its value; `reason` says why it cannot be read and is empty if it can."""

    model_label: str
    name: str
    reason: str = ""

    def __str__(self) -> str:
        return f"{self.name}: {self.reason or 'can be read'}"


def secret_bearing_models() -> list[type[SecretBearingModel]]:
    """The key check, if it is installed, comes first."""
    models = [model for model in apps.get_models() if issubclass(model, SecretBearingModel)]
    return sorted(models, key=lambda model: (model._meta.label != KEY_CHECK, model._meta.label))


def stored_secrets(model_labels: Collection[str] = ()) -> Iterator[StoredSecret]:
    """Every secret that is set, or those of some models ("usage.ApiCredential"); nothing is changed."""
    key_is_right = False
    for model in secret_bearing_models():
        label = model._meta.label
        if model_labels and label not in {*model_labels, KEY_CHECK}:
            continue
        for row in model._base_manager.order_by("pk"):
            if label == KEY_CHECK:
                key_is_right = key_ring().opens(_ciphertexts(row).get("proof", ""))
                continue
            for field_name in _ciphertexts(row):
                yield StoredSecret(label, _name(row, field_name), _reason(row, field_name, key_is_right=key_is_right))


def unreadable_secrets(model_labels: Collection[str] = ()) -> list[StoredSecret]:
    """Secrets that the present ENCRYPTION_KEY does not open, or that were moved or damaged; one query per table."""
    return [secret for secret in stored_secrets(model_labels) if secret.reason]


def warning_about(unreadable: Sequence[StoredSecret]) -> str:
    """One sentence or two for a banner or a refusal; empty when nothing is unreadable."""
    if not unreadable:
        return ""
    what = counted(len(unreadable), "stored secret")
    first = unreadable[0]
    return (
        f"{what} cannot be read with the present ENCRYPTION_KEY; nothing was overwritten. "
        f"{first.name}: {first.reason}. `manage.py check_secrets` lists them all."
    )


def rotate_stored_secrets() -> int:
    """Encrypt every secret with the first key, in one transaction; how many (the key check is not counted).

    Until it commits all stay as they were, so that a rotation that fails or is killed changes nothing. Raises
    SecretUnreadableError if one of them cannot be read: then nothing is changed.
    """
    rotated = 0
    with transaction.atomic():
        for model in secret_bearing_models():
            for row in model._base_manager.select_for_update().order_by("pk"):
                changed = row.rotate_secrets()
                if changed:
                    model._base_manager.filter(pk=row.pk).update(**{name: getattr(row, name) for name in changed})
                rotated += len(changed) if model._meta.label != KEY_CHECK else 0
    return rotated


def _ciphertexts(row: SecretBearingModel) -> dict[str, str]:
    """The secrets that are set, by field."""
    return {name: value for name in row.secret_fields() if (value := getattr(row, name))}


def _name(row: SecretBearingModel, field_name: str) -> str:
    label = next(field.verbose_name for field in row._meta.concrete_fields if field.name == field_name)
    return f"{str(row._meta.verbose_name).capitalize()} “{row}”, {label}"


def _reason(row: SecretBearingModel, field_name: str, *, key_is_right: bool) -> str:
    ciphertext = getattr(row, field_name)
    try:
        key_ring().decrypt(ciphertext, place=row.place_of(field_name))
    except SecretUnreadableError:
        if key_ring().opens(ciphertext):
            return OTHER_PLACE
        return DAMAGED if key_is_right else OTHER_KEY
    return ""
