"""What belongs to the installation as a whole: the rights as Django permissions, and the check of its key."""

from django.db import models

from intacct_usage.lib.access import Right
from intacct_usage.lib.fields import EncryptedTextField, SecretBearingModel
from intacct_usage.lib.singleton import SingleRowModel


class AccessRight(models.Model):
    """Carries the permissions that belong to no single table."""

    class Meta:
        managed = False
        default_permissions = ()
        permissions = [(right.codename, right.label) for right in Right]


class KeyCheck(SingleRowModel, SecretBearingModel):
    """A known text encrypted with the installation's key: it tells a wrong key from a single damaged secret."""

    proof = EncryptedTextField("key check")

    class Meta:
        verbose_name = "encryption key"
        verbose_name_plural = "encryption keys"

    def __str__(self) -> str:
        return "encryption key"
