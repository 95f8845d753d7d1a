"""Keeps the key check true: written when the installation is made, renewed once every secret is readable again."""

from typing import Any

from django.db import transaction
from django.db.utils import OperationalError, ProgrammingError

from intacct_usage.lib.crypto import key_ring
from intacct_usage.lib.stored_secrets import unreadable_secrets
from intacct_usage.models import KeyCheck

PROOF = "The key of this installation."


def write_key_check(**signal: Any) -> bool:  # Any: what Django's post_migrate sends along
    """Receiver of `post_migrate`, also called by hand: store the check if it is missing or of a lost key.

    Never while a secret is unreadable: then the old check is the evidence that the key is wrong. True if written.
    """
    try:
        with transaction.atomic():
            return _write()
    except (ProgrammingError, OperationalError):  # migrated backwards, or only in part: tables are missing
        return False


def _write() -> bool:
    present = KeyCheck.current()
    if present is not None and key_ring().opens(present.proof):
        return False
    if unreadable_secrets():
        return False
    KeyCheck.objects.all().delete()
    check = KeyCheck()
    check.seal("proof", PROOF)
    check.save()
    return True
