"""Which way of sending belongs to which provider."""

from collections.abc import Callable

from django.conf import settings

from intacct_usage.lib.outbound import ProxySettings
from notifications.models import EmailConfiguration
from notifications.transports.base import STAGE_SECONDS, Transport
from notifications.transports.graph import GraphAccount, GraphTransport
from notifications.transports.smtp import SmtpAccount, SmtpTransport
from usage.models import OutboundProxy

Maker = Callable[[EmailConfiguration, ProxySettings | None, float], Transport]


def transport_for(configuration: EmailConfiguration, *, stage_seconds: float = STAGE_SECONDS) -> Transport:
    """The transport of one configuration, with its secret and the proxy in use now. Raises SecretUnreadableError."""
    proxy = OutboundProxy.in_use() if configuration.use_proxy else None
    return MAKERS[configuration.provider](configuration, proxy, stage_seconds)


def _smtp(configuration: EmailConfiguration, proxy: ProxySettings | None, stage_seconds: float) -> Transport:
    account = SmtpAccount(
        host=configuration.host,
        port=configuration.port,
        security=configuration.security,
        username=configuration.username,
        password=configuration.reveal("secret"),
        clear_text_sign_in=configuration.clear_text_sign_in,
    )
    return SmtpTransport(account, settings.OUTBOUND_POLICY, proxy, stage_seconds)


def _graph(configuration: EmailConfiguration, proxy: ProxySettings | None, stage_seconds: float) -> Transport:
    account = GraphAccount(
        tenant_id=configuration.tenant_id,
        client_id=configuration.client_id,
        client_secret=configuration.reveal("secret"),
        mailbox=configuration.sender.address,
        login_url=settings.GRAPH_LOGIN_URL,
        base_url=settings.GRAPH_BASE_URL,
    )
    return GraphTransport(account, settings.OUTBOUND_POLICY, proxy, stage_seconds)


MAKERS: dict[str, Maker] = {
    EmailConfiguration.Provider.SMTP: _smtp,
    EmailConfiguration.Provider.GRAPH: _graph,
}
