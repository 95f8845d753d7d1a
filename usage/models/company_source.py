from django.db import models

from intacct_usage.lib.fields import EncryptedTextField, SecretBearingModel
from intacct_usage.lib.singleton import SingleRowModel


class CompanySource(SingleRowModel, SecretBearingModel):
    """Where the company list comes from: an HTTP API, its token and the names of its fields."""

    url = models.CharField("API URL", max_length=500)
    token = EncryptedTextField("API token")
    token_header = models.CharField(max_length=100, default="Authorization")
    token_scheme = models.CharField(
        max_length=50, default="Bearer", blank=True, help_text="Word before the token; empty sends the token alone."
    )
    field_mapping = models.JSONField(
        default=dict,
        blank=True,
        help_text="Names of the answer's fields for company_id, name, sage_account_number, reseller; empty = detected.",
    )
    last_loaded_at = models.DateTimeField(null=True, blank=True)
    last_loaded_count = models.PositiveIntegerField(null=True, blank=True)
    saved_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = "company source"
        verbose_name_plural = "company source"

    def __str__(self) -> str:
        return self.url
