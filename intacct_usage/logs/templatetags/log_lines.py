"""How a log line looks on a page: its time to the second, its text with what was searched for marked."""

import re
from datetime import UTC, datetime

from django import template
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from intacct_usage.lib.redaction import escape_line

register = template.Library()


@register.simple_tag
def line_time(moment: datetime) -> SafeString:
    """`24 Nov 2026 03:30:05 GMT` in the installation's zone; UTC in the title."""
    local, utc = timezone.localtime(moment), moment.astimezone(UTC)
    return format_html(
        '<time datetime="{}" title="{} UTC">{} {} <abbr class="zone">{}</abbr></time>',
        utc.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        utc.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3],
        f"{local.day} {local:%b %Y}",
        local.strftime("%H:%M:%S"),
        local.strftime("%Z"),
    )


@register.simple_tag
def line_text(text: str, term: str = "") -> SafeString:
    """The text in one line, invisible and direction-changing characters as codes, each `term` in it marked.

    Marks what the search found: upper and lower case alike, no character of the term has a special meaning.
    """
    visible = escape_line(text)
    if not term:
        return format_html("<bdi>{}</bdi>", visible)
    pieces = re.split(f"({re.escape(term)})", visible, flags=re.IGNORECASE)
    marked = format_html_join("", "{}{}", ((pieces[at], _mark(pieces, at + 1)) for at in range(0, len(pieces), 2)))
    return format_html("<bdi>{}</bdi>", marked)


def _mark(pieces: list[str], at: int) -> SafeString | str:
    return format_html("<mark>{}</mark>", pieces[at]) if at < len(pieces) else ""
