"""Tags of the pages of schedules and runs: times on a schedule's own clock, spans, recipients, attributes."""

from collections.abc import Mapping
from datetime import UTC, datetime

from django import template
from django.template.defaultfilters import filesizeformat
from django.utils.html import format_html
from django.utils.safestring import SafeString

from intacct_usage.lib.page_parts import badge
from notifications.models import EmailConfiguration, OutgoingEmail
from notifications.recipients import RecipientsError

register = template.Library()

State = OutgoingEmail.State
EMAIL_LOOKS: Mapping[str, tuple[str, str]] = {
    State.PENDING: ("plain", "hourglass-split"),
    State.SENDING: ("busy", "send"),
    State.SENT: ("good", "check-circle-fill"),
    State.PARTIAL: ("warn", "exclamation-triangle-fill"),
    State.FAILED: ("bad", "x-circle-fill"),
    State.UNKNOWN: ("warn", "question-circle"),
    State.SKIPPED: ("quiet", "skip-forward-fill"),
}


@register.simple_tag
def zone_time(moment: datetime) -> SafeString:
    """A moment on the clock it carries, with its weekday and zone: Tue 1 Dec 2026, 02:30 GMT. UTC in the title."""
    utc = moment.astimezone(UTC)
    return format_html(
        '<time class="moment" datetime="{}" title="{} UTC" tabindex="0">{} {} {}, {} '
        '<abbr class="zone" title="{}">{}</abbr></time>',
        utc.strftime("%Y-%m-%dT%H:%M:%SZ"),
        utc.strftime("%Y-%m-%d %H:%M:%S"),
        moment.strftime("%a"),
        moment.day,
        moment.strftime("%b %Y"),
        moment.strftime("%H:%M"),
        moment.tzinfo,
        moment.strftime("%Z"),
    )


@register.filter
def span(seconds: float | None) -> str:
    """Seconds as a length of time: 8 s, 3 min 5 s, 2 h 10 min."""
    if seconds is None:
        return ""
    whole = max(0, round(seconds))
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


@register.filter
def recipient_count(configuration: EmailConfiguration) -> int:
    try:
        return len(configuration.recipients)
    except RecipientsError:
        return 0


@register.simple_tag
def email_state(email: OutgoingEmail) -> SafeString:
    tone, symbol = EMAIL_LOOKS[email.state]
    return badge(tone, symbol, email.get_state_display())


@register.filter
def bytes_in_words(count: int) -> str:
    return filesizeformat(count)
