from django.db import models

from intacct_usage.lib.fields import EncryptedTextField, SecretBearingModel
from intacct_usage.lib.outbound import ProxySettings
from intacct_usage.lib.singleton import SingleRowModel


class OutboundProxy(SingleRowModel, SecretBearingModel):
    """The proxy of every outbound connection; disabled keeps the settings but goes direct."""

    url = models.CharField(
        "proxy URL", max_length=300, help_text="With port, for example http://proxy.example.com:8080"
    )
    username = models.CharField(max_length=200, blank=True)
    password = EncryptedTextField()
    enabled = models.BooleanField(default=True)
    saved_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = "proxy"
        verbose_name_plural = "proxy"

    def __str__(self) -> str:
        return f"{self.url} ({'enabled' if self.enabled else 'disabled'})"

    @classmethod
    def in_use(cls) -> ProxySettings | None:
        """What outbound connections must go through now; None means direct. Raises SecretUnreadableError."""
        proxy = cls.current()
        if proxy is None or not proxy.enabled:
            return None
        return ProxySettings(url=proxy.url, username=proxy.username, password=proxy.reveal("password"))
