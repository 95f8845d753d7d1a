from django.db import models

from intacct_usage.lib.fields import EncryptedTextField, SecretBearingModel
from intacct_usage.lib.singleton import SingleRowModel


class ApiCredential(SingleRowModel, SecretBearingModel):
    """The Web Services credentials with which every company is signed in to."""

    sender_id = models.CharField("sender ID", max_length=100)
    sender_password = EncryptedTextField("sender password")
    user_id = models.CharField("user ID", max_length=100)
    user_password = EncryptedTextField("user password")
    validated_at = models.DateTimeField(null=True, blank=True, help_text="When Intacct last accepted them (UTC).")
    validated_company = models.CharField(max_length=100, blank=True, help_text="The company they were tried with.")
    saved_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = "API credentials"
        verbose_name_plural = "API credentials"

    def __str__(self) -> str:
        return f"{self.user_id} by sender {self.sender_id}"
