"""Ready-made settings of well-known mail services, and which port belongs to which security."""

from dataclasses import dataclass

from notifications.models import EmailConfiguration

Security = EmailConfiguration.Security
PORTS = {Security.STARTTLS: 587, Security.SSL: 465, Security.NONE: 25}


@dataclass(frozen=True)
class Preset:
    """What a form fills in, and what the person has to know."""

    key: str
    label: str
    host: str
    security: str
    note: str

    @property
    def port(self) -> int:
        return proposed_port(self.security)


PRESETS = (
    Preset(
        "microsoft365",
        "Microsoft 365",
        "smtp.office365.com",
        Security.STARTTLS,
        "Microsoft is ending sign-in with a password over SMTP; Microsoft Graph is the lasting way.",
    ),
    Preset(
        "gmail",
        "Gmail",
        "smtp.gmail.com",
        Security.STARTTLS,
        "Needs an app password, which needs 2-step verification on the account.",
    ),
    Preset(
        "relay",
        "Plain relay",
        "",
        Security.NONE,
        "For a relay in your own network that takes mail without sign-in and without encryption.",
    ),
)


def proposed_port(security: str) -> int:
    return PORTS[Security(security)]


def port_mismatch(security: str, port: int) -> str:
    """A sentence if the port is the usual one of another security; empty if the two go together."""
    usual = next((other for other, its_port in PORTS.items() if its_port == port), None)
    if usual is None or usual == security or (port == 25 and security == Security.STARTTLS):
        return ""
    return (
        f"Port {port} usually belongs to {Security(usual).label.removesuffix(' (recommended)')}; "
        f"with {Security(security).label.removesuffix(' (recommended)')} servers use {proposed_port(security)}."
    )
