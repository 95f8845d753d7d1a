"""Keeps mail within the domains of EMAIL_RECIPIENT_DOMAINS: recipients are a way out of the house."""

from django.conf import settings

from intacct_usage.lib.mail_domains import is_among
from notifications.recipients import FIELD_LABELS, Recipient, Recipients

WHAT_TO_DO = "Take such addresses out, or have an administrator add the domain to EMAIL_RECIPIENT_DOMAINS."


def allowed_domains() -> str:
    """For people; empty if mail may go anywhere."""
    return ", ".join(settings.EMAIL_RECIPIENT_DOMAINS)


def problems_of_domains(recipients: Recipients) -> dict[str, list[str]]:
    """Per list that holds an address outside the allowed domains, one sentence for each."""
    outside = {name: [one for one in getattr(recipients, name) if _is_outside(one)] for name in FIELD_LABELS}
    return {
        name: [f"Mail may go to {allowed_domains()} only, not to {one.address}. {WHAT_TO_DO}" for one in people]
        for name, people in outside.items()
        if people
    }


def refusal(recipients: Recipients) -> str:
    """Why a mail may not go out to these recipients; empty if it may. Domains, since not everyone may see addresses."""
    outside = sorted({one.domain for one in recipients if _is_outside(one)})
    if not outside:
        return ""
    return f"Nothing was sent: mail may go to {allowed_domains()} only, not to {', '.join(outside)}. {WHAT_TO_DO}"


def _is_outside(recipient: Recipient) -> bool:
    return not is_among(recipient.domain, settings.EMAIL_RECIPIENT_DOMAINS)
