from django.conf import settings
from django.db import models


class EntraIdentity(models.Model):
    """Ties an account to a person of Microsoft Entra ID, by object ID: names and addresses there can change hands."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="entra_identity")
    tenant_id = models.CharField("tenant ID", max_length=36)
    object_id = models.CharField("object ID", max_length=36)
    linked_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "Microsoft Entra identity"
        verbose_name_plural = "Microsoft Entra identities"
        constraints = [
            models.UniqueConstraint(fields=["tenant_id", "object_id"], name="accounts_one_account_per_entra_person")
        ]

    def __str__(self) -> str:
        return self.object_id
