"""Which addresses may be sent an Intacct password: those of Intacct, and a test gateway that is allowed by name."""

import re
from urllib.parse import urlsplit

from intacct_usage.lib.outbound import OutboundError, OutboundPolicy
from intacct_usage.lib.outbound_guard import normal_host, shown_target
from usage.gateway.errors import ErrorFamily, Failure, GatewayError, Level

DEFAULT_ENDPOINT = "https://api.intacct.com/ia/xml/xmlgw.phtml"
GATEWAY_DOMAIN = ".intacct.com"
GATEWAY_PATH = "/ia/xml/xmlgw.phtml"
HTTPS_PORT = 443
DEFAULT_PORTS = {"https": HTTPS_PORT, "http": 80}
_PLAIN = re.compile(r"[\x21-\x7e]+")


def checked_endpoint(url: str, policy: OutboundPolicy) -> str:
    """Return the address of a gateway in its plain form; for the configured one and for what Intacct answers.

    It must be https on port 443, a host under `.intacct.com`, the path of the gateway, and nothing else. A host and
    port listed in the policy may be any other, and may use plain http. Raises GatewayError (endpoint_refused).
    """
    try:
        parts = urlsplit(url if _PLAIN.fullmatch(url) else "")
        port = DEFAULT_PORTS.get(parts.scheme, 0) if parts.port is None else parts.port
        host = normal_host(parts.hostname or "")
    except (ValueError, OutboundError):
        raise _refusal("it is not a valid address") from None
    if parts.username is not None or parts.password is not None:
        raise _refusal("it holds a user name")
    if parts.path != GATEWAY_PATH or parts.query or parts.fragment:
        raise _refusal(f"its path is not exactly {GATEWAY_PATH}")
    if parts.scheme not in ("http", "https"):
        raise _refusal("it does not begin with https")
    if policy.allows(host, port):
        return f"{parts.scheme}://{shown_target(host, port)}{GATEWAY_PATH}"
    if not host.endswith(GATEWAY_DOMAIN) or (parts.hostname or "").endswith("."):
        raise _refusal(f"{shown_target(host, port)} is not a host under {GATEWAY_DOMAIN}")
    if parts.scheme != "https" or port != HTTPS_PORT:
        raise _refusal(f"{host} is not used by https on port {HTTPS_PORT}")
    return f"https://{host}{GATEWAY_PATH}"


def _refusal(reason: str) -> GatewayError:
    return GatewayError(
        ErrorFamily.ENDPOINT_REFUSED, Failure(Level.HTTP, text=f"The address was refused: {reason}.", own_words=True)
    )
