from datetime import date, timedelta
from typing import Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Lower

from intacct_usage.lib.fields import EncryptedTextField, SecretBearingModel
from notifications.recipients import Recipient, Recipients, check_address, parse_recipients

SECRET_REMINDER_DAYS = 30


class EmailConfigurationQuerySet(models.QuerySet["EmailConfiguration"]):
    def named(self, name: str) -> Self:
        return self.filter(name__iexact=name.strip())

    def with_secret_expiring(self, today: date, *, days: int = SECRET_REMINDER_DAYS) -> Self:
        """Configurations whose secret expires within `days`, or already has."""
        return self.filter(secret_expires_on__lte=today + timedelta(days=days))


class EmailConfiguration(SecretBearingModel):
    """A named way of sending: one provider with its sign-in, one sender, one set of recipients."""

    class Provider(models.TextChoices):
        SMTP = "smtp", "SMTP"
        GRAPH = "graph", "Microsoft Graph"

    class Security(models.TextChoices):
        STARTTLS = "starttls", "STARTTLS (recommended)"
        SSL = "ssl", "SSL/TLS"
        NONE = "none", "None"

    ENDPOINT_FIELDS = ("provider", "host", "port", "security", "username", "tenant_id", "client_id")
    """A stored secret belongs to these: whoever changes one of them has to enter the secret again."""

    name = models.CharField(max_length=100)
    provider = models.CharField(max_length=10, choices=Provider, default=Provider.SMTP)
    host = models.CharField("SMTP host", max_length=253, blank=True, help_text="For example smtp.office365.com")
    port = models.PositiveIntegerField(
        default=587,
        validators=[MinValueValidator(1), MaxValueValidator(65535)],
        help_text="587 for STARTTLS, 465 for SSL/TLS, 25 for none",
    )
    security = models.CharField(max_length=10, choices=Security, default=Security.STARTTLS)
    username = models.CharField(max_length=254, blank=True, help_text="Usually your e-mail address")
    clear_text_sign_in = models.BooleanField(
        "send the password unencrypted", default=False, help_text="Needed to sign in with security None."
    )
    tenant_id = models.CharField("tenant ID", max_length=253, blank=True)
    client_id = models.CharField("client ID", max_length=36, blank=True)
    secret = EncryptedTextField("password or client secret")
    secret_expires_on = models.DateField(null=True, blank=True, help_text="A reminder is sent 30 days before.")
    from_name = models.CharField(max_length=120, blank=True)
    from_address = models.CharField(max_length=254)
    to = models.TextField(help_text="Primary recipients, separated by commas")
    cc = models.TextField("CC", blank=True, help_text="Carbon copy recipients")
    bcc = models.TextField("BCC", blank=True, help_text="Blind carbon copy recipients")
    use_proxy = models.BooleanField(default=True, help_text="Send through the proxy while it is enabled.")
    last_state = models.CharField(max_length=10, blank=True, editable=False)
    last_message = models.TextField(blank=True, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    tested_at = models.DateTimeField(null=True, blank=True, editable=False, help_text="Last test that succeeded (UTC).")
    created_at = models.DateTimeField(auto_now_add=True)
    saved_at = models.DateTimeField(auto_now=True)

    objects = EmailConfigurationQuerySet.as_manager()

    class Meta:
        verbose_name = "email configuration"
        ordering = [Lower("name")]
        constraints = [
            models.UniqueConstraint(Lower("name"), name="notifications_configuration_name_unique_without_case"),
            models.CheckConstraint(condition=~models.Q(name=""), name="notifications_configuration_name_not_empty"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_graph(self) -> bool:
        return self.provider == self.Provider.GRAPH

    @property
    def sender(self) -> Recipient:
        """The address in the form it goes over the wire. Raises AddressError, but not for what was saved."""
        return Recipient(check_address(self.from_address), self.from_name)

    @property
    def recipients(self) -> Recipients:
        """Raises RecipientsError, but not for what was saved through `check_configuration`."""
        return parse_recipients(to=self.to, cc=self.cc, bcc=self.bcc)

    @property
    def endpoint(self) -> tuple[str, ...]:
        """Where the secret is sent and as whom; two configurations with equal endpoints may share a secret."""
        return tuple(str(getattr(self, name)).strip().lower() for name in self.ENDPOINT_FIELDS)

    @property
    def service(self) -> str:
        """The other side, for messages."""
        return "Microsoft Graph" if self.is_graph else f"{self.host}:{self.port}"

    def secret_days_left(self, today: date) -> int | None:
        """Days until the secret expires, negative afterwards; None without an expiry date."""
        return (self.secret_expires_on - today).days if self.secret_expires_on else None
