"""Email configurations, queued mails and what became of them, for tests of sending."""

import itertools
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

from intacct_usage.lib.outbound import parse_outbound_allow
from notifications.models import EmailConfiguration, OutgoingEmail
from notifications.outbox import EmailDraft, queue_email
from notifications.report_files import StoredFile, new_folder

_numbers = itertools.count(1)
TENANT = "11111111-2222-3333-4444-555555555555"
CLIENT = "66666666-7777-8888-9999-000000000000"
PASSWORD = "correct horse £ battery"


def allow(settings: SimpleNamespace, *addresses: str, ca: Path | None = None) -> None:
    """Let outbound calls reach these `host:port` on this machine, trusting a private authority."""
    policy = settings.OUTBOUND_POLICY
    settings.OUTBOUND_POLICY = replace(
        policy, allow=policy.allow | parse_outbound_allow(",".join(addresses)), extra_ca_file=ca or policy.extra_ca_file
    )


def smtp_configuration(server: object, *, secret: str = "", saved: bool = True, **fields: object) -> EmailConfiguration:
    """A configuration for a server of the simulator, without sign-in unless told."""
    values = {
        "name": f"Mail {next(_numbers)}",
        "host": "127.0.0.1",
        "port": server.port,
        "security": "none",
        "from_address": "usage@demo.example",
        "from_name": "Usage",
        "to": "Ann <ann@demo.example>, bob@demo.example",
        "bcc": "cleo@demo.example",
        "clear_text_sign_in": True,
    }
    return _made(EmailConfiguration(**{**values, **fields}), secret, saved=saved)


def graph_configuration(*, secret: str = PASSWORD, saved: bool = True, **fields: object) -> EmailConfiguration:
    values = {
        "name": f"Graph {next(_numbers)}",
        "provider": "graph",
        "tenant_id": TENANT,
        "client_id": CLIENT,
        "from_address": "usage@demo.example",
        "to": "Ann <ann@demo.example>, bob@demo.example",
        "bcc": "cleo@demo.example",
    }
    return _made(EmailConfiguration(**{**values, **fields}), secret, saved=saved)


def _made(configuration: EmailConfiguration, secret: str, *, saved: bool) -> EmailConfiguration:
    configuration.seal("secret", secret)
    if saved:
        configuration.save()
    return configuration


def queued_alert(configuration: EmailConfiguration, subject: str = "Run 7 failed") -> OutgoingEmail:
    content = {"lines": ["Something needs attention."], "made_at": "now", "site_url": "http://testserver"}
    draft = EmailDraft(f"test:{next(_numbers)}", OutgoingEmail.Kind.ALERT, subject, content)
    return queue_email(configuration, draft)


def queued_report(configuration: EmailConfiguration, *files: StoredFile) -> OutgoingEmail:
    """A report mail with files but without figures."""
    draft = EmailDraft(
        f"test:{next(_numbers)}",
        OutgoingEmail.Kind.REPORT,
        "Usage report",
        {"title": "Intacct API usage", "site_url": "http://testserver", "made_at": "now"},
        [stored.as_json() for stored in files],
    )
    return queue_email(configuration, draft)


def stored_csv(rows: list[str], name: str = "detailed.csv") -> StoredFile:
    """A report file of these lines under a header."""
    path = new_folder() / name
    path.write_bytes(b"\xef\xbb\xbf" + "\r\n".join(['"Company ID","Note"', *rows, ""]).encode())
    return StoredFile.of_path(path, "Detailed report", len(rows))


def make_due(email: OutgoingEmail) -> None:
    """As if the wait before the next attempt were over."""
    OutgoingEmail.objects.filter(pk=email.pk).update(next_attempt_at=None)
