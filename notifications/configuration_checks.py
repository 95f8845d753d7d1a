"""What can be said about the values of an email configuration without sending anything."""

import re

from notifications.models import EmailConfiguration
from notifications.recipient_domains import problems_of_domains
from notifications.recipients import AddressError, RecipientsError, check_address, parse_recipients

GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
TENANT_DOMAIN = re.compile(r"(?=.{4,253}\Z)(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}")
HOST = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?|\[?[0-9A-Fa-f:.]+\]?")
Provider = EmailConfiguration.Provider
Problems = dict[str, list[str]]


def configuration_problems(configuration: EmailConfiguration, *, secret_was_dropped: bool = False) -> Problems:
    """Sentences per field; empty if the values can be tried. `secret_was_dropped` explains why one is missing."""
    problems: Problems = {}
    _check_name(configuration, problems)
    _check_people(configuration, problems)
    if configuration.provider == Provider.SMTP:
        _check_smtp(configuration, problems)
    elif configuration.provider == Provider.GRAPH:
        _check_graph(configuration, problems)
    else:
        problems["provider"] = ["Choose SMTP or Microsoft Graph."]
    if needs_secret(configuration) and not configuration.secret:
        problems["secret"] = [_secret_sentence(configuration, secret_was_dropped)]
    return problems


def needs_secret(configuration: EmailConfiguration) -> bool:
    return configuration.is_graph or bool(configuration.username)


def secret_name(configuration: EmailConfiguration) -> str:
    return "client secret" if configuration.is_graph else "password"


def _secret_sentence(configuration: EmailConfiguration, was_dropped: bool) -> str:
    name = secret_name(configuration)
    if not was_dropped:
        return f"Enter the {name}."
    return f"Enter the {name} again: it is only ever sent where it was entered for, and the server or account changed."


def _check_name(configuration: EmailConfiguration, problems: Problems) -> None:
    name = configuration.name.strip()
    if not name:
        problems["name"] = ["Enter a name."]
    elif EmailConfiguration.objects.named(name).exclude(pk=configuration.pk).exists():
        problems["name"] = [f"There is already a configuration “{name}”; choose another name."]


def _check_people(configuration: EmailConfiguration, problems: Problems) -> None:
    try:
        check_address(configuration.from_address.strip())
    except AddressError as error:
        problems["from_address"] = [str(error)]
    try:
        recipients = parse_recipients(to=configuration.to, cc=configuration.cc, bcc=configuration.bcc)
    except RecipientsError as error:
        problems.update(error.problems)
    else:
        problems.update(problems_of_domains(recipients))


def _check_smtp(configuration: EmailConfiguration, problems: Problems) -> None:
    if not HOST.fullmatch(configuration.host):
        problems["host"] = ["Enter the name of the mail server, for example smtp.office365.com."]
    if not 1 <= configuration.port <= 65535:
        problems["port"] = ["The port is a number from 1 to 65535."]
    if configuration.security not in EmailConfiguration.Security.values:
        problems["security"] = ["Choose STARTTLS, SSL/TLS or None."]
    unencrypted = configuration.security == EmailConfiguration.Security.NONE
    if unencrypted and configuration.username and not configuration.clear_text_sign_in:
        problems["clear_text_sign_in"] = [
            "With the security None the password travels unencrypted. Choose STARTTLS or SSL/TLS, or agree to it here."
        ]


def _check_graph(configuration: EmailConfiguration, problems: Problems) -> None:
    tenant = configuration.tenant_id
    if not GUID.fullmatch(tenant) and not TENANT_DOMAIN.fullmatch(tenant):
        problems["tenant_id"] = ["The tenant ID is a GUID (or the tenant's domain), from the app's overview in Entra."]
    if not GUID.fullmatch(configuration.client_id):
        problems["client_id"] = ["The client ID is a GUID, from the app's overview in Entra."]
